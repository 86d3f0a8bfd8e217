#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait list where hosts are unusual: more namespaces than a process may open files, a /proc that hides
# processes, just as many sockets as are sorted, and what is no network namespace.

bats_require_minimum_version 1.5.0
load common

setup()
{
	can_unshare || skip "network namespaces are refused here"
	cd "$BATS_TEST_TMPDIR" || return 1
}

as_root()
{
	((EUID == 0)) || skip "only root can do that"
}

@test "list --netns: what is no network namespace is told so, and nobody waits for it" {
	mkfifo fifo
	for path in ./fifo . /proc/self/ns/mnt /proc/self/status; do
		run --separate-stderr timeout 10 timewait list --netns "$path"
		[[ $status == 1 && -z $output ]]
		[[ $stderr == "timewait: '$path': no network namespace" ]]
	done
}

@test "list --netns: who may not enter is told what that takes" {
	run --separate-stderr unshare --user --map-root-user --net timewait list --netns /dev/fd/4 4</proc/self/ns/net
	[[ $status == 1 && -z $output ]]
	[[ $stderr == "timewait: cannot enter the network namespace net:["*"CAP_SYS_ADMIN"*"run as root)" ]]
	# Whose own it is needs no right.
	as_nobody timewait list --netns /dev/fd/4 4</proc/self/ns/net >own
	grep -q '^Proto' own
}

@test "list --netns all: more namespaces than descriptors may usually be open" {
	as_root
	# shellcheck disable=SC2016
	in_room 'exec 3>ready
		for i in $(seq 40); do
			unshare --net sh -c "echo >&3; exec sleep 600 3>&-" & pids="$pids $!"
		done
		for i in $(seq 500); do [ "$(wc -l <ready)" -ge 40 ] && break; sleep 0.02; done
		(ulimit -Sn 20; timewait list --netns all --port 1 >all 2>errors; echo $? >status)
		(ulimit -n 20; timewait list --netns all --port 1 >few 2>refused; echo $? >>status)
		kill $pids'
	[[ $(paste -sd' ' status) == "0 1" ]]
	refute grep -q 'Too many' errors
	grep -q 'Too many open files' refused
}

@test "list: where /proc hides processes, it is said that some are not shown" {
	as_root
	can_become_nobody || skip "the build is not in everybody's reach"
	# shellcheck disable=SC2016
	unshare --net --mount --propagation private sh -c 'ip link set lo up
		daytimed --tcp -4 --bind 127.0.0.1 13 2>server & server=$!
		for i in $(seq 500); do grep -q listening server && break; sleep 0.02; done
		mount -t proc -o hidepid=2 proc /proc
		setpriv --reuid=65533 --regid=65533 --clear-groups timewait list >ours 2>errors
		kill $server'
	grep -q '127\.0\.0\.1:13 .* LISTEN  -  *-$' ours
	[[ $(wc -l <errors) == 1 ]]
	grep -q '^timewait: sockets whose process is not shown: [0-9]*; .*root sees them all' errors
}

can_become_nobody()
{
	setpriv --reuid=65533 --regid=65533 --clear-groups test -x "$BUILD/timewait"
}

@test "list: 16384 are sorted, and one more is not" {
	# shellcheck disable=SC2016
	in_room 'ip link set lo up
		daytimed --tcp -4 --bind 127.0.0.1 13 2>server & server=$!
		for i in $(seq 500); do grep -q listening server && break; sleep 0.02; done
		list="timewait list --state time-wait"
		daytime -n 16384 -c 16 --source 127.0.0.0/16 127.0.0.1 13 >/dev/null 2>load
		$list >exact; $list --sort local >exact-sorted
		daytime 127.0.0.1 13 >/dev/null
		$list >over; $list --sort local >over-sorted; $list --limit 4 >four
		$list --limit 16384 >limited; $list --limit 16385 >all
		kill $server'
	[[ $(wc -l <exact) == 16385 && $(wc -l <over) == 16386 ]]
	diff <(awk '{ print $4, $5 }' exact) <(awk '{ print $4, $5 }' exact-sorted)
	refute cmp -s <(awk '{ print $4, $5 }' over) <(awk '{ print $4, $5 }' over-sorted)
	diff <(sed 1d over | awk '{ print $4, $5 }' | sort) <(sed 1d over-sorted | awk '{ print $4, $5 }' | sort)
	[[ $(wc -l <four) == 5 && $(wc -l <limited) == 16385 && $(wc -l <all) == 16386 ]]
}

@test "list --peer: an interface cannot be asked for, and it is said what to leave out" {
	for peer in fe80::1%2 fe80::1%eth0/64; do
		run --separate-stderr timewait list --peer "$peer"
		[[ $status == 2 && $stderr == "timewait: --peer '$peer': an interface cannot be asked for "* ]]
	done
	in_room 'timewait list --peer fe80::1,fe80::/10 >none'
	[[ $(wc -l <none) == 1 ]]
}
