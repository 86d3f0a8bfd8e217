#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The server, asked by our own client, by bash's /dev/tcp and by a few lines of perl, on this
# host's loopback. Every wait is for an event and has a deadline.

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

# fresh_port: a free port that no TIME_WAIT of an earlier client still points to, either: these tests
# count them.
fresh_port()
{
	local port

	for _ in {1..100}; do
		port=$(free_port)
		if ! netstat -tan | grep -q ":$port "; then
			echo "$port"
			return
		fi
	done
	fail "no port without a history"
}

# start OPTION...: a server on a free port, $PORT; its process id is $SERVER.
start()
{
	PORT=$(fresh_port)
	rm -f "$BATS_TEST_TMPDIR/server.err" # what an earlier one said
	spawn server daytimed "$@" "$PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q '^listening' "$BATS_TEST_TMPDIR/server.err"
}

server_said()
{
	grep -q -e "$1" "$BATS_TEST_TMPDIR/server.err"
}

# ends_well PID: before long, and with exit code 0.
ends_well()
{
	wait_until "$PATIENCE" is_gone "$1" && wait "$1"
}

# waiting_at server|client: how many sockets of that side of $PORT are in TIME_WAIT.
waiting_at()
{
	local column=4

	[[ $1 == server ]] || column=5
	netstat -tan | awk -v c="$column" -v p=":$PORT\$" '$6 == "TIME_WAIT" && $c ~ p' | wc -l
}

# waits_only_at SIDE: one TIME_WAIT there and none at the other.
waits_only_at()
{
	local other=server

	[[ $1 == client ]] || other=client
	[[ $(waiting_at "$1") == 1 && $(waiting_at "$other") == 0 ]]
}

# leaves_waiting SIDE COMMAND...: the command prints the time, and then that side waits, alone. An
# ACK that crosses a FIN on another CPU can make the kernel end the fresh TIME_WAIT by RST (RFC 1337's
# assassination; seen once in some hundred runs on a busy machine), so it may try again; but never
# may the wrong side wait.
leaves_waiting()
{
	for _ in {1..5}; do
		run -0 --separate-stderr "${@:2}"
		[[ $output =~ $CTIME ]] || return 1
		wait_until 3 waits_only_at "$1" && return
		nobody_waits || return 1
	done
	return 1
}

nobody_waits()
{
	! netstat -tan | grep -q ":$PORT .*\(TIME_WAIT\|FIN_WAIT\|LAST_ACK\|CLOS\)"
}

# connections STATE: how many the server has in it.
connections()
{
	ss -Htan state "$1" "sport = :$PORT" | wc -l
}

has_connections()
{
	[[ $(connections "$1") == "$2" ]]
}

CTIME='^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] [0-9]{4}$'

# near_now EPOCH_SECONDS: within three seconds.
near_now()
{
	local now

	now=$(date +%s)
	(($1 >= now - 3 && $1 <= now + 3))
}

@test "says that it listens, in these words and no others" {
	start
	[[ $(<"$BATS_TEST_TMPDIR/server.err") == "listening on port $PORT..." ]]
	[[ ! -s $BATS_TEST_TMPDIR/server.out ]]
}

@test "the line ends in CRLF and date understands it" {
	start
	exec 4<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 4 line
	exec 4>&-
	[[ $line == *$'\r' ]]
	line=${line%$'\r'}
	[[ $line =~ $CTIME ]]
	near_now "$(date -d "$line" +%s)"
}

@test "date understands iso8601" {
	TZ=Asia/Kathmandu start --format iso8601
	run -0 daytime localhost "$PORT"
	[[ $output == *+05:45 ]]
	near_now "$(date -d "$output" +%s)"
}

@test "rfc867 and nist look as they should, --utc overrules the zone" {
	TZ=Asia/Seoul start --format rfc867
	run -0 daytime localhost "$PORT"
	[[ $output =~ ^[A-Z][a-z]+day,\ [A-Z][a-z]+\ [0-9]+,\ [0-9]{4}\ [0-9:]{8}-KST$ ]]
	kill_spawned
	TZ=Asia/Seoul start --utc --format rfc867
	run -0 daytime localhost "$PORT"
	[[ $output == *-UTC ]]
	kill_spawned
	start -f nist
	exec 4<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 4 first
	IFS= read -r -u 4 second
	exec 4>&-
	[[ -z $first ]]
	[[ $second =~ ^[0-9]{5}\ [0-9]{2}-[0-9]{2}-[0-9]{2}\ [0-9:]{8}\ [0-9]{2}\ [012]\ [03]\ \ \ 0\.0\ UTC\(NIST\)\ \*$'\r'$ ]]
}

@test "server closes first: TIME_WAIT is the server's" {
	start
	leaves_waiting server daytime localhost "$PORT"
}

@test "line and FIN leave in one segment: a connection is six in all" {
	need_namespaces --net
	# Of ten, the least: on a busy machine an ACK may go alone. Without MSG_MORE it is eight.
	# shellcheck disable=SC2016 # the inner shell's
	run -0 "${own[@]}" bash -c '
		sent() { awk "/^Tcp: [0-9]/ { print \$12 }" /proc/net/snmp; }
		ip link set lo up
		coproc daytimed 2>&1
		read -r line <&"${COPROC[0]}"
		for i in {1..10}; do
			before=$(sent)
			daytime >/dev/null
			echo $(($(sent) - before))
		done
		kill "$COPROC_PID"'
	[[ $(sort -n <<<"$output" | head -n 1) == 6 ]]
}

@test "--first-close client: TIME_WAIT is the client's, whichever way it closes" {
	local how

	for how in line now; do
		start --first-close client
		leaves_waiting client daytime "--close-first=$how" localhost "$PORT"
		kill_spawned
	done
}

@test "--first-close reset: nobody waits, and the reply came whole" {
	start --first-close reset
	run -0 --separate-stderr daytime localhost "$PORT"
	[[ $output =~ $CTIME ]]
	[[ $stderr == "daytime: "*reset* ]]
	wait_until "$PATIENCE" nobody_waits
	# Not only once: the client must not mistake a reset that overtakes it for a refusal.
	for ((i = 0; i < 200; i++)); do
		daytime 127.0.0.1 "$PORT" >"$BATS_TEST_TMPDIR/out" 2>/dev/null
		[[ $(<"$BATS_TEST_TMPDIR/out") =~ $CTIME ]]
	done
	nobody_waits
}

@test "daytime --reset: nobody waits" {
	start --first-close client
	run -0 daytime --reset localhost "$PORT"
	[[ $output =~ $CTIME ]]
	wait_until "$PATIENCE" nobody_waits
}

@test "input that nobody wants does not cost the reply" {
	start
	trap '' PIPE # the server may have closed already: what counts is what can be read
	for ((i = 0; i < 200; i++)); do
		exec 4<>"/dev/tcp/127.0.0.1/$PORT"
		printf 'GET / HTTP/1.0\r\n\r\n' >&4 2>/dev/null || true
		IFS= read -r -u 4 line
		exec 4>&-
		[[ ${line%$'\r'} =~ $CTIME ]]
	done
}

# speaks_first BYTES: so many are sent while the server is stopped, so that all are unread when it
# accepts (as far as they fit); prints the reply, and "RST" if that is how the server then closed. It
# has closed when it answers somebody else.
speaks_first()
{
	kill -STOP "$SERVER"
	perl -MIO::Socket::INET -MSocket=:all -e '
		my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die "$!";
		$c->blocking(0);
		my $left = $ARGV[2];
		while ($left) { my $n = syswrite($c, "x" x $left) or last; $left -= $n; }
		kill CONT => $ARGV[1];
		$c->blocking(1);
		my $reply = <$c>;
		$reply =~ s/\r?\n$//;
		print $reply;
		my $next = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die "$!";
		<$next>;
		setsockopt($next, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); # counts for nothing
		close $next;
		print "RST" if unpack "i", getsockopt($c, SOL_SOCKET, SO_ERROR);' "$PORT" "$SERVER" "$1"
}

@test "input that was there before the server looked is read, so there is a FIN and no RST" {
	start
	run -0 speaks_first 10000
	[[ $output =~ $CTIME ]]
	run -0 speaks_first 1000000 # more than fits; what comes after the close is answered with RST
	[[ ${output%RST} =~ $CTIME ]]
}

@test "UDP, IPv4 and IPv6, answered from the address that was asked" {
	start
	for address in 127.0.0.1 127.0.0.2 ::1; do
		[[ $address != *:* || -e /proc/net/if_inet6 ]] || continue
		run -0 daytime --udp "$address" "$PORT"
		[[ $output =~ $CTIME ]]
		run -0 daytime "$address" "$PORT"
		[[ $output =~ $CTIME ]]
	done
}

@test "-4, -6, --tcp, --udp and --bind serve just that" {
	[[ -e /proc/net/if_inet6 ]] || skip "no IPv6 here"
	start -4
	run -0 daytime 127.0.0.1 "$PORT"
	run -1 daytime ::1 "$PORT"
	kill_spawned
	start -6
	run -0 daytime ::1 "$PORT"
	run -1 daytime 127.0.0.1 "$PORT"
	kill_spawned
	start --tcp
	run -0 daytime 127.0.0.1 "$PORT"
	run -1 daytime -u 127.0.0.1 "$PORT"
	[[ $output == *UDP*refused* ]]
	kill_spawned
	start --udp
	run -0 daytime -u 127.0.0.1 "$PORT"
	run -1 daytime 127.0.0.1 "$PORT"
	kill_spawned
	start --bind 127.0.0.2
	run -0 daytime 127.0.0.2 "$PORT"
	run -0 daytime -u 127.0.0.2 "$PORT"
	run -1 daytime 127.0.0.1 "$PORT"
	run -1 daytime ::1 "$PORT"
	kill_spawned
	start --bind ::1
	run -0 daytime ::1 "$PORT"
	run -1 daytime 127.0.0.1 "$PORT"
	kill_spawned
	start --bind localhost
	run -0 daytime localhost "$PORT"
}

# ask_from PORT TEXT [ADDRESS]: a datagram from that local port; prints the answer, or nothing.
ask_from()
{
	perl -MIO::Socket::INET -e '
		my ($from, $text, $to) = @ARGV;
		# An address that nobody else uses: somebody may sit on 127.0.0.1 port 7.
		my $own = join ".", 127, map { 1 + int rand 254 } 1 .. 3;
		my $s = IO::Socket::INET->new(Proto => "udp", LocalAddr => $own,
			LocalPort => $from, PeerAddr => $to) or die "$!";
		$s->send($text);
		my $bits = ""; vec($bits, fileno($s), 1) = 1;
		exit 0 unless select($bits, undef, undef, $ARGV[3]);
		$s->recv(my $reply, 1000);
		print $reply;' "$1" "$2" "127.0.0.1:$PORT" "${3:-5}"
}

refused()
{
	kill -USR1 "$SERVER"
	server_said "$1 refused"
}

@test "UDP cannot be drawn into a loop" {
	start
	run -0 ask_from 0 ''
	[[ ${output%$'\r'} =~ $CTIME ]]
	run -0 ask_from 0 'Sun Jun  5 21:00:00 2022' 0.2 # an answer, or the echo of one
	[[ -z $output ]]
	wait_until "$PATIENCE" refused 1
	server_said 'left a datagram from 127\.[0-9.]* port [0-9]* unanswered: '
	((EUID == 0)) || skip "source ports below 1024 need root"
	asked=0
	for port in 7 13 19 37 1023; do
		run ask_from "$port" x 0.2
		[[ $status != 98 ]] || continue # somebody has that one
		[[ $status == 0 && -z $output ]]
		asked=$((asked + 1))
	done
	((asked >= 2))
	wait_until "$PATIENCE" refused $((1 + asked))
	# Said, but not every time.
	[[ $(grep -c unanswered "$BATS_TEST_TMPDIR/server.err") == 1 ]]
}

@test "a datagram from our own port is not answered" {
	start --udp --bind 127.0.0.2
	# The same number at another address: as a forged datagram would have it.
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1",
			LocalPort => $ARGV[0], PeerAddr => "127.0.0.2:$ARGV[0]") or die "$!";
		$s->send("x");' "$PORT"
	wait_until "$PATIENCE" refused 1
}

@test "--udp-min-request" {
	start --udp-min-request 64
	run -0 daytime -u 127.0.0.1 "$PORT" # sends 64
	run -0 ask_from 0 'short' 0.2
	[[ -z $output ]]
	wait_until "$PATIENCE" refused 1
}

@test "--idle-timeout ends a silent client, and a chatty one as soon" {
	start --first-close client --idle-timeout 0.5
	perl -MIO::Socket::INET -MTime::HiRes=time -e '
		my $start = time;
		my $silent = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die "$!";
		my $chatty = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die "$!";
		my $text = do { local $/; $SIG{ALRM} = sub { die "no end\n" }; alarm 10; <$silent> };
		print $text;
		my $after = time - $start;
		die "after $after s\n" if $after < 0.45;
		$SIG{PIPE} = "IGNORE";
		1 while defined syswrite($chatty, "x") and select(undef, undef, undef, 0.05) == 0;
		print "over\n";' "$PORT" >"$BATS_TEST_TMPDIR/out"
	grep -q over "$BATS_TEST_TMPDIR/out"
	kill -USR1 "$SERVER"
	wait_until "$PATIENCE" server_said '2 accepted, 0 answered, 2 timed out'
}

@test "--max-connections: the next waits until one ends, and UDP goes on" {
	start --first-close client --max-connections 2
	exec 5<>"/dev/tcp/127.0.0.1/$PORT" 6<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 5 line
	IFS= read -r -u 6 line
	spawn third daytime --close-first 127.0.0.1 "$PORT" 5>&- 6>&-
	wait_until "$PATIENCE" has_connections established 3
	run -0 daytime -u 127.0.0.1 "$PORT"
	[[ ! -s $BATS_TEST_TMPDIR/third.out ]]
	is_alive "$SPAWNED_PID"
	exec 5>&-
	ends_well "$SPAWNED_PID"
	[[ $(<"$BATS_TEST_TMPDIR/third.out") =~ $CTIME ]]
	exec 6>&-
	kill -USR1 "$SERVER"
	wait_until "$PATIENCE" server_said '3 accepted'
	server_said '(2 at most)'
}

@test "--max-connections holds when IPv4 and IPv6 come in the same moment" {
	[[ -e /proc/net/if_inet6 ]] || skip "no IPv6 here"
	start --first-close client --max-connections 1
	kill -STOP "$SERVER"
	exec 5<>"/dev/tcp/127.0.0.1/$PORT" 6<>"/dev/tcp/::1/$PORT"
	kill -CONT "$SERVER"
	IFS= read -r -t 10 -u 5 line
	kill -USR1 "$SERVER"
	wait_until "$PATIENCE" server_said ' 1 accepted, .* 1 open (1 at most)'
	exec 5>&-
	IFS= read -r -t 10 -u 6 line
	[[ ${line%$'\r'} =~ $CTIME ]]
	exec 6>&-
}

@test "out of descriptors it says so, waits, and goes on" {
	PORT=$(free_port)
	spawn server bash -c "ulimit -n 20; exec daytimed --workers 1 --first-close client $PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q '^listening' "$BATS_TEST_TMPDIR/server.err"
	# shellcheck disable=SC2016 # perl's
	spawn crowd perl -MIO::Socket::INET -e '
		my @all;
		for (1 .. 20) {
			push @all, IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") || die "$!";
		}
		$| = 1; print "there\n"; <STDIN>; sleep 60;' "$PORT"
	crowd=$SPAWNED_PID
	wait_until "$PATIENCE" server_said 'cannot accept: Too many open files'
	run -0 daytime -u 127.0.0.1 "$PORT"
	is_alive "$SERVER"
	kill "$crowd"
	run -0 daytime --close-first 127.0.0.1 "$PORT"
	[[ $output =~ $CTIME ]]
	[[ $(grep -c 'cannot accept' "$BATS_TEST_TMPDIR/server.err") == 1 ]]
}

# rests PID: it neither ran nor was woken for half a second.
rests()
{
	local before after

	before=$(grep ctxt "/proc/$1/status")
	read -r -t 0.5 <> <(:) || true
	after=$(grep ctxt "/proc/$1/status")
	[[ $before == "$after" ]]
}

@test "idle, it sleeps; also with a connection open, and with no room for more" {
	start --first-close client --max-connections 1
	wait_until "$PATIENCE" rests "$SERVER"
	exec 5<>"/dev/tcp/127.0.0.1/$PORT" 6<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 5 line
	wait_until "$PATIENCE" rests "$SERVER"
	exec 5>&- 6>&-
}

@test "SIGTERM and SIGINT end it with 0" {
	for signal in TERM INT; do
		start
		kill "-$signal" "$SERVER"
		ends_well "$SERVER"
		run ! is_listening "$PORT"
	done
}

@test "SIGTERM lets open connections come to their end" {
	start --first-close client
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 5 line
	kill "$SERVER"
	wait_until "$PATIENCE" server_said 'waiting for 1 connection,'
	run ! is_listening "$PORT"
	is_alive "$SERVER"
	exec 5>&-
	ends_well "$SERVER"
}

@test "who is connected when SIGTERM comes is answered; a second signal waits for nobody" {
	start --first-close client
	kill -STOP "$SERVER"
	exec 5<>"/dev/tcp/127.0.0.1/$PORT" # the kernel connects; nobody has accepted
	kill -TERM "$SERVER"
	kill -CONT "$SERVER"
	IFS= read -r -t 10 -u 5 line
	[[ ${line%$'\r'} =~ $CTIME ]]
	wait_until "$PATIENCE" server_said 'waiting for 1 connection,'
	kill -INT "$SERVER"
	ends_well "$SERVER"
	exec 5>&-
}

@test "SIGUSR1 prints statistics" {
	start
	run -0 daytime 127.0.0.1 "$PORT"
	run -0 daytime -u 127.0.0.1 "$PORT"
	kill -USR1 "$SERVER"
	wait_until "$PATIENCE" server_said '^daytimed: connections: 1 accepted, 1 answered, 0 timed out, 0 failed, 0 open (1 at most), 0 pauses; datagrams: 1 answered, 0 refused, 0 failed; up [0-9]* s$'
}

@test "--stats prints them on standard output, at SIGUSR1 and at the end, as text or JSON" {
	start --stats
	run -0 daytime 127.0.0.1 "$PORT"
	kill "$SERVER"
	ends_well "$SERVER"
	grep -q '^connections: 1 accepted, 1 answered, ' "$BATS_TEST_TMPDIR/server.out"
	grep -q '^answered within (microseconds): p50 ' "$BATS_TEST_TMPDIR/server.out"
	start --stats=json --workers 2
	run -0 daytime 127.0.0.1 "$PORT"
	run -0 daytime -u 127.0.0.1 "$PORT"
	kill -USR1 "$SERVER"
	wait_until "$PATIENCE" jq -es 'length == 1 and .[0] == .[0] + {v: 1, type: "statistics", workers: 2} and
		.[0].connections.answered == 1 and .[0].datagrams.answered == 1 and .[0].latency_s.count == 1' \
		"$BATS_TEST_TMPDIR/server.out"
	kill "$SERVER"
	ends_well "$SERVER"
	jq -es 'length == 2 and .[1].workers == 2' "$BATS_TEST_TMPDIR/server.out"
}

# threads N: the server has so many.
threads()
{
	[[ $(find "/proc/$SERVER/task" -mindepth 1 -maxdepth 1 | wc -l) == "$1" ]]
}

# allowed N CPUS: the Nth thread may run on these.
allowed()
{
	local -a tasks

	tasks=("/proc/$SERVER/task"/*)
	grep -q "^Cpus_allowed_list:\s$2\$" "${tasks[$1]}/status"
}

@test "a worker for each CPU that it may use, on that CPU; SIGHUP looks again" {
	(($(nproc) >= 2)) || skip "one CPU"
	PORT=$(fresh_port)
	spawn server taskset -c 0 daytimed "$PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" server_said '^listening'
	threads 2 # one that answers, and one around it
	for ((i = 0; i < 20; i++)); do # from whichever CPU they come
		taskset -c $((i % 2)) daytime 127.0.0.1 "$PORT" >/dev/null
		taskset -c $((i % 2)) daytime -u 127.0.0.1 "$PORT" >/dev/null
	done
	taskset -p -c 0-1 "$SERVER" >/dev/null
	kill -HUP "$SERVER"
	wait_until "$PATIENCE" threads 3
	wait_until "$PATIENCE" allowed 1 0
	wait_until "$PATIENCE" allowed 2 1
	for ((i = 0; i < 20; i++)); do
		taskset -c $((i % 2)) daytime 127.0.0.1 "$PORT" >/dev/null
		taskset -c $((i % 2)) daytime -u 127.0.0.1 "$PORT" >/dev/null
	done
	# And back: whoever has lost their CPU has nothing more to do.
	taskset -p -c 1 "$SERVER" >/dev/null
	kill -HUP "$SERVER"
	wait_until "$PATIENCE" allowed 1 1
	for ((i = 0; i < 20; i++)); do
		taskset -c $((i % 2)) daytime 127.0.0.1 "$PORT" >/dev/null
	done
}

@test "--workers: so many, whatever CPUs there are; one has its sockets alone" {
	start --workers 5
	threads 6
	[[ $(ss -Htln4 "sport = :$PORT" | wc -l) == 5 ]]
	for ((i = 0; i < 20; i++)); do
		daytime 127.0.0.1 "$PORT" >/dev/null
	done
	kill_spawned
	start --workers 1
	threads 2
	[[ $(ss -Htln4 "sport = :$PORT" | wc -l) == 1 ]]
}

@test "--rate refuses who asks too often, by RST and in silence; others are answered" {
	start --rate 2
	# A burst of two, then two a second. Five in far less than a second: at least one is refused.
	answered=0
	for ((i = 0; i < 20; i++)); do
		! daytime 127.0.0.1 "$PORT" >/dev/null 2>&1 || answered=$((answered + 1))
	done
	((answered >= 2 && answered < 20))
	run -0 ask_from 0 '' # from another address
	[[ ${output%$'\r'} =~ $CTIME ]]
	kill -USR1 "$SERVER"
	wait_until "$PATIENCE" server_said '^daytimed: refused: [0-9]* connections over --rate'
	[[ $(grep -c 'refused a connection from 127.0.0.1 port [0-9]*: it asks more often' "$BATS_TEST_TMPDIR/server.err") == 1 ]]
}

@test "--max-per-source: one source cannot have all places" {
	start --first-close client --max-per-source 2
	exec 5<>"/dev/tcp/127.0.0.1/$PORT" 6<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -u 5 line
	IFS= read -r -u 6 line
	run -1 daytime --close-first 127.0.0.1 "$PORT"
	[[ $output == *reset* ]]
	server_said 'refused a connection from 127.0.0.1 port [0-9]*: it holds as many'
	exec 5>&-
	wait_until "$PATIENCE" daytime --close-first 127.0.0.1 "$PORT"
	exec 6>&-
}

@test "it is no hurry that interrupts others, unless somebody chose so" {
	start
	[[ $(chrt -p "$SERVER") == *SCHED_BATCH* ]]
	kill_spawned
	((EUID == 0)) || skip "other policies need root"
	PORT=$(fresh_port)
	spawn server chrt -f 1 daytimed "$PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" server_said '^listening'
	[[ $(chrt -p "$SERVER") == *SCHED_FIFO* ]]
}

zone_is()
{
	[[ $(daytime 127.0.0.1 "$PORT") == *"$1" ]]
}

@test "SIGHUP rereads the time zone" {
	zones=/usr/share/zoneinfo
	[[ -e $zones/Asia/Seoul ]] || fail "no $zones: install tzdata"
	zone=$(mktemp) # world-readable: the server becomes nobody
	chmod 644 "$zone"
	cp "$zones/Asia/Seoul" "$zone"
	TZ=$zone start --format iso8601
	zone_is +09:00
	cp "$zones/Asia/Kathmandu" "$zone"
	kill -HUP "$SERVER"
	wait_until "$PATIENCE" zone_is +05:45
	rm "$zone"
}

status_has()
{
	grep -qE "$1" "/proc/$SERVER/status"
}

@test "it gives up root and every capability" {
	((EUID == 0)) || skip "not root"
	start
	uid=$(id -u nobody)
	status_has "^Uid:(\s+$uid){4}$"
	status_has "^Groups:\s*$"
	for set in Inh Prm Eff Bnd Amb; do
		status_has "^Cap$set:\s+0+$"
	done
	status_has '^NoNewPrivs:\s+1$'
	# Out of reach of others who are nobody.
	[[ $(stat -c %u "/proc/$SERVER/environ") == 0 ]]
	kill_spawned
	start --user daemon
	status_has "^Uid:(\s+$(id -u daemon)){4}$"
	status_has "^Gid:(\s+$(id -g daemon)){4}$"
	kill_spawned
	start --user root # as it was asked, but without its powers
	status_has '^CapEff:\s+0+$'
	run -1 --separate-stderr daytimed --user no-such-user "$(free_port)"
	[[ $stderr == "daytimed: cannot become 'no-such-user': no such user"* ]]
}

# A copy that anybody may run: the build folder may lie where others cannot look.
public_daytimed()
{
	PUBLIC=$(mktemp -d)
	chmod 755 "$PUBLIC"
	cp "$BUILD/daytimed" "$PUBLIC/"
}

@test "an ordinary user may serve a high port, not port 13, and not become somebody else" {
	((EUID == 0)) || skip "not root, so nobody to become"
	command -v setpriv >/dev/null || skip "no setpriv"
	public_daytimed
	as_nobody=(setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups "$PUBLIC/daytimed")
	PORT=$(free_port)
	spawn server "${as_nobody[@]}" "$PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" server_said '^listening'
	status_has '^NoNewPrivs:\s+1$'
	run -0 daytime 127.0.0.1 "$PORT"
	run -1 --separate-stderr "${as_nobody[@]}" --user root "$(free_port)"
	[[ $stderr == "daytimed: cannot become 'root': only root can"* ]]
	if (($(</proc/sys/net/ipv4/ip_unprivileged_port_start) > 13)); then
		run -1 --separate-stderr "${as_nobody[@]}"
		[[ $stderr == "daytimed: cannot listen on port 13: Permission denied (such a low port needs root"* ]]
		[[ ${#stderr_lines[@]} == 1 ]]
	fi
	rm -r "$PUBLIC"
}

@test "capabilities that somebody handed down go as well" {
	((EUID == 0)) || skip "not root, so nobody to hand them down"
	public_daytimed
	PORT=$(free_port)
	spawn server setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups \
		--inh-caps +net_bind_service,+net_raw --ambient-caps +net_bind_service,+net_raw "$PUBLIC/daytimed" "$PORT"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" server_said '^listening'
	for set in Inh Prm Eff Amb; do
		status_has "^Cap$set:\s+0+$"
	done
	kill_spawned
	rm -r "$PUBLIC"
}

@test "in a user namespace without nobody it drops capabilities alone, and quietly" {
	unshare --user --map-root-user --net true 2>/dev/null || skip "no user namespaces here"
	spawn server unshare --user --map-root-user --net daytimed
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" server_said '^listening'
	[[ $(<"$BATS_TEST_TMPDIR/server.err") == "listening on port 13..." ]]
	status_has '^CapEff:\s+0+$'
	status_has '^CapPrm:\s+0+$'
	status_has '^NoNewPrivs:\s+1$'
	run -1 --separate-stderr unshare --user --map-root-user --net daytimed --user nobody
	[[ $stderr == "daytimed: cannot become 'nobody': this user namespace does not map"* ]]
}

@test "a taken port is named, UDP too" {
	start --tcp
	run -1 --separate-stderr daytimed "$PORT"
	[[ $stderr == "daytimed: cannot listen on port $PORT: Address already in use ("* ]]
	[[ ${#stderr_lines[@]} == 1 ]]
	kill_spawned
	start --udp
	run -1 --separate-stderr daytimed "$PORT"
	[[ $stderr == "daytimed: cannot listen on UDP port $PORT: Address already in use ("* ]]
	[[ ${#stderr_lines[@]} == 1 ]]
}

@test "TIME_WAIT does not keep it from starting again" {
	start
	leaves_waiting server daytime 127.0.0.1 "$PORT"
	kill "$SERVER"
	ends_well "$SERVER"
	rm "$BATS_TEST_TMPDIR/server.err"
	spawn server daytimed "$PORT"
	wait_until "$PATIENCE" server_said "listening on port $PORT..."
}

@test "an address that is not ours" {
	PORT=$(free_port)
	run -1 --separate-stderr daytimed --bind 192.0.2.1 "$PORT"
	[[ $stderr == "daytimed: cannot listen on port $PORT of 192.0.2.1: Cannot assign requested address ("* ]]
	run -1 --separate-stderr daytimed -6 --bind 127.0.0.1 "$PORT"
	[[ $stderr == "daytimed: cannot listen on '127.0.0.1': "* ]]
}

@test "a missing family is passed over, unless it was asked for" {
	[[ -e /proc/sys/net/ipv6 ]] || skip "no IPv6 here at all"
	need_namespaces --net --mount
	printf '127.0.0.1 both.example\n::1 both.example\n' >"$BATS_TEST_TMPDIR/hosts"
	# shellcheck disable=SC2016 # the inner shell's
	run -0 "${own[@]}" bash -c '
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		ip link set lo up
		mount --bind "$0" /etc/hosts
		daytimed --bind ::1
		daytimed -6 --bind both.example
		coproc daytimed --bind both.example 2>&1
		read -r line <&"${COPROC[0]}"
		echo "$line"
		daytime 127.0.0.1
		kill "$COPROC_PID"' "$BATS_TEST_TMPDIR/hosts"
	[[ ${lines[0]} == "daytimed: cannot listen on port 13 of ::1: Cannot assign requested address ("* ]]
	[[ ${lines[1]} == "daytimed: cannot listen on port 13 of ::1: Cannot assign requested address ("* ]]
	[[ ${lines[2]} == "listening on port 13..." ]]
	[[ ${lines[3]} =~ $CTIME ]]
}

@test "what cannot be understood is exit code 2 and one clear line" {
	for port in 0 70000 65536 abc '' -- 13x 1.3 ' 13' 99999999999999999999; do
		[[ $port == -- ]] || complains "daytimed: PORT '$port': not a whole number from 1 to 65535" -- "$port"
	done
	complains "daytimed: unknown option '-1'" -1
	complains "daytimed: unexpected operand '14'" 13 14
	complains "daytimed: unknown option '--utcc' (did you mean '--utc'?)" --utcc
	complains "daytimed: --workers '0': not a whole number from 1 to 256" --workers 0
	complains "daytimed: --rate '-1': *" --rate -1
	complains "daytimed: --max-per-source 'x': *" --max-per-source x
	complains "daytimed: --stats 'xml': not one of text, json" --stats=xml
	complains "daytimed: option '--bind': it needs an argument" --bind
	complains "daytimed: --format 'pretty': not one of ctime, rfc867, iso8601, nist" --format pretty
	complains "daytimed: --first-close 'both': not one of server, client, reset" --first-close both
	complains "daytimed: --max-connections '0': *" --max-connections 0
	complains "daytimed: --idle-timeout 'never': *" --idle-timeout never
	complains "daytimed: --udp-min-request '-1': *" --udp-min-request -1
	complains "daytimed: unexpected operand '13'" --inetd 13
}

@test "--help and --version" {
	run -0 --separate-stderr daytimed --help
	[[ -z $stderr ]]
	for option in tcp udp ipv4 ipv6 bind format utc first-close max-connections idle-timeout \
		udp-min-request user inetd help version; do
		[[ $output == *"--$option"* ]]
	done
	run -0 --separate-stderr daytimed --version
	[[ $output == "daytimed (timewait) "[0-9]* ]]
}

#
# --inetd
#

need_inetd()
{
	[[ -x $PEERS/usr/sbin/inetd ]] && return
	[[ -z ${CI:-} ]] || fail "no openbsd-inetd in $PEERS"
	skip "no openbsd-inetd in $PEERS: 'make deps' fetches it"
}

# under_inetd TYPE PROTOCOL WAIT OPTION...: a real inetd that starts daytimed --inetd.
under_inetd()
{
	need_inetd
	PORT=$(fresh_port)
	echo "$PORT $1 $2 $3 $(id -un) $BUILD/daytimed daytimed --inetd ${*:4}" >"$BATS_TEST_TMPDIR/inetd.conf"
	spawn inetd peer inetd -i -R 100000000 "$BATS_TEST_TMPDIR/inetd.conf"
}

@test "--inetd: one connection each (stream nowait)" {
	under_inetd stream tcp nowait
	wait_for_listen "$PORT"
	for i in 1 2 3; do
		run -0 --separate-stderr daytime 127.0.0.1 "$PORT"
		[[ $output =~ $CTIME && -z $stderr ]]
	done
	kill_spawned
	under_inetd stream tcp nowait --first-close reset
	wait_for_listen "$PORT"
	run -0 --separate-stderr daytime 127.0.0.1 "$PORT"
	[[ $output =~ $CTIME && $stderr == *reset* ]]
	kill_spawned
	under_inetd stream tcp nowait --first-close client
	wait_for_listen "$PORT"
	leaves_waiting client daytime --close-first 127.0.0.1 "$PORT"
}

@test "--inetd: the listening socket (stream wait)" {
	under_inetd stream tcp wait --idle-timeout 0.3
	wait_for_listen "$PORT"
	for i in 1 2 3; do
		run -0 daytime 127.0.0.1 "$PORT"
		[[ $output =~ $CTIME ]]
	done
}

is_bound_to_udp()
{
	[[ -n $(ss -Huln "sport = :$PORT") ]]
}

@test "--inetd: datagrams (dgram wait)" {
	under_inetd dgram udp wait
	wait_until "$PATIENCE" is_bound_to_udp
	# openbsd-inetd hands out whatever comes; its own services alone refuse 127/8.
	for i in 1 2 3; do
		run -0 daytime -u 127.0.0.1 "$PORT"
		[[ $output =~ $CTIME ]]
	done
}

@test "--inetd: no complaint reaches the client" {
	under_inetd stream tcp nowait --no-such-option
	wait_for_listen "$PORT"
	run -1 --separate-stderr daytime 127.0.0.1 "$PORT"
	[[ -z $output ]]
	[[ $stderr == *"answered with nothing"* ]]
}

@test "--inetd without a socket" {
	run -1 --separate-stderr daytimed --inetd </dev/null
	[[ $stderr == "daytimed: cannot serve standard input "* ]]
	[[ ${#stderr_lines[@]} == 1 ]]
}
