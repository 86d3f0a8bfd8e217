#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What `make bench` makes of its samples: the table, the plot, the document. Nothing is measured here;
# tests/lab/bench.bats has the runs.

bats_require_minimum_version 1.5.0
load common

SAMPLES=$BATS_TEST_DIRNAME/bench.samples

bench()
{
	"$ROOT/bench/daytime.sh" "$@"
}

# row TABLE-OR-SERVER...: the lines of the table that begin with this server, without the padding.
row()
{
	grep "^| $1 *|" <<<"$output" | sed 's/  */ /g'
}

svg()
{
	xmllint --xpath "$1" "$BATS_TEST_TMPDIR/plot.svg"
}

@test "the table: medians, the range, and ratios of each round" {
	run -0 --separate-stderr bench --from "$SAMPLES"
	[[ -z $stderr ]]
	[[ ${lines[0]} == 'A Machine & Co, 2 CPUs, Linux 6.1.0, Debian GNU/Linux 12 (bookworm).' ]]
	[[ ${lines[1]} == 'Medians of 3 rounds; server CPU by cgroup v1, cpuacct.usage.' ]]
	# In its second round the machine was slow for all: the ratio of the medians would say 0.55.
	[[ $(row '\*\*daytimed\*\*' | sed -n 1p) == '| **daytimed** | 4.40 | 3.60–7.20 | 0.60 | 1.20 |' ]]
	[[ $(row classic | sed -n 1p) == '| classic | 8.00 | 6.00–12.00 | 1.00 | 2.00 |' ]]
	# A round that it lacks counts for nothing.
	[[ $(row xinetd) == '| xinetd | 16.00 | 12.00–20.00 | 2.25 | 5.12 |' ]]
	[[ $(row '\*\*daytimed\*\*' | sed -n 2p) == '| **daytimed** | 105 000 | 105 000–105 000 | 1.50 | 1.25 |' ]]
	[[ $(row '\*\*daytimed\*\*' | sed -n 3p) == '| **daytimed** | 20.0 | 60.0 | 0.25 |' ]]
}

@test "the table: the best comes first, whether that is less or more" {
	run -0 bench --from "$SAMPLES"
	[[ $(grep '^| ' <<<"$output" | cut -d'|' -f2 | tr -d ' ' | paste -sd' ') == \
		'server floor **daytimed** classic xinetd haproxy server **daytimed** nginxstream classic server **daytimed** classic' ]]
}

@test "the table: who is missing is named, and why; remarks and void runs too" {
	run -0 bench --from "$SAMPLES"
	[[ $(row haproxy) == '| haproxy | missing | | | |' ]]
	grep -qx -e '- haproxy: could not be fetched: no haproxy in build/peers.' <<<"$output"
	grep -qx -e '- xinetd: 8 at once: its backlog is small.' <<<"$output"
	grep -qx -e '- daytimed: 1 void run (segments were sent twice).' <<<"$output"
}

@test "the table: a part without samples is not there" {
	run -0 bench --from "$SAMPLES"
	refute grep -q UDP <<<"$output"
}

@test "--output, --samples: what was said, and what it was made from" {
	bench --from "$SAMPLES" --output "$BATS_TEST_TMPDIR/table.md" --samples "$BATS_TEST_TMPDIR/samples" \
		>"$BATS_TEST_TMPDIR/said"
	cmp "$BATS_TEST_TMPDIR/said" "$BATS_TEST_TMPDIR/table.md"
	cmp "$SAMPLES" "$BATS_TEST_TMPDIR/samples"
}

@test "the plot: a bar a server, as long as its figure" {
	bench --from "$SAMPLES" --plot "$BATS_TEST_TMPDIR/plot.svg" >/dev/null
	# Four have figures in the first part, three in the second, two in the third; four are the legend's.
	[[ $(svg 'count(//*[local-name()="rect"][starts-with(@class, "bar")])') == 13 ]]
	[[ $(svg 'string((//*[contains(@class, "bar ours")])[1]/@width)') == 60.5 ]]    # 220 * 4.4 / 16
	[[ $(svg 'string((//*[contains(@class, "bar classic")])[1]/@width)') == 110.0 ]] # 220 * 8 / 16
	[[ $(svg 'count(//*[text()="missing"])') == 1 ]]
	[[ $(svg 'string((//*[@class="ratio"][text()="0.60"])[1])') == 0.60 ]]
	[[ $(svg 'count(//*[contains(text(), "A Machine & Co")])') == 1 ]]
}

@test "--document: the block between the marks, and nothing else" {
	local copy=$BATS_TEST_TMPDIR/copy

	mkdir -p "$copy/docs"
	cp -r "$ROOT/bench" "$copy/bench"
	printf '%s\n' before '<!-- begin: bench -->' 'old figures' '<!-- end: bench -->' after \
		>"$copy/docs/performance.md"
	"$copy/bench/daytime.sh" --document --from "$SAMPLES" >"$BATS_TEST_TMPDIR/said"
	cmp "$copy/docs/performance.md" <(
		printf '%s\n' before '<!-- begin: bench -->'
		cat "$BATS_TEST_TMPDIR/said"
		printf '%s\n' '<!-- end: bench -->' after
	)
	xmllint --noout "$copy/docs/performance.svg"
}

@test "--document: a document without the marks is an error" {
	local copy=$BATS_TEST_TMPDIR/copy

	mkdir -p "$copy/docs"
	cp -r "$ROOT/bench" "$copy/bench"
	echo 'no marks' >"$copy/docs/performance.md"
	run -1 --separate-stderr "$copy/bench/daytime.sh" --document --from "$SAMPLES"
	[[ $stderr == "bench: $copy/docs/performance.md has no block between marks to put the figures into" ]]
	[[ $(<"$copy/docs/performance.md") == 'no marks' ]]
}

@test "the document that comes with it has its block" {
	grep -qx '<!-- begin: bench -->' "$ROOT/docs/performance.md"
	grep -qx '<!-- end: bench -->' "$ROOT/docs/performance.md"
}

@test "what cannot be understood: exit status 2, and what there is" {
	run -2 --separate-stderr bench --fast
	[[ $stderr == "bench: unknown word '--fast' (there are: "* ]]
	run -2 --separate-stderr bench --from
	[[ $stderr == 'bench: --from needs a file' ]]
	run -2 --separate-stderr bench --from "$BATS_TEST_TMPDIR/none"
	[[ $stderr == *'/none cannot be read' ]]
	ROUNDS=many run -2 --separate-stderr bench
	[[ $stderr == "bench: ROUNDS must be a number from 1 to 1000, not 'many'" ]]
	COUNT=0 run -2 --separate-stderr bench
	[[ $stderr == "bench: COUNT must be a number from 1 to 1000000, not '0'" ]]
	SERVERS=apache run -2 --separate-stderr bench
	[[ $stderr == "bench: unknown server 'apache' (there are: floor classic "* ]]
	ACCOUNTING=v3 run -2 --separate-stderr bench
	[[ $stderr == "bench: unknown ACCOUNTING 'v3' (there are: v1 v2 proc)" ]]
}

@test "a file that holds no samples is not taken for one" {
	echo 'something else' >"$BATS_TEST_TMPDIR/samples"
	run ! --separate-stderr bench --from "$BATS_TEST_TMPDIR/samples"
	[[ $stderr == *"what is 'something else'?"* ]]
}
