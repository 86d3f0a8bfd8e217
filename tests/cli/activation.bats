#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# daytimed on sockets that somebody else opened, and what it tells a service manager: under
# systemd-socket-activate, which is systemd's own, and under a few lines of perl that hand over whatever
# a test wants.

# shellcheck disable=SC2016 # what stands in single quotes is for perl
bats_require_minimum_version 1.5.0

setup()
{
	load common
	export TZ=UTC
	CTIME='^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] [0-9]{4}$'
	MANAGER=$BATS_TEST_TMPDIR/notify
	unset LISTEN_FDS LISTEN_PID LISTEN_FDNAMES NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID
}

teardown()
{
	kill_spawned
}

need_systemd_socket_activate()
{
	command -v systemd-socket-activate >/dev/null && return
	[[ -z ${CI:-} ]] || fail "no systemd-socket-activate"
	skip "no systemd-socket-activate: it comes with systemd"
}

server_said()
{
	grep -q -e "$1" "$BATS_TEST_TMPDIR/server.err"
}

manager_heard()
{
	grep -q -e "$1" "$BATS_TEST_TMPDIR/manager.out"
}

heard_often()
{
	(($(grep -c -e "$1" "$BATS_TEST_TMPDIR/manager.out") >= $2))
}

# start_manager: the end of the service manager; what it hears is in manager.out, a line for each line.
start_manager()
{
	rm -f "$MANAGER"
	spawn manager perl -MIO::Socket::UNIX -MSocket -e '
		$| = 1;
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$!";
		chmod 0777, $ARGV[0];
		print "-- there\n";
		while (defined $s->recv(my $text, 4096)) { print "-- message\n", $text; }' "$MANAGER"
	wait_until "$PATIENCE" manager_heard there
	export NOTIFY_SOCKET=$MANAGER
}

# An opener for `spawn` and `run`: hand_over SOCKET... -- COMMAND..., SOCKET being tcp4, tcp6, udp4, udp6, dual, udp-dual
# on $PORT, "connection" (one, to a client that reads it), unix or file. Descriptors 3 and up.
hand_over()
{
	exec perl -MSocket=:all -MIO::Handle -MPOSIX=dup2 -e '
		my $port = shift;
		my @open;
		$^F = 1000; # none is close-on-exec
		while (defined(my $kind = shift)) {
			last if $kind eq "--";
			my $s;
			if ($kind eq "file") {
				open $s, "<", "/dev/null" or die "$!";
			} elsif ($kind eq "unix") {
				socket $s, PF_UNIX, SOCK_STREAM, 0 or die "$!";
			} else {
				my $type = $kind =~ /udp/ ? SOCK_DGRAM : SOCK_STREAM;
				my $six = $kind =~ /6|dual/;
				socket $s, $six ? PF_INET6 : PF_INET, $type, 0 or die "$!";
				setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1 if $type == SOCK_STREAM;
				setsockopt $s, SOL_SOCKET, SO_REUSEPORT, 1 if $kind =~ /shared/;
				setsockopt $s, IPPROTO_IPV6, IPV6_V6ONLY, $kind =~ /dual/ ? 0 : 1 if $six;
				bind $s, $six ? pack_sockaddr_in6($port, IN6ADDR_ANY) : pack_sockaddr_in($port, INADDR_ANY)
					or die "bind: $!";
				listen $s, 100 if $type == SOCK_STREAM;
			}
			push @open, $s;
		}
		my @moved;
		for my $s (@open) { my $n = POSIX::dup(fileno $s); push @moved, $n; }
		dup2($moved[$_], 100 + $_) for 0 .. $#moved;
		dup2(100 + $_, 3 + $_) for 0 .. $#moved;
		POSIX::close($_) for 3 + @moved .. 99;
		POSIX::close(100 + $_) for 0 .. $#moved;
		$ENV{LISTEN_FDS} = @moved;
		$ENV{LISTEN_PID} = $$;
		exec @ARGV or die "$!";' "$PORT" "$@"
}

# start KIND... [-- OPTION...]: a server on such sockets.
start()
{
	local kinds=()

	while (($#)) && [[ $1 != -- ]]; do
		kinds+=("$1")
		shift
	done
	PORT=$(free_port)
	spawn server hand_over "${kinds[@]}" -- daytimed "${@:2}"
	SERVER=$SPAWNED_PID
	wait_until "$PATIENCE" server_said '^listening'
}

ends_well()
{
	wait_until "$PATIENCE" is_gone "$1" && wait "$1"
}

answers()
{
	run -0 --separate-stderr daytime "$@" "$PORT"
	[[ $output =~ $CTIME ]]
}

@test "it serves the sockets that it was handed, and names their port" {
	start tcp4 tcp6 udp4 udp6
	[[ $(<"$BATS_TEST_TMPDIR/server.err") == "listening on port $PORT..." ]]
	answers 127.0.0.1
	answers --udp 127.0.0.2
	[[ ! -e /proc/net/if_inet6 ]] || answers ::1
	[[ ! -e /proc/net/if_inet6 ]] || answers --udp ::1
}

@test "it opens none itself, though options ask for it" {
	start tcp4 -- --udp -6
	answers 127.0.0.1
	run -1 daytime --udp 127.0.0.1 "$PORT"
	run -1 daytime ::1 "$PORT"
	[[ $(ss -Hltunp | grep -c "pid=$SERVER,") == 1 ]]
}

@test "a socket for both families, as ListenStream=13 makes it" {
	[[ -e /proc/net/if_inet6 ]] || skip "no IPv6 here"
	start dual udp-dual
	for address in 127.0.0.1 127.0.0.2 ::1; do
		answers "$address"
		answers --udp "$address" # and it comes from the address that was asked
	done
}

@test "several sockets of one port (ReusePort=yes)" {
	start shared4 shared4 udp-shared4 udp-shared4
	for _ in $(seq 20); do
		answers 127.0.0.1
		answers --udp 127.0.0.1
	done
}

@test "who has no rights serves port 13" {
	((EUID == 0)) || skip "port 13 needs root to open it"
	can_unshare || skip "no namespaces here"
	public=$(mktemp -d)
	chmod 755 "$public"
	cp "$BUILD/daytimed" "$public/"
	PORT=13
	declare -f hand_over >"$BATS_TEST_TMPDIR/functions"
	run -0 unshare --net bash -c '
		source "$0"
		ip link set lo up
		PORT=13
		coproc hand_over tcp4 -- setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
			--bounding-set=-all "$1/daytimed" 2>&1
		read -r line <&"${COPROC[0]}"
		echo "$line"
		grep CapBnd "/proc/$COPROC_PID/status"
		daytime 127.0.0.1
		kill "$COPROC_PID"' "$BATS_TEST_TMPDIR/functions" "$public"
	rm -r "$public"
	[[ ${lines[0]} == "listening on port 13..." && ${lines[1]} =~ :[[:space:]]0+$ && ${lines[2]} =~ $CTIME ]]
}

@test "under systemd-socket-activate: stream, datagram, and one service for each connection" {
	need_systemd_socket_activate
	PORT=$(free_port)
	spawn server systemd-socket-activate -l "127.0.0.1:$PORT" "$BUILD/daytimed"
	wait_for_listen "$PORT" "$SPAWNED_PID"
	answers 127.0.0.1 # the first starts it
	answers 127.0.0.1
	server_said "^listening on port $PORT\.\.\.$"
	kill "$SPAWNED_PID"
	ends_well "$SPAWNED_PID"

	PORT=$(free_port)
	spawn server systemd-socket-activate --datagram -l "127.0.0.1:$PORT" "$BUILD/daytimed"
	wait_until "$PATIENCE" server_said Listening
	answers --udp 127.0.0.1
	answers --udp 127.0.0.1
	kill "$SPAWNED_PID"
	ends_well "$SPAWNED_PID"

	PORT=$(free_port)
	spawn server systemd-socket-activate --accept -l "127.0.0.1:$PORT" "$BUILD/daytimed"
	wait_for_listen "$PORT" "$SPAWNED_PID"
	answers 127.0.0.1
	answers 127.0.0.1
	wait_until "$PATIENCE" server_said 'died with code 0'
}

@test "what cannot be served is named, and nothing is served instead" {
	PORT=$(free_port)
	# "--" ends what hand_over opens.
	run -1 --separate-stderr bash -c "$(declare -f hand_over); PORT=$PORT; hand_over tcp4 unix -- daytimed"
	[[ $stderr == "daytimed: cannot serve descriptor 4, which the service manager passed: neither IPv4 nor IPv6 ("* ]]
	run -1 --separate-stderr bash -c "$(declare -f hand_over); PORT=$PORT; hand_over file -- daytimed"
	[[ $stderr == "daytimed: cannot serve descriptor 3, which the service manager passed: Socket operation on non-socket" ]]
	run ! is_listening "$PORT"
	run -1 --separate-stderr bash -c 'LISTEN_PID=$$ LISTEN_FDS=1000000 exec daytimed'
	[[ $stderr == "daytimed: cannot serve the 1000000 sockets that were passed: "* ]]
	run -1 --separate-stderr bash -c 'LISTEN_PID=$$ LISTEN_FDS=many exec daytimed'
	[[ $stderr == "daytimed: cannot tell how many sockets were passed: LISTEN_FDS 'many' is no number" ]]
}

@test "sockets for another process are none of its business" {
	PORT=$(free_port)
	LISTEN_PID=1 LISTEN_FDS=1 spawn server daytimed "$PORT"
	wait_until "$PATIENCE" server_said '^listening'
	answers 127.0.0.1
}

@test "it says READY=1 once it serves, and not before" {
	start_manager
	PORT=$(free_port)
	spawn server daytimed "$PORT"
	wait_until "$PATIENCE" manager_heard '^READY=1$'
	answers 127.0.0.1
	manager_heard '^STATUS=.'
	kill_spawned
	# Not ready: a port that is taken.
	start tcp4
	start_manager
	run -1 daytimed "$PORT"
	run ! manager_heard READY
}

@test "an abstract socket will do, and one that is not there is a warning" {
	PORT=$(free_port)
	spawn manager perl -MSocket -e '
		$| = 1;
		socket my $s, PF_UNIX, SOCK_DGRAM, 0 or die "$!";
		bind $s, pack_sockaddr_un("\0daytimed-$ARGV[0]") or die "$!";
		print "there\n";
		while (defined recv($s, my $text, 4096, 0)) { print $text; }' "$PORT"
	wait_until "$PATIENCE" manager_heard there
	NOTIFY_SOCKET=@daytimed-$PORT spawn server daytimed "$PORT"
	wait_until "$PATIENCE" manager_heard '^READY=1$'
	kill_spawned
	NOTIFY_SOCKET=/nonexistent/socket spawn server daytimed "$PORT"
	wait_until "$PATIENCE" server_said '^listening'
	server_said "^daytimed: cannot tell the service manager how things are, at '/nonexistent/socket': No such file"
	answers 127.0.0.1
}

@test "SIGHUP: RELOADING=1 with its time, then READY=1" {
	start_manager
	start tcp4
	kill -HUP "$SERVER"
	wait_until "$PATIENCE" heard_often '^READY=1$' 2
	run -0 grep -A1 '^RELOADING=1$' "$BATS_TEST_TMPDIR/manager.out"
	[[ ${lines[1]} =~ ^MONOTONIC_USEC=[0-9]+$ ]]
	# Of the same clock as /proc/uptime, and of now.
	perl -e 'my ($then, $now) = ($ARGV[0] / 1e6, (split " ", `cat /proc/uptime`)[0]);
		exit !($then <= $now + 1 && $then > $now - 60)' "${lines[1]#*=}"
	answers 127.0.0.1
}

@test "SIGTERM: STOPPING=1, what is open comes to its end, exit code 0" {
	start_manager
	start tcp4 -- --first-close client --idle-timeout 20
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	IFS= read -r -t 10 -u 5 line
	kill "$SERVER"
	wait_until "$PATIENCE" manager_heard '^STOPPING=1$'
	run -0 grep '^EXTEND_TIMEOUT_USEC=' "$BATS_TEST_TMPDIR/manager.out"
	((${output#*=} >= 20000000))
	is_alive "$SERVER"
	run ! is_listening "$PORT"
	exec 5>&-
	ends_well "$SERVER"
}

@test "WATCHDOG=1 comes again and again, where it is asked for" {
	start_manager
	export WATCHDOG_USEC=100000
	start tcp4
	wait_until "$PATIENCE" heard_often '^WATCHDOG=1$' 5
	manager_heard '^STATUS=.*0 open'
	kill_spawned
	start_manager
	WATCHDOG_PID=1 start tcp4
	wait_until "$PATIENCE" manager_heard '^READY=1$'
	answers 127.0.0.1
	kill "$SERVER"
	wait_until "$PATIENCE" manager_heard '^STOPPING=1$'
	run ! manager_heard WATCHDOG
}

@test "a manager that does not read holds nobody up" {
	PORT=$(free_port)
	spawn manager perl -MIO::Socket::UNIX -MSocket -e '
		$| = 1;
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$!";
		print "there\n";
		sleep 60;' "$MANAGER"
	wait_until "$PATIENCE" manager_heard there
	export NOTIFY_SOCKET=$MANAGER WATCHDOG_USEC=20000
	start tcp4
	for _ in $(seq 100); do
		answers 127.0.0.1
	done
}

@test "in the journal each line has its level" {
	PORT=$(free_port)
	mkfifo "$BATS_TEST_TMPDIR/journal"
	spawn server bash -c '
		exec 2<>"$0"
		JOURNAL_STREAM=$(stat -L -c %d:%i "/proc/$$/fd/2") exec daytimed "$1"' "$BATS_TEST_TMPDIR/journal" "$PORT"
	SERVER=$SPAWNED_PID
	exec 5<>"$BATS_TEST_TMPDIR/journal"
	wait_for_listen "$PORT" "$SERVER"
	run -1 bash -c '
		exec 2>"$0"
		JOURNAL_STREAM=$(stat -L -c %d:%i "/proc/$$/fd/2") exec daytimed --user no-such-user "$1"' \
		"$BATS_TEST_TMPDIR/second" "$(free_port)"
	grep -q "^<3>cannot become 'no-such-user': " "$BATS_TEST_TMPDIR/second"
	kill -USR1 "$SERVER"
	for _ in 1 2; do
		IFS= read -r -t 10 -u 5 line
	done
	[[ $line =~ ^\<[56]\>connections:\ 0\ accepted ]]
	exec 5>&-
}
