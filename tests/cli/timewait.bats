#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The command line of timewait itself: what it says to those who do not know it, what it refuses, and
# what goes to which stream. What its commands do is in list.bats, doctor.bats and the suite lab.

bats_require_minimum_version 1.5.0

SCREEN=24 # lines of a terminal

setup()
{
	load common
}

# is_refused PATTERN COMMAND...: exit 2, nothing on stdout, and on stderr a first line that matches, with
# at most a screen behind it.
is_refused()
{
	local pattern=$1

	shift
	run --separate-stderr "$@"
	# shellcheck disable=SC2053,SC2154 # a pattern; bats sets them
	if [[ $status != 2 || -n $output || ${stderr_lines[0]} != $pattern ]] ||
		(($(wc -l <<<"$stderr") > SCREEN)); then
		fail "'$*': exit $status, stdout '$output', stderr '$stderr'"
	fi
}

# commands: the names in the help, one a line.
commands()
{
	timewait --help | sed -nE 's/^  ([a-z]+) .*/\1/p'
}

has_lab()
{
	can_unshare || skip "network namespaces are refused here"
}

# on_terminal COMMAND: what sh's command writes to a terminal of 80 columns.
on_terminal()
{
	COLUMNS=80 TERM=xterm script -qec "$1" /dev/null </dev/null
}

has_escapes()
{
	grep -q $'\x1b'
}

@test "timewait: without a command, a short help on stderr" {
	is_refused 'Usage: timewait COMMAND*' timewait
	for command in reproduce list doctor; do
		grep -Eq "^  $command +[a-z]" <<<"$stderr"
	done
}

@test "timewait: an unknown command is named, and the one that was meant" {
	is_refused "timewait: unknown command 'reprduce' (did you mean 'reproduce'?)" timewait reprduce
	is_refused "timewait: unknown command 'lst' (did you mean 'list'?)" timewait lst
	is_refused "timewait: unknown command 'docter' (did you mean 'doctor'?)" timewait docter --self
	is_refused "timewait: unknown command 'xyzzy'" timewait xyzzy
	is_refused "timewait: unknown command ''" timewait ''
}

@test "timewait: an unknown option before the command" {
	is_refused "timewait: unknown option '--json'" timewait --json list
	is_refused "timewait: unknown option '-x'" timewait -x
}

@test "timewait --help and --version: on stdout, exit 0" {
	for option in --help -h; do
		run --separate-stderr timewait "$option"
		[[ $status == 0 && -z $stderr && ${lines[0]} == "Usage: timewait COMMAND"* ]]
		[[ ${#lines[@]} -le $SCREEN ]]
	done
	for option in --version -V; do
		run --separate-stderr timewait "$option"
		[[ $status == 0 && -z $stderr && ${lines[0]} =~ ^timewait\ \(timewait\)\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
		# What this build lacks, if anything.
		[[ ${#lines[@]} == 1 || (${#lines[@]} == 2 && ${lines[1]} == 'built without '*) ]]
	done
}

@test "timewait: every command of the help has a --help and a --version of its own" {
	for command in reproduce scenarios explain list doctor; do
		grep -qx "$command" <<<"$(commands)"
	done
	for command in $(commands); do
		for option in --help -h; do
			run --separate-stderr timewait "$command" "$option"
			[[ $status == 0 && -z $stderr && ${lines[0]} == "Usage: timewait $command"* ]]
			grep -Eq '^  -h, --help +[a-z]' <<<"$output"
		done
		run --separate-stderr timewait "$command" --version
		[[ $status == 0 && -z $stderr && $output == "timewait (timewait) "* ]]
	done
}

@test "timewait COMMAND: an unknown option, and the one that was meant" {
	for command in $(commands); do
		is_refused "timewait: unknown option '--xyzzy'" timewait "$command" --xyzzy
		is_refused "timewait: unknown option '-Z'" timewait "$command" -Z
		is_refused "timewait: unknown option '--jsn' (did you mean '--json'?)" timewait "$command" --jsn
		grep -q "^Usage: timewait $command " <<<"$stderr"
		grep -qF "'timewait $command --help'" <<<"$stderr"
	done
	is_refused "timewait: unknown option '--first-clse' (did you mean '--first-close'?)" \
		timewait reproduce --first-clse client
}

@test "timewait COMMAND: an operand that nobody expects" {
	for command in reproduce list 'doctor --self'; do
		# shellcheck disable=SC2086 # words, on purpose
		is_refused "timewait: unexpected operand 'extra'" timewait $command extra
		# shellcheck disable=SC2086
		is_refused "timewait: unexpected operand '--json'" timewait $command -- --json
	done
}

@test "timewait reproduce: options that need an argument, or take none" {
	for option in --first-close -f --svg -s --pcap -p --repeat -n; do
		is_refused "timewait: option '$option': it needs an argument" timewait reproduce "$option"
	done
	for option in wait ipv6 json host; do
		is_refused "timewait: option '--$option': it takes no argument" \
			timewait reproduce "--$option=5"
	done
}

@test "timewait reproduce: values that cannot be" {
	is_refused "timewait: --first-close 'nobody': not one of server, client, both, reset" \
		timewait reproduce --first-close nobody
	is_refused "timewait: --first-close '': not one of *" timewait reproduce --first-close=
	is_refused "timewait: --first-close 'Server': not one of *" timewait reproduce -f Server
	for number in 0 x -1 1.5 1e3 '' ' 1' 1000001 18446744073709551617; do
		is_refused "timewait: --repeat '$number': not a whole number from 1 to 1000000" \
			timewait reproduce "--repeat=$number"
	done
}

@test "timewait reproduce --host --first-close both: refused in either order, with the way out" {
	is_refused "timewait: --first-close both: *leave out --host?" \
		timewait reproduce --host --first-close both
	is_refused "timewait: --first-close both: *leave out --host?" timewait reproduce -f both -H
}

@test "timewait reproduce: a file that cannot be made is an error, after the picture" {
	has_lab
	for option in --svg --pcap; do
		run --separate-stderr timewait reproduce "$option" "$BATS_TEST_TMPDIR/nowhere/file"
		[[ $status == 1 && -n $output ]]
		[[ $stderr == "timewait: cannot create "*"/nowhere/file: No such file or directory" ]]
	done
}

@test "timewait: a full disk is an error, and is called so" {
	for command in --help --version 'list --help' 'reproduce --version' list 'doctor --self' \
		'doctor --self --json'; do
		# shellcheck disable=SC2086 # words, on purpose
		run --separate-stderr bash -c 'exec timewait "$@" >/dev/full' bash $command
		[[ $status == 1 && $stderr == "timewait: cannot write the output: No space left on device" ]] ||
			fail "timewait $command: exit $status, '$stderr'"
	done
}

@test "timewait reproduce: a full disk is an error, and is called nothing else" {
	has_lab
	for options in '' --json '--repeat 2'; do
		# shellcheck disable=SC2086 # words, on purpose
		run --separate-stderr bash -c 'exec timewait reproduce "$@" >/dev/full' bash $options
		[[ $status == 1 ]]
		grep -q '^timewait: cannot write the output: No space left on device$' <<<"$stderr" ||
			fail "reproduce $options: '$stderr'"
	done
}

@test "timewait: a standard output that is closed is an error" {
	for command in --help --version list 'doctor --self'; do
		# shellcheck disable=SC2086 # words, on purpose
		run --separate-stderr bash -c 'exec timewait "$@" >&-' bash $command
		[[ $status == 1 && $stderr == *"timewait: cannot write the output: "* ]] ||
			fail "timewait $command: exit $status, '$stderr'"
	done
}

@test "timewait: standard input and standard error may be closed" {
	run bash -c 'timewait --version <&- 2>&-'
	[[ $status == 0 && $output == "timewait (timewait) "* ]]
	run bash -c 'timewait xyzzy <&- 2>&-'
	[[ $status == 2 && -z $output ]]
}

@test "timewait: a reader that left is not worth a word" {
	has_lab
	for command in --help 'doctor --self' reproduce 'reproduce --json'; do
		rm -f "$BATS_TEST_TMPDIR/pipe"
		mkfifo "$BATS_TEST_TMPDIR/pipe"
		# shellcheck disable=SC2016,SC2086 # for the other bash; words, on purpose
		run --separate-stderr bash -c 'pipe=$1; shift
			exec 3<>"$pipe" 4>"$pipe" 3>&-
			exec timewait "$@" >&4 4>&-' bash "$BATS_TEST_TMPDIR/pipe" $command
		[[ $status == 1 && -z $stderr ]] || fail "timewait $command: exit $status, '$stderr'"
	done
}

@test "timewait: results on stdout, and nothing on stderr" {
	has_lab
	for command in 'doctor --self' 'doctor --self --json' reproduce 'reproduce --json' \
		'reproduce --first-close reset --wait' 'reproduce -6 --first-close client'; do
		# shellcheck disable=SC2086 # words, on purpose
		run --separate-stderr timewait $command
		[[ -n $output && -z $stderr ]] || fail "timewait $command: '$stderr'"
	done
	run --separate-stderr timewait list
	[[ $status == 0 && ${lines[0]} == "Proto Recv-Q "* ]]
	# What cannot be seen is a note; every line of it says who speaks.
	run ! grep -v '^timewait: ' <<<"${stderr:-timewait: }"
}

@test "timewait reproduce --repeat: one picture on stdout, the count on stderr" {
	has_lab
	run --separate-stderr timewait reproduce --repeat 3
	[[ $status == 0 ]]
	[[ $stderr == "timewait: 3 runs, and all ended alike: server TIME_WAIT, client CLOSED" ]]
	[[ $(grep -c 'SYN,ACK' <<<"$output") == 1 ]]
	run --separate-stderr timewait reproduce --repeat 3 --json
	[[ $status == 0 && $(jq -s '[.[] | select(.type == "result")] | length' <<<"$output") == 1 ]]
}

@test "timewait: no escape bytes in a pipe, whatever the terminal" {
	has_lab
	for command in --help xyzzy list 'doctor --self' reproduce 'reproduce --json'; do
		# shellcheck disable=SC2086 # words, on purpose
		run env TERM=xterm timewait $command
		[[ -n $output ]]
		run ! has_escapes <<<"$output"
	done
}

@test "timewait: colour on a terminal, but neither with NO_COLOR nor on a dumb one" {
	command -v script >/dev/null || skip "no script(1): it is in bsdutils"
	has_lab
	for command in 'doctor --self' reproduce; do
		on_terminal "timewait $command" | has_escapes
		NO_COLOR='' on_terminal "timewait $command" | has_escapes
		run on_terminal "NO_COLOR=1 timewait $command"
		[[ $status == 0 && -n $output ]]
		run ! has_escapes <<<"$output"
		run on_terminal "TERM=dumb timewait $command"
		run ! has_escapes <<<"$output"
	done
}

@test "timewait: plain ASCII where the locale is not UTF-8" {
	has_lab
	for command in reproduce 'doctor --self'; do
		# shellcheck disable=SC2086 # words, on purpose
		LC_ALL=C run --separate-stderr timewait $command
		[[ -n $output && -z $stderr ]]
		run ! grep -P '[^\x00-\x7f]' <<<"$output"
	done
}

# As `| head` does when it has enough: whatever errno says by the time it is asked.
@test "a reader that has left is no reason to complain" {
	local words

	for words in "scenarios" "scenarios --json" "explain --list" "myths --json tw-recycle" "list"; do
		# shellcheck disable=SC2086 # words, on purpose
		run --separate-stderr perl -e 'pipe(R, W); close(R); open(STDOUT, ">&W"); exec(@ARGV)' timewait $words
		[[ $stderr != *"cannot write"* ]] || {
			echo "$words: $stderr"
			return 1
		}
		[[ $status != 0 ]]
	done
}
