#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The client: against our server, against openbsd-inetd's, and against servers that nobody would
# wish for, each a few lines of perl on 127.0.0.1. Every wait is for an event and has a deadline.

# shellcheck disable=SC2016 # what stands in single quotes is for perl or an inner shell
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

CTIME='^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] [0-9]{4}$'

# start OPTION...: our own server on a free port, $PORT.
start()
{
	PORT=$(free_port)
	rm -f "$BATS_TEST_TMPDIR/server.err" # what an earlier one said
	spawn server daytimed "$@" "$PORT"
	wait_until "$PATIENCE" grep -q '^listening' "$BATS_TEST_TMPDIR/server.err"
}

# hostile PERL: a server that accepts one connection, $c, does that to it, and ends. Its port is $PORT.
hostile()
{
	rm -f "$BATS_TEST_TMPDIR/hostile.out"
	spawn hostile perl -MIO::Socket::INET -MSocket=:all -e '
		$| = 1;
		$SIG{PIPE} = "IGNORE";
		my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5) or die "$!";
		print $l->sockport, "\n";
		my $c = $l->accept;
		$c->autoflush(1);
		alarm 60;
		sub patience { select(undef, undef, undef, $_[0]) }
		sub rst { setsockopt($c, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); close $c }
		'"$1"
	wait_until "$PATIENCE" grep -q . "$BATS_TEST_TMPDIR/hostile.out"
	PORT=$(<"$BATS_TEST_TMPDIR/hostile.out")
}

# hostile_udp PERL: the same with datagrams; the socket is $s.
hostile_udp()
{
	rm -f "$BATS_TEST_TMPDIR/hostile.out"
	spawn hostile perl -MIO::Socket::INET -e '
		$| = 1;
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Proto => "udp") or die "$!";
		print $s->sockport, "\n";
		alarm 60;
		'"$1"
	wait_until "$PATIENCE" grep -q . "$BATS_TEST_TMPDIR/hostile.out"
	PORT=$(<"$BATS_TEST_TMPDIR/hostile.out")
}

# answers STATUS OUTPUT ERROR-PATTERN [OPTION...]: what daytime makes of $PORT.
answers()
{
	run "-$1" --separate-stderr daytime "${@:4}" 127.0.0.1 "$PORT"
	[[ $output == "$2" ]] || fail "stdout: $output"
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == $3 ]] || fail "stderr: $stderr"
}

@test "the defaults: localhost, port 13, in a namespace of its own" {
	need_namespaces --net
	# shellcheck disable=SC2016 # the inner shell's
	run -0 --separate-stderr "${own[@]}" bash -c '
		ip link set lo up
		coproc daytimed 2>&1
		read -r line <&"${COPROC[0]}"
		daytime && daytime -u && daytime localhost && daytime localhost daytime
		kill "$COPROC_PID"; wait "$COPROC_PID"; echo "$line $?"'
	[[ ${#lines[@]} == 5 && ${lines[4]} == "listening on port 13... 0" ]]
	for i in 0 1 2 3; do
		[[ ${lines[i]} =~ $CTIME ]]
	done
	[[ -z $stderr ]]
}

@test "IPv4 and IPv6, TCP and UDP" {
	[[ -e /proc/net/if_inet6 ]] || skip "no IPv6 here"
	start
	for protocol in "" -u; do
		for address in "-4 127.0.0.1" "-6 ::1" "-4 localhost" ::1 "-4 -6 127.0.0.1"; do
			# shellcheck disable=SC2086 # options
			run -0 --separate-stderr daytime $protocol $address "$PORT"
			[[ $output =~ $CTIME && -z $stderr ]]
		done
	done
	run -1 --separate-stderr daytime -6 127.0.0.1 "$PORT"
	[[ $stderr == "daytime: cannot find host '127.0.0.1': "*"try without -6)" ]]
}

@test "the next address is tried when one refuses" {
	need_namespaces --net --mount
	printf '127.0.0.2 two.example\n127.0.0.1 two.example\n' >"$BATS_TEST_TMPDIR/hosts"
	# shellcheck disable=SC2016 # the inner shell's
	for listening in 127.0.0.1 127.0.0.2; do
		run -0 --separate-stderr "${own[@]}" bash -c '
			ip link set lo up
			mount --bind "$0" /etc/hosts
			coproc daytimed --bind "$1" 2>&1
			read -r line <&"${COPROC[0]}"
			daytime two.example && daytime -u two.example
			kill "$COPROC_PID"' "$BATS_TEST_TMPDIR/hosts" "$listening"
		[[ ${lines[0]} =~ $CTIME && ${lines[1]} =~ $CTIME ]]
	done
}

@test "refused: what it means and what to do" {
	PORT=$(free_port)
	answers 1 "" "daytime: cannot connect to 127.0.0.1 port $PORT: Connection refused (nothing listens on that port there: start daytimed, or name the port it was given)"
	answers 1 "" "daytime: no answer from 127.0.0.1 UDP port $PORT: Connection refused (nothing listens*" -u
}

@test "unknown host" {
	# In a namespace without a network nobody is asked over DNS.
	own=()
	! can_unshare || need_namespaces --net
	run -1 --separate-stderr "${own[@]}" daytime no-such-host.invalid
	[[ $stderr == "daytime: cannot find host 'no-such-host.invalid': "*"("*")" ]]
	[[ ${#stderr_lines[@]} == 1 ]]
}

@test "a name server that does not answer is left after --timeout, too" {
	need_namespaces --net --mount
	echo 'nameserver 127.0.0.1' >"$BATS_TEST_TMPDIR/resolv.conf"
	# Somebody listens on the port, or the refusal would be an answer.
	# shellcheck disable=SC2016 # the inner shell's
	within 5 run -1 --separate-stderr "${own[@]}" bash -c '
		ip link set lo up
		mount --bind "$0" /etc/resolv.conf
		coproc perl -MIO::Socket::INET -e '"'"'
			my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:53", Proto => "udp");
			$| = 1; print "there\n"; alarm 60; 1 while $s->recv(my $x, 1000);'"'"'
		read -r line <&"${COPROC[0]}"
		daytime --timeout 0.5 some.example
		status=$?
		kill "$COPROC_PID"
		exit $status' "$BATS_TEST_TMPDIR/resolv.conf"
	[[ $stderr == "daytime: cannot find host 'some.example': no name server answered in time ("*")" ]]
}

@test "no network" {
	need_namespaces --net
	run -1 --separate-stderr "${own[@]}" daytime 192.0.2.1
	[[ $stderr == "daytime: cannot connect to 192.0.2.1 port 13: Network is unreachable ("*")" ]]
}

# within SECONDS COMMAND...: fails when it takes longer.
within()
{
	local start=$EPOCHREALTIME limit=$1

	shift
	"$@" || return
	awk -v a="$start" -v b="$EPOCHREALTIME" -v l="$limit" 'BEGIN { exit !(b - a < l) }' ||
		fail "it took longer than $limit s"
}

@test "a silent server" {
	hostile 'patience(60)'
	within 5 answers 1 "" "daytime: 127.0.0.1 port $PORT sent no whole line within 0.3 s (*" --timeout 0.3
}

@test "a server that never accepts, its queue full" {
	spawn hostile perl -MIO::Socket::INET -e '
		$| = 1;
		my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die "$!";
		my @queue;
		for (1 .. 8) {
			my $c = IO::Socket::INET->new(Proto => "tcp", Blocking => 0) or die "$!";
			connect($c, pack_sockaddr_in($l->sockport, INADDR_LOOPBACK));
			push @queue, $c;
		}
		print $l->sockport, "\n";
		sleep 60'
	wait_until "$PATIENCE" grep -q . "$BATS_TEST_TMPDIR/hostile.out"
	PORT=$(<"$BATS_TEST_TMPDIR/hostile.out")
	within 5 answers 1 "" "daytime: cannot connect to 127.0.0.1 port $PORT: Connection timed out (*--timeout)" --timeout 0.5
}

@test "a byte now and then does not stretch the deadline" {
	hostile 'while (print $c "x") { patience(0.05) }'
	within 5 run -1 --separate-stderr daytime --timeout 0.5 127.0.0.1 "$PORT"
	[[ $output =~ ^x+$ ]] # what came is shown
	[[ $stderr == *"sent no whole line within 0.5 s"* ]]
}

@test "an endless line, and endless lines" {
	for piece in '"x" x 1000' '"x" x 70 . "\r\n"' '"\n" x 1000'; do
		hostile "1 while print \$c $piece"
		run -1 --separate-stderr daytime 127.0.0.1 "$PORT"
		((${#output} <= 1100))
		[[ $stderr == "daytime: 127.0.0.1 port $PORT sent 65536 bytes and no end: "* ]]
		wait "$SPAWNED_PID" || true
	done
}

@test "escapes and binary are shown, not obeyed" {
	hostile 'print $c "\e]0;owned\a\e[2J\0\xff\r\n"'
	answers 0 '\x1B]0;owned\x07\x1B[2J\x00\xFF' ""
}

@test "nothing" {
	hostile 'close $c'
	answers 1 "" "daytime: 127.0.0.1 port $PORT answered with nothing (*"
	hostile 'print $c "\r\n\r\n"'
	answers 1 "" "daytime: 127.0.0.1 port $PORT answered with nothing (*"
}

@test "a line without an end, several lines, a leading empty one" {
	hostile 'print $c "half past nine"'
	answers 0 "half past nine" ""
	hostile 'print $c "one\r\n"; patience(0.05); print $c "two\n\nthree\r\n"'
	answers 0 $'one\ntwo\n\nthree' ""
	hostile 'print $c "\n59735 22-06-05 12:00:00 50 0 0 232.6 UTC(NIST) * \n"'
	answers 0 "59735 22-06-05 12:00:00 50 0 0 232.6 UTC(NIST) * " ""
}

@test "reset: after a whole line it is a note, before it an error" {
	hostile 'print $c "Sun Jun  5 21:00:00 2022\r\n"; rst()'
	answers 0 "Sun Jun  5 21:00:00 2022" "daytime: the server reset the connection after its reply, which came whole"
	hostile 'rst()'
	answers 1 "" "daytime: 127.0.0.1 port $PORT reset the connection before a whole line had come (*"
	hostile 'print $c "Sun Jun"; rst()'
	answers 1 "Sun Jun" "daytime: 127.0.0.1 port $PORT reset the connection before a whole line had come (*"
}

@test "a server that does not close: the reply counts, with a note" {
	start --first-close client
	run -0 --separate-stderr daytime --timeout 0.3 127.0.0.1 "$PORT"
	[[ $output =~ $CTIME ]]
	[[ $stderr == "daytime: the reply came whole, but the server did not close ("*--close-first* ]]
}

@test "--close-first closes after the line, though the server goes on" {
	hostile 'print $c "one\r\n"; patience(60)'
	within 3 answers 0 one "" --close-first
	hostile 'print $c "\r\none"; patience(0.1); print $c " and a half\r\n"; patience(60)'
	within 3 answers 0 "one and a half" "" --close-first=line
}

@test "--close-first=now: the server has our FIN before it speaks, and is heard" {
	hostile 'local $/; my $heard = <$c>; print $c length($heard), " bytes, then your FIN\r\n"'
	answers 0 "0 bytes, then your FIN" "" --close-first=now
}

@test "--reset: the server gets RST" {
	hostile 'print $c "one\r\n"; sysread($c, my $x, 1); print "$!\n"'
	answers 0 one "" --reset
	wait_until "$PATIENCE" grep -q "Connection reset by peer" "$BATS_TEST_TMPDIR/hostile.out"
}

@test "Ctrl-C is exit code 130" {
	hostile 'print "connected\n"; patience(60)'
	spawn client daytime --timeout 50 127.0.0.1 "$PORT"
	client=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q connected "$BATS_TEST_TMPDIR/hostile.out"
	kill -INT "$client"
	status=0
	wait "$client" || status=$?
	[[ $status == 130 ]]
	[[ ! -s $BATS_TEST_TMPDIR/client.err ]]
}

@test "UDP: a lost datagram is sent again, and strangers are not heard" {
	hostile_udp '$s->recv(my $x, 100); $s->recv($x, 100); $s->send(length($x) . " bytes, again\r\n")'
	answers 0 "64 bytes, again" "" -u
	hostile_udp '
		my $from = $s->recv(my $x, 100);
		my $stranger = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Proto => "udp");
		$stranger->send("lies\r\n", 0, $from);
		$s->send("truth\r\n", 0, $from)'
	answers 0 truth "" -u
}

@test "UDP: silence, an empty answer, a hostile one" {
	hostile_udp '1 while $s->recv(my $x, 100)'
	within 5 answers 1 "" "daytime: no answer from 127.0.0.1 UDP port $PORT: Connection timed out (*" -u --timeout 0.3
	hostile_udp '$s->recv(my $x, 100); $s->send("")'
	answers 1 "" "daytime: 127.0.0.1 port $PORT answered with nothing (*" -u
	hostile_udp '$s->recv(my $x, 100); $s->send("\e[31m" . "x" x 60000)'
	run -0 --separate-stderr daytime -u 127.0.0.1 "$PORT"
	[[ $output == '\x1B[31mxxx'*x ]]
	((${#output} == 60008))
}

# parses REPLY EXPECTED [OPTION...]: the moment that --parse makes of it.
parses()
{
	hostile "print \$c \"$1\""
	run -0 --separate-stderr daytime --parse "${@:3}" 127.0.0.1 "$PORT"
	[[ $output =~ ^"$2 offset "[+-][0-9]+\.[0-9]\ s$ ]] || fail "$1 was read as $output"
	[[ -z $stderr ]]
}

@test "--parse understands them all" {
	export TZ=Asia/Seoul
	parses 'Sun Jun  5 21:00:00 2022\r\n' 2022-06-05T21:00:00+09:00
	parses 'Sun Jun  5 21:00:00 2022\r\n' 2022-06-05T21:00:00+00:00 --utc
	parses 'Sunday, June 5, 2022 21:00:00-KST\r\n' 2022-06-05T21:00:00+09:00
	parses '2022-06-05T21:00:00+09:00\r\n' 2022-06-05T21:00:00+09:00 --utc
	parses '\n59735 22-06-05 12:00:00 50 0 0 232.6 UTC(NIST) * \n' 2022-06-05T12:00:00+00:00
	parses '05 JUN 2022 21:00:00 KST\r\n' 2022-06-05T21:00:00+09:00
	parses '05/Jun/2022:17:45:00 +0545\n' 2022-06-05T17:45:00+05:45
}

# near_zero: the offset that was printed is a fraction of this second, or the last ones.
near_zero()
{
	[[ $output =~ offset\ ([+-][0-9.]+)\ s$ ]]
	awk -v o="${BASH_REMATCH[1]}" 'BEGIN { exit !(o > -3 && o < 1) }'
}

@test "--parse of our own server, in every format, finds our own clock" {
	for zone in UTC Asia/Kathmandu America/St_Johns; do
		for format in ctime rfc867 iso8601 nist; do
			TZ=$zone start --format "$format"
			TZ=$zone run -0 daytime --parse 127.0.0.1 "$PORT"
			near_zero
			TZ=$zone run -0 daytime --parse -u 127.0.0.1 "$PORT"
			near_zero
			kill_spawned
		done
	done
}

@test "--parse: what is no daytime is named, harmlessly" {
	hostile 'print $c "SSH-2.0-\e[2J\r\n"'
	answers 1 "" "daytime: cannot understand 'SSH-2.0-\\\\x1B\[2J': *" --parse
	hostile 'print $c "Sunday, June 5, 2022 21:00:00-KST\r\n"'
	answers 1 "" "daytime: cannot tell what the zone 'KST' means: *" --parse
}

@test "openbsd-inetd is understood" {
	if [[ ! -x $PEERS/usr/sbin/inetd ]]; then
		[[ -z ${CI:-} ]] || fail "no openbsd-inetd in $PEERS"
		skip "no openbsd-inetd in $PEERS: 'make deps' fetches it"
	fi
	need_namespaces --net # its daytime is on port 13
	printf 'daytime %s nowait root internal\n' 'stream tcp' >"$BATS_TEST_TMPDIR/inetd.conf"
	# It answers no datagram from 127/8: there is 10.9.8.7 for that.
	echo 'daytime dgram udp wait root internal' >>"$BATS_TEST_TMPDIR/inetd.conf"
	cat >"$BATS_TEST_TMPDIR/inside" <<-'EOF'
		source "$1/common.bash"
		ip link set lo up
		ip address add 10.9.8.7/32 dev lo
		spawn inetd peer inetd -i -R 100000000 "$BATS_TEST_TMPDIR/inetd.conf"
		trap kill_spawned EXIT
		wait_for_listen 13 "$SPAWNED_PID"
		daytime && daytime --parse && daytime -u 10.9.8.7 && daytime --parse -u 10.9.8.7
	EOF
	run -0 "${own[@]}" bash "$BATS_TEST_TMPDIR/inside" "$BATS_TEST_DIRNAME"
	[[ ${lines[0]} =~ $CTIME && ${lines[2]} =~ $CTIME ]]
	output=${lines[1]}
	near_zero
	output=${lines[3]}
	near_zero
}

@test "a full disk is noticed" {
	start
	# shellcheck disable=SC2016 # the inner shell's
	run -1 --separate-stderr bash -c 'daytime 127.0.0.1 "$0" >/dev/full' "$PORT"
	[[ $stderr == "daytime: cannot write the output: No space left on device" ]]
}

@test "what cannot be understood is exit code 2 and one clear line" {
	for service in 0 70000 65536 abc '' 13x 1.3 ' 13' 99999999999999999999; do
		complains "daytime: SERVICE '$service': neither a port from 1 to 65535 nor a name in /etc/services" localhost "$service"
	done
	complains "daytime: unexpected operand 'more'" localhost 13 more
	complains "daytime: unknown option '--close-frist' (did you mean '--close-first'?)" --close-frist
	complains "daytime: unknown option '-x'" -x 5
	complains "daytime: --close-first 'never': not one of line, now" --close-first=never
	complains "daytime: --timeout 'soon': *" --timeout soon
	complains "daytime: --timeout '0': *" --timeout 0
	complains "daytime: --timeout '-1': *" --timeout -1
	complains "daytime: --close-first and --reset exclude each other" --close-first --reset
	complains "daytime: --udp has no connection *" -u --reset
}

@test "--help and --version" {
	run -0 --separate-stderr daytime --help
	[[ -z $stderr ]]
	for option in udp ipv4 ipv6 timeout parse utc close-first reset count concurrency rate source workers json \
		help version; do
		[[ $output == *"--$option"* ]]
	done
	run -0 --separate-stderr daytime --version
	[[ $output == "daytime (timewait) "[0-9]* ]]
}
