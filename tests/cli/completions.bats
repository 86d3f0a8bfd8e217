#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What bash offers at the tab key: each completion file is read by a bash of its own, and its function
# asked as bash asks it, with the words of the line in COMP_WORDS.

bats_require_minimum_version 1.5.0

setup()
{
	load common
	export FOLDER=$ROOT/completions
	cd "$BATS_TEST_TMPDIR" || return 1
}

# offers WORD...: prints what is offered for the last of the words, one a line; the first is the program.
offers()
{
	# shellcheck disable=SC2016 # for the other bash
	bash --norc -c '
		source "$FOLDER/$1" || exit 1
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=(stale)
		handler=$(complete -p "$1") || exit 1
		handler=${handler#*-F }
		"${handler%% *}" "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

# expect "WORD WORD..." LINE...: just these are offered, in any order.
expect()
{
	local wanted=$1 got

	shift
	got=$(offers "$@" | sort | paste -sd' ')
	wanted=$(tr ' ' '\n' <<<"$wanted" | sed '/^$/d' | sort | paste -sd' ')
	[[ $got == "$wanted" ]] || fail "at '$*': offered '$got', wanted '$wanted'"
}

# documented COMMAND...: the long options in its --help, one a line.
documented()
{
	"$@" --help | sed -nE 's/^  (-.,|   ) --([a-z0-9-]+).*/--\2/p' | sort
}

# offers_all COMMAND...: every option that --help has is offered, and no other.
offers_all()
{
	local got

	got=$(offers "$@" -- | sed 's/=.*//' | sort -u)
	[[ -n $got ]]
	diff <(documented "$@") - <<<"$got"
}

@test "completion: every option of daytime, daytimed and each command of timewait" {
	offers_all daytime
	offers_all daytimed
	offers_all timewait reproduce
	offers_all timewait run
	offers_all timewait list
	offers_all timewait why
	offers_all timewait top
	offers_all timewait doctor
	offers_all timewait scenarios
	offers_all timewait myths
	offers_all timewait explain
}

@test "completion: timewait's commands are those of its --help" {
	commands=$(timewait --help | sed -nE 's/^  ([a-z]+) .*/\1/p' | paste -sd' ')
	[[ -n $commands ]]
	expect "$commands" timewait ''
	expect reproduce timewait re
	expect '' timewait nothing
	expect '--help --version' timewait -
}

@test "completion: timewait: what is begun is completed, what belongs to another command is not" {
	expect '--pcap' timewait reproduce --pc
	expect '--self' timewait doctor --s
	expect '--svg' timewait reproduce --s
	expect 'bind connect' timewait why ''
	expect '--reuseaddr --reuseport' timewait why --reu
	expect '' timewait why --sel
	expect '' timewait list --sv
	expect '' timewait list ''
	expect 'TIME_WAIT' timewait list --state time
	expect 'state process peer local cgroup' timewait list --by ''
	expect '--sort --state' timewait list --s
	expect '' timewait list --port ''
	expect '' timewait reproduce --json ''
	expect '--json' timewait reproduce --wait --j
}

@test "completion: timewait: who closes first, as one word, two or three" {
	expect 'server client both reset' timewait reproduce --first-close ''
	expect 'client' timewait reproduce -6 -f cl
	# Where = breaks words, bash hands over three; the middle one is asked for at "=".
	expect 'server client both reset' timewait reproduce --first-close =
	expect 'both' timewait reproduce --first-close = b
	expect '' timewait list --first-close ''
	# Each of them is one that the program takes: another word would be a mistake, exit 2.
	for who in $(offers timewait reproduce --first-close ''); do
		run --separate-stderr timewait reproduce --first-close "$who" nothing-else
		[[ $status == 2 && -n $stderr && $stderr == *"unexpected operand 'nothing-else'"* ]]
	done
}

@test "completion: timewait: names of scenarios and pages, as the program lists them" {
	expect 'simultaneous-close simultaneous-open' timewait scenarios simul
	expect 'simultaneous-close' timewait scenarios --json simultaneous-c
	expect '' timewait scenarios simultaneous-close ''
	expect 'tw-recycle tw-reuse-helps-servers' timewait myths tw-
	expect '' timewait myths simultaneous-c
	[[ $(offers timewait scenarios '' | sort) == "$(timewait scenarios --json | jq -r .name | sort)" ]]
	expect 'TIME_WAIT' timewait explain TIME
	expect 'EADDRINUSE EADDRNOTAVAIL' timewait explain EADDR
	expect '--list' timewait explain --l
}

@test "completion: timewait: files for --svg and --pcap, and none for a number" {
	mkdir drawings
	touch one.svg 'two words.svg' other
	[[ $(offers timewait reproduce --svg '' | sort) == \
		$'drawings\none.svg\nother\ntwo words.svg' ]]
	[[ $(offers timewait reproduce -s tw) == 'two words.svg' ]]
	expect 'one.svg other' timewait reproduce --pcap o
	expect 'one.svg' timewait reproduce -p on
	expect 'one.svg' timewait reproduce --pcap = on
	expect '' timewait reproduce --repeat o
	expect '' timewait reproduce -n ''
	expect '' timewait reproduce o
}

@test "completion: timewait run: files, folders, and the names of scenarios" {
	mkdir simulations
	touch simultaneously.tcp
	expect 'simulations simultaneously.tcp simultaneous-close simultaneous-open' timewait run simul
	expect 'simultaneously.tcp' timewait run --svg simultaneously
	expect '' timewait run --jobs simul
	expect '--slow --svg' timewait run --s
}

@test "completion: daytimed: formats, closers, addresses, users; nothing for numbers" {
	expect 'ctime rfc867 iso8601 nist' daytimed --format ''
	expect 'rfc867' daytimed -f r
	expect 'iso8601' daytimed --format = i
	expect 'server client reset' daytimed --first-close ''
	expect 'reset' daytimed -u -c re
	expect '::1' daytimed --bind ::
	expect "$(compgen -u -- roo | paste -sd' ')" daytimed --user roo
	for option in --max-connections -i --udp-min-request; do
		expect '' daytimed "$option" ''
	done
	expect '--inetd' daytimed --in
	# Each format is one that the program takes.
	for format in $(offers daytimed --format ''); do
		run --separate-stderr daytimed --format "$format" 13 nothing-else
		[[ $status == 2 && -n $stderr && $stderr == *"unexpected operand 'nothing-else'"* ]]
	done
}

@test "completion: daytime: hosts, then services; when to close first; nothing for seconds" {
	printf '192.0.2.1 first.example\n192.0.2.2 second.example\n' >hosts
	export HOSTFILE=$PWD/hosts
	expect 'second.example' daytime sec
	expect 'second.example' daytime -t 3 --udp sec
	expect 'daytime 13 1313' daytime first.example ''
	expect '1313' daytime --parse first.example 131
	expect '' daytime first.example 13 ''
	expect '' daytime --timeout ''
	for option in --count -n --concurrency -c --rate -r --workers -w; do
		expect '' daytime "$option" ''
		expect 'second.example' daytime "$option" 3 sec
	done
	expect '127.0.0.0/8' daytime -n 3 --source ''
	expect 'daytime 13 1313' daytime -n 3 -s 127.0.0.0/8 --json first.example ''
	expect 'line now' daytime --close-first =
	expect 'now' daytime --close-first = n
	expect '--close-first --close-first=line --close-first=now' daytime --close
	expect 'daytime 13 1313' daytime --close-first = now first.example ''
}
