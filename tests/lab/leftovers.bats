#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# However the laboratory ends, nothing of it stays: no process, no namespace, no mount, no file.

bats_require_minimum_version 1.5.0
load ../cli/common

setup()
{
	can_unshare || skip "namespaces are refused here"
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
}

teardown()
{
	kill_spawned
}

# What it consists of, while it waits.
look_inside()
{
	LAB=$SPAWNED_PID
	GUARDIAN=$(pgrep -P "$LAB" -x guardian)
	PROGRAMS=$(pgrep -P "$GUARDIAN")
	[[ -n $PROGRAMS ]]
}

# A dead process whose reaper is slow (the machine's first process) is none of ours any more.
all_gone()
{
	local pid

	for pid in $LAB $GUARDIAN $PROGRAMS; do
		! is_alive "$pid" || return 1
	done
}

# end_with SIGNAL: its exit status in $STATUS.
end_with()
{
	look_inside
	kill -s "$1" "$LAB"
	wait "$LAB" && STATUS=0 || STATUS=$?
	wait_until "$PATIENCE" all_gone
	[[ -z $(ls -A "$TMPDIR") ]]
	refute grep -q 'tmpfs.*/mnt' /proc/self/mounts
}

@test "Ctrl-C: exit status 130, and all is gone" {
	start_lab
	end_with INT
	[[ $STATUS == 130 ]]
	refute grep -q '^timewait: ' "$BATS_TEST_TMPDIR/lab.err"
}

@test "SIGTERM: the same" {
	start_lab
	end_with TERM
	[[ $STATUS == 130 ]]
}

@test "SIGKILL: all is gone nevertheless" {
	start_lab
	end_with KILL
	[[ $STATUS == 137 ]]
}

@test "SIGKILL of the loopback's experiment: its server is gone too" {
	start_lab --host
	end_with KILL
}

# The processes that were started by this test, by the environment that it gave them.
ours()
{
	local environment

	grep -lsz "^TMPDIR=$TMPDIR\$" /proc/[0-9]*/environ | while read -r environment; do
		cat "${environment%/environ}/comm" 2>/dev/null || true
	done | grep -E '^(guardian|timewait|daytimed?)$'
}

@test "twenty runs leave no process and no file" {
	timewait reproduce --repeat 20 >/dev/null
	refute ours
	[[ -z $(ls -A "$TMPDIR") ]]
	# The look finds what there is:
	start_lab
	[[ $(ours | sort | paste -sd' ') == "daytimed guardian timewait" ]]
}
