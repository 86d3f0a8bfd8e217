#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait run in the laboratory: what it shows, how it ends, many at a time, and what is left.

bats_require_minimum_version 1.5.0
load ../cli/common

setup()
{
	can_unshare || skip "namespaces are refused here"
	cd "$BATS_TEST_TMPDIR" || return
	cat >good.tcp <<-'EOT'
		# The server waits
		# It closes first.

		server listen 13
		client connect server:13
		server accept
		# Now the end.
		server close
		client close
		expect server TIME_WAIT, client CLOSED
	EOT
	sed 's/^expect .*/expect server CLOSED, client CLOSED/' good.tcp >bad.tcp
	printf '# It takes its time\nslow\nsleep 10ms\n' >slow.tcp
	printf '# It lacks something\nserver sysctl net.ipv4.no_such_thing=1\n' >lacking.tcp
}

teardown()
{
	kill_spawned
}

@test "run: title, explanation and diagram, and nothing on stderr" {
	run --separate-stderr timewait run good.tcp
	[[ $status == 0 && -z $stderr ]]
	[[ ${lines[0]} == "The server waits" && ${lines[1]} == "It closes first." ]]
	[[ $output == *"SYN,ACK"*"Now the end."*"[TIME_WAIT]"* ]]
}

@test "run: a failure shows file and line, expected, observed, the last states, the diagram" {
	run --separate-stderr timewait run bad.tcp
	[[ $status == 1 ]]
	[[ $output == *"[TIME_WAIT]"*"
bad.tcp:10: failed: expect server CLOSED, client CLOSED
  expected: server CLOSED, client CLOSED
  observed: server TIME_WAIT"*"
  last states: server.conn TIME_WAIT, client.conn CLOSED" ]]
}

@test "run: a failed line ends its scenario, never the other files; --keep-going goes on inside it" {
	{
		echo 'expect server CLOSED, client ESTABLISHED'
		echo 'expect server CLOSED, client LAST_ACK'
	} >>bad.tcp
	run --separate-stderr timewait run --quiet bad.tcp good.tcp bad.tcp
	[[ $status == 1 ]]
	[[ $(grep -c '^bad.tcp:10: failed: ' <<<"$output") == 2 ]]
	refute grep -q '^bad.tcp:1[12]:' <<<"$output"
	[[ $stderr == "timewait: 3 scenarios: 1 passed, 2 failed; "* ]]
	run --separate-stderr timewait run --quiet --keep-going bad.tcp
	[[ $status == 1 ]]
	[[ $(grep -c '^bad.tcp:1[012]: failed: ' <<<"$output") == 3 ]]
}

@test "run: --quiet shows what fails alone" {
	run --separate-stderr timewait run --quiet good.tcp slow.tcp
	[[ $status == 0 && -z $output ]]
	[[ $stderr == "timewait: 2 scenarios: 1 passed, 1 skipped for being slow (--slow runs them); "* ]]
	run --separate-stderr timewait run --quiet good.tcp bad.tcp
	[[ $status == 1 ]]
	[[ $(grep -c 'failed:' <<<"$output") == 1 && $output == *"[TIME_WAIT]"* ]]
}

@test "run: exit 0, 1 and 77 when scenarios are skipped" {
	run timewait run slow.tcp
	[[ $status == 0 && $output == "slow.tcp: skipped: slow (--slow runs it)" ]]
	run timewait run --slow slow.tcp
	[[ $status == 0 && $output != *skipped* ]]
	run --separate-stderr timewait run lacking.tcp
	[[ $status == 77 && $output == "lacking.tcp: skipped: "*"net.ipv4.no_such_thing" ]]
	run timewait run lacking.tcp good.tcp
	[[ $status == 0 ]]
	run timewait run lacking.tcp slow.tcp
	[[ $status == 0 ]]
	run timewait run lacking.tcp bad.tcp
	[[ $status == 1 ]]
	run --separate-stderr timewait run --quiet lacking.tcp good.tcp
	[[ $stderr == "timewait: lacking.tcp: skipped: "* ]]
}

# numbered COUNT: files 1.tcp, 2.tcp... with their number as title; every seventh is slow to run.
numbered()
{
	for i in $(seq "$1"); do
		sed "1s/.*/# Number $i/" good.tcp >"$i.tcp"
		((i % 7)) || echo 'sleep 30ms' >>"$i.tcp"
	done
}

@test "run: output in the order of the arguments, whatever the number of jobs" {
	numbered 30
	for jobs in 1 2 7 1000; do
		timewait run --jobs $jobs $(seq -f '%g.tcp' 30) 2>/dev/null | sed -n 's/^Number //p' >order
		diff order <(seq 30)
	done
}

@test "run: slow ones run beside the others and all at once" {
	for i in $(seq 20); do
		printf '# Slow %s\nsleep 1100ms\n' "$i" >"slow$i.tcp"
	done
	SECONDS=0
	run --separate-stderr timewait run --slow --tap good.tcp slow?.tcp slow??.tcp good.tcp
	[[ $status == 0 ]]
	[[ $(grep -c '^ok ' <<<"$output") == 22 ]]
	# One after the other they would take 22 s, on two jobs 11 s.
	((SECONDS < 9)) || fail "$SECONDS s"
}

@test "run --tap: a point each, with a block for what failed" {
	run --separate-stderr timewait run --tap good.tcp bad.tcp slow.tcp lacking.tcp
	[[ $status == 1 && -z $stderr ]]
	[[ ${lines[0]} == "TAP version 14" && ${lines[1]} == "1..4" ]]
	grep -q '^# It closes first\.$' <<<"$output"
	grep -q '^# Now the end\.$' <<<"$output"
	grep -q '^ok 1 - good\.tcp: The server waits$' <<<"$output"
	grep -q '^not ok 2 - bad\.tcp: The server waits$' <<<"$output"
	grep -q '^  line: 10$' <<<"$output"
	grep -q '^  expected: "server CLOSED, client CLOSED"$' <<<"$output"
	grep -q '^  observed: "server TIME_WAIT' <<<"$output"
	grep -q '^ok 3 - slow\.tcp: It takes its time # SKIP slow' <<<"$output"
	grep -q '^ok 4 - lacking\.tcp: .* # SKIP .*net.ipv4.no_such_thing$' <<<"$output"
}

@test "run --json: the record of each, and how it ended" {
	run --separate-stderr timewait run --json good.tcp bad.tcp slow.tcp lacking.tcp
	[[ $status == 1 && -z $stderr ]]
	jq -es 'map(select(.type == "scenario")) |
		map(.file) == ["good.tcp", "bad.tcp", "slow.tcp", "lacking.tcp"] and
		.[0].v == 1 and map(.slow) == [false, false, true, false]' <<<"$output"
	jq -es 'map(select(.type == "result")) | map(.ok) == [true, false, false, false] and
		map(.skipped) == [false, false, true, true] and
		.[1].line == 10 and .[1].expected == "server CLOSED, client CLOSED" and
		(.[1].observed | startswith("server TIME_WAIT")) and .[2].reason and .[3].reason' <<<"$output"
	jq -es 'map(select(.type == "action" and .file == "good.tcp")) |
		map(.line) == [4, 5, 6, 8, 9] and all(.ok)' <<<"$output"
	jq -es 'map(select(.type == "comment").text) | .[0:2] == ["It closes first.", "Now the end."]' \
		<<<"$output"
}

@test "run --svg, --pcap: a file; of several scenarios a folder, made if missing" {
	timewait run --svg one.svg --pcap one.pcap good.tcp >/dev/null
	xmllint --noout one.svg
	[[ $(tshark -r one.pcap -Y 'tcp.flags.fin == 1' 2>/dev/null | wc -l) == 2 ]]
	mkdir other
	cp good.tcp other/
	run timewait run --quiet --svg some/where --pcap some/where/else good.tcp other/good.tcp bad.tcp
	[[ $(cd some/where && echo *) == "bad.svg else good-2.svg good.svg" ]]
	[[ $(cd some/where/else && echo *) == "bad.pcap good-2.pcap good.pcap" ]]
	xmllint --noout some/where/*.svg
	# A folder that is there is one, for one scenario too.
	timewait run --svg other good.tcp >/dev/null
	[[ -s other/good.svg ]]
}

@test "run --svg -, --pcap -: standard output alone" {
	timewait run --svg - good.tcp >one.svg
	xmllint --noout one.svg
	timewait run --pcap - good.tcp >one.pcap
	[[ $(tshark -r one.pcap 2>/dev/null | wc -l) -ge 6 ]]
	run --separate-stderr bash -c 'timewait run --svg - bad.tcp >bad.svg'
	[[ $status == 1 && $stderr == *"bad.tcp:10: failed: "* ]]
	xmllint --noout bad.svg
}

@test "run: the comments travel into the picture and the capture" {
	timewait run --svg one.svg --pcap one.pcap good.tcp >/dev/null
	grep -q 'It closes first\.' one.svg
	grep -q 'Now the end\.' one.svg
	tshark -r one.pcap -T fields -e frame.comment 2>/dev/null >comments
	grep -q 'Now the end\.' comments
	grep -q 'server TIME_WAIT' comments
	capinfos one.pcap | grep -q 'comment:.*The server waits'
}

@test "run: a file that cannot be made is an error" {
	run --separate-stderr timewait run --svg "$BATS_TEST_TMPDIR/nowhere/file" good.tcp
	[[ $status == 1 && $output == *"[TIME_WAIT]"* ]]
	[[ $stderr == "timewait: cannot create "*"/nowhere/file: No such file or directory" ]]
	run --separate-stderr timewait run --svg good.tcp good.tcp bad.tcp
	[[ $status == 1 && $stderr == *"good.tcp"*"folder"* ]]
	# No name is let through to the terminal as it is.
	run --separate-stderr timewait run --svg $'no\e[31mwhere/file' --pcap $'\e[31m/' good.tcp
	[[ $status == 1 && $stderr == "timewait: cannot create no\\x1B[31mwhere/file: No such file or directory" ]]
	run --separate-stderr timewait run --svg $'good.tcp/\e[31m' good.tcp bad.tcp
	[[ $status == 1 && $stderr == "timewait: cannot make the folder good.tcp/\\x1B[31m: Not a directory" ]]
	cp bad.tcp $'bad\e[31m.tcp'
	run --separate-stderr timewait run --repeat 2 $'bad\e[31m.tcp'
	[[ $status == 1 && $stderr == *'bad\x1B[31m.tcp: 2 of 2 runs failed'* ]]
	refute grep -q $'\e' <<<"$output$stderr"
}

@test "run: a file that cannot be written is an error, and the disk is to blame" {
	for option in --svg --pcap; do
		run --separate-stderr timewait run "$option" /dev/full good.tcp
		[[ $status == 1 && $stderr == "timewait: cannot write /dev/full: No space left on device" ]]
	done
}

@test "run: a full disk is an error, and is called so" {
	for mode in --ladder --json --tap; do
		run --separate-stderr bash -c 'exec timewait run "$@" >/dev/full' bash $mode good.tcp
		[[ $status == 1 && $stderr == *"timewait: cannot write the output: No space left on device" ]]
	done
}

@test "run -: standard input; a folder: all below it, sorted; a name: one we come with" {
	run --separate-stderr bash -c 'timewait run --json - <good.tcp'
	[[ $status == 0 ]]
	jq -es '.[-1] | .ok and .file == "-"' <<<"$output"
	mkdir -p tree/b tree/a
	cp good.tcp tree/b/2.tcp
	cp good.tcp tree/a/9.tcp
	cp good.tcp tree/b/1.tcp
	echo no scenario >tree/b/README
	run timewait run --tap tree
	[[ $(grep '^ok' <<<"$output" | sed 's/^ok . - //; s/:.*//' | paste -sd' ') == \
		"tree/a/9.tcp tree/b/1.tcp tree/b/2.tcp" ]]
	cd /
	run timewait run --quiet simultaneous-close
	[[ $status == 0 ]]
}

@test "run: HERE is the folder of the file" {
	mkdir folder
	echo hello >folder/greeting
	# shellcheck disable=SC2016 # $HERE is the scenario's
	printf '# Here\nserver run cat $HERE/greeting\nserver wait\nexpect server output "hello"\n' >folder/here.tcp
	timewait run --quiet folder/here.tcp
	cd folder
	timewait run --quiet here.tcp
	timewait run --quiet - <here.tcp
}

@test "run --ipv6: the same files" {
	run --separate-stderr timewait run --ipv6 good.tcp
	[[ $status == 0 && $output == *"2001:db8::1"* ]]
}

@test "run --repeat: the first time is shown, then what fails, and how often" {
	run --separate-stderr timewait run --repeat 20 good.tcp
	[[ $status == 0 ]]
	[[ $(grep -c '^The server waits$' <<<"$output") == 1 ]]
	[[ $stderr == "timewait: 1 scenario, 20 times each: 1 passed; "* ]]
	run --separate-stderr timewait run --repeat 20 --quiet good.tcp bad.tcp
	[[ $status == 1 ]]
	[[ $(grep -c 'failed in run ' <<<"$output") == 5 ]]
	[[ $stderr == *"bad.tcp: 20 of 20 runs failed, the first was run 1"* ]]
	run --separate-stderr timewait run --repeat 20 --tap good.tcp bad.tcp
	[[ $(grep -c '^ok ' <<<"$output") == 1 && $(grep -c '^not ok ' <<<"$output") == 1 ]]
	grep -q '^  failed_runs: 20$' <<<"$output"
	run --separate-stderr timewait run --repeat 20 --json good.tcp bad.tcp
	jq -es 'map(select(.type == "result")) | map(.ok) == [true, false] and
		map(.runs) == [20, 20] and .[1].failed_runs == 20 and .[1].first_failed_run == 1' <<<"$output"
}

# workers PID: the processes in which its scenarios run.
workers()
{
	pgrep -P "$1"
}

# start_suite ARG...: one that would go on for long; its process is $SPAWNED_PID, the workers' are $WORKERS.
start_suite()
{
	spawn suite timewait run --jobs 2 "$@"
	# shellcheck disable=SC2016 # looked at again and again
	wait_until "$PATIENCE" eval '[[ $(workers $SPAWNED_PID | wc -l) == 2 ]]'
	WORKERS=$(workers "$SPAWNED_PID")
	GUARDIANS=
	for worker in $WORKERS; do
		wait_until "$PATIENCE" workers "$worker"
		GUARDIANS+=" $(workers "$worker")"
	done
}

all_gone()
{
	for pid in $WORKERS $GUARDIANS; do
		! is_alive "$pid" || return 1
	done
}

@test "run: Ctrl-C, SIGTERM and SIGKILL end it at once, and all is gone" {
	for signal in INT TERM KILL; do
		start_suite --quiet --repeat 1000000 good.tcp
		kill -s "$signal" "$SPAWNED_PID"
		wait "$SPAWNED_PID" && STATUS=0 || STATUS=$?
		[[ $signal == KILL || $STATUS == 130 ]]
		wait_until "$PATIENCE" all_gone
	done
}

@test "run --tap: Ctrl-C says that points are missing" {
	start_suite --tap --repeat 1000000 good.tcp bad.tcp
	kill -s INT "$SPAWNED_PID"
	wait "$SPAWNED_PID" && STATUS=0 || STATUS=$?
	[[ $STATUS == 130 ]]
	grep -q '^Bail out! ' suite.out
}

@test "run: a worker that dies fails its scenario, and the others go on" {
	numbered 40
	start_suite --quiet --repeat 60 $(seq -f '%g.tcp' 40)
	kill -s KILL "$(head -n1 <<<"$WORKERS")"
	wait "$SPAWNED_PID" && STATUS=0 || STATUS=$?
	[[ $STATUS == 1 ]]
	grep -Eq '^[0-9]+\.tcp: failed in run [0-9]+: the process that ran it was ended by signal 9 ' suite.out
	grep -q '^timewait: 40 scenarios, 60 times each: 39 passed, 1 failed; ' suite.err
}

@test "run: where only some laboratories can be had, the others do the work" {
	need_prison
	numbered 10
	# Room for one user namespace and one laboratory, not for two.
	run --separate-stderr unshare --user --map-root-user sh -c '
		echo 5 >/proc/sys/user/max_net_namespaces && exec "$@"' sh \
		timewait run --quiet --jobs 4 $(seq -f '%g.tcp' 10)
	[[ $status == 0 && $stderr == "timewait: 10 scenarios: 10 passed; "* ]]
}

@test "run --json --keep-going: every failed step, and an action that brought the wrong thing is not ok" {
	printf '%s\n' 'server listen 13' 'client connect server:13' 'expect server TIME_WAIT' 'server accept' \
		'client send "x"' 'server recv "y"' 'server.two listen 13 fails EADDRINUSE' >wrong.tcp
	run timewait run --json --keep-going wrong.tcp
	[[ $status == 1 ]]
	[[ $(jq -c 'select(.type == "result") | [.line, .further[0].line, .further[0].observed]' <<<"$output") == '[3,6,"\"x\""]' ]]
	[[ $(jq -c 'select(.type == "action" and .line == 6) | .ok' <<<"$output") == false ]]
	[[ $(jq -c 'select(.type == "action" and .line == 7) | [.ok, .errno]' <<<"$output") == '[true,"EADDRINUSE"]' ]]
}
