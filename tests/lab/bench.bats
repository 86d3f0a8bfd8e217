#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The runs of `make bench`: real servers in namespaces of their own, and a few queries. No figure is judged
# here; what is: that every run is one to be relied on, and that nothing of it stays.

bats_require_minimum_version 1.5.0
load ../cli/common

setup()
{
	can_unshare || skip "namespaces are refused here"
	export TMPDIR=$BATS_TEST_TMPDIR/tmp MARK=$BATS_TEST_TMPDIR/mark
	export BUILD PEERS ROUNDS=1 COUNT=20 SERVERS=classic
	mkdir "$TMPDIR"
	printf '#!/bin/sh\nexec perl "%s" "$@"\n' "$BATS_TEST_DIRNAME/generator.pl" >"$BATS_TEST_TMPDIR/generator"
	chmod +x "$BATS_TEST_TMPDIR/generator"
	export GENERATOR=$BATS_TEST_TMPDIR/generator
	SAMPLES=$BATS_TEST_TMPDIR/samples
}

teardown()
{
	kill_spawned
}

bench()
{
	"$ROOT/bench/daytime.sh" --samples "$SAMPLES" "$@"
}

# records KIND: the records of this kind, blanks for tabs.
records()
{
	tr '\t' ' ' <"$SAMPLES" | grep "^$1 " || true
}

# Processes of this test: they have its TMPDIR in their environment. (The pattern is not to find the grep.)
ours()
{
	local environment

	grep -lsz "^TMPDIR=$TMPDIR\$" /proc/[0-9]*/environ | while read -r environment; do
		tr '\0' ' ' <"${environment%/environ}/cmdline" 2>/dev/null || true
		echo
	done | grep -E 'unshar[e]|run\.s[h]|daytime\.s[h]|classi[c]|generator\.p[l]'
}

# cgroups_of PID: those of the bench of that process.
cgroups_of()
{
	find /sys/fs/cgroup -maxdepth 6 -type d -name "timewait-bench.$1" 2>/dev/null
}

has_nothing_left()
{
	! ours && [[ -z $(cgroups_of "$1") && -z $(ls -A "$TMPDIR") ]]
}

@test "every part gives its figures, over TCP and UDP" {
	local parts=(tcp saturated latency udp)

	(($(nproc) > 1)) || parts=(tcp latency udp)
	spawn bench "$ROOT/bench/daytime.sh" --samples "$SAMPLES"
	wait "$SPAWNED_PID"
	has_nothing_left "$SPAWNED_PID"
	[[ $(records sample | cut -d' ' -f2-4 | paste -sd,) == "$(printf '%s classic 1\n' "${parts[@]}" | paste -sd,)" ]]
	[[ $(records sample | grep -c ' server_us=[0-9.]* load_us=[0-9.]* p50_us=10 p99_us=100 per_second=1000') == "${#parts[@]}" ]]
	[[ -z $(records void)$(records missing) ]]
}

@test "the part that is named, and no other" {
	run -0 bench latency
	[[ $(records sample | cut -d' ' -f2) == latency ]]
}

@test "a run in which a segment was sent twice is void, and repeated" {
	GENERATOR_MODE=lossy run -0 bench tcp
	[[ $(records void) =~ ^'void tcp classic 1 '[1-9][0-9]*' segments were sent twice'$ ]]
	[[ $(records sample | cut -d' ' -f2-4) == 'tcp classic 1' ]]
	[[ $output == *'- classic: 1 void run (segments were sent twice).'* ]]
}

@test "a run that is void every time is given up, and its server named" {
	GENERATOR_MODE=lossy-always run -1 bench tcp
	[[ $(records void | wc -l) == 3 ]]
	[[ -z $(records sample) ]]
	[[ $output == *'| classic | missing |'* ]]
	[[ $output == *'nothing could be measured'* ]]
}

@test "a query without an answer: no figure" {
	GENERATOR_MODE=short run -1 bench tcp
	[[ -z $(records sample) ]]
	[[ $(records missing) == 'missing tcp classic 3 of 4 queries were answered (nothing 1)' ]]
}

@test "a server that is not there is named in the table" {
	PEERS=$BATS_TEST_TMPDIR SERVERS="classic nginx" run -0 bench tcp udp
	[[ $(records sample | cut -d' ' -f2-3 | paste -sd,) == 'tcp classic,udp classic' ]]
	[[ $(grep -c '^| nginx stream | missing |' <<<"$output") == 2 ]]
	[[ $output == *'- nginx stream: could not be fetched: no nginx ngx_stream_module.so in build/peers.'* ]]
}

@test "a server that ends at once is named, with what it said" {
	mkdir -p "$BATS_TEST_TMPDIR/build/bench"
	printf '#!/bin/sh\necho "classic: port 13: no luck" >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/build/bench/classic"
	chmod +x "$BATS_TEST_TMPDIR/build/bench/classic"
	BUILD=$BATS_TEST_TMPDIR/build run -1 bench tcp
	[[ $(records missing) == 'missing tcp classic does not start: classic: port 13: no luck' ]]
}

@test "what is to be remembered of a server stands in the table" {
	PEERS=$BATS_TEST_TMPDIR
	mkdir -p "$PEERS/usr/sbin"
	printf '#!/bin/sh\nexec "%s/bench/classic" 13\n' "$BUILD" >"$PEERS/usr/sbin/inetutils-inetd"
	chmod +x "$PEERS/usr/sbin/inetutils-inetd"
	SERVERS=inetutils-inetd run -0 bench tcp latency
	[[ $(records remark) == 'remark tcp inetutils-inetd 8 at once: '* ]]
	[[ $output == *'- inetutils-inetd: 8 at once: '* ]]
}

@test "our own load: daytimed answers it all, the floor nothing, and both have their figure" {
	unset GENERATOR
	SERVERS="floor daytimed" COUNT=200 run -0 bench tcp udp
	[[ $(records sample | cut -d' ' -f2-3 | paste -sd,) == 'tcp floor,tcp daytimed,udp daytimed' ]]
	[[ $(records sample | grep -c 'p99_us=') == 2 ]]
}

@test "a bare server of every shape answers our load" {
	unset GENERATOR
	SERVERS='' COUNT=100 run -0 bench shapes
	[[ -z $(records missing) ]]
	(($(nproc) == 1)) || [[ $(records sample | wc -l) == 30 ]]
}

@test "an inetd answers, over UDP too" {
	need_peer inetd
	SERVERS=openbsd-inetd run -0 bench tcp udp
	[[ $(records sample | cut -d' ' -f2-3 | paste -sd,) == 'tcp openbsd-inetd,udp openbsd-inetd' ]]
}

@test "the CPU time comes from a cgroup, or where there is none, from /proc" {
	local way

	run -0 bench tcp
	[[ $(records 'about accounting') == 'about accounting '* ]]
	way=$(records 'about accounting')
	ACCOUNTING=proc run -0 bench tcp
	[[ $(records 'about accounting') == 'about accounting /proc/PID/stat, in ticks of 10 ms (no cgroup)' ]]
	if [[ $way == *cgroup\ v* ]]; then
		# A server that has served has used some.
		bench tcp >/dev/null
		[[ $(records sample) =~ server_us=([0-9.]+) ]]
		[[ ${BASH_REMATCH[1]} != 0 ]]
	fi
}

is_measuring()
{
	[[ -s $MARK ]]
}

# in_namespace NAME: somebody is in that network.
in_namespace()
{
	[[ $(readlink /proc/[0-9]*/ns/net 2>/dev/null) == *"$1"* ]]
}

# end_with SIGNAL STATUS: in the middle of a run.
end_with()
{
	local network status=0

	# What runs in the background has Ctrl-C switched off, else.
	GENERATOR_MODE=hang spawn bench env --default-signal=INT "$ROOT/bench/daytime.sh" tcp
	wait_until "$PATIENCE" is_measuring
	network=$(<"$MARK")
	in_namespace "$network"
	ours
	kill -s "$1" "$SPAWNED_PID"
	wait "$SPAWNED_PID" || status=$?
	[[ $status == "$2" ]]
	wait_until "$PATIENCE" has_nothing_left "$SPAWNED_PID"
	refute in_namespace "$network"
}

@test "Ctrl-C: server, load, namespace, cgroup and folder are gone" {
	end_with INT 130
}

@test "SIGTERM: the same" {
	end_with TERM 143
}

@test "SIGKILL: nobody goes on, and the next bench takes the cgroup away" {
	local killed

	GENERATOR_MODE=hang spawn bench "$ROOT/bench/daytime.sh" tcp
	killed=$SPAWNED_PID
	wait_until "$PATIENCE" is_measuring
	kill -s KILL "$killed"
	wait "$killed" || true
	wait_until "$PATIENCE" refute ours
	bench tcp >/dev/null
	[[ -z $(cgroups_of "$killed") ]]
}
