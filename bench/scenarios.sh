#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What the scenarios cost: one pass over all that are not slow, as a whole process, RUNS times; and,
# where packetdrill can be had, what it needs for one script that opens and closes a connection, in
# turns with our own scenario of the same. packetdrill is no Debian package: name a binary you built
# in PACKETDRILL. It needs root and a network namespace, which it gets.
#
#   scenarios.sh BUILD-FOLDER [RUNS]
set -euo pipefail
export LC_ALL=C

timewait=$1/timewait
runs=${2:-20}
scenarios=$(dirname "$0")/../scenarios
packetdrill=${PACKETDRILL:-$(command -v packetdrill || true)}

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

summary=$("$timewait" run --quiet "$scenarios" 2>&1 >/dev/null) || {
	code=$?
	echo "bench: the scenarios fail here: $summary" >&2
	exit "$code"
}
echo "$summary"

# timed FILE COMMAND...: appends how many microseconds it took.
timed()
{
	local file=$1 before=${EPOCHREALTIME/./}

	shift
	"$@" >/dev/null 2>&1
	echo $((${EPOCHREALTIME/./} - before)) >>"$file"
}

# quantile FILE PERCENT, in ms
quantile()
{
	sort -n "$1" | awk -v percent="$2" '{ value[NR] = $1 }
		END { at = int(NR * percent / 100 + 0.5); if (at < 1) at = 1; printf "%.1f", value[at] / 1000 }'
}

row()
{
	printf '%-44s %10s %10s\n' "$1" "$(quantile "$2" 50)" "$(quantile "$2" 95)"
}

# The same connection: three packets to open it, one end closes, then the other.
script()
{
	cat <<-'END'
		0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
		+0   setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
		+0   bind(3, ..., ...) = 0
		+0   listen(3, 1) = 0
		+0   < S 0:0(0) win 32792 <mss 1000,nop,wscale 7>
		+0   > S. 0:0(0) ack 1 <...>
		+0   < . 1:1(0) ack 1 win 257
		+0   accept(3, ..., ...) = 4
		+0   close(4) = 0
		+0   > F. 1:1(0) ack 1 <...>
		+0   < F. 1:1(0) ack 2 win 257
		+0   > . 2:2(0) ack 2
	END
}

has_packetdrill=
if [[ -n $packetdrill && $EUID == 0 ]]; then
	script >"$folder/close.pkt"
	if unshare --net "$packetdrill" "$folder/close.pkt" >/dev/null 2>"$folder/complaint"; then
		has_packetdrill=yes
	else
		echo "bench: packetdrill does not run here: $(head -n 1 "$folder/complaint")" >&2
	fi
fi

for ((run = 0; run < runs; run++)); do
	timed "$folder/all" "$timewait" run --quiet "$scenarios"
	timed "$folder/one" "$timewait" run --quiet server-closes-first
	[[ -z $has_packetdrill ]] ||
		timed "$folder/packetdrill" unshare --net "$packetdrill" "$folder/close.pkt"
done

printf '%-44s %10s %10s\n' "$runs runs each" 'median ms' 'p95 ms'
row 'timewait run scenarios (all but the slow)' "$folder/all"
row 'timewait run server-closes-first' "$folder/one"
if [[ -n $has_packetdrill ]]; then
	row 'packetdrill, one script of the same' "$folder/packetdrill"
else
	echo 'packetdrill is not to be had here (needs root, and its binary in PATH or PACKETDRILL)'
fi

# Many at once is what the laboratory is made for: the hosts are made once.
before=${EPOCHREALTIME/./}
"$timewait" run --quiet --repeat 1000 --jobs 1 server-closes-first >/dev/null 2>&1
awk -v us="$((${EPOCHREALTIME/./} - before))" \
	'BEGIN { printf "one scenario of a thousand in a row: %.3f ms\n", us / 1000 / 1000 }'
