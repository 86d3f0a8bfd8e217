#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Does daytimed survive? Twice over, closing first and closing second: honest clients ask it all the
# while, and hostile ones of every kind come, one kind after the other, then all at once, in two equal
# rounds after a smaller one to warm up. When they have gone, the server must be as it was before: not a
# descriptor more, no more memory after the second round than after the first, no socket left, no CPU
# used; and every honest question must have had its answer in time. Speaks TAP; what it measured stands
# in the comments at the end.
#
#   soak.sh [COUNT [KIB]]  COUNT connections or packets of each kind, and as many honest connections
#                          besides, against each of the two (20000). `make soak` has a million. KIB: how
#                          much memory may differ between two rounds (64).
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
BUILD=$(cd "${BUILD:-build}" && pwd)
export BUILD
count=${1:-20000}
slack_kib=${2:-64}
here=$(cd "$(dirname "$0")" && pwd)

# Everything happens in a network namespace of its own, which goes with the last of its processes.
if [[ -z ${SOAK_NAMESPACE:-} ]]; then
	own=(unshare --net)
	((EUID == 0)) || own=(unshare --user --map-root-user --net)
	if ! "${own[@]}" true 2>/dev/null; then
		echo '1..0 # SKIP network namespaces are refused here'
		exit 77
	fi
	SOAK_NAMESPACE=1 exec "${own[@]}" "$here/soak.sh" "$count" "$slack_kib"
fi

# shellcheck source=../points.bash
source "$here/../points.bash"
# shellcheck source=soak.bash
source "$here/soak.bash"

kinds=(silent reset garbage slow tcp_flood half_open udp_flood udp_spoof)
# Two rounds, and in each one by itself and one together with the others.
each=$(((count + 3) / 4))
warmup=$((each < 10000 ? each : 10000))

# visit COUNT KIND SEED: one kind of hostile traffic; the line about it is appended to $folder/visits.
visit()
{
	local line

	line=$("$BUILD/tests/soak/hostile" "${hostile_options[@]}" --count "$1" --seed "$3" "$2" 13) || line={}
	jq -c '. + $ARGS.named' --arg mode "$mode" --argjson round "$round" --arg when "$when" \
		--arg kind "$2" <<<"$line" >>"$folder/visits"
}

# Every kind by itself, then all at once; every round is the same.
one_round()
{
	local seed=0 kind pids=()

	when=alone
	for kind in "${kinds[@]}"; do
		progress "closing $mode, round $round: $kind"
		visit "$1" "$kind" $((seed += 1))
	done
	when=together
	progress "closing $mode, round $round: all at once"
	for kind in "${kinds[@]}"; do
		visit "$1" "$kind" $((seed += 1)) &
		pids+=($!)
	done
	wait "${pids[@]}"
}

# ask NAME ARG...: becomes honest clients, who find out whether they are answered.
ask()
{
	exec "$BUILD/tests/soak/honest" "${honest_options[@]}" "${@:2}" \
		>"$folder/honest.$1" 2>"$folder/honest.$1.err"
}

# attack COUNT ROUND: first many honest ones by themselves; then some, from before the first hostile one
# comes until after the last has gone.
attack()
{
	local asker

	round=$2
	progress "closing $mode, round $round: honest"
	(ask "$mode.$round.many" --rate 20000 --count $((4 * $1)) 13 10.0.0.1 127.0.0.1) || true
	ask "$mode.$round.meanwhile" --rate 200 13 10.0.0.1 127.0.0.1 ::1 &
	asker=$!
	one_round "$1"
	kill "$asker"
	wait "$asker" || true
	progress "closing $mode, round $round: calm again"
	settle
	measure "$mode, after round $round"
}

# The kinds that did not do what they were asked to; one in a hundred may fail on the way.
absent()
{
	jq -r --arg mode "$mode" --argjson each "$each" \
		'select(.mode == $mode and .round > 0 and (.begun // 0) * 100 < $each * 99)
		| "\(.kind), \(.when): \(.begun // 0) of \($each), \(.failed) failed (\(.first_error))"' \
		"$folder/visits"
}

unanswered()
{
	local file

	for file in "$folder/honest.$mode".*.{many,meanwhile}; do
		jq -r 'select(.asked == 0 or .answered != .asked) | "\(.answered) of \(.asked) answered: \(.)"' \
			"$file" || echo "nothing in $file"
		[[ -s $file ]] || echo "nobody asked"
		cat "$file.err"
	done
}

# soak server|client GUARD...: with that end closing first; these guards must have refused somebody.
soak()
{
	mode=$1
	start "$1"
	settle
	measure "$mode, before"
	fill
	attack "$warmup" 0
	attack "$each" 1
	attack "$each" 2
	point "$mode: the hostile came, all of them" "$(absent)"
	point "$mode: every honest question was answered in time" "$(unanswered)"
	point "$mode: no growth in memory" "$(no_more_memory "$mode, after round 1" "$mode, after round 2")"
	point "$mode: no growth in descriptors" "$(same descriptors "$mode, before" "$mode, after round 2")"
	point "$mode: no growth in threads" "$(same threads "$mode, before" "$mode, after round 2")"
	point "$mode: no socket is left" "$(sockets_left)"
	point "$mode: idle, it uses no CPU" "$(not_idle)"
	point "$mode: it says things once" "$(talkative)"
	stop >"$folder/stop" # not in a subshell: it is our child
	point "$mode: it ends when told to" "$(<"$folder/stop")"
	point "$mode: its guards were needed" "$(not_guarded "${@:2}")"
}

echo 1..20
make_net
soak server --rate # connections do not last: nobody holds many
soak client --rate --max-per-source
report
exit $failed
