#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait run - at a terminal: the interactive laboratory, typed into through a pseudo-terminal. Nothing is
# typed before the answer to the line before it is there.

bats_require_minimum_version 1.5.0

setup()
{
	load common
	can_unshare || skip "namespaces are refused here, and with them the laboratory"
	export TERM=xterm NO_COLOR=1 XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	cd "$BATS_TEST_TMPDIR" || return
	SCREEN=$BATS_TEST_TMPDIR/screen
	SEEN=0
}

teardown()
{
	[[ -z ${KEYS:-} ]] || exec {KEYS}>&-
	kill_spawned
}

# lab OPTION...: begins; what is shown comes into $SCREEN.
lab()
{
	mkfifo keys
	: >"$SCREEN"
	script -qefc "exec timewait run $* -" "$SCREEN.pty" <keys >"$SCREEN" 2>/dev/null 3>&- &
	SPAWNED+=($!)
	exec {KEYS}>keys
	see 'client CLOSED > '
}

# type KEYS: as a person types, escapes of printf among them.
type()
{
	# shellcheck disable=SC2059
	printf "$1" >&"$KEYS"
}

# shown FROM TO: these bytes of what has been shown, without what moves the cursor.
shown()
{
	head -c "$2" "$SCREEN" | tail -c "+$(($1 + 1))" | sed $'s/\e\\[[0-9;]*[A-Za-z]//g' | tr -d '\r'
}

is_shown()
{
	NOW=$(stat -c %s "$SCREEN")
	SHOWN=$(shown "$SEEN" "$NOW")
	[[ $SHOWN =~ $1 ]]
}

# see PATTERN: waits until it has been shown, on one line or several; what is to be seen next is looked for
# behind all that is there by then. What was shown is in $SHOWN.
see()
{
	wait_until "$PATIENCE" is_shown "$1" || fail "on the screen: $SHOWN"
	SEEN=$NOW
}

# line TEXT PATTERN: types a whole line, and waits for the pattern.
line()
{
	type "$1\r"
	see "$2"
}

# left CODE: it has ended, with this code.
left()
{
	local code=0

	wait "${SPAWNED[0]}" || code=$?
	SPAWNED=()
	[[ $code == "$1" ]] || fail "exit code $code instead of $1"
}

@test "interactive: the classic experiment, line by line, with a diagram that grows" {
	lab
	line 'server listen 13' 'server LISTEN  client CLOSED > '
	grep -q 'listen 13 ┊' <<<"$SHOWN"
	line 'client connect server:13' 'server ESTABLISHED  client ESTABLISHED > '
	grep -q 'SYN,ACK' <<<"$SHOWN"
	# The head is there once.
	refute grep -q '192.0.2.1' <<<"$SHOWN"
	line 'server accept' 'accept .*.*> $'
	line 'server close' 'server FIN_WAIT2  client CLOSE_WAIT > '
	# What was shown before is not shown again.
	refute grep -q 'SYN' <<<"$SHOWN"
	line 'client close' 'server TIME_WAIT  client CLOSED > '
	line 'expect server TIME_WAIT, client CLOSED' 'as expected'
	line 'sockets' 'server +tcp .*TIME_WAIT +timewait \('
	line 'show' 'listen 13.*client CLOSED > '
	grep -q 'SYN  seq 0' <<<"$SHOWN"
	line 'quit' 'quit'
	left 0
}

@test "interactive: a mistake is pointed at, a failure explained, and the laboratory goes on" {
	lab
	line 'server listn 13' "did you mean 'listen'"
	grep -qE '^ {38}\^$' <<<"$SHOWN"
	line 'client connect server:13' 'observed: fails ECONNREFUSED'
	line 'expect client ESTABLISHED' 'expected: client ESTABLISHED.*observed: client CLOSED'
	line 'server listen 13' 'server CLOSED  client CLOSED > $'
	line 'client connect server:13' 'client ESTABLISHED > '
	type '\004'
	left 0
}

@test "interactive: what timers do is shown above the prompt, and the line being typed stays" {
	lab
	line 'server listen 13' 'server LISTEN'
	line 'wire drop SYN 1 time' 'wire drop.*> $'
	line 'client connect server:13' '\(still waits\).*client SYN_SENT > '
	type 'client cl'
	see 'now done.*client ESTABLISHED > client cl$'
	line 'ose' 'client FIN_WAIT2 > '
	type '\004'
	left 0
}

@test "interactive: Tab completes words, and lists them where there are several" {
	lab
	type 'ser\tli\t'
	see 'server listen '
	line '13' 'server LISTEN'
	type 'client.second con\tser\t'
	see 'ver:'
	line '13' 'server.second ESTABLISHED  client.second ESTABLISHED > '
	type 'client.s\tclose fails enotc\t'
	see 'ENOTCONN '
	type '\003'
	see '\^C'
	type 'server s\t'
	see 'send +shutdown +set +sysctl +signal'
	type '\003'
	see '\^C'
	type 'load simultaneous-c\t'
	see 'lose '
	type '\003'
	see '\^C'
	touch some-file.tcp
	type 'load some-f\t'
	see 'ile.tcp '
	type '\003'
	see '> $'
	type '\004'
	left 0
}

@test "interactive: Ctrl-C ends what waits, empties the line, and says how to leave" {
	lab
	type 'sleep 1000s\r'
	wait_until "$PATIENCE" is_cooked
	type '\003'
	see 'interrupted.*> '
	type 'half'
	see 'half'
	type '\003'
	see '\^C'
	type '\003'
	see 'Ctrl-D leaves'
	line 'server listen 13' 'server LISTEN'
	type '\004'
	left 0
}

# is_cooked: a line is being carried out: the terminal takes whole lines.
is_cooked()
{
	local tty

	tty=$(ps -o tty= --ppid "${SPAWNED[0]}" | head -1 | tr -d ' ')
	[[ -n $tty ]] && stty -F "/dev/$tty" -a | grep -q ' icanon'
}

@test "interactive: help, out of the parser's own tables" {
	lab
	line 'help' "'help WORD' says"
	for word in reset listen fails linger TIME_WAIT persist inject; do
		grep -qw -- "$word" <<<"$SHOWN"
	done
	line 'help connect' 'example: client'
	line 'help load' 'load FILE\|NAME'
	line 'help EADDRINUSE' 'Address already in use'
	line 'help lisen' "did you mean 'listen'"
	type '\004'
	left 0
}

@test "interactive: save writes a scenario that passes, and load carries one out" {
	lab
	line 'client connect server:13' 'ECONNREFUSED.*> $'
	line 'server listen 13 # behind the line' 'server CLOSED.*> $'
	line 'expect server TIME_WAIT' 'observed'
	line 'save typed.tcp' 'lines written to typed.tcp'
	line 'save typed.tcp' 'lines written to typed.tcp'
	line 'save keys' 'cannot write keys'
	line 'load xyzzy' 'no scenario is called'
	line 'reset' 'two fresh hosts.*server CLOSED  client CLOSED > '
	line 'load typed.tcp' 'server CLOSED  client CLOSED > $'
	line 'reset' 'two fresh hosts'
	line 'load simultaneous-close' 'client TIME_WAIT > $'
	type '\004'
	left 0
	grep -qx 'client connect server:13 fails ECONNREFUSED' typed.tcp
	grep -qx 'server listen 13 # behind the line' typed.tcp
	grep -qx '# failed: expect server TIME_WAIT' typed.tcp
	timewait run --quiet typed.tcp
}

@test "interactive: lines are remembered from one time to the next" {
	lab
	line 'server listen 13' 'server LISTEN'
	type '\004'
	left 0
	grep -qx 'server listen 13' "$XDG_STATE_HOME/timewait/history"
	exec {KEYS}>&-
	rm keys
	SEEN=0
	lab
	type '\033[A\r'
	see 'server LISTEN'
	type '\004'
	left 0
	# It does not grow for ever.
	exec {KEYS}>&-
	rm keys
	SEEN=0
	seq -f 'client.n%.0f close' 1200 >"$XDG_STATE_HOME/timewait/history"
	lab
	type '\033[A\r'
	see 'n1200'
	type '\004'
	left 0
	[[ $(wc -l <"$XDG_STATE_HOME/timewait/history") == 501 ]]
	# A place that nothing can be written to is no reason to fail.
	exec {KEYS}>&-
	rm keys
	SEEN=0
	export XDG_STATE_HOME=/dev/null/nowhere
	lab
	line 'server listen 13' 'server LISTEN'
	type '\004'
	left 0
}

@test "interactive: a dumb terminal is read plainly, and shows no escapes" {
	export TERM=dumb
	unset NO_COLOR
	lab
	line 'server listen 13' 'server LISTEN'
	line 'client connect server:13' 'client ESTABLISHED > '
	type '\004'
	left 0
	refute grep -q $'\e' "$SCREEN"
}

@test "interactive: no name comes back to the terminal as it was typed" {
	export TERM=dumb
	lab
	line 'save no\033[31mwhere/typed.tcp' 'cannot write no\\x1B\[31mwhere/typed.tcp: No such file'
	line 'save \033[31m.tcp' 'lines? written to \\x1B\[31m.tcp'
	mkdir $'\e[31m'
	cp "$ROOT"/scenarios/closing/{simultaneous-close,last-ack}.tcp $'\e[31m'
	line 'load \033[31m' '\\x1B\[31m has several scenarios'
	echo 'client connect server:13' >$'\e[31m/fails.tcp'
	line 'load \033[31m/fails.tcp' 'x1B\[31m/fails.tcp:1: failed.*\\x1B\[31m/fails.tcp: left at line 1'
	type '\004'
	left 0
	refute grep -q $'\e' "$SCREEN"
}

@test "interactive: reset, twice, after a step that failed" {
	lab
	line 'client connect server:13' 'observed: fails ECONNREFUSED'
	line 'reset' 'two fresh hosts.*server CLOSED  client CLOSED > '
	line 'reset' 'two fresh hosts.*server CLOSED  client CLOSED > '
	line 'server listen 13' 'server LISTEN'
	line 'client connect server:13' 'server ESTABLISHED  client ESTABLISHED > '
	line 'expect client CLOSED' 'observed: client ESTABLISHED'
	line 'reset' 'two fresh hosts.*server CLOSED  client CLOSED > '
	line 'reset' 'two fresh hosts.*server CLOSED  client CLOSED > '
	# Nothing is left of what was typed before.
	line 'show' 'client CLOSED > '
	refute grep -q 'SYN' <<<"$SHOWN"
	line 'save after.tcp' '0 lines written to after.tcp'
	type '\004'
	left 0
}

@test "interactive: colours where the terminal has them; none with NO_COLOR" {
	lab
	line 'server listen 13' 'server LISTEN'
	type '\004'
	left 0
	refute grep -qE $'\e\\[[0-9;]*m' "$SCREEN"
	exec {KEYS}>&-
	rm keys
	SEEN=0
	unset NO_COLOR
	lab
	line 'server listen 13' 'server LISTEN'
	type '\004'
	left 0
	grep -qE $'\e\\[1;34m' "$SCREEN"
}

@test "interactive: over IPv6; real programs and what they print" {
	lab --ipv6
	line 'server run daytimed --utc' 'listening on port 13'
	line 'client run daytime --parse server' 'client daytime: 20[0-9-]+T.*client CLOSED > '
	line 'client wait' 'wait.*> $'
	line 'show' '\[2001:db8::1\]:13'
	type '\004'
	left 0
}

@test "interactive: the terminal is left as it was, and no process stays" {
	cat >around <<-'EOF'
		stty -a >before
		timewait run -
		echo "code $?"
		stty -a >after
	EOF
	mkfifo keys
	: >"$SCREEN"
	script -qefc 'bash around' "$SCREEN.pty" <keys >"$SCREEN" 2>/dev/null 3>&- &
	SPAWNED+=($!)
	exec {KEYS}>keys
	see 'client CLOSED > '
	port=$((10000 + $$ % 50000)) # so that it is known by its command line
	line "server run daytimed $port" "listening on port $port"
	daemon=$(pgrep -nf "daytimed $port\$")
	type '\004'
	see 'code 0'
	left 0
	diff before after
	wait_until 5 is_gone "$daemon"
}

@test "interactive: SIGTERM ends it in order" {
	lab
	port=$((10000 + $$ % 50000))
	line "server run daytimed $port" "listening on port $port"
	daemon=$(pgrep -nf "daytimed $port\$")
	kill "$(ps -o pid= --ppid "${SPAWNED[0]}" | head -1)"
	left 130
	wait_until 5 is_gone "$daemon"
}

@test "interactive: output that is asked for is for programs: no prompt then" {
	out=$(script -qec 'timewait run --tap -' /dev/null <<<$'server listen 13\n\004' | tr -d '\r')
	grep -q '^ok 1' <<<"$out"
	refute grep -q 'laboratory of timewait' <<<"$out"
}
