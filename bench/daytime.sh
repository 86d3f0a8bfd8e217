#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What a connection costs daytimed, beside the servers that others wrote: `make bench`. docs/performance.md
# says what is measured and why so.
#
#   daytime.sh [OPTION]... [tcp|saturated|latency|udp|shapes]...      (all but shapes when none is named)
#
# `shapes` measures what helps and what does not, by bare servers that differ in one thing each.
#
#   --output FILE     write the table there too
#   --plot FILE       draw the plot (SVG)
#   --samples FILE    keep what was measured
#   --from FILE       measure nothing: report what such a file has
#   --document        put table and plot into docs/performance.md and docs/performance.svg (shapes too)
#
# From the environment: BUILD (build), PEERS (build/peers), ROUNDS (5), COUNT (50000 connections a run),
# SERVERS (names, bench/servers.bash has them), CPUS (0,1), ACCOUNTING (v1, v2, proc),
# GENERATOR (BUILD/daytime).
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${HERE%/*}
# shellcheck source=servers.bash
source "$HERE/servers.bash"
# shellcheck source=accounting.bash
source "$HERE/accounting.bash"
# shellcheck source=rounds.bash
source "$HERE/rounds.bash"

PARTS_ALL=(tcp saturated latency udp)
SHAPES=(shapes shapes-saturated shapes-udp)
# How many queries a run has, as a share of COUNT in percent: a run takes about a second in each part.
declare -A SHARE=(
	[tcp]=100 [saturated]=200 [latency]=30 [udp]=200
	[shapes]=100 [shapes-saturated]=200 [shapes-udp]=200
)

# complain STATUS TEXT
complain()
{
	printf 'bench: %s\n' "$2" >&2
	exit "$1"
}

# absolute FILE: so that it means the same in every folder.
absolute()
{
	[[ $1 == /* ]] && echo "$1" || echo "$PWD/$1"
}

parse()
{
	OUTPUT='' PLOT='' KEEP='' FROM='' DOCUMENT='' WANTED=()
	while (($#)); do
		case $1 in
		--output | --plot | --samples | --from)
			(($# > 1)) || complain 2 "$1 needs a file"
			case $1 in
			--output) OUTPUT=$(absolute "$2") ;;
			--plot) PLOT=$(absolute "$2") ;;
			--samples) KEEP=$(absolute "$2") ;;
			--from) FROM=$(absolute "$2") ;;
			esac
			shift
			;;
		--document) DOCUMENT=$ROOT/docs/performance.md ;;
		tcp | saturated | latency | udp) WANTED+=("$1") ;;
		shapes) WANTED+=("${SHAPES[@]}") ;;
		*) complain 2 "unknown word '$1' (there are: --output --plot --samples --from --document, tcp saturated latency udp shapes)" ;;
		esac
		shift
	done
	((${#WANTED[@]})) || WANTED=("${PARTS_ALL[@]}" ${DOCUMENT:+"${SHAPES[@]}"})
}

# number NAME VALUE MAXIMUM
number()
{
	if ! [[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || (($2 > $3)); then
		complain 2 "$1 must be a number from 1 to $3, not '$2'"
	fi
}

read_environment()
{
	local server

	BUILD=$(absolute "${BUILD:-$ROOT/build}")
	PEERS=$(absolute "${PEERS:-$ROOT/build/peers}")
	GENERATOR=${GENERATOR:-$BUILD/daytime}
	ROUNDS=${ROUNDS:-5}
	COUNT=${COUNT:-50000}
	number ROUNDS "$ROUNDS" 1000
	number COUNT "$COUNT" 1000000
	if [[ -n ${ACCOUNTING:-} && " ${ACCOUNTING_WAYS[*]} " != *" $ACCOUNTING "* ]]; then
		complain 2 "unknown ACCOUNTING '$ACCOUNTING' (there are: ${ACCOUNTING_WAYS[*]})"
	fi
	read -ra SERVERS <<<"${SERVERS:-}"
	for server in "${SERVERS[@]}"; do
		describe "$server" || complain 2 "unknown server '$server' (there are: ${SERVERS_ALL[*]})"
	done
	CPUS=${CPUS:-$(allowed_cpus | head -n 2 | paste -sd,)}
	# With a zone in the environment ctime() looks at no file, and the classic server is not the usual one.
	unset TZ
	export BUILD PEERS GENERATOR CPUS
}

# allowed_cpus: those that we may run on, a line each.
allowed_cpus()
{
	taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
		awk -F- '{ for (cpu = $1; cpu <= ($2 == "" ? $1 : $2); cpu++) print cpu }'
}

check_machine()
{
	local tool user=()

	for tool in ip ss perl setpriv taskset unshare chrt; do
		command -v "$tool" >/dev/null || complain 77 "$tool is missing ('scripts/deps bench' installs it)"
	done
	[[ -x $GENERATOR ]] || complain 77 "$GENERATOR is missing ('make' builds it)"
	((EUID == 0)) || user=(--user --map-root-user)
	unshare "${user[@]}" --net --pid --mount --fork true 2>/dev/null ||
		complain 77 "namespaces are refused here, and every run needs fresh ones"
}

# What the figures were found on, and who took part.
record_about()
{
	local server

	record about kernel "$(uname -sr)"
	record about machine "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
	record about system "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)"
	record about cpus "$(allowed_cpus | wc -l)"
	record about rounds "$ROUNDS"
	for server in "${SERVERS_ALL[@]}"; do
		describe "$server"
		record server "$server" "$KIND" "$LABEL"
	done
}

measure_all()
{
	local part connections=$COUNT

	record_about
	for part in "${WANTED[@]}"; do
		if [[ $part == *saturated && $CPUS != *,* ]]; then
			record about left_out "saturated: there is one CPU alone"
			continue
		fi
		COUNT=$((connections * SHARE[$part] / 100))
		((COUNT > 1)) || COUNT=2
		export COUNT
		record about "count_$part" "$COUNT"
		measure "$part" "$ROUNDS" "${SERVERS[@]}"
	done
	[[ ! -t 2 ]] || printf '\r\033[K' >&2
	record about accounting "$(accounting_describe)"
}

# replace_block FILE: what stands between the two marks becomes what comes in on standard input.
replace_block()
{
	perl -0777 -i -pe '
		BEGIN { local $/; $block = <STDIN>; }
		s/(<!-- begin: bench -->\n).*?(<!-- end: bench -->)/$1$block$2/s' "$1"
}

# Before minutes are spent on figures for it.
check_document()
{
	if [[ $(grep -cxE '<!-- (begin|end): bench -->' "$DOCUMENT") != 2 ]]; then
		complain 1 "$DOCUMENT has no block between marks to put the figures into"
	fi
}

report()
{
	perl -I"$HERE" "$HERE/table.pl" "$SAMPLES" >"$FOLDER/table.md"
	cat "$FOLDER/table.md"
	[[ -z $OUTPUT ]] || cp "$FOLDER/table.md" "$OUTPUT"
	[[ -z $KEEP ]] || cp "$SAMPLES" "$KEEP"
	[[ -z $PLOT ]] || perl -I"$HERE" "$HERE/plot.pl" "$SAMPLES" >"$PLOT"
	if [[ -n $DOCUMENT ]]; then
		replace_block "$DOCUMENT" <"$FOLDER/table.md"
		perl -I"$HERE" "$HERE/plot.pl" "$SAMPLES" >"${DOCUMENT%.md}.svg"
	fi
}

leave()
{
	end_run
	rm -rf "$FOLDER"
}

parse "$@"
[[ -z $DOCUMENT ]] || check_document
FOLDER=$(mktemp -d)
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
SAMPLES=$FOLDER/samples
if [[ -n $FROM ]]; then
	[[ -r $FROM ]] || complain 2 "$FROM cannot be read"
	cp "$FROM" "$SAMPLES"
else
	read_environment
	check_machine
	accounting_sweep
	measure_all
fi
report
grep -q '^sample' "$SAMPLES" || complain 1 "nothing could be measured: the table says why"
