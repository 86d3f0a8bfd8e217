#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait scenarios --coverage: every transition that Linux has is shown, and really so; docs/states.md
# says the same.

bats_require_minimum_version 1.5.0
load ../cli/common

setup()
{
	can_unshare || skip "namespaces are refused here"
}

# arrows FILTER: of the JSON in $output, the transitions of figure 5 that jq's filter lets through.
arrows()
{
	jq -r "select(.type == \"transition\" and .figure) | select($1) | \"\(.from) > \(.to)\"" <<<"$output"
}

# moves SCENARIO HOST: each move of a socket of that host, "FROM > TO" a line, from a run of its own.
moves()
{
	timewait run --json "$1" |
		jq -r --arg host "$2" 'select(.type == "state" and .host == $host) | "\(.from) > \(.to)"'
}

@test "coverage: every transition of figure 5 is shown at both hosts, over IPv4 and IPv6" {
	local family

	for family in "" --ipv6; do
		run --separate-stderr timewait scenarios --coverage --json $family
		[[ $status == 0 ]]
		[[ $(arrows true | wc -l) == 21 ]]
		[[ $(arrows '.absent') == "LISTEN > SYN_SENT" ]]
		[[ -z $(arrows '.absent | not | select((.server and .client) | not)') ]]
		# All but 2MSL, which takes a minute, was seen in this run.
		[[ $(arrows '(.absent | not) and ((.server.seen and .client.seen) | not)') == "TIME_WAIT > CLOSED" ]]
		[[ $(jq -r 'select(.type == "coverage") | "\(.arrows) \(.absent) \(.missing) \(.ok)"' \
			<<<"$output") == "21 1 0 true" ]]
	done
}

# The record of another run, read by jq, must have the move. Linux has LISTEN at the listener alone.
@test "coverage: the scenario that is named does show the transition" {
	local from to host name move count=0

	run --separate-stderr timewait scenarios --coverage --json
	while read -r from to host name; do
		[[ $from == LISTEN && $to == SYN_RECV ]] && from=CLOSED
		[[ $from == SYN_RECV && $to == LISTEN ]] && to=CLOSED
		move="$from > $to"
		moves "$name" "$host" | grep -qxF "$move" || fail "$name: no $move at the $host"
		count=$((count + 1))
	done < <(jq -r 'select(.type == "transition" and .figure) as $move | ("server", "client") as $host |
		$move[$host] | select(. and .seen) |
		"\($move.from) \($move.to) \($host) \(.scenario)"' <<<"$output")
	[[ $count == 38 ]]
}

@test "coverage: the table and its summary" {
	run --separate-stderr timewait scenarios --coverage
	[[ $status == 0 ]]
	grep -Eq '^  FIN_WAIT1 > CLOSING +rcv FIN +simultaneous-close +simultaneous-close$' <<<"$output"
	grep -Eq '^  LISTEN > SYN_SENT +SEND +not on Linux: ' <<<"$output"
	grep -Eq '^  ESTABLISHED > CLOSED +rcv RST +' <<<"$output"
	refute grep -q MISSING <<<"$output"
	grep -q 'of 21 transitions 19 seen at both hosts, 1 not on Linux, 0 missing' <<<"$stderr"
}

@test "coverage: where there is no laboratory, 77 and why" {
	run --separate-stderr in_prison timewait scenarios --coverage
	[[ $status == 77 && -z $output && -n $stderr ]]
}

@test "coverage: options that do not go together" {
	local options

	for options in "--coverage --json --markdown" "--slow" "-S" "--ipv6" "--markdown" "--coverage passive-open"; do
		# shellcheck disable=SC2086
		run --separate-stderr timewait scenarios $options
		[[ $status == 2 && -z $output && -n $stderr ]]
	done
}

@test "docs/states.md is what the scenarios show" {
	"$ROOT/scripts/states" --check
}

@test "docs/states.md: the check finds a wrong word, and a wrong picture" {
	local copy=$BATS_TEST_TMPDIR/docs

	cp -r "$ROOT/docs" "$copy"
	sed -i 's/FIN_WAIT2/FIN_WAIT3/' "$copy/states/closing.svg" "$copy/states/fin_wait2.svg"
	refute "$ROOT/scripts/states" --check "$copy"
	cp "$ROOT"/docs/states/*.svg "$copy/states/"
	"$ROOT/scripts/states" --check "$copy"
	sed -i 's/simultaneous-close/other-close/' "$copy/states.md"
	refute "$ROOT/scripts/states" --check "$copy"
}

@test "docs/states.md: every link leads to a file" {
	local link count=0

	while read -r link; do
		[[ -f $ROOT/docs/$link ]] || fail "docs/states.md: $link is not there"
		count=$((count + 1))
	done < <(grep -oE '\]\([^)]+\)' "$ROOT/docs/states.md" | tr -d '()]' | sort -u)
	((count > 30))
}
