#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait scenarios: what comes with the program, listed and shown. What they do is in the suite lab.

bats_require_minimum_version 1.5.0

setup()
{
	load common
}

# files: theme/name of every scenario of the source.
files()
{
	(cd "$ROOT/scenarios" && find . -name '*.tcp' | sed 's,^\./,,; s,\.tcp$,,' | LC_ALL=C sort)
}

@test "scenarios: every file of the source is in the program, and each name is there once" {
	run --separate-stderr timewait scenarios --json
	[[ $status == 0 && -z $stderr ]]
	diff <(jq -r '.theme + "/" + .name' <<<"$output" | LC_ALL=C sort) <(files)
	[[ -z $(jq -r .name <<<"$output" | sort | uniq -d) ]]
}

@test "scenarios: the list, by theme and in the order of learning" {
	run --separate-stderr timewait scenarios
	[[ $status == 0 && -z $stderr ]]
	[[ $(sed -nE 's/^([a-z]+): .+/\1/p' <<<"$output" | paste -sd' ') == \
		"opening closing resets waiting reuse ports timers loss options myths programs" ]]
	[[ $(grep -c '^  [a-z]' <<<"$output") == "$(files | wc -l)" ]]
	# A name, then a title.
	refute grep -E '^  [a-z0-9-]+ *$' <<<"$output"
}

@test "scenarios: the title is the first comment of the file; slow ones are marked" {
	list=$(timewait scenarios)
	for name in simultaneous-close time-wait-full-lifetime; do
		file=$(find "$ROOT/scenarios" -name "$name.tcp")
		grep -qF -- "$(sed -n '1s/^# *//p' "$file")" <<<"$(grep "^  $name " <<<"$list")"
	done
	grep -Eq '^  time-wait-full-lifetime .* \(slow\)$' <<<"$list"
	refute grep -Eq '^  simultaneous-close .*\(slow\)' <<<"$list"
	timewait scenarios --json | jq -es 'any(.slow) and (all(.slow) | not)'
}

@test "scenarios --json: one object a line, the version in the first" {
	run --separate-stderr timewait scenarios -j
	jq -es '.[0].v == 1 and all(.[1:][]; has("v") | not)' <<<"$output"
	jq -es 'all(.[]; .type == "scenario" and (.slow | type) == "boolean" and (.title | length > 0))' \
		<<<"$output"
}

@test "scenarios NAME: the file, byte for byte, with or without its theme" {
	file=$ROOT/scenarios/closing/simultaneous-close.tcp
	cmp <(timewait scenarios simultaneous-close) "$file"
	cmp <(timewait scenarios closing/simultaneous-close) "$file"
	cmp <(timewait scenarios simultaneous-close.tcp) "$file"
	cmp <(timewait scenarios simultaneous-close --json | jq -j .text) "$file"
	# From anywhere, and without the source.
	cp "$BUILD/timewait" "$BATS_TEST_TMPDIR/"
	cmp <(cd / && "$BATS_TEST_TMPDIR/timewait" scenarios simultaneous-close) "$file"
}

@test "scenarios NAME: on a terminal comments are dim and verbs bold, and nothing else changes" {
	shown=$(TERM=xterm script -qec 'timewait scenarios simultaneous-close' /dev/null </dev/null)
	grep -q $'^\e\[2m# ' <<<"$shown"
	grep -q $'\e\[1mclose\e\[0m' <<<"$shown"
	diff <(sed $'s/\e\\[[0-9]*m//g; s/\r$//' <<<"$shown") "$ROOT/scenarios/closing/simultaneous-close.tcp"
	NO_COLOR=1 TERM=xterm script -qec 'timewait scenarios simultaneous-close' /dev/null </dev/null |
		refute grep -q $'\e'
}

@test "scenarios: on a terminal titles are wrapped below their first word" {
	shown=$(COLUMNS=70 TERM=xterm script -qec 'timewait scenarios' /dev/null </dev/null | tr -d '\r' |
		sed $'s/\e\\[[0-9]*m//g')
	[[ $(wc -L <<<"$shown") -le 70 ]]
	grep -Eq '^ {20,}[^ ]' <<<"$shown"
}

@test "scenarios: an unknown NAME is exit 2, with the one that was meant" {
	run --separate-stderr timewait scenarios simultanous-close
	[[ $status == 2 && -z $output ]]
	[[ $stderr == "timewait: no scenario 'simultanous-close' (did you mean 'simultaneous-close'?)" ]]
	for name in xyzzy '' opening/simultaneous-close; do
		run --separate-stderr timewait scenarios "$name"
		[[ $status == 2 && -z $output && $stderr == "timewait: no scenario '$name'"* ]]
	done
	run --separate-stderr timewait scenarios $'\e[31m'
	[[ $status == 2 ]]
	refute grep -q $'\e' <<<"$stderr"
}

@test "scenarios: two NAMEs are one too many" {
	run --separate-stderr timewait scenarios simultaneous-close syn-sent
	[[ $status == 2 && -z $output && $stderr == "timewait: unexpected operand 'syn-sent'"* ]]
}
