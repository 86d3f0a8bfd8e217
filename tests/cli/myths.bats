#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait myths: every claim is answered, from a run on this kernel.

bats_require_minimum_version 1.5.0
load common

# claims: the names of all that there are.
claims()
{
	timewait scenarios --json | jq -r 'select(.theme == "myths").name'
}

need_lab()
{
	can_unshare || skip "no namespaces for this user"
}

@test "myths NAME: claimed, measured, verdict, and figures of this run" {
	need_lab
	run --separate-stderr timewait myths in-window-rst-kills
	[[ $status == 0 ]]
	[[ ${lines[0]} == in-window-rst-kills ]]
	grep -Eq '^  claimed   "An RST anywhere in the window ' <<<"$output"
	grep -Eq '^  measured  an RST one byte off was answered with an ACK' <<<"$output"
	# The first injected RST was answered, the second was not; a kernel that answers both, or none,
	# would give other numbers.
	tr -s '\n ' ' ' <<<"$output" | grep -q '(RST from client: 2; ACK from server: 1)'
	grep -Eq '^  verdict   false' <<<"$output"
	[[ $stderr == "timewait: on Linux $(uname -r): 1 false" ]]
}

@test "myths: every claim is answered as its author has measured it; over IPv6 too" {
	local option

	need_lab
	for option in --json --ipv6; do
		run --separate-stderr timewait myths --json "$option"
		[[ $status == 0 ]]
		diff <(claims) <(jq -r .name <<<"$output")
		# "otherwise" would be another kernel's answer, and no slow one was run.
		[[ -z $(jq -r 'select(.verdict == "otherwise").name' <<<"$output") ]]
		refute grep -q 'Verdict' <<<"$output"
		[[ $(jq -s '[.[] | select(.verdict == "false")] | length' <<<"$output") -ge 10 ]]
		[[ $(jq -s '[.[] | select(.verdict == "half_true" or .verdict == "true")] | length' \
			<<<"$output") -ge 2 ]]
	done
}

@test "myths --json: one object a line, the version in the first" {
	need_lab
	run --separate-stderr timewait myths --json tw-recycle syn-into-last-ack-reset
	[[ $status == 0 ]]
	[[ ${#lines[@]} == 2 ]]
	[[ $(jq -c '[.v, .type, .name, .verdict]' <<<"${lines[0]}") == \
		'[1,"myth","tw-recycle","false"]' ]]
	[[ $(jq -c '[has("v"), .kernel]' <<<"${lines[1]}") == "[false,\"$(uname -r)\"]" ]]
	# No RST: that is what the claim is about, and it was counted in this run.
	[[ $(jq -c '.figures[] | select(.what == "RST from server").packets' <<<"${lines[1]}") == 0 ]]
}

@test "myths: a slow one is not measured, and so has no verdict" {
	run --separate-stderr timewait myths time-wait-exactly-60
	[[ $status == 0 ]]
	grep -q '  measured  not measured: .*--slow' <<<"$output"
	grep -q '  verdict   not tried\.' <<<"$output"
	refute grep -q 'false' <<<"$output"
}

@test "myths --slow: how long it took is measured" {
	need_lab
	run --separate-stderr timewait myths --slow --json fin-timeout-longer-is-longer
	[[ $status == 0 ]]
	jq -e '.verdict == "false" and (.figures[0].time_s > 1.5) and (.figures[0].time_s < 10)' \
		<<<"$output"
}

@test "myths --markdown: a table that names the kernel" {
	need_lab
	run --separate-stderr timewait myths --markdown tw-recycle time-wait-exactly-60
	[[ $status == 0 ]]
	[[ ${lines[0]} == "# "*"$(uname -r)" ]]
	[[ $(grep -c '^| .* | .* | .* | .* |$' <<<"$output") == 3 ]]
	# shellcheck disable=SC2016 # the backquotes are Markdown
	grep -q '| `timewait run tw-recycle` |$' <<<"$output"
}

@test "myths: a name that is none is complained of" {
	run --separate-stderr timewait myths tw-recicle
	[[ $status == 2 && -z $output ]]
	[[ $stderr == *"'tw-recicle'"*"did you mean 'tw-recycle'?"* ]]
	run --separate-stderr timewait myths three-way-handshake
	[[ $status == 2 && -z $output ]]
	[[ $stderr == *"timewait run three-way-handshake"* ]]
	run --separate-stderr timewait myths --json --markdown
	[[ $status == 2 && -z $output ]]
}

@test "myths: where namespaces are refused the exit status is 77, and why is said" {
	need_prison
	run --separate-stderr in_prison timewait myths tw-recycle
	[[ $status == 77 ]]
	[[ -z $output && -n $stderr ]]
}

@test "myths: nothing is coloured in a pipe, and nothing is wider than asked for" {
	need_lab
	COLUMNS=60 run --separate-stderr timewait myths tw-recycle
	[[ $status == 0 ]]
	refute grep -q $'\e' <<<"$output"
	refute grep -Eq '.{61}' <<<"$output"
}
