#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What we say of the hosts, held against `ss` and `netstat` inside them.

bats_require_minimum_version 1.5.0
load ../cli/common

setup()
{
	can_unshare || skip "namespaces are refused here"
}

teardown()
{
	kill_spawned
}

# inside COMMAND...: in each network namespace that the laboratory holds, ours left out.
inside()
{
	local fd link
	local -A seen

	seen[$(readlink /proc/self/ns/net)]=1
	for fd in /proc/"$SPAWNED_PID"/fd/*; do
		link=$(readlink "$fd") || continue
		[[ $link == net:* && -z ${seen[$link]:-} ]] || continue
		seen[$link]=1
		nsenter --net="$fd" "$@"
	done
}

# ours: local, foreign, state of each line of our table but LISTEN.
ours()
{
	sed -nE 's/^(server|client) +tcp6? +[0-9]+ +[0-9]+ +([^ ]+) +([^ ]+) +([A-Z_0-9]+).*/\2 \3 \4/p' \
		"$BATS_TEST_TMPDIR/lab.out" | grep -v LISTEN | sort
}

by_netstat()
{
	inside netstat -tanW | awk '/^tcp/ && $6 != "LISTEN" {print $4, $5, $6}' | sort
}

by_ss()
{
	inside ss -Htan | awk '$1 != "LISTEN" {
		sub("TIME-WAIT", "TIME_WAIT", $1); print $4, $5, $1}' | sort
}

@test "ss and netstat see the same sockets in the same states" {
	local who

	[[ $EUID == 0 ]] || skip "entering another process' namespace needs root"
	for who in server client both; do
		start_lab --first-close "$who"
		[[ $(ours) == *TIME_WAIT* ]]
		[[ $(ours) == "$(by_ss)" ]]
		[[ $(ours) == "$(by_netstat)" ]]
		kill_spawned
	done
}

@test "on the real loopback, netstat shows the server's side in TIME_WAIT" {
	local port

	port=$(free_port)
	spawn daytimed daytimed "$port"
	wait_for_listen "$port" "$SPAWNED_PID"
	run --separate-stderr daytime localhost "$port"
	[[ $status == 0 ]]
	wait_until "$PATIENCE" eval "netstat -tan | grep -Eq ':$port +[^ ]+ +TIME_WAIT'"
	# The server's port is the local one: it is the server that waits, and the client does not.
	[[ -z $(netstat -tan | awk -v port=":$port\$" '$5 ~ port && $6 == "TIME_WAIT"') ]]
	[[ -n $(timewait list | awk -v port=":$port\$" '$4 ~ port && $6 == "TIME_WAIT"') ]]
}
