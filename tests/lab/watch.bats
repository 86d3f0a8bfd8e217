#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait watch, as a person runs it, beside real servers and clients in a network namespace of its own.
# Every cause by itself is tested in test_life.c and test_life_births.c.

bats_require_minimum_version 1.5.0
load ../cli/common

setup()
{
	FOLDER=$BATS_TEST_TMPDIR
	if ((EUID != 0)); then
		skip "BPF needs root"
	fi
	timewait --version | grep -q 'without BPF' && skip "built without BPF"
	# A process that holds the namespace: the others go into it.
	spawn holder unshare --net sleep 600
	HOLDER=$SPAWNED_PID
	wait_until "$PATIENCE" holder_is_there
	inside ip link set lo up
}

holder_is_there()
{
	[[ $(readlink "/proc/$HOLDER/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

teardown()
{
	kill_spawned
}

# inside COMMAND...: in the namespace.
inside()
{
	nsenter -t "$HOLDER" -n "$@"
}

# start_watch OPTION...: and waits until it is ready.
start_watch()
{
	spawn watch nsenter -t "$HOLDER" -n "$BUILD/timewait" watch "$@"
	WATCH=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q 'Ctrl-C ends it' "$FOLDER/watch.err"
}

start_server()
{
	spawn server nsenter -t "$HOLDER" -n "$BUILD/daytimed" --tcp --bind 127.0.0.1 "$@"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q 'listening' "$FOLDER/server.err"
}

# end_watch: by Ctrl-C.
end_watch()
{
	local status=0

	kill -INT "$WATCH"
	wait "$WATCH" || status=$?
	((status == 0)) || fail "watch ended with $status: $(cat "$FOLDER/watch.err")"
}

# has PATTERN: watch has printed such a line.
has()
{
	grep -qE "$1" "$FOLDER/watch.out"
}

@test "a connection from its listener to TIME_WAIT, a line each" {
	start_watch
	start_server 13
	inside "$BUILD/daytime" 127.0.0.1 13
	wait_until "$PATIENCE" has 'TIME_WAIT born'
	end_watch
	has '^Time +Local Address +Foreign Address +Event$'
	has "127.0.0.1:13 +\[?.*CLOSED > LISTEN, by daytimed\[$SERVER\]"
	has '127.0.0.1:13 +CLOSED > SYN_SENT, by daytime\['
	has '127.0.0.1:13 +127.0.0.1:[0-9]+ +SYN_RECV > ESTABLISHED$'
	has "127.0.0.1:13 +127.0.0.1:[0-9]+ +TIME_WAIT born, closed by daytimed\[$SERVER\]"
	refute has $'\033'
}

@test "json: valid, the fields of the contract, the same cookie as list" {
	local born

	start_server 13
	start_watch --json
	inside "$BUILD/daytime" 127.0.0.1 13
	wait_until "$PATIENCE" has '"born"'
	inside "$BUILD/timewait" list --json >"$FOLDER/list"
	end_watch
	jq -es 'length > 5' "$FOLDER/watch.out"
	[[ $(head -n 1 "$FOLDER/watch.out" | jq .v) == 1 ]]
	[[ $(jq -s 'map(select(.v)) | length' "$FOLDER/watch.out") == 1 ]]
	born=$(jq -c 'select(.event == "born")' "$FOLDER/watch.out")
	jq -e --argjson pid "$SERVER" '.type == "time_wait" and .substate == "TIME_WAIT" and
		.closed_first.pid == $pid and .closed_first.comm == "daytimed" and
		.local == "127.0.0.1" and .local_port == 13 and .peer == "127.0.0.1" and
		.peer_port > 0 and .netns > 0' <<<"$born"
	[[ $(jq .cookie <<<"$born") == "$(jq 'select(.state == "TIME_WAIT").cookie' "$FOLDER/list")" ]]
	[[ $(jq .netns <<<"$born") == "$(jq 'select(.state == "TIME_WAIT").netns' "$FOLDER/list")" ]]
	# The time of day, to the second.
	jq -e 'now - .time_s | . >= 0 and . < 120' <<<"$born"
	jq -es '[.[] | select(.type == "state" and .local_port == 13 and .peer_port).to] ==
		["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2"]' "$FOLDER/watch.out"
}

@test "ss -K ends a TIME_WAIT, and who did is told" {
	start_server 13
	start_watch -t
	inside "$BUILD/daytime" 127.0.0.1 13
	wait_until "$PATIENCE" has 'TIME_WAIT born'
	inside ss -K -t state time-wait >/dev/null
	wait_until "$PATIENCE" has 'TIME_WAIT died: sock_destroy after 0\.[0-9]+ s by process [0-9]+, closed by daytimed'
	refute has 'ESTABLISHED'
	end_watch
}

@test "filters: --pid, --cause, --port, --peer" {
	start_server 13
	spawn other nsenter -t "$HOLDER" -n "$BUILD/daytimed" --tcp --bind 127.0.0.1 14
	wait_until "$PATIENCE" grep -q 'listening' "$FOLDER/other.err"
	for options in "--pid $SERVER" "--port 13" "--cause sock_destroy --port 13"; do
		# shellcheck disable=SC2086 # words, on purpose
		start_watch $options
		inside "$BUILD/daytime" 127.0.0.1 14
		inside "$BUILD/daytime" 127.0.0.1 13
		inside ss -K -t state time-wait >/dev/null
		wait_until "$PATIENCE" has 'TIME_WAIT died: sock_destroy'
		end_watch
		refute has '127.0.0.1:14 '
		[[ $options != --cause* ]] || refute has 'born|>'
	done
	start_watch --peer 127.9.0.0/16
	inside "$BUILD/daytime" -n 2 --source 127.8.0.0/16 127.0.0.1 13
	inside "$BUILD/daytime" -n 2 --source 127.9.0.0/16 127.0.0.1 13
	wait_until "$PATIENCE" has '127\.9\..*TIME_WAIT born'
	end_watch
	refute has '127\.8\.'
}

@test "--netns: by pid and path from outside, all with the number of each; not its own otherwise" {
	start_server 13
	for name in "$HOLDER" "/proc/$HOLDER/ns/net" all; do
		spawn watch "$BUILD/timewait" watch -t --port 13 --netns "$name"
		WATCH=$SPAWNED_PID
		wait_until "$PATIENCE" grep -q 'Ctrl-C ends it' "$FOLDER/watch.err"
		inside "$BUILD/daytime" 127.0.0.1 13
		wait_until "$PATIENCE" has 'TIME_WAIT born, closed by daytimed'
		end_watch
		[[ $name != all ]] || has "netns $(stat -Lc %i "/proc/$HOLDER/ns/net")\$"
	done
	spawn watch unshare --net "$BUILD/timewait" watch
	WATCH=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q 'Ctrl-C ends it' "$FOLDER/watch.err"
	inside "$BUILD/daytime" 127.0.0.1 13
	end_watch
	refute has '127.0.0.1'
	run -1 timewait watch --netns no-such-name
	[[ $output == *no-such-name* ]]
}

# A container has a PID namespace, and in its /proc other numbers than the host's.
start_container()
{
	spawn container nsenter -t "$HOLDER" -n unshare --pid --fork --kill-child --mount-proc bash -c '
		cd "$1"
		timewait watch --json >watch.out 2>watch.err &
		watch=$!
		until grep -q "Ctrl-C ends it" watch.err; do sleep 0.02; done
		daytimed --tcp --bind 127.0.0.1 13 2>server.err &
		echo "$!" >server
		unshare --pid --fork daytimed --tcp --bind 127.0.0.1 14 2>nested.err &
		unshare=$!
		until grep -q listening nested.err; do sleep 0.02; done
		ps -o pid= --ppid "$unshare" >nested
		until grep -q listening server.err; do sleep 0.02; done
		echo >ready
		wait "$watch"' bash "$FOLDER"
	wait_until "$PATIENCE" test -e "$FOLDER/ready"
}

# closer PORT: who closed what has this local port.
closer()
{
	jq -c "select(.event == \"born\" and .local_port == $1).closed_first | del(.cgroup)" "$FOLDER/watch.out"
}

@test "in a container: processes by the numbers that they have there, others by name alone" {
	start_container
	inside "$BUILD/daytime" 127.0.0.1 13
	inside "$BUILD/daytime" 127.0.0.1 14
	start_server --first-close client 15
	inside "$BUILD/daytime" --close-first 127.0.0.1 15
	wait_until "$PATIENCE" has '"born".*"peer_port":15,'
	[[ $(closer 13) == "{\"pid\":$(<"$FOLDER/server"),\"comm\":\"daytimed\"}" ]]
	[[ $(closer 14) == "{\"pid\":$(tr -d ' ' <"$FOLDER/nested"),\"comm\":\"daytimed\"}" ]]
	[[ $(jq -c 'select(.event == "born" and .peer_port == 15).closed_first | del(.cgroup)' "$FOLDER/watch.out") == \
		'{"comm":"daytime"}' ]]
}

@test "--pid of a process that is not there: said at once" {
	local ended

	ended=$(bash -c 'echo $$')
	run -1 --separate-stderr timewait watch --pid "$ended"
	[[ -z $output && $stderr == "timewait: --pid $ended: there is no such process" ]]
}

@test "losses are shown: a reader that does not read" {
	inside sysctl -qw net.ipv4.tcp_max_tw_buckets=1000000
	start_server 13
	# Nobody reads the pipe, until there is nothing more to come.
	mkfifo "$FOLDER/pipe"
	nsenter -t "$HOLDER" -n "$BUILD/timewait" watch --json >"$FOLDER/pipe" 2>"$FOLDER/watch.err" 3>&- &
	WATCH=$!
	SPAWNED+=("$WATCH")
	exec 8<"$FOLDER/pipe"
	wait_until "$PATIENCE" grep -q 'Ctrl-C ends it' "$FOLDER/watch.err"
	inside "$BUILD/daytime" -n 60000 -c 32 --source 127.0.0.0/8 127.0.0.1 13 >/dev/null
	cat <&8 >/dev/null 3>&- &
	SPAWNED+=($!)
	exec 8<&-
	wait_until "$PATIENCE" grep -qE 'lost so far: [1-9][0-9]* events' "$FOLDER/watch.err"
	end_watch
}

@test "a reader that goes away ends it, without a word" {
	start_server 13
	nsenter -t "$HOLDER" -n "$BUILD/timewait" watch 2>"$FOLDER/watch.err" 3>&- | head -n 1 >/dev/null &
	SPAWNED+=($!)
	wait_until "$PATIENCE" grep -q 'Ctrl-C ends it' "$FOLDER/watch.err"
	for _ in 1 2 3 4 5; do
		inside "$BUILD/daytime" 127.0.0.1 13
	done
	wait "${SPAWNED[-1]}"
	refute grep -q 'cannot' "$FOLDER/watch.err"
}

@test "a reader that goes away ends it while nothing happens, too" {
	run -0 inside timeout --preserve-status "$PATIENCE" bash -c '"$0" watch -t 2>/dev/null | head -n 1; echo "${PIPESTATUS[0]}"' \
		"$BUILD/timewait"
	[[ ${lines[1]} == 0 ]]
}

# start_unread COMMAND...: watch --json, by the command, into a pipe that this test alone could read, at descriptor 8.
start_unread()
{
	mkfifo "$FOLDER/pipe"
	nsenter -t "$HOLDER" -n "$@" "$BUILD/timewait" watch --json >"$FOLDER/pipe" 2>"$FOLDER/watch.err" 3>&- &
	WATCH=$!
	SPAWNED+=("$WATCH")
	exec 8<"$FOLDER/pipe"
	wait_until "$PATIENCE" grep -q 'Ctrl-C ends it' "$FOLDER/watch.err"
	inside "$BUILD/daytime" -n 2000 -c 8 --source 127.0.0.0/8 127.0.0.1 13 >/dev/null 8<&-
}

@test "Ctrl-C while nobody reads: what is not written is counted" {
	local told

	start_server 13
	start_unread
	end_watch
	grep -qE 'not written, for nobody reads: [1-9][0-9]* events' "$FOLDER/watch.err"
	# Every event is in the pipe or counted: at least six changes of state a connection, and a birth.
	told=$(grep -oE 'reads: [0-9]+' "$FOLDER/watch.err")
	((${told#* } + $(wc -l <&8) >= 14000))
	exec 8<&-
}

@test "an output that somebody made non-blocking loses nothing" {
	start_server 13
	start_unread perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK); exec @ARGV' --
	cat <&8 >"$FOLDER/read" 3>&- &
	SPAWNED+=($!)
	exec 8<&-
	inside "$BUILD/daytime" 127.0.0.1 13
	wait_until "$PATIENCE" has_all_births
	end_watch
	refute grep -q 'cannot write' "$FOLDER/watch.err"
}

has_all_births()
{
	(($(grep -c '"born"' "$FOLDER/read") == 2001))
}

@test "SIGTERM and SIGINT end it with 0, while it starts, too" {
	local status

	for signal in TERM INT; do
		spawn watch nsenter -t "$HOLDER" -n "$BUILD/timewait" watch
		wait_until "$PATIENCE" has_a_bpf_map
		kill "-$signal" "$SPAWNED_PID"
		status=0
		wait "$SPAWNED_PID" || status=$?
		((status == 0))
	done
}

has_a_bpf_map()
{
	find "/proc/$SPAWNED_PID/fd" -lname 'anon_inode:bpf-map' 2>/dev/null | grep -q .
}

@test "without rights: 77, and which" {
	run -77 --separate-stderr as_nobody "$BUILD/timewait" watch
	[[ -z $output ]]
	[[ $stderr == *CAP_BPF* && $stderr == *CAP_PERFMON* ]]
	run -77 --separate-stderr as_nobody "$BUILD/timewait" watch --netns "$HOLDER"
	[[ $stderr == *CAP_BPF* && $stderr == *CAP_PERFMON* ]]
	# Without CAP_SYSLOG the kernel hides where tw_timer_handler is, unless anybody may see it.
	if (($(cat /proc/sys/kernel/perf_event_paranoid) > 1)) || (($(cat /proc/sys/kernel/kptr_restrict) > 0)); then
		run -77 --separate-stderr setpriv --bounding-set -syslog --inh-caps -syslog "$BUILD/timewait" watch
		[[ $stderr == *CAP_SYSLOG* ]]
	fi
	# CAP_SYS_ADMIN stands for both.
	run -77 --separate-stderr setpriv --bounding-set -bpf,-sys_admin --inh-caps -bpf,-sys_admin "$BUILD/timewait" watch
	[[ $stderr == *"capabilities: CAP_BPF "* ]]
	run -77 --separate-stderr setpriv --bounding-set -perfmon,-sys_admin --inh-caps -perfmon,-sys_admin "$BUILD/timewait" watch
	[[ $stderr == *"capabilities: CAP_PERFMON "* ]]
	# Root in a user namespace of one's own has them all, and they are worth nothing.
	run -77 --separate-stderr unshare --user --map-root-user "$BUILD/timewait" watch
	[[ -z $output && -n $stderr ]]
}

@test "a command line that cannot be understood" {
	run -2 timewait watch --port 0
	run -2 timewait watch --port 65536
	run -2 timewait watch --pid x
	run -2 timewait watch --peer 300.0.0.0/8
	run -2 timewait watch --peer 10.0.0.0/33
	run -2 timewait watch --cause expried
	[[ $output == *expired* ]]
	run -2 timewait watch operand
}

@test "watch refuses a kernel older than 6.1, and says so" {
	run -77 --separate-stderr inside setarch --uname-2.6 "$BUILD/timewait" watch
	[[ $stderr == "timewait: Linux 2.6."*" is too old to watch TIME_WAIT live and die (6.1 or later can)" ]]
}
