#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait top, in a network namespace of its own with a server and its TIME_WAITs: frames in batch, and the
# screen itself on a real pseudo-terminal, that of a tmux which is the test's own.

bats_require_minimum_version 1.5.0
load common

setup()
{
	can_unshare || skip "network namespaces are refused here"
	cd "$BATS_TEST_TMPDIR" || return 1
	local user=()
	((EUID == 0)) || user=(--user --map-root-user)
	spawn room unshare "${user[@]}" --net sh -c 'ip link set lo up && echo ready && exec sleep 300'
	ROOM=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q ready room.out
}

teardown()
{
	! [[ -S tmux ]] || on_tmux kill-server || true
	kill_spawned
}

# enter_room COMMAND...: becomes the command, in the namespace.
enter_room()
{
	if ((EUID)); then
		exec nsenter --target "$ROOM" --user --preserve-credentials --net "$@"
	else
		exec nsenter --target "$ROOM" --net "$@"
	fi
}

# room COMMAND...: there, and back again.
room()
(
	enter_room "$@"
)

listens_in_room()
{
	[[ -n $(room ss -Htln "sport = :$1") ]]
}

# serve PORT OPTION...
serve()
{
	spawn "server$1" enter_room daytimed --bind 127.0.0.1 "$@"
	wait_until "$PATIENCE" listens_in_room "$1"
}

# connect COUNT PORT OPTION...
connect()
{
	room daytime -n "$1" -c 4 "${@:3}" 127.0.0.1 "$2" >load.out 2>&1
}

on_tmux()
{
	tmux -u -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"
}

# terminal COLUMNS ROWS: one with a shell, in the namespace. Its first line is how it was set.
terminal()
{
	unset TMUX
	room env TERM=screen tmux -u -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null \
		new-session -d -x "$1" -y "$2" 'exec bash --norc --noprofile' 3>&- 4>&-
	# shellcheck disable=SC2016
	on_tmux send-keys 'stty -g >before; clear' Enter
	wait_until "$PATIENCE" test -s before
}

keys()
{
	on_tmux send-keys "$@"
}

screen()
{
	on_tmux capture-pane -p
}

# shows PATTERN: waits until the screen does.
screen_matches()
{
	screen | grep -Eq -e "$1"
}

shows()
{
	wait_until "$PATIENCE" screen_matches "$1" || {
		screen >&2
		return 1
	}
}

alternate_is()
{
	[[ $(on_tmux display-message -p '#{alternate_on}') == "$1" ]]
}

# start OPTION...: top is on the screen.
start()
{
	keys "timewait top $*; echo rc=\$?; stty -g >after" Enter
	wait_until "$PATIENCE" alternate_is 1
	shows 'timewait top'
}

# left_with CODE: top has ended, and the terminal is as it was.
left_with()
{
	shows "rc=$1"
	wait_until "$PATIENCE" test -s after
	alternate_is 0
	diff before after
	# What is typed is seen again, and so is the cursor.
	keys 'echo typed' Enter
	shows '[#$] echo typed$'
	[[ $(on_tmux display-message -p '#{cursor_flag}') == 1 ]]
}

# The process id of top.
top_pid()
{
	ps -o pid= --ppid "$(on_tmux display-message -p '#{pane_pid}')" | tr -d ' '
}

@test "top: the screen shows the TIME_WAITs of a server, and q leaves the terminal as it was" {
	serve 13131
	connect 100 13131
	terminal 80 24
	start --source sock_diag
	shows '^ TIME_WAIT +100 '
	shows '^ timewait top  net:\[[0-9]+\] +sock_diag, every 1 s +[0-9:]{8}$'
	shows '^ 1 Destinations  2 Processes  3 Peers  4 Local ports$'
	keys 4
	shows '^ 13131 +10[1-9] +100 '
	[[ $(on_tmux display-message -p '#{cursor_flag}') == 0 ]]
	# Births, as they are: 40 a second.
	spawn load enter_room daytime -n 100000 -c 1 --rate 40 127.0.0.1 13131
	shows '^ Born (39|4[0-9])(\.[0-9])?/s '
	keys q
	left_with 0
}

@test "top: keys sort, turn around, filter, help and pause" {
	serve 13131
	serve 13132
	connect 100 13131
	terminal 80 24
	start --source sock_diag --interval 0.2
	keys 4
	shows '^ 13131 +10[1-9] '
	[[ $(screen | grep -En '^ 1313[12] ' | head -1) == *13131* ]]
	keys r
	wait_until "$PATIENCE" first_is 13132
	keys r s
	wait_until "$PATIENCE" first_is 13131
	keys / 3 2 Enter
	shows ' /32$'
	wait_until "$PATIENCE" first_is 13132
	refute screen_matches '^ 13131 '
	keys Escape
	wait_until "$PATIENCE" first_is 13131
	keys '?'
	shows 'The keys'
	keys x
	shows '^ 13131 '
	keys 2
	shows '[0-9]+/daytimed '
	keys Space
	shows 'PAUSED'
	connect 50 13131
	# A second and more, in which it would have looked five times: a key draws anew, with the time.
	for _ in 1 2; do
		then=$(clock)
		wait_until "$PATIENCE" clock_is_not "$then"
	done
	shows '^ TIME_WAIT +100 '
	keys Space
	shows '^ TIME_WAIT +150 '
	refute screen_matches PAUSED
	keys g
	shows 'Born/s, the last'
	keys +
	shows 'every 0.5 s'
	keys q
	left_with 0
}

# The time in the title.
clock()
{
	screen | grep -Eo '[0-9]{2}:[0-9]{2}:[0-9]{2}$' | head -1
}

clock_is_not()
{
	keys r
	[[ $(clock) != "$1" ]]
}

# first_is PORT: the first row of the table of ports.
first_is()
{
	[[ $(screen | grep -E '^ 1313[12] ' | head -1) == " $1 "* ]]
}

@test "top: the budget of a destination whose client closes first" {
	serve 13131 --first-close client
	connect 200 13131 --close-first
	terminal 120 24
	start --source sock_diag
	shows '127\.0\.0\.1 > 127\.0\.0\.1:13131 +200 +28,032 '
	keys q
	left_with 0
}

@test "top: the screen follows its terminal, down to a few lines" {
	serve 13131
	connect 100 13131
	terminal 80 24
	start --source sock_diag
	shows '^ TIME_WAIT +100 '
	on_tmux resize-window -x 130 -y 40
	shows '1 Destinations .*2 Processes  [0-9]+'
	shows '^ q quit '
	on_tmux resize-window -x 40 -y 10
	shows '^ TIME_WAIT 100  Born'
	on_tmux resize-window -x 20 -y 5
	shows '^ TIME_WAIT 100$'
	on_tmux resize-window -x 8 -y 2
	shows '^ TIME'
	on_tmux resize-window -x 80 -y 24
	shows '^ TIME_WAIT +100 .*TIME_WAIT, the last'
	keys q
	left_with 0
}

@test "top: Ctrl-C and SIGTERM are its ordinary end" {
	terminal 80 24
	start --source sock_diag
	keys C-c
	left_with 0
	rm after
	keys clear Enter
	start --interval 3600
	kill -TERM "$(top_pid)"
	left_with 0
}

@test "top: it stops and goes on, and a crash leaves the terminal as it was" {
	terminal 80 24
	start --source sock_diag
	keys C-z
	wait_until "$PATIENCE" alternate_is 0
	shows 'Stopped'
	rm -f after
	keys 'clear; fg; echo rc=$?; stty -g >after' Enter
	wait_until "$PATIENCE" alternate_is 1
	shows 'timewait top'
	kill -SEGV "$(top_pid)"
	left_with 139
}

@test "top: without a screen it says why, and what to do" {
	run --separate-stderr timewait top </dev/null
	[[ $status == 77 && -z $output && $stderr == *"not both a terminal"*"--batch"* ]]
	terminal 100 24
	keys 'TERM=dumb timewait top; echo rc=$?' Enter
	shows "timewait: no screen: the terminal 'dumb' of TERM cannot place its cursor \(--batch"
	shows 'rc=77'
	keys 'clear; TERM=no-such timewait top; echo rc=$?' Enter
	shows "terminal 'no-such' of TERM is not known here"
	shows 'rc=77'
	keys 'clear; env -u TERM timewait top; echo rc=$?' Enter
	shows 'TERM does not say which terminal this is'
	shows 'rc=77'
}

@test "top --batch: frames as text, with rates from the first on" {
	serve 13131
	connect 100 13131
	run --separate-stderr enter_room timewait top --batch --iterations 2 --interval 0.2
	[[ $status == 0 && -z $stderr ]]
	[[ $(grep -c '^ timewait top  net:' <<<"$output") == 2 ]]
	[[ $(grep -Ec '^ TIME_WAIT +100 ' <<<"$output") == 2 ]]
	[[ $(grep -Ec '^ Born 0/s  Died 0/s  Opened 0/s out, 0/s in  dropped 0' <<<"$output") == 2 ]]
	grep -Eq '^ 13131 +10[1-9] +100 ' <<<"$output"
	grep -Eq '^ [0-9]+/daytimed +' <<<"$output"
	refute grep -q quit <<<"$output"
	run --separate-stderr enter_room timewait top --batch
	[[ $status == 0 && $(grep -c '^ timewait top' <<<"$output") == 1 ]]
}

@test "top --json: an object a frame, with what ss counts" {
	serve 13131 --first-close client
	connect 60 13131 --close-first
	room timewait top --json --iterations 2 --interval 0.2 --source sock_diag >frames
	[[ $(wc -l <frames) == 2 ]]
	jq -es '.[0].v == 1 and (.[1] | has("v") | not) and all(.[]; .type == "frame")' frames
	jq -es --arg count "$(room ss -Htan state time-wait | wc -l)" \
		'all(.[]; .states.TIME_WAIT == ($count | tonumber)) and ($count == "60")' frames
	jq -es --arg netns "$(room readlink /proc/self/ns/net | tr -dc 0-9)" \
		'all(.[]; .netns == ($netns | tonumber))' frames
	jq -es 'all(.[]; .source == "sock_diag" and .dropped == 0 and (has("drift") | not) and
		.over_s > 0.1 and .born_per_s == 0)' frames
	jq -es 'all(.[].destinations; length == 1 and .[0].peer == "127.0.0.1" and
		.[0].peer_port == 13131 and .[0].used == 60 and .[0].free == 28172)' frames
	jq -es 'all(.[].processes[]; .comm == "daytimed" and (has("time_wait") | not))' frames
	room timewait top --json --limit 1 --interval 0.1 >frames
	jq -e '(.ports | length) == 1' frames
}

@test "top --json: reserved ports are no destination's, however long their list" {
	# Every second of 2000, a list of 6000 bytes: the kernel takes less than 4096 at a time, and whole numbers.
	room sh -c "seq -s, 40001 2 41999 | dd bs=3000 iflag=fullblock status=none \
		of=/proc/sys/net/ipv4/ip_local_reserved_ports"
	room timewait top --json --limit 1 --interval 0.1 --source sock_diag >frames
	jq -e '.port_range == {first: 32768, last: 60999, usable: 27232}' frames
}

# last_frame FILTER: there is a frame, and the last one is so.
last_frame()
{
	tail -n 1 frames.out | jq -es "length == 1 and (.[0] | $1)"
}

@test "top: a port is a listener's no longer than it and its connections last" {
	serve 13131 --first-close client
	spawn frames enter_room timewait top --source sock_diag --json --iterations 100000 --interval 0.1
	wait_until "$PATIENCE" last_frame '.states.LISTEN > 0'
	serve 40001
	local listener=$SPAWNED_PID
	wait_until "$PATIENCE" last_frame 'any(.ports[]; .local_port == 40001)'
	kill "$listener"
	wait_until "$PATIENCE" last_frame 'all(.ports[]; .local_port != 40001)'
	# Now it is one that connect() takes, as any of the range.
	room sysctl -qw net.ipv4.ip_local_port_range='40001 40001'
	connect 1 13131 --close-first
	wait_until "$PATIENCE" last_frame '.destinations[0].used == 1 and .destinations[0].free == 0'
}

# Where BPF is not to be had it says so, and exits 77: also tested here, for no machine is to be left out.
@test "top: by BPF with causes and closers and no drift, or not at all" {
	serve 13131
	spawn frames enter_room timewait top --source bpf --json --iterations 20 --interval 0.2
	wait_until "$PATIENCE" frames_or_end
	if [[ ! -s frames.out ]]; then
		wait "$SPAWNED_PID" && fail "it ended without a frame" || [[ $? == 77 ]]
		grep -q '^timewait: ' frames.err
		return
	fi
	serve 13132 --first-close client
	connect 100 13131
	connect 40 13132 --close-first
	wait_until "$PATIENCE" closer_is_known
	jq -es 'all(.[]; .source == "bpf" and .dropped == 0) and .[-1].drift == 0' frames.out
	# Those of the server are not dumped, and those of the client take its ports.
	wait_until "$PATIENCE" budget_is_known
	jq -es --arg count "$(room ss -Htan state time-wait | wc -l)" \
		'.[-1].states.TIME_WAIT == ($count | tonumber) and $count == "140"' frames.out
	jq -es '[.[-1].ports[] | select(.local_port == 13131).time_wait] == [100]' frames.out
}

budget_is_known()
{
	jq -es '.[-1].destinations | length == 1 and .[0].peer_port == 13132 and .[0].used == 40 and
		.[0].time_wait == 40' frames.out
}

frames_or_end()
{
	[[ -s frames.out ]] || is_gone "$SPAWNED_PID"
}

closer_is_known()
{
	jq -es 'any(.[].processes[]; .comm == "daytimed" and .time_wait == 100)' frames.out
}

@test "top: an ordinary user sees all but causes and owners, and is told why" {
	((EUID == 0)) || skip "only root can become somebody else"
	as_nobody test -x "$BUILD/timewait" || skip "the build is not in everybody's reach"
	serve 13131
	connect 100 13131
	run --separate-stderr enter_room setpriv --reuid=65534 --regid=65534 --clear-groups \
		timewait top --batch --interval 0.1
	[[ $status == 0 && -z $stderr ]]
	grep -Eq '^ TIME_WAIT +100 ' <<<"$output"
	if timewait --version | grep -q 'without BPF'; then
		grep -Eq '^ Ended by:  \? \(this timewait was built without' <<<"$output"
	else
		grep -Eq '^ Ended by:  \? \(.*needs root\)$' <<<"$output"
	fi
	grep -Fq "other users' processes: needs root" <<<"$output"
	run --separate-stderr enter_room setpriv --reuid=65534 --regid=65534 --clear-groups \
		timewait top --batch --interval 0.1 --source bpf
	[[ $status == 77 && -z $output && $stderr == timewait:* ]]
}

@test "top --netns: looks into another namespace" {
	((EUID == 0)) || skip "only root may enter it from outside"
	serve 13131
	connect 30 13131
	run --separate-stderr timewait top --batch --interval 0.1 --netns "$ROOM"
	[[ $status == 0 && -z $stderr ]]
	grep -Eq '^ TIME_WAIT +30 ' <<<"$output"
	run --separate-stderr timewait top --batch --netns /no/such
	[[ $status == 1 && -z $output && $stderr == timewait:*/no/such* ]]
}

@test "top: what it does not know is an error of usage; a full disk is said" {
	for word in --slow extra --interval=0 --interval=x --iterations=0 --source=magic --limit=0; do
		run --separate-stderr timewait top "$word"
		[[ $status == 2 && -z $output && $stderr == timewait:* ]]
	done
	run timewait top --help
	[[ $status == 0 && $output == "Usage: timewait top"* ]]
	run --separate-stderr bash -c 'timewait top --batch --interval 0.1 >/dev/full'
	[[ $status == 1 && $stderr == "timewait: cannot write the output: "* ]]
}

@test "top --batch: Ctrl-C and SIGTERM end it well" {
	for signal in INT TERM; do
		# A background job of this shell would ignore SIGINT.
		spawn batch env --default-signal=INT timewait top --json --interval 0.1 --iterations 100000
		wait_until "$PATIENCE" test -s batch.out
		kill -"$signal" "$SPAWNED_PID"
		wait "$SPAWNED_PID"
		[[ ! -s batch.err ]]
	done
}
