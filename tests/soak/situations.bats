#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What happens to a server sooner or later: no descriptors left, no room left, clients that vanish, an
# address that goes and comes back, a clock that is set. It goes on, says so once, and recovers.

bats_require_minimum_version 1.5.0

setup()
{
	load ../cli/common
	export TZ=UTC
	SOAK=$BUILD/tests/soak
}

teardown()
{
	kill_spawned
}

# start COMMAND...: a server on a free port, $PORT; its process id is $SERVER.
start()
{
	PORT=$(free_port)
	spawn server "$@" "$PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" server_said '^listening'
}

server_said()
{
	grep -q -e "$1" "$BATS_TEST_TMPDIR/server.err"
}

times_said()
{
	grep -c -e "$1" "$BATS_TEST_TMPDIR/server.err"
}

# connections NUMBER: just so many are open, accepted or not.
connections()
{
	[[ $(ss -Htan state established "sport = :$PORT" | wc -l) == "$1" ]]
}

descriptors()
{
	find "/proc/$SERVER/fd" -mindepth 1 | wc -l
}

# The number that its next descriptor gets; there may be others above, from whoever runs the tests.
lowest_free()
{
	local fd=0

	while [[ -e /proc/$SERVER/fd/$fd || -L /proc/$SERVER/fd/$fd ]]; do
		fd=$((fd + 1))
	done
	echo "$fd"
}

has_descriptors()
{
	[[ $(descriptors) == "$1" ]]
}

# ask ARG...: honest questions, TCP and UDP in turn; each must be answered.
ask()
{
	run -0 "$SOAK/honest" "$@" "$PORT" 127.0.0.1
}

@test "out of descriptors, it says so once, goes on, and recovers when the limit is raised" {
	# As who we are: in a container not even root may limit the files of another user's process.
	start daytimed --first-close client --user "$(id -un)"
	before=$(descriptors)
	prlimit --pid "$SERVER" --nofile=$(($(lowest_free) + 3)):
	spawn crowd "$SOAK/hostile" --count 20 --at-once 20 --hold 60 silent "$PORT"
	wait_until "$PATIENCE" server_said 'cannot accept: Too many open files'
	wait_until "$PATIENCE" connections 20
	run -0 daytime -u 127.0.0.1 "$PORT"
	has_descriptors $((before + 3))
	prlimit --pid "$SERVER" --nofile=1000:
	wait_until "$PATIENCE" has_descriptors $((before + 20))
	ask --count 20 --close-first
	kill "$SPAWNED_PID"
	wait_until "$PATIENCE" has_descriptors "$before"
	[[ $(times_said 'cannot accept') == 1 ]]
}

@test "silent clients that take all the room lose it to those who wait" {
	start daytimed --first-close client --max-connections 50 --idle-timeout 0.3
	before=$(descriptors)
	spawn crowd "$SOAK/hostile" --count 200 --at-once 200 --hold 60 silent "$PORT"
	wait_until "$PATIENCE" has_descriptors $((before + 50))
	ask --count 20 --close-first
	wait_until "$PATIENCE" has_descriptors "$before"
}

@test "clients that vanish before they are accepted leave nothing" {
	start daytimed
	before=$(descriptors)
	kill -STOP "$SERVER"
	run -0 "$SOAK/hostile" --count 500 --hold 0.01 reset "$PORT"
	kill -CONT "$SERVER"
	ask --count 20
	wait_until "$PATIENCE" has_descriptors "$before"
	[[ $(<"$BATS_TEST_TMPDIR/server.err") == "listening on port $PORT..." ]]
}

@test "its address may go and come back" {
	own=(unshare --net)
	((EUID == 0)) || own=(unshare --user --map-root-user --net)
	"${own[@]}" true 2>/dev/null || skip "no namespaces here"
	run -0 "${own[@]}" bash -c '
		ip link set lo up
		ip addr add 10.1.1.1/32 dev lo
		coproc daytimed --first-close client --bind 10.1.1.1 2>&1
		read -r line <&"${COPROC[0]}"
		exec 5<>/dev/tcp/10.1.1.1/13
		read -r held <&5
		"$0/honest" --close-first --count 10 13 10.1.1.1 || exit
		ip addr del 10.1.1.1/32 dev lo
		daytime 10.1.1.1 && exit 3
		daytime -u --timeout 1 10.1.1.1 && exit 4
		ip addr add 10.1.1.1/32 dev lo
		"$0/honest" --close-first --count 10 13 10.1.1.1 || exit
		kill "$COPROC_PID" && exec 5>&- && wait "$COPROC_PID"' "$SOAK"
}

#
# The clock
#

# set_clock SECONDS: the server's wall clock from now on, beside this host's.
set_clock()
{
	perl -e 'open my $file, "+<", $ARGV[0] or die; binmode $file;
		syswrite $file, pack("q", $ARGV[1] * 1000000000)' "$BATS_TEST_TMPDIR/clock" "$1"
}

# start_with_clock OPTION...: a server whose wall clock is set by set_clock.
start_with_clock()
{
	printf '\0\0\0\0\0\0\0\0' >"$BATS_TEST_TMPDIR/clock"
	start env CLOCK_SHIM="$BATS_TEST_TMPDIR/clock" LD_PRELOAD="$SOAK/clock_shim.so" \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" daytimed "$@"
}

# tells SECONDS: by TCP and UDP, the time that it was or is now and so many seconds.
tells()
{
	local before after line

	for transport in --close-first --udp; do
		before=$(($(date +%s) + $1))
		line=$(daytime "$transport" 127.0.0.1 "$PORT") || return
		after=$(($(date +%s) + $1))
		line=$(date -d "$line" +%s) || return
		((before <= line && line <= after)) || fail "$line is not in $before to $after"
	done
}

@test "the line follows a clock that is set, forwards and backwards" {
	start_with_clock --first-close client
	tells 0
	for shift in 86400 -86400 1 -1 3600 0; do
		set_clock "$shift"
		tells "$shift"
	done
}

is_over()
{
	read -r -t 0.01 -u 5 line
	(($? == 1)) # neither a line nor the end of the patience: the end of the connection
}

@test "deadlines do not care about a clock that is set" {
	start_with_clock --first-close client --idle-timeout 60
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 5 line
	set_clock 86400
	tells 86400
	refute is_over # its deadline has not come, though the clock says it has
	exec 5>&-
	kill_spawned
	start_with_clock --first-close client --idle-timeout 1
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 5 line
	set_clock -86400
	wait_until "$PATIENCE" is_over # its deadline comes, though the clock says it will not for a day
	exec 5>&-
}

# passes_change WHEN BEFORE AFTER: asked around that moment (UTC), the server tells the time of Berlin as
# date does, with the one offset before and the other after, and nothing between.
passes_change()
{
	local line seen='' deadline=$((SECONDS + PATIENCE))

	set_clock $(($(date -d "$1" +%s) - 2 - $(date +%s)))
	until [[ $seen == *"$3" ]]; do
		((SECONDS < deadline)) || fail "seen: $seen"
		line=$(daytime 127.0.0.1 "$PORT")
		[[ $line == "$(TZ=Europe/Berlin date -d "$line" +%FT%T%:z)" ]] || fail "$line is not of Berlin"
		[[ $seen == *"${line: -6}" ]] || seen+=" ${line: -6}"
	done
	[[ $seen == " $2 $3" ]]
}

@test "summer time begins and ends at the right second" {
	[[ -e /usr/share/zoneinfo/Europe/Berlin ]] || fail "no tzdata"
	TZ=Europe/Berlin start_with_clock --format iso8601
	passes_change '2026-03-29 01:00:00' +01:00 +02:00
	passes_change '2026-10-25 01:00:00' +02:00 +01:00
}
