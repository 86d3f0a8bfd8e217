#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The laboratory without any right, and what is said where it is refused.

bats_require_minimum_version 1.5.0
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
load ../cli/common

setup()
{
	# The build may lie where only its owner may look.
	BIN=$(mktemp -d)
	chmod 755 "$BIN"
	cp "$BUILD/timewait" "$BUILD/daytimed" "$BUILD/daytime" "$BIN"
	PATH=$BIN:$PATH
	cd /
}

teardown()
{
	rm -rf "$BIN"
}

@test "an ordinary user reproduces all four endings, over IPv4 and IPv6" {
	local who family

	as_nobody unshare --user --map-root-user --net true || skip "user namespaces are refused here"
	for who in server client both reset; do
		for family in "" --ipv6; do
			as_nobody timewait reproduce --first-close "$who" $family >/dev/null
		done
	done
}

@test "an ordinary user's --host draws the states, and says what the packets would need" {
	run --separate-stderr as_nobody timewait reproduce --host
	[[ $status == 0 ]]
	[[ $output == *"The server waits, because it closed first."* ]]
	[[ $stderr == *CAP_NET_RAW* ]]
	run --separate-stderr as_nobody timewait reproduce --host --first-close client
	[[ $output == *"The client waits, because it closed first."* ]]
	run --separate-stderr as_nobody timewait reproduce --host --first-close reset
	[[ $output == *"Nobody waits: the server ended the connection with RST"* ]]
}

@test "where namespaces are refused: 77, why, how to get them, and that --host works" {
	need_prison
	run --separate-stderr in_prison timewait reproduce
	[[ $status == 77 ]]
	[[ -z $output ]]
	[[ $stderr == *max_user_namespaces* ]]
	[[ $stderr == *--host* ]]
	run --separate-stderr in_prison timewait reproduce --host
	[[ $status == 0 ]]
	[[ $output == *"The server waits, because it closed first."* ]]
}

# Without a gate the programs run freely: the end is the same, though a state may pass unseen.
@test "a policy that refuses to watch a program's calls is no obstacle" {
	local call where

	can_unshare || skip "namespaces are refused here"
	for call in pidfd_getfd seccomp; do
		for where in "" --host; do
			run --separate-stderr "$BUILD/tests/lab/refuse" "$call" timewait reproduce $where
			[[ $status == 0 ]]
			[[ $output == *"The server waits, because it closed first."* ]]
		done
	done
}

@test "the hosts have names even where the machine has no /etc/hosts" {
	need_prison
	run --separate-stderr unshare --user --map-root-user --mount bash -c '
		mount -t tmpfs none /mnt && mkdir /mnt/etc &&
		cp /etc/passwd /etc/group /etc/nsswitch.conf /etc/ld.so.cache /mnt/etc/ &&
		mount --bind /mnt/etc /etc && umount -l /mnt && [[ ! -e /etc/hosts ]] &&
		exec timewait reproduce'
	[[ $status == 0 ]]
	[[ $output == *"The server waits, because it closed first."* ]]
}

@test "in a chroot: 77, and that it is one" {
	need_prison
	run --separate-stderr unshare --user --map-root-user --mount bash -c '
		mount -t tmpfs none /mnt && mkdir /mnt/root && cd /mnt/root || exit
		for name in bin lib lib64 sbin usr etc proc dev tmp; do
			if [[ -L /$name ]]; then
				cp -a "/$name" . || exit
			elif [[ -d /$name ]]; then
				mkdir "$name" && mount --rbind "/$name" "$name" || exit
			fi
		done
		exec chroot . "$0/timewait" reproduce' "$BIN"
	[[ $status == 77 ]]
	[[ $stderr == *chroot* && $stderr == *--host* ]]
}
