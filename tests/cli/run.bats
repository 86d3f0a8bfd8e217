#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait run: what it says to command lines and files that it cannot run. What it does with the others is in
# the suite lab.

bats_require_minimum_version 1.5.0

setup()
{
	load common
	cd "$BATS_TEST_TMPDIR" || return
	printf '# Good\nserver listen 13\n' >good.tcp
}

# is_refused PATTERN ARG...: exit 2, nothing on stdout, and on stderr a first line that matches.
is_refused()
{
	local pattern=$1

	shift
	run --separate-stderr timewait run "$@"
	# shellcheck disable=SC2053,SC2154 # a pattern; bats sets them
	if [[ $status != 2 || -n $output || ${stderr_lines[0]} != $pattern ]]; then
		fail "'run $*': exit $status, stdout '$output', stderr '$stderr'"
	fi
}

@test "run: without a file" {
	is_refused 'timewait: missing operand FILE'
	grep -q '^Usage: timewait run ' <<<"$stderr"
}

@test "run: outputs that exclude each other" {
	is_refused 'timewait: --tap and --json exclude each other' --tap --json good.tcp
	is_refused 'timewait: --quiet and --ladder exclude each other' -q -l good.tcp
	is_refused 'timewait: only one of --tap, --json, --svg - and --pcap - *' --json --svg - good.tcp
	is_refused 'timewait: only one of *' --pcap=- --svg=- good.tcp
	is_refused 'timewait: several scenarios need a folder *' --svg - good.tcp good.tcp
	is_refused 'timewait: several scenarios need a folder *' --pcap - good.tcp good.tcp
}

@test "run: a file or folder without a name" {
	is_refused "timewait: --svg '': no name of a file or folder" --svg '' good.tcp
	is_refused "timewait: --pcap '': no name of a file or folder" --pcap= good.tcp
	is_refused "timewait: --svg '': no name of *" -q -s '' good.tcp good.tcp
}

@test "run: numbers that cannot be" {
	for number in 0 x -1 1.5 ''; do
		is_refused "timewait: --repeat '$number': not a whole number from 1 to 1000000" \
			"--repeat=$number" good.tcp
		is_refused "timewait: --jobs '$number': not a whole number from 1 to 1000" \
			"--jobs=$number" good.tcp
	done
}

@test "run: what is not there, and cannot be read" {
	is_refused 'timewait: cannot read none.tcp: No such file or directory' none.tcp
	is_refused 'timewait: cannot read no/such: No such file or directory' no/such
	is_refused "timewait: no scenario is called 'xyzzyxyzzy' ('timewait scenarios' lists them)" xyzzyxyzzy
	is_refused "timewait: no scenario is called 'simultaneous-clos' (did you mean 'simultaneous-close'?)" \
		simultaneous-clos
	mkdir empty
	is_refused 'timewait: there are no files \*.tcp below empty' empty
	# A device that never ends ends here.
	is_refused 'timewait: cannot read /dev/zero: File too large' /dev/zero
}

@test "run: all is read before anything is run" {
	printf 'server listen 13\nconect\n' >bad.tcp
	is_refused 'bad.tcp:2:1: *' good.tcp bad.tcp
	is_refused 'timewait: cannot read none.tcp: *' good.tcp none.tcp
	# All that is wrong is said at once.
	is_refused 'bad.tcp:2:1: *' bad.tcp none.tcp
	grep -q '^timewait: cannot read none.tcp: ' <<<"$stderr"
}

@test "run: the first 20 mistakes of all files, and how many more" {
	yes conect | head -n 15 >bad.tcp
	cp bad.tcp worse.tcp
	is_refused 'bad.tcp:1:1: *' bad.tcp worse.tcp
	[[ $(grep -c '^bad.tcp:' <<<"$stderr") == 15 ]]
	[[ $(grep -c '^worse.tcp:' <<<"$stderr") == 5 ]]
	[[ ${stderr_lines[-1]} == "and 10 more errors" ]]
	is_refused 'bad.tcp:1:1: *' bad.tcp bad.tcp
}

@test "run: mistakes on standard input are called -, and it is read once" {
	run --separate-stderr bash -c 'echo conect | timewait run -'
	[[ $status == 2 && $stderr == "-:1:1: "* ]]
	run --separate-stderr bash -c 'timewait run - - <good.tcp'
	[[ $status == 2 && $stderr == "timewait: standard input can be read once only" ]]
}

@test "run: the name of a file cannot harm a terminal" {
	printf 'conect\n' >$'a\e[2Jb.tcp'
	is_refused 'a\\x1B\[2Jb.tcp:1:1: *' $'a\e[2Jb.tcp'
	is_refused 'timewait: cannot read \\x1B.tcp: *' $'\e.tcp'
	is_refused "timewait: no scenario is called '\\\\x1B'*" $'\e'
}

@test "run: without namespaces, exit 77, and TAP that says so" {
	need_prison
	run --separate-stderr in_prison timewait run good.tcp
	[[ $status == 77 && -z $output ]]
	[[ ${stderr_lines[0]} == "timewait: cannot create a user namespace: "*"("*")" ]]
	[[ $stderr == *"timewait doctor --self"* ]]
	run --separate-stderr in_prison timewait run --tap good.tcp good.tcp
	[[ $status == 77 && ${lines[0]} == "TAP version 14" && ${lines[1]} == "1..0 # SKIP "* ]]
	run --separate-stderr in_prison timewait run --json good.tcp
	[[ $status == 77 && -z $output ]]
}
