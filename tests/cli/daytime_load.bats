#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# daytime --count, the generator of connections: against our server, however it closes, and against
# servers that lie, break off, or keep silent. No speed is asserted, only that the sums are right.

# shellcheck disable=SC2016 # what stands in single quotes is for perl, jq or an inner shell
bats_require_minimum_version 1.5.0

setup()
{
	load common
	export TZ=UTC
}

teardown()
{
	kill_spawned
}

# start OPTION...: our own server on a free port, $PORT; its process is $SERVER.
start()
{
	PORT=$(free_port)
	spawn server daytimed "$@" "$PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q '^listening' "$BATS_TEST_TMPDIR/server.err"
}

# liar PERL: a server that does that to each connection, $c, of which $number are before it.
liar()
{
	spawn liar perl -MIO::Socket::INET -MSocket=:all -e '
		$| = 1;
		$SIG{PIPE} = "IGNORE";
		my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 50) or die "$!";
		print $l->sockport, "\n";
		alarm 60;
		my @kept;
		for (my $number = 0; my $c = $l->accept; $number++) {
			$c->autoflush(1);
			sub rst { setsockopt($_[0], SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); close $_[0] }
			'"$1"'
		}'
	wait_until "$PATIENCE" grep -q . "$BATS_TEST_TMPDIR/liar.out"
	PORT=$(<"$BATS_TEST_TMPDIR/liar.out")
}

# asks STATUS JQ OPTION...: the report, in JSON, fulfils the condition; nothing is on stderr.
asks()
{
	run "-$1" --separate-stderr daytime --json "${@:3}" "$PORT"
	[[ -z $stderr ]] || fail "stderr: $stderr"
	((${#lines[@]} == 1))
	jq -e "$2" <<<"$output" >/dev/null || fail "not so: $2: $output"
}

# The server tells how many it has answered, which nobody can have counted for it.
has_answered()
{
	kill -USR1 "$SERVER"
	wait_until "$PATIENCE" grep -qE "$1" "$BATS_TEST_TMPDIR/server.err"
}

@test "each family, each transport, one at a time and many at once" {
	[[ -e /proc/net/if_inet6 ]] || skip "no IPv6 here"
	start
	for transport in tcp udp; do
		for address in 127.0.0.1 ::1; do
			option=()
			[[ $transport == tcp ]] || option=(--udp)
			asks 0 ".answered == 10 and .transport == \"$transport\"" -n 10 "${option[@]}" "$address"
			asks 0 '.answered == 500 and .concurrency == 50' -n 500 -c 50 "${option[@]}" "$address"
		done
	done
	asks 0 '.answered == 3 and .concurrency == 50' -n 3 -c 50 127.0.0.1
	has_answered '1023'
}

@test "whoever closes first, and however" {
	start
	for closing in "" --close-first=line --close-first=now --reset; do
		# shellcheck disable=SC2086 # no option, or one
		asks 0 '.answered == 300 and .failed == 0 and .errors == {}' -n 300 -c 20 $closing 127.0.0.1
	done
	kill_spawned
	start --first-close reset
	for closing in "" --close-first=line --close-first=now --reset; do
		# shellcheck disable=SC2086
		asks 0 '.answered == 300 and .failed == 0' -n 300 -c 20 $closing 127.0.0.1
	done
	kill_spawned
	start --first-close client
	for closing in --close-first=line --close-first=now --reset; do
		asks 0 '.answered == 300 and .failed == 0' -n 300 -c 20 $closing 127.0.0.1
	done
	# Each waits for the other: the line alone is not the end.
	asks 1 '.failed == 4 and .errors == {"timeout": 4}' -n 4 -c 4 --timeout 0.3 127.0.0.1
}

@test "who waits: the end that closed first, a socket a connection" {
	need_namespaces --net
	# The server's sockets have port 13 on their side, the client's on the other.
	run -0 --separate-stderr "${own[@]}" bash -c '
		ip link set lo up
		for first in server client; do
			coproc daytimed --first-close $first 2>&1
			read -r line <&"${COPROC[0]}"
			[[ $first == server ]] || option=--close-first
			daytime -n 200 -c 10 $option 127.0.0.1 >/dev/null || exit
			echo "$first: $(ss -Htan state time-wait "sport = :13" | wc -l) $(ss -Htan state time-wait "dport = :13" | wc -l)"
			kill "$COPROC_PID"; wait "$COPROC_PID"
		done'
	[[ ${lines[0]} == "server: 200 0" ]] || fail "$output"
	[[ ${lines[1]} == "client: 200 200" ]] || fail "$output"
}

@test "a wrong reply is none" {
	liar 'print $c $number % 2 ? "Sun Jun  5 21:00:00 2022\r\n" : "Sun Jun 35 21:00:00 2022\r\n"; close $c'
	asks 1 '.answered == 20 and .failed == 20 and .errors == {"wrong_reply": 20}' -n 40 -c 4 127.0.0.1
	kill_spawned
	liar 'print $c "x" x 5000; close $c'
	asks 1 '.answered == 0 and .errors == {"wrong_reply": 3} and (has("latency_s") | not)' -n 3 127.0.0.1
}

@test "nothing, half a line, a reset, silence: each by its name" {
	liar '
		if ($number % 5 == 0) { close $c }
		elsif ($number % 5 == 1) { print $c "Sun Jun  5 21:00:00 2022"; close $c }
		elsif ($number % 5 == 2) { rst($c) }
		elsif ($number % 5 == 3) { push @kept, $c }
		else { print $c "Sun Jun  5 21:00:00 2022\r\n"; rst($c) }'
	asks 1 '.answered == 2 and .failed == 8 and .errors == {"no_line": 4, "ECONNRESET": 2, "timeout": 2}' \
		-n 10 --timeout 0.5 127.0.0.1
}

@test "a line in pieces, and a server that closes late" {
	liar '
		print $c "Sun Jun  5 ";
		select(undef, undef, undef, 0.01);
		print $c "21:00:00 2022\r\n";
		select(undef, undef, undef, 0.01);
		close $c'
	asks 0 '.answered == 5' -n 5 -c 5 127.0.0.1
	asks 0 '.answered == 5' -n 5 --close-first 127.0.0.1
}

@test "the latency is the server's" {
	liar 'select(undef, undef, undef, 0.05); print $c "Sun Jun  5 21:00:00 2022\r\n"; close $c'
	asks 0 '.latency_s | .min >= 0.05 and .p50 >= .min and .p99 >= .p50 and .max >= .p999 and .mean >= .min' \
		-n 5 127.0.0.1
}

@test "refused" {
	PORT=$(free_port)
	asks 1 '.answered == 0 and .failed == 100 and .errors == {"ECONNREFUSED": 100}' -n 100 -c 7 127.0.0.1
	asks 1 '.failed == 10 and .errors == {"ECONNREFUSED": 10}' -n 10 --udp 127.0.0.1
	run -1 --separate-stderr daytime -n 10 127.0.0.1 "$PORT"
	[[ $output =~ ECONNREFUSED\ +10 && -z $stderr ]]
}

@test "UDP: what is lost is counted, and a late answer is no answer to the next" {
	spawn liar perl -MIO::Socket::INET -e '
		$| = 1;
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Proto => "udp") or die "$!";
		print $s->sockport, "\n";
		alarm 60;
		my ($number, $late) = 0;
		while (my $from = $s->recv(my $x, 100)) {
			if ($number++ % 2 == 0) { $late = $from; next }
			$s->send("garbage\r\n", 0, $late); # to whom it was due
			$s->send("Sun Jun  5 21:00:00 2022\r\n", 0, $from);
		}'
	wait_until "$PATIENCE" grep -q . "$BATS_TEST_TMPDIR/liar.out"
	PORT=$(<"$BATS_TEST_TMPDIR/liar.out")
	asks 1 '.answered == 3 and .errors == {"timeout": 3}' -n 6 --udp --timeout 0.3 127.0.0.1
}

@test "--source: every connection from an address of its own" {
	liar 'print STDERR $c->peerhost, "\n"; print $c "Sun Jun  5 21:00:00 2022\r\n"; close $c'
	asks 0 '.answered == 6' -n 6 --source 127.7.0.0/30 127.0.0.1
	[[ $(paste -sd' ' "$BATS_TEST_TMPDIR/liar.err") == "127.7.0.1 127.7.0.2 127.7.0.1 127.7.0.2 127.7.0.1 127.7.0.2" ]]
	start
	asks 0 '.answered == 500' -n 500 -c 50 --source 127.0.0.0/8 --workers 2 127.0.0.1
	asks 0 '.answered == 500' -n 500 -c 50 --source 127.0.0.0/8 --udp 127.0.0.1
	asks 0 '.answered == 10 and .address == "127.0.0.1"' -n 10 --source 127.0.0.0/8 localhost
}

@test "--source over IPv6, and what becomes of ports without it" {
	need_namespaces --net
	run -0 --separate-stderr "${own[@]}" bash -c '
		ip link set lo up
		ip -6 route add local fd77::/64 dev lo
		coproc daytimed --first-close client 2>&1
		read -r line <&"${COPROC[0]}"
		daytime -n 50 -c 5 --close-first --source fd77::/64 --json ::1 | jq .answered
		ss -Htan state time-wait "dst [::1]:13" | grep -c "fd77::.*\[::1\]:13 *$"
		# A source that an IPv4-only host would have, from whom nothing can come back.
		daytime -n 1 --source fd78::/64 ::1
		echo "32768 32787" >/proc/sys/net/ipv4/ip_local_port_range
		echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse
		timeout 30 daytime -n 50 --close-first --json 127.0.0.1 | jq -c .errors
		daytime -n 50 --close-first --source 127.1.0.0/16 --json 127.0.0.1 | jq -c .errors
		kill "$COPROC_PID"'
	[[ ${lines[0]} == 50 && ${lines[1]} == 50 ]] || fail "$output $stderr"
	[[ ${lines[2]} == '{"EADDRNOTAVAIL":30}' && ${lines[3]} == '{}' ]] || fail "$output $stderr"
	[[ ${stderr_lines[0]} == "daytime: --source fd78::/64: fd78::1 is no address of this host ('ip -6 route add local fd78::/64 dev lo'"* ]]
	[[ ${stderr_lines[1]} == "daytime: ports ran out: "*"(--source "* ]] # once
	((${#stderr_lines[@]} == 2))
}

@test "--rate: so many are begun, and none before its time" {
	start
	asks 0 '.answered == 51 and .rate == 100 and .duration_s >= 0.5' -n 51 --rate 100 127.0.0.1
	asks 0 '.answered == 51 and .duration_s >= 0.5' -n 51 --rate 100 -c 6 --workers 2 127.0.0.1
	asks 0 '.answered == 51' -n 51 --rate 1000000000 --udp 127.0.0.1
	asks 0 'has("rate") | not' -n 5 127.0.0.1
}

@test "--rate: latency counts from when it was due, so that a stall is not hidden" {
	# The first takes half a second, and nine that are due meanwhile have to wait for it.
	liar 'select(undef, undef, undef, 0.5) unless $number; print $c "Sun Jun  5 21:00:00 2022\r\n"; close $c'
	asks 0 '.answered == 10 and .latency_s.p50 >= 0.4' -n 10 --rate 1000 127.0.0.1
}

@test "--json: the keys, all of them" {
	start
	asks 0 'keys == ["address", "answered", "concurrency", "count", "cpu_s", "duration_s", "errors", "failed",
		"host", "latency_s", "per_second", "port", "transport", "type", "v", "workers"]
		and (.latency_s | keys == ["max", "mean", "min", "p50", "p90", "p99", "p999"])
		and (.cpu_s | keys == ["system", "user"])
		and .v == 1 and .type == "load" and .host == "localhost" and .address == "127.0.0.1"
		and .transport == "tcp" and .count == 20 and .workers == 1 and .per_second > 0
		and .cpu_s.user + .cpu_s.system > 0' -n 20 -4 localhost
	asks 0 ".port == $PORT" -n 1 127.0.0.1
}

@test "the table" {
	start
	run -0 --separate-stderr daytime -n 100 -c 10 127.0.0.1 "$PORT"
	[[ -z $stderr ]]
	[[ ${lines[0]} == "127.0.0.1 port $PORT, TCP, 10 at once" ]]
	[[ ${lines[1]} =~ ^connections\ +100$ && ${lines[2]} =~ ^\ \ answered\ +100$ && ${lines[3]} =~ ^\ \ failed\ +0$ ]]
	for name in seconds 'a second' 'latency min' p50 p90 p99 p99.9 max mean 'own CPU each'; do
		[[ $output == *"$name"* ]]
	done
	((${#lines[@]} == 14))
	for ((i = 1; i < 14; i++)); do
		((${#lines[i]} == 30))
	done
}

@test "several addresses: the first that can be talked to" {
	need_namespaces --net --mount
	printf '127.0.0.2 two.example\n127.0.0.1 two.example\n' >"$BATS_TEST_TMPDIR/hosts"
	# Whichever of the two comes first, one of these must go on to the second.
	for listening in 127.0.0.1 127.0.0.2; do
		run -0 --separate-stderr "${own[@]}" bash -c '
			ip link set lo up
			mount --bind "$0" /etc/hosts
			coproc daytimed --bind "$1" 2>&1
			read -r line <&"${COPROC[0]}"
			for option in "" --udp; do
				daytime -n 20 --json $option two.example | jq -c "[.host, .address, .answered]"
			done
			kill "$COPROC_PID"' "$BATS_TEST_TMPDIR/hosts" "$listening"
		for i in 0 1; do
			[[ ${lines[i]} == "[\"two.example\",\"$listening\",20]" ]] || fail "$output $stderr"
		done
	done
}

has_served()
{
	(($(wc -l <"$BATS_TEST_TMPDIR/liar.err") >= $1))
}

@test "Ctrl-C: what was done is reported, and exit code 130" {
	for option in --concurrency=1 --concurrency=3 "--rate=20" --workers=2; do
		liar 'print STDERR "served\n"; print $c "Sun Jun  5 21:00:00 2022\r\n" if $number < 5; $number < 5 ? close $c : push @kept, $c'
		spawn client daytime -n 1000000 -c 2 "$option" --timeout 50 --json 127.0.0.1 "$PORT"
		client=$SPAWNED_PID
		wait_until "$PATIENCE" has_served 6
		kill -INT "$client"
		status=0
		wait "$client" || status=$?
		[[ $status == 130 ]]
		jq -e '.answered == 5 and .failed == 0 and .count == 1000000' "$BATS_TEST_TMPDIR/client.out"
		[[ ! -s $BATS_TEST_TMPDIR/client.err ]]
		kill_spawned
	done
}

has_drawn()
{
	grep -q 'asking .*[0-9]/1000000' "$BATS_TEST_TMPDIR/terminal.out"
}

@test "the bar is drawn on a terminal alone, and taken away" {
	start
	cd "$BATS_TEST_TMPDIR"
	spawn terminal script -qfec "echo \$\$ >pid; exec daytime -n 1000000 --rate 100 127.0.0.1 $PORT >report" /dev/null
	terminal=$SPAWNED_PID
	wait_until "$PATIENCE" has_drawn
	kill -INT "$(<pid)"
	wait "$terminal" || true
	[[ $(<"$BATS_TEST_TMPDIR/report") == "127.0.0.1 port $PORT, TCP, 1 at once, 100 a second"* ]]
	[[ $(tr '\r' '\n' <"$BATS_TEST_TMPDIR/terminal.out" | tail -n 1) == $'\033[K' ]]
}

@test "the descriptors that it takes: the limit is raised, or the request refused" {
	start
	run -0 bash -c 'ulimit -Sn 64; daytime -n 500 -c 200 127.0.0.1 "$0"' "$PORT"
	run -1 --separate-stderr as_nobody bash -c 'ulimit -n 64; daytime -n 500 -c 200 127.0.0.1 "$0"' "$PORT"
	[[ $stderr == "daytime: --concurrency 200: it needs 217 descriptors, and 64 are allowed ("*")" && -z $output ]]
}

@test "the worker's CPU is its own" {
	start
	run -0 --separate-stderr daytime -n 100 -c 8 --workers 4 127.0.0.1 "$PORT"
	[[ ${lines[0]} == *", 8 at once, 4 workers" && ${lines[1]} == *100 ]]
	# Where only one is allowed, all have that.
	run -0 taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" daytime -n 100 -c 8 -w 4 127.0.0.1 "$PORT"
}

@test "a full disk is noticed" {
	start
	run -1 --separate-stderr bash -c 'daytime -n 2 127.0.0.1 "$0" >/dev/full' "$PORT"
	[[ $stderr == "daytime: cannot write the output: No space left on device" ]]
}

@test "what cannot be understood is exit code 2 and one clear line" {
	for option in concurrency=2 rate=5 source=127.0.0.0/8 workers=1 json; do
		complains "daytime: --${option%=*} goes with --count alone" "--$option"
	done
	for count in 0 -1 1.5 x '' 1000000000001; do
		complains "daytime: --count '$count': not a whole number from 1 to 1000000000000" -n "$count"
	done
	complains "daytime: --concurrency '0': *" -n 1 -c 0
	complains "daytime: --rate 'fast': *" -n 1 --rate fast
	complains "daytime: --workers '0': *" -n 1 -w 0
	complains "daytime: --workers 3: more than --concurrency 2, and each has at least one connection" -n 9 -c 2 -w 3
	for source in '' localhost 127.0.0.0/33 1.2.3/8 fd00::/x; do
		complains "daytime: --source '$source': not an IP address or prefix such as *" -n 1 --source "$source"
	done
	complains "daytime: --source is of the one family and -4 or -6 of the other" -n 1 -6 -s 127.0.0.0/8
	complains "daytime: --count and --parse exclude each other" -n 1 --parse
	complains "daytime: --udp has no connection *" -n 1 -u --reset
	complains "daytime: option '-n': it needs an argument" -n
}

@test "a prefix that is not ours" {
	run -1 --separate-stderr daytime -n 1 --source 240.1.2.0/24 127.0.0.1 1
	[[ $stderr == "daytime: --source 240.1.2.0/24: 240.1.2.1 is no address of this host ('ip route add local 240.1.2.0/24 dev lo'"* ]]
	[[ -z $output ]]
}
