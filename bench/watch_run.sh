#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# One run of bench/watch.sh: a server, a load, and who looks on, in the namespaces that were made for it. Prints
# the figures as KEY=VALUE, separated by tabs. Exit status 1: prints why there is none; 3: the run is void.
#
#   watch_run.sh PART OBSERVER      PART: rate saturated deaths memory million; OBSERVER: untraced watch top ... lives
set -euo pipefail
export LC_ALL=C
# shellcheck source=sockstat.bash
source "$(dirname "${BASH_SOURCE[0]}")/sockstat.bash"

part=$1
observer=$2
# From the environment: BUILD, PEERS, COUNT, RATE, WORKERS.
# shellcheck disable=SC2153
count=$COUNT
# Nothing here takes longer, in seconds.
START_LIMIT=20
LOAD_LIMIT=120
# A TIME_WAIT lasts from 60 to 64 seconds, and its end is told within another.
EXPIRY_LIMIT=70
OBSERVER=

give_up()
{
	echo "$1"
	exit "${2:-1}"
}

# wait_for COMMAND...: until it succeeds.
wait_for()
{
	local deadline=$((SECONDS + START_LIMIT))

	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || return 1
		[[ -z $OBSERVER ]] || kill -0 "$OBSERVER" || return 1
		sleep 0.02
	done
}

is_listening()
{
	[[ -n $(ss -Hltn 'sport = :13') ]]
}

counter()
{
	awk -v name="$1" '$1 == "Tcp:" || $1 == "TcpExt:" {
		if (!($1 in n)) { n[$1] = split($0, words); for (i = 1; i <= NF; i++) names[$1, i] = words[i]; next }
		for (i = 2; i <= NF; i++) if (names[$1, i] == name) { print $i; exit } }' \
		/proc/net/snmp /proc/net/netstat
}

has_begun()
{
	case $observer in
	watch*) grep -q 'Ctrl-C ends it' observer.err ;;
	lives) grep -q ready observer.err ;;
	# They say nothing of it; but what they are attached by is a descriptor.
	*) find "/proc/$OBSERVER/fd" -lname 'anon_inode:bpf[-_]link' | grep -q . ;;
	esac
}

observe()
{
	local command=()

	case $observer in
	untraced) return ;;
	watch) command=("$BUILD/timewait" watch --json) ;;
	watch-t) command=("$BUILD/timewait" watch --time-wait --json) ;;
	top) command=("$BUILD/timewait" top --json --interval 1 --iterations 1000000) ;;
	lives) command=("$BUILD/bench/lives") ;;
	tcpstates | tcplife)
		command=("$PEERS/usr/sbin/$observer")
		[[ -d /sys/kernel/tracing/events ]] || mount -t tracefs nodev /sys/kernel/tracing
		;;
	esac
	[[ -x ${command[0]} ]] || give_up "${command[0]} is missing"
	# Ten million lines are counted, not kept.
	if [[ $part == memory ]]; then
		"${command[@]}" > >(wc -l >lines) 2>observer.err &
	else
		"${command[@]}" >observer.out 2>observer.err &
	fi
	OBSERVER=$!
	wait_for has_begun || give_up "does not start: $(tail -n 1 observer.err)"
}

# load COUNT OPTION...
load()
{
	local queries=$1

	shift
	timeout -s KILL "$LOAD_LIMIT" "$BUILD/daytime" -n "$queries" -c 64 --source 127.0.0.0/8 --json "$@" \
		127.0.0.1 13 >load.json 2>load.err || give_up "the load failed: $(tail -n 1 load.err)"
}

# await_expiry: until the last TIME_WAIT is gone and the observer has told of it.
await_expiry()
{
	local deadline=$((SECONDS + EXPIRY_LIMIT))

	until (($(waiting) == 0)); do
		((SECONDS < deadline)) || give_up "TIME_WAITs are left after $EXPIRY_LIMIT seconds"
		sleep 0.1
	done
	sleep 1
}

resident_kb()
{
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$OBSERVER/status"
}

# memory: what the observer has after a tenth of the connections, and after all of them.
memory()
{
	local early

	load $((count / 10)) --workers 1 --rate "$RATE"
	early=$(resident_kb)
	load "$count" --workers 1 --rate "$RATE"
	printf 'connections=%s\tearly_kb=%s\tlate_kb=%s' "$((count + count / 10))" "$early" "$(resident_kb)"
	kill -INT "$OBSERVER"
	wait "$OBSERVER" || true
	wait_for test -s lines || give_up "the observer's lines were not counted"
	printf '\tlines=%s\n' "$(<lines)"
}

field()
{
	sed -E "s/.*\"$1\":([0-9.e+-]+).*/\1/" load.json
}

# How many the observer told of: a TIME_WAIT each.
told()
{
	local births deaths

	case $observer in
	watch*)
		births=$(grep -c '"event":"born"' observer.out || true)
		deaths=$(grep -c '"event":"died"' observer.out || true)
		printf '\tborn=%s\tdied=%s\tlost=%s\trss_kb=%s' "$births" "$deaths" \
			"$(sed -nE 's/.*lost so far: ([0-9]+) events.*, ([0-9]+) that.*/\1/p' observer.err |
				tail -n 1 | sed 's/^$/0/')" "$rss"
		;;
	esac
}

ip link set lo up
echo 4194304 >/proc/sys/net/ipv4/tcp_max_tw_buckets
echo 4096 >/proc/sys/net/core/somaxconn
"$BUILD/daytimed" --tcp --workers "$WORKERS" --bind 127.0.0.1 13 2>server.err &
wait_for is_listening || give_up "the server does not start: $(tail -n 1 server.err)"
load 2000
observe
if [[ $part == memory ]]; then
	memory
	exit
fi
before=$(waiting)
entered=$(counter TW)
sent_twice=$(counter RetransSegs)
case $part in
rate | deaths) load "$count" --workers 1 --rate "$RATE" ;;
saturated) load "$count" --workers "$WORKERS" ;;
million) load "$count" --workers "$WORKERS" ;;
esac
sent_twice=$(($(counter RetransSegs) - sent_twice))
entered=$(($(counter TW) - entered))
[[ $part != deaths ]] || await_expiry
rss=0
if [[ -n $OBSERVER ]]; then
	rss=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$OBSERVER/status")
	kill -INT "$OBSERVER"
	wait "$OBSERVER" || true
fi
if [[ $part == million ]]; then
	cat observer.out
	exit
fi
((sent_twice == 0)) || give_up "$sent_twice segments were sent twice" 3
printf 'per_second=%s\tbefore=%s\tentered=%s%s\n' "$(field per_second)" "$before" "$entered" "$(told)"
