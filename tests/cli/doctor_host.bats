#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait doctor: each finding on a real kernel, which the test makes ill. All of it happens in a
# network namespace of the test's own, with folders of sysctl.d(5) of its own.

bats_require_minimum_version 1.5.0
load common

setup()
{
	can_unshare || skip "namespaces are refused here"
	start_namespace
}

teardown()
{
	kill_spawned
}

# start_namespace: a process that keeps the namespace is $SPACE; nothing in it has been tuned.
start_namespace()
{
	local user=()

	((EUID == 0)) || user=(--user --map-root-user)
	# shellcheck disable=SC2016 # for the other shell
	spawn space unshare "${user[@]}" --net --mount sh -c '
		for folder in /etc/sysctl.d /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d; do
			[ ! -d $folder ] || mount -t tmpfs tmpfs $folder || exit
		done
		[ ! -e /etc/sysctl.conf ] || mount --bind /dev/null /etc/sysctl.conf || exit
		ip link set lo up && echo ready && exec sleep 600'
	SPACE=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q ready "$BATS_TEST_TMPDIR/space.out"
}

# become PID COMMAND...: in the namespaces of that process, in place of this shell: for `spawn` and `run`.
become()
{
	local pid=$1 user=()

	shift
	((EUID == 0)) || user=(--user --preserve-credentials)
	exec nsenter --target "$pid" "${user[@]}" --net --mount "$@"
}

# enter PID COMMAND...
enter()
{
	(become "$@")
}

inside()
{
	(become "$SPACE" "$@")
}

set_sysctl()
{
	inside sysctl -qw "$@"
}

# trouble PYTHON: runs it there until the test ends; what it prints last is "ready".
trouble()
{
	spawn trouble become "$SPACE" python3 -c "
import socket, sys, time
def listen(port, backlog=16, reuse=True):
    s = socket.socket()
    if reuse: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', port))
    s.listen(backlog)
    return s
def pair(s):
    c = socket.create_connection(s.getsockname())
    return c, s.accept()[0]
def full(s):
    for i in range(4):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(s.getsockname())
        yield c
$1
print('ready', flush=True)
time.sleep(600)"
	wait_until "$PATIENCE" grep -q ready "$BATS_TEST_TMPDIR/trouble.out"
}

doctor()
{
	inside timewait doctor --rate 0 --json
}

# finding CHECK: those of that check in $output, one a line; fails when there is none.
finding()
{
	jq -ecs --arg check "$1" '.[] | select(.type == "finding" and .check == $check)' <<<"$output"
}

# has_finding CHECK FILTER: a look now has one of which the jq filter is true.
has_finding()
{
	local output

	output=$(doctor) || true
	finding "$1" | jq -es "any(.[]; $2)"
}

# shows CHECK FILTER: as soon as the kernel's clocks have gone on for long enough.
shows()
{
	wait_until "$PATIENCE" has_finding "$@"
	run --separate-stderr doctor
}

@test "doctor: nothing to find fault with is said in one line" {
	run --separate-stderr inside timewait doctor --rate 0
	[[ $status == 0 && $output == "Nothing to find fault with: "*" checks, 0 sockets." ]]
	# What only the machine's first namespace has is named, and is no failure.
	[[ -z $stderr || $stderr == "timewait: not available here: tcp_max_orphans" ]]
	run --separate-stderr doctor
	[[ $status == 0 && ${#lines[@]} == 1 ]]
	jq -e '.v == 1 and .type == "summary" and .bad == 0 and .warn == 0 and .note == 0' <<<"$output"
}

@test "doctor: CLOSE_WAIT: whose, which descriptor, how old, how much is unread" {
	trouble "
s = listen(7001)
c, a = pair(s); c.sendall(b'hello'); c.close()
d, b = pair(s); d.close(); b.recv(1)"
	shows close_wait '.evidence.close_wait == 2'
	finding close_wait | jq -e --argjson pid "$SPAWNED_PID" '.severity == "warn" and
		.evidence.pid == $pid and .evidence.comm == "python3" and
		.evidence.with_unread == 1 and .evidence.with_end == 1 and
		.evidence.unread_bytes == 5 and .evidence.oldest_s >= 3 and .scenario == "close-wait-forever"'
	fd=$(finding close_wait | jq '.sockets[] | select(.unread_bytes == 5).fd')
	[[ $(readlink "/proc/$SPAWNED_PID/fd/$fd") == socket:* ]]
	# ss agrees with the socket, the FIN counted as a byte.
	inside ss -Htan state close-wait | grep -Eq "^6 +0 +127\.0\.0\.1:7001 "
	run --separate-stderr inside timewait doctor --rate 0
	grep -Eq '^! warn  python3 \(process [0-9]+\) does not close' <<<"$output"
	grep -Eq 'fd [0-9]+: CLOSE_WAIT 127\.0\.0\.1:7001 - ' <<<"$output"
}

@test "doctor: what was closed before it was accepted is told apart" {
	trouble "
s = listen(7001)
c = socket.create_connection(s.getsockname()); c.close()
d, b = pair(listen(7012)); d.close()"
	shows close_wait '.evidence.not_accepted == 1 and .sockets[0].local_port == 7001'
	finding close_wait | jq -es --argjson pid "$SPAWNED_PID" 'length == 2 and
		any(.[]; .evidence.pid == $pid and .evidence.close_wait == 1 and .sockets[0].local_port == 7012)'
	# Nor does it hide what is there of others, to who may not see the owners.
	if ((EUID != 0)) || ! as_nobody test -x "$BUILD/timewait"; then
		return
	fi
	output=$(inside setpriv --reuid=65534 --regid=65534 --clear-groups timewait doctor --rate 0 --json) || true
	finding close_wait | jq -es 'any(.[]; .evidence.close_wait == 1) and any(.[]; .evidence.not_accepted == 1)'
}

@test "doctor: FIN_WAIT2 with the descriptor open has no timer" {
	trouble "
s = listen(7002)
c, a = pair(s); c.shutdown(socket.SHUT_WR)"
	shows half_closed '.evidence.fin_wait2 == 1'
	finding half_closed | jq -e --argjson pid "$SPAWNED_PID" '.severity == "note" and
		.evidence.pid == $pid and .sockets[0].state == "FIN_WAIT2" and .sockets[0].fd > 0'
}

@test "doctor: a closed FIN_WAIT2 has a timer, and is nothing to find fault with" {
	trouble "
s = listen(7002)
c, a = pair(s); c.close()"
	inside ss -Htan state fin-wait-2 | grep -q ':7002'
	refute has_finding half_closed true
}

# overflows: what nstat says of it.
overflows()
{
	inside nstat -asz TcpExtListenOverflows | awk '/Listen/ { print $2 }'
}

@test "doctor: a queue that is full is bad, and so are SYNs dropped for it" {
	trouble "
s = listen(7003, 1)
clients = list(full(s))"
	shows listen_queue '.evidence.queue == 2'
	[[ $status == 1 ]]
	finding listen_queue | jq -es --argjson pid "$SPAWNED_PID" '(.[0].severity == "bad") and
		.[0].evidence.backlog == 1 and .[0].evidence.local_port == 7003 and .[0].evidence.pid == $pid'
	wait_until "$PATIENCE" has_finding listen_queue '.evidence.overflows > 0'
	before=$(overflows)
	run --separate-stderr doctor
	# Clients try again, so that nstat has a little less before and a little more after.
	counted=$(finding listen_queue | jq 'select(.evidence.overflows).evidence.overflows')
	((before <= counted && counted <= $(overflows)))
}

@test "doctor: TIME_WAITs that tcp_max_tw_buckets denied" {
	set_sysctl net.ipv4.tcp_max_tw_buckets=2
	spawn daytimed become "$SPACE" daytimed --tcp -4 --bind 127.0.0.1 7004
	wait_until "$PATIENCE" grep -q listening "$BATS_TEST_TMPDIR/daytimed.err"
	inside daytime -n 10 -c 1 127.0.0.1 7004 >/dev/null 2>&1
	run --separate-stderr doctor
	[[ $status == 1 ]]
	finding time_wait_buckets | jq -e '.severity == "bad" and .evidence.overflows == 8 and
		.evidence.time_wait == 2 and .evidence.max_tw_buckets == 2'
	finding max_tw_buckets | jq -e '.severity == "warn"'
	# It set SO_REUSEADDR: its restart would be no trouble.
	refute finding reuse_address
}

@test "doctor: no port is left to a destination" {
	set_sysctl net.ipv4.ip_local_port_range="50000 50003" net.ipv4.tcp_tw_reuse=0
	trouble "
s = listen(7005)
held = [pair(s) for i in range(3)]
c, a = pair(s); c.shutdown(socket.SHUT_WR); a.close(); c.recv(1); c.close()
try:
    socket.create_connection(('127.0.0.1', 7005))
except OSError as e:
    print(e.errno)"
	run --separate-stderr doctor
	[[ $status == 1 ]]
	finding port_budget | jq -e '.severity == "bad" and .evidence.range == 4 and
		.evidence.used == 4 and .evidence.time_wait == 1 and .evidence.free == 0 and
		.evidence.peer == "127.0.0.1" and .evidence.peer_port == 7005 and .evidence.exhausted_s == 0'
	# And so it is: EADDRNOTAVAIL.
	grep -qx 99 "$BATS_TEST_TMPDIR/trouble.out"
	finding port_range | jq -e '.severity == "warn" and .evidence.ports == 4'
}

@test "doctor: reserved ports and listeners are not there for connections" {
	set_sysctl net.ipv4.ip_local_port_range="50000 50007" net.ipv4.ip_local_reserved_ports=50001
	trouble "
s = listen(50002)
t = listen(7006)
held = [pair(t) for i in range(6)]
try:
    socket.create_connection(('127.0.0.1', 7006))
except OSError as e:
    print(e.errno)"
	grep -qx 99 "$BATS_TEST_TMPDIR/trouble.out"
	run --separate-stderr doctor
	[[ $status == 1 ]]
	finding port_budget | jq -e '.evidence.range == 8 and .evidence.reserved == 1 and
		.evidence.listened == 1 and .evidence.used == 6 and .evidence.free == 0'
	finding listener_in_range | jq -e '.evidence.ports == "50002"'
}

@test "doctor: a peer that vanished while the connection was being closed" {
	# shellcheck disable=SC2016 # for the other shell
	spawn peer become "$SPACE" unshare --net sh -c 'echo ready; exec sleep 600'
	peer=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q ready "$BATS_TEST_TMPDIR/peer.out"
	inside ip link add here type veth peer name there netns "$peer"
	inside ip addr add 192.0.2.1/24 dev here
	inside ip link set here up
	enter "$peer" ip addr add 192.0.2.2/24 dev there
	enter "$peer" ip link set there up
	spawn listener become "$peer" python3 -c "
import socket, time
s = socket.create_server(('192.0.2.2', 7007))
print('ready', flush=True)
time.sleep(600)"
	wait_until "$PATIENCE" grep -q ready "$BATS_TEST_TMPDIR/listener.out"
	trouble "
c = socket.create_connection(('192.0.2.2', 7007), 10)
import signal
signal.signal(signal.SIGUSR1, lambda *_: c.close())"
	enter "$peer" ip link set there down
	kill -USR1 "$SPAWNED_PID"
	shows vanished_peers '.evidence.sockets == 1'
	finding vanished_peers | jq -e '.severity == "warn" and .evidence.orphans == 1 and
		.evidence.retransmissions >= 2 and .sockets[0].state == "FIN_WAIT1" and
		.sockets[0].peer == "192.0.2.2" and (.sockets[0] | has("pid") | not)'
}

@test "doctor: a server without SO_REUSEADDR cannot be restarted" {
	trouble "
s = listen(7008, reuse=False)
c, a = pair(s); a.close(); c.close()
t = listen(7009, reuse=True)
d, b = pair(t); b.close(); d.close()
u = socket.socket()
u.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
u.bind(('127.0.0.1', 7013))
u.listen()
e, f = pair(u); f.close(); e.close()"
	run --separate-stderr doctor
	finding reuse_address | jq -es --argjson pid "$SPAWNED_PID" 'length == 1 and
		(.[0] | .severity == "warn" and .evidence.local_port == 7008 and .evidence.pid == $pid and
		.evidence.time_wait == 1)'
	# It is so: with the server gone the port is still taken, whatever the new one sets.
	kill "$SPAWNED_PID"
	wait_until "$PATIENCE" is_gone "$SPAWNED_PID"
	again='import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, getattr(socket, sys.argv[2]), 1)
s.bind(("127.0.0.1", int(sys.argv[1])))'
	refute inside python3 -c "$again" 7008 SO_REUSEADDR 2>/dev/null
	inside python3 -c "$again" 7009 SO_REUSEADDR
	# SO_REUSEPORT, set by both, does as well.
	inside python3 -c "$again" 7013 SO_REUSEPORT
}

@test "doctor: of two listeners on a port the connection's own is told" {
	trouble "
def both(port, first, second):
    made = {}
    for family in (first, second):
        made[family] = s = socket.socket(family)
        if family == socket.AF_INET6:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind(('', port))
        s.listen()
    c = socket.create_connection(('127.0.0.1', port))
    a = made[socket.AF_INET].accept()[0]; a.close(); c.close()
    return made
x = both(7014, socket.AF_INET, socket.AF_INET6)
y = both(7015, socket.AF_INET6, socket.AF_INET)"
	run --separate-stderr doctor
	# The one for IPv6 has the option.
	finding reuse_address | jq -es 'length == 2 and all(.[]; .title | contains("0.0.0.0:701")) and
		all(.[]; .evidence.time_wait == 1)'
}

@test "doctor: settings that do not do what people set them for" {
	set_sysctl net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_timestamps=0 net.ipv4.tcp_fin_timeout=90 \
		net.ipv4.tcp_rfc1337=1 net.ipv4.tcp_abort_on_overflow=1 net.core.somaxconn=64 \
		net.ipv4.ip_local_port_range="40000 60000"
	run --separate-stderr doctor
	# Nothing fails for it: to be warned of, and no more.
	[[ $status == 0 ]]
	finding tw_reuse | jq -e '.severity == "warn" and .evidence.tcp_timestamps == 0'
	finding fin_timeout_high | jq -e '.severity == "warn" and .evidence.fin_wait2_s == 60'
	finding rfc1337
	finding abort_on_overflow
	finding somaxconn | jq -e '.evidence.somaxconn == 64'
	finding port_range | jq -e '.evidence.ports == 20001'
	set_sysctl net.ipv4.tcp_fin_timeout=10
	run --separate-stderr doctor
	finding fin_timeout_low | jq -e '.severity == "note" and .evidence.tcp_fin_timeout == 10'
}

@test "doctor: conntrack's own TIME_WAIT is not TCP's" {
	setting=net.netfilter.nf_conntrack_tcp_timeout_time_wait
	inside sh -c 'echo "net.netfilter.nf_conntrack_tcp_timeout_time_wait=30" >/etc/sysctl.d/9.conf'
	run --separate-stderr doctor
	finding conntrack_time_wait | jq -e '.evidence.file == "/etc/sysctl.d/9.conf" and .evidence.value == "30"'
	inside rm /etc/sysctl.d/9.conf
	# The module may not be loaded.
	if inside sysctl -n "$setting" >/dev/null 2>&1 && set_sysctl "$setting=31" 2>/dev/null; then
		run --separate-stderr doctor
		finding conntrack_time_wait |
			jq -e '.evidence.nf_conntrack_tcp_timeout_time_wait == 31'
	fi
}

@test "doctor: tcp_tw_recycle in a file is told with file and line" {
	inside sh -c 'printf "# tuning\n\nnet.ipv4.tcp_tw_recycle = 1\n" >/etc/sysctl.d/99-tuning.conf'
	run --separate-stderr doctor
	[[ $status == 0 ]]
	finding tw_recycle | jq -e '.severity == "warn" and .evidence.line == 3 and
		.evidence.file == "/etc/sysctl.d/99-tuning.conf" and .scenario == "tw-recycle"'
}

@test "doctor: every scenario and page that a finding names is there" {
	set_sysctl net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_timestamps=0 net.ipv4.tcp_fin_timeout=90 \
		net.ipv4.tcp_rfc1337=1 net.ipv4.tcp_max_tw_buckets=2 net.ipv4.tcp_abort_on_overflow=1
	run --separate-stderr doctor
	while read -r scenario page; do
		timewait scenarios "$scenario" >/dev/null
		timewait explain "$page" >/dev/null
	done < <(jq -r 'select(.type == "finding") | "\(.scenario) \(.page)"' <<<"$output")
	[[ $(jq -s '[.[] | select(.type == "finding")] | length' <<<"$output") == 5 ]]
}

@test "doctor: JSON: one object a line, the version in the first, nothing left out of a finding" {
	set_sysctl net.ipv4.tcp_fin_timeout=61
	trouble "s = listen(7010, 1); clients = list(full(s))"
	run --separate-stderr doctor
	[[ $(jq -c . <<<"$output" | wc -l) == "${#lines[@]}" ]]
	jq -es '.[0].v == 1 and all(.[1:][]; has("v") | not) and .[-1].type == "summary"' <<<"$output"
	jq -es 'all(.[:-1][]; (.check and .title and .meaning and .remedy and .scenario and .page) and
		(.evidence | length > 0) and (.severity | IN("bad", "warn", "note")))' <<<"$output"
	jq -es '.[-1].bad == ([.[] | select(.severity == "bad")] | length)' <<<"$output"
	# The worst come first.
	jq -es '[.[:-1][].severity | {bad: 0, warn: 1, note: 2}[.]] | . == sort' <<<"$output"
}

@test "doctor: an ordinary user gets what may be seen, and a line on what root would add" {
	((EUID == 0)) || skip "only root can become somebody else"
	as_nobody test -x "$BUILD/timewait" || skip "the build is not in everybody's reach"
	trouble "
s = listen(7011, reuse=False)
c, a = pair(s); c.sendall(b'hello'); c.close()"
	shows close_wait '.evidence.close_wait == 1'
	run --separate-stderr inside setpriv --reuid=65534 --regid=65534 --clear-groups \
		timewait doctor --rate 0 --json
	[[ $status == 0 && $stderr == *"timewait: root would see whose these are, and their options: "* ]]
	finding close_wait | jq -e '(.evidence | has("pid") | not) and .evidence.unread_bytes == 5 and
		(.title | contains("a process that is not shown"))'
	# What is not known is not said.
	refute finding reuse_address
	jq -es '.[-1] | .unowned_sockets == 2 and .unknown_options == 1' <<<"$output"
}

@test "doctor --netns: by process, by file; the caller stays where it is" {
	set_sysctl net.ipv4.tcp_fin_timeout=61
	((EUID == 0)) || skip "a namespace of others is entered by root alone"
	run --separate-stderr timewait doctor --rate 0 --json --netns "$SPACE"
	finding fin_timeout_high
	run --separate-stderr timewait doctor -r 0 -j -n "/proc/$SPACE/ns/net"
	finding fin_timeout_high
	run --separate-stderr timewait doctor --netns "no such namespace"
	[[ $status == 1 && -z $output && $stderr == "timewait: network namespace 'no such namespace': "* ]]
	run --separate-stderr timewait doctor --netns /etc/passwd
	[[ $status == 1 && -z $output && $stderr == "timewait: "* ]]
	run --separate-stderr timewait doctor --netns "/proc/$SPACE/ns/mnt"
	[[ $status == 1 && -z $output && $stderr == "timewait: "* ]]
}

# Of a /proc that is missing altogether the unit tests know: the sanitizers need it.
@test "doctor: where the settings are missing, that is said, and nothing breaks" {
	run --separate-stderr inside sh -c 'mount -t tmpfs tmpfs /proc/sys && exec timewait doctor --rate 0 --json'
	[[ $status == 0 && $stderr == "timewait: not available here: ip_local_port_range, tcp_tw_reuse, "* ]]
	jq -es 'length == 1 and (.[0].missing | index("somaxconn"))' <<<"$output"
}

@test "doctor: sockets that cannot be looked at are no sign of health" {
	[[ -x $BUILD/tests/lab/refuse ]] || skip "refuse is not built"
	run --separate-stderr inside "$BUILD/tests/lab/refuse" socket timewait doctor --rate 0
	[[ $status == 77 && $output == *"the sockets could not be looked at"* && $stderr == "timewait: "* ]]
	run --separate-stderr inside "$BUILD/tests/lab/refuse" socket timewait doctor --rate 0 --json
	[[ $status == 77 ]]
	jq -e '(.missing | index("sockets")) and (has("sockets") | not)' <<<"$output"
}

@test "doctor: changes nothing" {
	before=$(inside sysctl -a 2>/dev/null | grep -E '^net\.(ipv4|core)\.' | grep -v conntrack_count
		inside ss -Htan)
	doctor >/dev/null
	[[ $before == "$(inside sysctl -a 2>/dev/null | grep -E '^net\.(ipv4|core)\.' |
		grep -v conntrack_count
		inside ss -Htan)" ]]
}

@test "doctor: what it does not understand is a mistake, and named" {
	for words in '--rate abc' '--rate -1' '--rate 3601' '--rate' '--netns' '--self --netns 1' '--self --rate 1' extra; do
		# shellcheck disable=SC2086 # words, on purpose
		run --separate-stderr timewait doctor $words
		[[ $status == 2 && -z $output && $stderr == "timewait: "* ]] || fail "doctor $words: $status, '$stderr'"
	done
}

@test "doctor: Ctrl-C ends it between the looks" {
	spawn long become "$SPACE" timewait doctor --rate 600
	wait_until "$PATIENCE" is_alive "$SPAWNED_PID"
	# It answers from when it has asked for the signal on.
	wait_until "$PATIENCE" has_handler "$SPAWNED_PID"
	kill -INT "$SPAWNED_PID"
	wait_until "$PATIENCE" is_gone "$SPAWNED_PID"
	code=0
	wait "$SPAWNED_PID" || code=$?
	[[ $code == 130 && ! -s $BATS_TEST_TMPDIR/long.out ]]
}

# has_handler PID: SIGINT (bit 1) is caught.
has_handler()
{
	local caught

	caught=$(awk '/^SigCgt:/ { print $2 }' "/proc/$1/status")
	((16#$caught & 2))
}
