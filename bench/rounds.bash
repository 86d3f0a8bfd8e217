# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The rounds of `make bench`: every server once, then every server again, so that all see the same
# machine. FOLDER is for what this needs on disk; what is found is appended to SAMPLES, a record a line,
# in columns separated by tabs:
#
#   sample PART SERVER ROUND KEY=VALUE...     void PART SERVER ROUND WHY
#   missing PART SERVER WHY                   remark PART SERVER TEXT

# So often a run is tried before it is given up.
ATTEMPTS=3

RUN_PID=

record()
{
	local IFS=$'\t'

	printf '%s\n' "$*" >>"$SAMPLES"
}

# A fresh network, process ids of its own, and its own /proc. Whatever becomes of us, the first process
# in there is killed, and everything with it.
in_fresh_namespaces()
{
	local user=()

	((EUID == 0)) || user=(--user --map-root-user)
	exec setpriv --pdeathsig KILL unshare "${user[@]}" --net --pid --mount --fork --kill-child --mount-proc "$@"
}

# run_once PART SERVER: what it printed is in $FOLDER/result; returns its exit status.
run_once()
{
	local status=0

	rm -rf "$FOLDER/run"
	mkdir "$FOLDER/run"
	if ! accounting_open; then
		echo "no CPU time can be had by '${ACCOUNTING:-any way}'" >"$FOLDER/result"
		return 1
	fi
	export ACCOUNTING ACCOUNTING_CGROUP
	(cd "$FOLDER/run" && in_fresh_namespaces "$HERE/run.sh" "$1" "$2") \
		</dev/null >"$FOLDER/result" 2>"$FOLDER/complaints" &
	RUN_PID=$!
	wait "$RUN_PID" || status=$?
	RUN_PID=
	accounting_close
	return "$status"
}

# end_run: nothing of a run goes on.
end_run()
{
	if [[ -n $RUN_PID ]]; then
		kill -KILL "$RUN_PID" 2>/dev/null || true
		wait "$RUN_PID" 2>/dev/null || true
		RUN_PID=
	fi
	accounting_close
}

# why_not: what a run said when there were no figures.
why_not()
{
	local why

	why=$(tail -n 1 "$FOLDER/result" | tr '\t' ' ')
	[[ -n $why ]] || why=$(tail -n 1 "$FOLDER/complaints" | tr '\t' ' ')
	echo "${why:-it ended without a word}"
}

# measure_server PART SERVER ROUND: one sample; fails when there is none to be had.
measure_server()
{
	local attempt status

	for ((attempt = 0; attempt < ATTEMPTS; attempt++)); do
		status=0
		run_once "$1" "$2" || status=$?
		case $status in
		0)
			record sample "$1" "$2" "$3" "$(cat "$FOLDER/result")"
			return 0
			;;
		3) record void "$1" "$2" "$3" "$(why_not)" ;;
		*) break ;;
		esac
	done
	record missing "$1" "$2" "$(why_not)"
	return 1
}

# lacks SERVER: prints what is not there that it needs.
lacks()
{
	local file

	describe "$1"
	for file in $NEEDS; do
		[[ -e $PEERS/$file ]] || echo "${file##*/}"
	done
}

# present_servers PART [SERVER]...: those that can be measured; of the others it records why not.
present_servers()
{
	local part=$1 server absent

	shift
	for server in $(servers_of "$part" "$@"); do
		absent=$(lacks "$server" | paste -sd' ')
		if [[ -n $absent ]]; then
			record missing "$part" "$server" "could not be fetched: no $absent in build/peers"
		else
			describe "$server"
			[[ -z $REMARK || $part == latency ]] || record remark "$part" "$server" "$REMARK"
			echo "$server"
		fi
	done
}

# say_progress TEXT: in place on a terminal; else a line.
say_progress()
{
	if [[ -t 2 ]]; then
		printf '\r\033[Kbench: %s' "$1" >&2
	else
		printf 'bench: %s\n' "$1" >&2
	fi
}

# measure PART ROUNDS [SERVER]...: all its rounds. A server that gives no figure is not tried again.
measure()
{
	local part=$1 rounds=$2 round server
	local -a servers
	local -A is_out=()

	shift 2
	mapfile -t servers < <(present_servers "$part" "$@")
	for ((round = 1; round <= rounds; round++)); do
		[[ -t 2 ]] || say_progress "$part: round $round of $rounds"
		for server in "${servers[@]}"; do
			[[ -z ${is_out[$server]:-} ]] || continue
			[[ ! -t 2 ]] || say_progress "$part: round $round of $rounds: $server"
			measure_server "$part" "$server" "$round" || is_out[$server]=yes
		done
	done
}
