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

# places FILE: state, local and foreign address of each socket of a table, sorted.
places()
{
	awk 'NR > 1 { print $6, $4, $5 }' "$1" | sort
}

# ss_places FILE: the same of what ss -Htan prints.
ss_places()
{
	ss_states <"$1" | sed -E 's/ \*:/ [::]:/g' | awk '{ print $1, $4, $5 }' | sort
}

@test "list --state: netstat's and ss's spelling, in any case, and ss's groups" {
	in_scene 'for s in TIME_WAIT time-wait Time-Wait timewait; do timewait list --state $s; done >ours' \
		'timewait list --state=LISTEN,close-wait,estab >three' \
		'timewait list --state LISTEN --state CLOSE_WAIT,ESTABLISHED >again' \
		'timewait list --state connected >connected' 'ss -Htan state connected >ss-connected' \
		'timewait list --state synchronized >synchronized' 'ss -Htan state synchronized >ss-synchronized' \
		'timewait list --state bucket >bucket' 'ss -Htan state bucket >ss-bucket' \
		'timewait list --state fin-wait-2 >closing' 'timewait list --state bound >bound' \
		'timewait list --state syn_recv >none'
	[[ $(grep -c '^Proto' ours) == 4 && $(grep -c ' TIME_WAIT ' ours) == 8 && $(wc -l <ours) == 12 ]]
	[[ $(awk 'NR > 1 { print $6 }' three | sort -u | paste -sd' ') == "CLOSE_WAIT ESTABLISHED LISTEN" ]]
	diff <(places three) <(places again)
	for group in connected synchronized bucket; do
		diff <(places $group) <(ss_places ss-$group)
		[[ -n $(places $group) ]]
	done
	[[ $(awk 'NR > 1 { print $6 }' closing | sort -u) == FIN_WAIT2 ]]
	[[ $(wc -l <none) == 1 ]]
	[[ $(wc -l <bound) == 1 || $(awk 'NR > 1 { print $6 }' bound) == BOUND ]]
}

@test "list --port and --peer: what ss finds" {
	in_scene 'timewait list --port 13 >port' 'ss -Htan "( sport = :13 or dport = :13 )" >ss-port' \
		'timewait list --port 14-15,9999 >range' \
		'ss -Htan "( sport >= :14 and sport <= :15 ) or ( dport >= :14 and dport <= :15 )" >ss-range' \
		'timewait list --peer 127.0.0.0/8 >peer' \
		'ss -Htan state connected dst 127.0.0.0/8 >ss-peer' \
		'timewait list --peer ::1 >six' 'ss -Htan state connected dst [::1] >ss-six' \
		'timewait list --peer ::ffff:127.0.0.1/128 >mapped' \
		'timewait list --peer 127.0.0.1,::1/128 --port 14 --state time-wait >both' \
		'timewait list --peer 192.0.2.0/24 >nobody' 'timewait list --peer ::/0 --state listen >listeners'
	for what in port range peer six; do
		diff <(places $what) <(ss_places ss-$what)
		[[ -n $(places $what) ]]
	done
	diff <(places mapped) <(places peer | grep 127.0.0.1)
	[[ $(places both) == "TIME_WAIT [::1]:14 [::1]:"* && $(wc -l <both) == 2 ]]
	[[ $(wc -l <nobody) == 1 && $(wc -l <listeners) == 1 ]]
	# IPv4 inside of IPv6 is IPv4, too.
	places peer | grep -qF ::ffff:127.0.0.1
}

@test "list --by: the numbers are those of the list, the largest first" {
	in_scene 'timewait list --json >all' 'for by in state process peer local cgroup; do
			timewait list --by $by >$by; timewait list --by $by --json >$by.json; done' \
		'timewait list --by state --limit 1 >one' 'timewait list --by peer --state listen >listen'
	total=$(wc -l <all)
	for by in state process peer local cgroup; do
		[[ $(awk 'NR > 1 { n += $1 } END { print n }' $by) == "$total" ]]
		awk 'NR > 1 { print $1 }' $by | sort -rnc
		jq -es --argjson total "$total" --arg by $by '(map(.count) | add) == $total and .[0].v == 1 and
			all(.[1:][]; has("v") | not) and all(.[]; .by == $by)' $by.json
		[[ $(wc -l <$by.json) == $(($(wc -l <$by) - 1)) ]]
	done
	diff <(jq -r .state all | sort | uniq -c | awk '{ print $2, $1 }') \
		<(awk 'NR > 1 { print $2, $1 }' state | sort)
	diff <(jq -r '"\(.local | ltrimstr("::ffff:")) \(.local_port)"' all | sort | uniq -c | awk '{ print $2, $3, $1 }') \
		<(jq -r '"\(.local) \(.local_port) \(.count)"' local.json | sort)
	diff <(jq -r 'select(.peer).peer | ltrimstr("::ffff:")' all | sort | uniq -c | awk '{ print $2, $1 }') \
		<(jq -r 'select(.peer) | "\(.peer) \(.count)"' peer.json | sort)
	grep -Eq '^ *[0-9]+  [0-9]+/perl$' process
	grep -Eq '^ +2  -$' process # those in TIME_WAIT are nobody's
	[[ $(wc -l <one) == 2 && $(sed -n 2p one) == "$(sed -n 2p state)" ]]
	[[ $(sed 1d listen) =~ ^\ +3\ \ -$ ]]
}

@test "list --sort and --limit: in order, and no more" {
	in_scene 'for key in state local peer timer recv_q send_q pid; do
			timewait list --json --sort $key >$key; timewait list --json --sort $key --limit 3 >$key.3; done' \
		'timewait list >plain' 'timewait list --limit 4 >four' 'timewait list --limit 1000 >thousand'
	for key in state local peer timer recv_q send_q pid; do
		[[ $(wc -l <$key) == $(($(wc -l <plain) - 1)) ]]
		# Timers have moved on meanwhile, and of two that are alike either may be the first.
		in_order=(cat)
		[[ $key != timer ]] || in_order=(sort)
		diff <(head -n 3 $key | jq -c 'del(.timer_s, .v)' | "${in_order[@]}") <(jq -c 'del(.timer_s, .v)' $key.3 | "${in_order[@]}")
	done
	jq -r .state state | LC_ALL=C sort -c
	jq -es 'map(.recv_q) | . == (sort | reverse)' recv_q
	jq -es 'map(.send_q) | . == (sort | reverse)' send_q
	jq -es 'map(.timer_s // 1e9) | . == sort' timer
	jq -es 'map(.pid // 1e9) | . == sort' pid
	jq -es 'map(select(.local == "127.0.0.1").local_port) | . == sort' local
	jq -es 'map(select(.peer == "127.0.0.1").peer_port) | . == sort' peer
	[[ $(wc -l <four) == 5 ]]
	diff <(places thousand) <(places plain)
	diff <(sed -n 2,5p plain | awk '{ print $4, $5 }') <(sed -n 2,5p four | awk '{ print $4, $5 }')
}

@test "list --netns: another network namespace, by process, path and name, and all at once" {
	in_scene 'timewait list --json >here' 'echo $$ >pid; ls -L /proc/$$/ns/net >/dev/null &&
			unshare --net timewait list --json --netns $$ >by-pid &&
			unshare --net timewait list --json --netns /proc/$$/ns/net >by-path' \
		'unshare --net timewait list --netns all --json >all 2>errors' \
		'timewait list --netns all >table 2>>errors'
	for file in by-pid by-path; do
		diff <(jq -cS 'del(.timer_s, .v)' here) <(jq -cS 'del(.timer_s, .v)' $file)
	done
	number=$(jq -s '.[0].netns' here)
	# Where this host has thousands elsewhere, they are not sorted.
	diff <(jq -cS 'del(.timer_s, .v)' here | sort) \
		<(jq -cS --argjson n "$number" 'select(.netns == $n) | del(.timer_s, .v)' all | sort)
	head -1 table | grep -q '^Netns  *Proto Recv-Q Send-Q Local Address '
	[[ $(grep -c "^$number  tcp" table) == $(wc -l <here) ]]
	run --separate-stderr timewait list --netns no-such-one
	[[ $status == 1 && -z $output && $stderr == "timewait: network namespace 'no-such-one': there is none ("* ]]
	run --separate-stderr timewait list --netns /dev/null
	[[ $status == 1 && $stderr == *"'/dev/null': no network namespace" ]]
}

@test "list --netns: who may not enter is told so" {
	((EUID == 0)) || skip "only root can become somebody else"
	in_scene 'setpriv --reuid=65534 --regid=65534 --clear-groups timewait list --netns 1 >ours 2>errors;
			echo $? >status' \
		'setpriv --reuid=65534 --regid=65534 --clear-groups timewait list --netns all >all 2>notes'
	[[ $(<status) == 1 && ! -s ours ]]
	grep -q '^timewait: network namespace .1.: .*(run as root)$' errors
	# One's own is shown all the same.
	[[ $(wc -l <all) -ge 12 ]]
	grep -q '^timewait: network namespaces of other users are not shown (root sees them all)$' notes
}

# in_crowd COMMAND: with 20000 sockets in TIME_WAIT, more than are sorted.
in_crowd()
{
	cd "$BATS_TEST_TMPDIR" || return 1
	# shellcheck disable=SC2016
	in_room 'ip link set lo up
		daytimed --tcp -4 --bind 127.0.0.1 13 2>server & server=$!
		for i in $(seq 500); do grep -q listening server && break; sleep 0.02; done
		daytime -n 20000 -c 32 --source 127.0.0.0/16 127.0.0.1 13 >/dev/null 2>load
		kill $server; wait $server
		eval "$1"' "$1"
}

@test "list: thousands come as they are, each once, and in columns" {
	in_crowd 'timewait list >ours; timewait list --json >json; ss -Htan >theirs
		timewait list --by peer >by; timewait list --sort peer >sorted; timewait list --limit 17000 >limited
		timewait list --by local >by-local'
	[[ $(wc -l <ours) -gt 16385 ]]
	diff <(places ours) <(ss_places theirs)
	diff <(places ours) <(places sorted)
	[[ $(wc -l <json) == $(wc -l <sorted | awk '{ print $1 - 1 }') ]]
	jq -es '.[0].v == 1 and (map(.cookie) | unique | length) == length' json
	[[ $(awk 'NR > 1 { n += $1 } END { print n }' by) == $(($(wc -l <sorted) - 1)) ]]
	[[ $(wc -l <limited) == 17001 ]]
	# All cells begin where the titles do.
	awk 'NR == 1 { at = index($0, "Foreign"); state = index($0, "State"); timer = index($0, "Timer"); next }
		substr($0, at - 1, 1) != " " || substr($0, at, 4) != "127." ||
		substr($0, state, 9) != "TIME_WAIT" || substr($0, timer, 8) != "timewait" { exit 1 }' ours
}

@test "list: of thousands a reader may take the first, and Ctrl-C ends it" {
	in_crowd 'timewait list 2>errors | head -n 2 >two
		mkfifo pipe; exec 4<>pipe
		timewait list >pipe 2>>errors & lister=$!
		head -c 1000 <&4 >begun
		for i in $(seq 500); do kill -INT $lister 2>/dev/null || break; sleep 0.02; done
		wait $lister; echo $? >status
		timewait list >/dev/full 2>full; echo $? >>status'
	[[ $(wc -l <two) == 2 && ! -s errors ]]
	[[ $(paste -sd' ' status) == "130 1" ]]
	[[ $(<full) == "timewait: cannot write the output: "* && $(wc -l <full) == 1 ]]
}

@test "list: a wrong filter is told, and what would be right" {
	for option in --state=FOO --state= '--state=LISTEN,' --port=0 --port=65536 --port=90-80 --port=http --port=80- \
		--port= --peer=localhost --peer=10.0.0.0/33 --peer= --by=port --sort=age --limit=0 --limit=x; do
		run --separate-stderr timewait list "$option"
		[[ $status == 2 && -z $output && $stderr == "timewait: ${option%%=*} '"* ]]
		[[ $(wc -l <<<"$stderr") -le 4 ]]
	done
	run --separate-stderr timewait list --state closed
	[[ $status == 2 && $stderr == *BOUND* ]]
	run --separate-stderr timewait list --by state --sort pid
	[[ $status == 2 && $stderr == "timewait: --sort: "* ]]
	run --separate-stderr timewait list --port "$(seq -s, 1 33)"
	[[ $status == 2 && $stderr == *"too many ports"* ]]
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
