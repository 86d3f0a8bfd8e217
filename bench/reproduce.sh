#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What the experiment costs: RUNS times `timewait reproduce`, beside RUNS times the least that
# anything in a namespace of its own can cost, `unshare --net true`. In turns, so that both see the
# same machine; the figures are medians.
#
#   reproduce.sh BUILD-FOLDER [RUNS]
set -euo pipefail
export LC_ALL=C

timewait=$1/timewait
runs=${2:-100}
floor=(unshare --user --map-root-user --net true)
((EUID)) || floor=(unshare --net true)

if ! "${floor[@]}" 2>/dev/null; then
	echo 'bench: network namespaces are refused here: there is nothing to measure' >&2
	exit 77
fi
if ! "$timewait" reproduce >/dev/null; then
	echo "bench: $timewait reproduce does not work here" >&2
	exit 1
fi

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# timed FILE COMMAND...: appends how many microseconds it took.
timed()
{
	local file=$1 before=${EPOCHREALTIME/./}

	shift
	"$@" >/dev/null
	echo $((${EPOCHREALTIME/./} - before)) >>"$file"
}

for ((run = 0; run < runs; run++)); do
	timed "$folder/floor" "${floor[@]}"
	timed "$folder/reproduce" "$timewait" reproduce
done

# quantile FILE PERCENT
quantile()
{
	sort -n "$1" | awk -v percent="$2" '{ value[NR] = $1 }
		END { at = int(NR * percent / 100 + 0.5); if (at < 1) at = 1; print value[at] }'
}

printf '%-24s %10s %10s\n' "$runs runs each" 'median ms' 'p95 ms'
for what in floor reproduce; do
	name=${floor[*]}
	[[ $what == floor ]] || name='timewait reproduce'
	printf '%-24s %10.1f %10.1f\n' "${name/--user --map-root-user/-Ur}" \
		"$(awk "BEGIN { print $(quantile "$folder/$what" 50) / 1000 }")" \
		"$(awk "BEGIN { print $(quantile "$folder/$what" 95) / 1000 }")"
done
awk "BEGIN { printf \"ratio of the medians: %.1f\n\", \
	$(quantile "$folder/reproduce" 50) / $(quantile "$folder/floor" 50) }"
