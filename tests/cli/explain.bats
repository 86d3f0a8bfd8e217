#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait explain: pages by any name, for people and for programs; and that each page of docs/explain is one.

bats_require_minimum_version 1.5.0

setup()
{
	load common
}

# title WHAT...: the first line of its page.
title()
{
	timewait explain "$@" | head -n 1
}

@test "explain: a state in the spelling of netstat, ss and the RFC" {
	for spelling in TIME_WAIT time-wait TIME-WAIT timewait 'time wait'; do
		[[ $(title "$spelling") == "TIME_WAIT (state)" ]]
	done
	[[ $(title estab) == "ESTABLISHED (state)" && $(title FIN-WAIT-2) == "FIN_WAIT2 (state)" ]]
	[[ $(title syn-recv) == "SYN_RECV (state)" && $(title bound) == "BOUND (state)" ]]
}

@test "explain: an error by name, number and message, with quotes and without" {
	[[ $(title eaddrinuse) == "EADDRINUSE (error)" && $(title 98) == "EADDRINUSE (error)" ]]
	[[ $(title 'Address already in use') == "EADDRINUSE (error)" ]]
	[[ $(title Address already in use) == "EADDRINUSE (error)" ]]
	[[ $(title connection refused) == "ECONNREFUSED (error)" ]]
}

@test "explain: what the system says of an error leads to its page" {
	for name in EADDRINUSE EADDRNOTAVAIL ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT ECONNABORTED \
		EHOSTUNREACH ENOTCONN EINPROGRESS EISCONN EAGAIN; do
		message=$(perl -MErrno -e '$! = Errno->can($ARGV[0])->(); print $!' "$name")
		[[ $(title "$message") == "$name (error)" ]] || fail "$name: $message"
	done
}

@test "explain: a sysctl with and without its place, and an option" {
	for spelling in tcp_fin_timeout net.ipv4.tcp_fin_timeout /proc/sys/net/ipv4/tcp_fin_timeout; do
		[[ $(title "$spelling") == "tcp_fin_timeout (kernel setting)" ]]
	done
	[[ $(title net.core.somaxconn) == "somaxconn (kernel setting)" ]]
	[[ $(title so_linger) == "SO_LINGER (socket option)" ]]
	[[ $(title ip_local_port_range) == "ip_local_port_range (kernel setting)" ]]
	[[ $(title IP_LOCAL_PORT_RANGE) == "IP_LOCAL_PORT_RANGE (socket option)" ]]
}

@test "explain: a page tells who sees it and which scenario shows it" {
	run --separate-stderr timewait explain TIME_WAIT
	[[ $status == 0 && -z $stderr ]]
	grep -qx 'Who sees it' <<<"$output"
	grep -qx '    timewait run active-closer-waits' <<<"$output"
	refute grep -q '[`#]' <<<"$output"
}

@test "explain: what is unknown: exit 2, and what was meant" {
	run --separate-stderr timewait explain TIME_WIAT
	[[ $status == 2 && -z $output ]]
	[[ $stderr == "timewait: no page 'TIME_WIAT' (did you mean 'TIME_WAIT'?)" ]]
	run --separate-stderr timewait explain net.ipv4.tcp_fin_timout
	[[ $status == 2 && $stderr == *"(did you mean 'tcp_fin_timeout'?)" ]]
	run --separate-stderr timewait explain Adress already in use
	[[ $status == 2 && $stderr == *"(did you mean 'EADDRINUSE'?)" ]]
	for what in xyzzy '' 4095 $'\e[31m'; do
		run --separate-stderr timewait explain "$what"
		[[ $status == 2 && -z $output && $stderr == "timewait: no page "*"explain --list)" ]]
		refute grep -q $'\e' <<<"$stderr"
	done
}

@test "explain: without WHAT a short help, exit 2; a second word too many, too" {
	run --separate-stderr timewait explain
	[[ $status == 2 && -z $output && ${stderr_lines[0]} == "timewait: missing operand WHAT" ]]
	[[ ${stderr_lines[1]} == "Usage: timewait explain"* ]]
	run --separate-stderr timewait explain TIME_WAIT extra
	[[ $status == 2 && -z $output && ${stderr_lines[0]} == "timewait: unexpected operand 'extra'" ]]
	run --separate-stderr timewait explain --list extra
	[[ $status == 2 && -z $output && ${stderr_lines[0]} == "timewait: unexpected operand 'extra'" ]]
}

@test "explain --list: every page of docs/explain, by kind" {
	run --separate-stderr timewait explain --list
	[[ $status == 0 && -z $stderr ]]
	[[ $(grep -c '^  [^ ]' <<<"$output") == "$(find "$ROOT/docs/explain" -name '[^R]*.md' | wc -l)" ]]
	[[ $(grep '^[^ ]' <<<"$output" | paste -sd,) == \
		"States,Errors,Kernel settings (sysctl),Socket options,Topics" ]]
	for state in LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT CLOSING \
		LAST_ACK TIME_WAIT CLOSED BOUND; do
		grep -Eq "^  $state +[^ ]" <<<"$output"
	done
}

@test "explain: whatever is listed is found" {
	timewait explain --list --json | jq -r '.name, .aliases[]' |
		while read -r name; do
			timewait explain "$name" >/dev/null || fail "$name"
		done
}

@test "explain --json: one object, with scenarios that exist" {
	run --separate-stderr timewait explain --json eaddrinuse
	[[ $status == 0 && -z $stderr && ${#lines[@]} == 1 ]]
	jq -e '.v == 1 and .type == "page" and .kind == "errno" and .name == "EADDRINUSE" and
		(.text | length > 0) and (.summary | length > 0)' <<<"$output"
	jq -e '.scenarios | index("bind-blocked-by-time-wait")' <<<"$output"
	run --separate-stderr timewait explain --list --json
	jq -es '.[0].v == 1 and all(.[1:][]; has("v") | not) and all(.[]; has("text") | not)' <<<"$output"
	diff <(jq -r '.scenarios[]' <<<"$output" | sort -u) \
		<(timewait scenarios --json | jq -r .name | sort) | refute grep '^<'
}

@test "explain: fits the width, bold on a terminal alone, ASCII everywhere" {
	for width in 64 100; do
		[[ $(COLUMNS=$width timewait explain close_wait | wc -L) -le $width ]]
	done
	refute grep -q $'\e' <<<"$(timewait explain close_wait)"
	shown=$(TERM=xterm script -qec 'timewait explain close_wait' /dev/null </dev/null)
	[[ $shown == $'\e[1mCLOSE_WAIT\e[0m (state)'* ]]
	shown=$(NO_COLOR=1 TERM=xterm script -qec 'timewait explain close_wait' /dev/null </dev/null)
	refute grep -q $'\e' <<<"$shown"
	LC_ALL=C timewait explain --list | refute grep -P '[^\x00-\x7f]'
}
