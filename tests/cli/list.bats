#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait list, in a network namespace of its own where perl has made sockets in many states: what
# it says is held against ss and netstat, which look at the same sockets at the same time.

bats_require_minimum_version 1.5.0
load common

setup()
{
	can_unshare || skip "network namespaces are refused here"
	cat >"$BATS_TEST_TMPDIR/scene.pl" <<'PERL'
# scene.pl COMMAND...: makes the sockets, then runs the commands while they are there.
use strict;
use warnings;
use Socket qw(:all);
use Time::HiRes qw(sleep time);

my @kept;

sub address {
	my ($host, $port) = @_;
	return $host =~ /:/ ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host))
	    : pack_sockaddr_in($port, inet_aton($host));
}

sub listener {
	my ($host, $port) = @_;
	my $fd;
	socket($fd, $host =~ /:/ ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	setsockopt($fd, SOL_SOCKET, SO_REUSEADDR, 1);
	bind($fd, address($host, $port)) or die "bind $host $port: $!";
	listen($fd, 5) or die "listen: $!";
	push @kept, $fd;
	return $fd;
}

sub pair {
	my ($listener, $host, $port) = @_;
	my ($server, $client);
	socket($client, $host =~ /:/ ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	connect($client, address($host, $port)) or die "connect: $!";
	accept($server, $listener) or die "accept: $!";
	return ($server, $client);
}

sub until_end {
	my ($fd) = @_;
	while (sysread($fd, my $bytes, 100)) { }
}

# Its FIN is acknowledged when the kernel likes: looks until the state is there.
sub until_state {
	my ($fd, $state) = @_;
	my $deadline = time + 10;
	while (unpack("C", getsockopt($fd, IPPROTO_TCP, TCP_INFO)) != $state) {
		die "never in state $state\n" if time > $deadline;
		sleep 0.001;
	}
}

my $four = listener("127.0.0.1", 13);
my $six = listener("::1", 14);
my $both = listener("::", 15);

my ($server, $client) = pair($four, "127.0.0.1", 13);    # ESTABLISHED, 5 bytes unread
syswrite($client, "hello") == 5 or die "write: $!";
push @kept, $server, $client;
push @kept, pair($both, "127.0.0.1", 15);                # IPv4 inside IPv6
($server, $client) = pair($six, "::1", 14);              # FIN_WAIT2 and CLOSE_WAIT
shutdown($client, 1);
until_state($client, 5);
push @kept, $server, $client;
for ([$four, "127.0.0.1", 13], [$six, "::1", 14]) {      # TIME_WAIT, at the server
	($server, $client) = pair(@$_);
	close($server);
	until_end($client);
	close($client);
}
my $bound;
socket($bound, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
bind($bound, address("127.0.0.1", 16)) or die "bind: $!";
push @kept, $bound;

for my $command (@ARGV) {
	system("sh", "-c", $command);
}
PERL
}

# in_scene COMMAND...: each with sh, among the sockets; the files they write are in $BATS_TEST_TMPDIR.
in_scene()
{
	cd "$BATS_TEST_TMPDIR" || return 1
	in_room 'ip link set lo up && exec perl scene.pl "$@"' "$@"
}

# in_room SCRIPT ARG...: sh in a fresh network namespace, as root there.
in_room()
{
	if ((EUID)); then
		unshare --user --map-root-user --net sh -c "$1" sh "${@:2}"
	else
		unshare --net sh -c "$1" sh "${@:2}"
	fi
}

# The states as netstat spells them, from ss's.
ss_states()
{
	sed -E 's/^ESTAB /ESTABLISHED /; s/^FIN-WAIT-/FIN_WAIT/; s/^([A-Z]+)-(WAIT|SENT|RECV|ACK) /\1_\2 /'
}

@test "list: every socket that ss has, with the same state, queues and addresses" {
	in_scene 'timewait list >ours 2>errors' 'ss -Htan >theirs' 'timewait list >again'
	[[ ! -s errors ]]
	# "*" is how ss writes the wildcard address of a socket that takes both families.
	ss_states <theirs | sed -E 's/ \*:/ [::]:/g' | awk '{ print $1, $2, $3, $4, $5 }' |
		sort >expected
	awk 'NR > 1 && $6 != "BOUND" { print $6, $2, $3, $4, $5 }' ours | sort >got
	diff expected got
	# The scene was what it was meant to be.
	for state in LISTEN ESTABLISHED FIN_WAIT2 CLOSE_WAIT TIME_WAIT; do
		grep -q "^$state " got
	done
	[[ $(wc -l <got) == 11 ]]
	# The same order again; only timers have moved.
	diff <(awk '{ print $4, $5, $6 }' ours) <(awk '{ print $4, $5, $6 }' again)
}

@test "list: netstat agrees about family, ports and state" {
	in_scene 'timewait list >ours' 'netstat -tan >theirs'
	awk '/^tcp/ { n = split($4, l, ":"); m = split($5, p, ":"); print $1, l[n], p[m], $6 }' \
		theirs | sort >expected
	awk '/^tcp/ && $6 != "BOUND" { n = split($4, l, ":"); m = split($5, p, ":");
		print $1, l[n], p[m], $6 }' ours | sort >got
	diff expected got
	[[ -s got ]]
}

@test "list: cookies, inodes, users and owners are those that ss shows" {
	in_scene 'timewait list --json >ours' 'ss -Htanep >theirs'
	# One line a socket: cookie, inode, pid and descriptor; the last three 0 where there are none.
	perl -ne 'print hex((/ sk:([0-9a-f]+)/)[0]), " ", (/ ino:(\d+)/)[0] // 0, " ",
		(/pid=(\d+)/)[0] // 0, " ", (/fd=(\d+)/)[0] // 0, "\n"' theirs | sort >expected
	jq -r 'select(.state != "BOUND") |
		"\(.cookie) \(.inode // 0) \(.pid // 0) \(.fd // 0)"' ours | sort >got
	diff expected got
	jq -es 'all(.[]; (has("pid") | not) or .comm == "perl")' ours
	jq -es --arg user "$EUID" 'all(.[]; has("inode") == has("uid"))' ours
}

@test "list --json: one object a line, the version in the first, the unknown left out" {
	in_scene 'timewait list --json >ours' 'readlink /proc/self/ns/net >netns'
	[[ $(jq -c . ours | wc -l) == "$(wc -l <ours)" ]]
	jq -es '.[0].v == 1 and all(.[1:][]; has("v") | not)' ours
	jq -es --arg netns "$(tr -dc 0-9 <netns)" 'all(.[]; .netns == ($netns | tonumber))' ours
	jq -es 'all(.[] | select(.state == "TIME_WAIT");
		.timer == "timewait" and .timer_s > 50 and .timer_s < 64.5 and
		(has("pid") or has("inode") or has("uid") | not))' ours
	jq -es 'all(.[] | select(.state == "LISTEN");
		(has("peer") or has("peer_port") or has("timer_s") | not) and .timer == "none")' ours
	jq -es '[.[] | select(.state == "ESTABLISHED" and .recv_q == 5)] | length == 1' ours
	jq -es 'any(.[]; .peer == "::ffff:127.0.0.1")' ours
}

@test "list: listeners first, then bound sockets, which ss and netstat hide" {
	in_scene 'timewait list >ours'
	states=$(awk 'NR > 1 { print $6 }' ours | head -4 | paste -sd' ')
	if [[ $states != "LISTEN LISTEN LISTEN BOUND" ]]; then
		[[ $states == "LISTEN LISTEN LISTEN "* ]]
		skip "this kernel does not tell of bound sockets"
	fi
	grep -Eq '^tcp +0 +0 127\.0\.0\.1:16 +0\.0\.0\.0:\* +BOUND +- +[0-9]+/perl$' ours
}

@test "list: columns stand under their titles" {
	in_scene 'timewait list >ours'
	grep -Eq '^Proto Recv-Q Send-Q Local Address  +Foreign Address  +State  +Timer  +PID/Program$' \
		ours
	# Where the titles begin, columns begin: a blank before, none at the place.
	awk 'NR == 1 { n = split("Local Address|Foreign Address|State|Timer|PID/Program", t, "|");
			for (i = 1; i <= n; i++) at[i] = index($0, t[i]); next }
		{ for (i = 1; i <= n; i++)
			if (substr($0, at[i] - 1, 1) != " " || substr($0, at[i], 1) == " ") exit 1 }' ours
	run ! grep ' $' ours
}

@test "list: where there are no sockets, the header alone" {
	run --separate-stderr in_room 'timewait list'
	[[ $status == 0 && -z $stderr ]]
	[[ $output == "Proto Recv-Q Send-Q Local Address  Foreign Address  State  Timer  PID/Program" ]]
	run --separate-stderr in_room 'timewait list --json'
	[[ $status == 0 && -z $stderr && -z $output ]]
}

@test "list: an ordinary user is told what it cannot see" {
	((EUID == 0)) || skip "only root can become somebody else"
	setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$BUILD/timewait" ||
		skip "the build is not in everybody's reach"
	in_scene 'setpriv --reuid=65534 --regid=65534 --clear-groups timewait list >ours 2>errors'
	[[ $(wc -l <ours) -ge 12 ]]
	run ! grep /perl ours
	[[ $(wc -l <errors) == 1 ]]
	grep -q '^timewait: .*root sees them' errors
}

@test "list: a full disk is an error, a reader that left is not worth a word" {
	run --separate-stderr in_room 'timewait list >/dev/full'
	[[ $status == 1 && $stderr == "timewait: cannot write the output: "* ]]
	# shellcheck disable=SC2016
	run --separate-stderr in_room 'mkfifo "$1"; (exec 3<"$1") & exec 4>"$1"; wait; timewait list >&4' \
		"$BATS_TEST_TMPDIR/pipe"
	[[ $status == 1 && -z $stderr ]]
}

@test "list: what it does not know is an error of usage" {
	for word in --slow --jsn extra; do
		run --separate-stderr timewait list "$word"
		[[ $status == 2 && -z $output && $stderr == timewait:* ]]
		[[ $(wc -l <<<"$stderr") -le 4 ]]
	done
	run timewait list --help
	[[ $status == 0 && $output == "Usage: timewait list"* ]]
}
