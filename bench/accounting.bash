# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# How much CPU time a server has used, all its processes and threads together. Three ways, the best
# that this machine has, or the one that ACCOUNTING names:
#
#   v1    a cgroup of its own, cpuacct.usage (ns)
#   v2    a cgroup of its own, usage_usec of cpu.stat
#   proc  /proc/PID/stat of its processes (ticks of 10 ms)
#
# One cgroup a run: accounting_open makes it, accounting_close takes it away.

ACCOUNTING_WAYS=(v1 v2 proc)
ACCOUNTING_CGROUP=${ACCOUNTING_CGROUP:-} # a run inherits it

# cgroup_folders v1|v2: where a cgroup might be made: below our own, or else at the top.
cgroup_folders()
{
	local mount own

	if [[ $1 == v1 ]]; then
		mount=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpuacct(,|$)/ { print $2; exit }' /proc/mounts)
		own=$(awk -F: '$2 ~ /(^|,)cpuacct(,|$)/ { print $3; exit }' /proc/self/cgroup)
	else
		mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
		own=$(awk -F: '$1 == 0 { print $3; exit }' /proc/self/cgroup)
	fi
	[[ -z $mount ]] || printf '%s\n' "$mount${own%/}" "$mount"
}

# accounting_try WAY: makes the cgroup, and sees whether a process may enter it and its time be read.
accounting_try()
{
	local folder

	[[ $1 != proc ]] || return 0
	for folder in $(cgroup_folders "$1"); do
		ACCOUNTING_CGROUP=$folder/timewait-bench.$$
		mkdir "$ACCOUNTING_CGROUP" 2>/dev/null || continue
		if (accounting_enter) 2>/dev/null && ACCOUNTING=$1 accounting_us >/dev/null 2>&1; then
			return 0
		fi
		accounting_close
	done
	ACCOUNTING_CGROUP=
	return 1
}

# accounting_open: sets ACCOUNTING, the way, and ACCOUNTING_CGROUP.
accounting_open()
{
	local way ways=("${ACCOUNTING_WAYS[@]}")

	[[ -z ${ACCOUNTING:-} ]] || ways=("$ACCOUNTING")
	for way in "${ways[@]}"; do
		if accounting_try "$way"; then
			ACCOUNTING=$way
			return 0
		fi
	done
	return 1
}

# accounting_sweep: takes away what a bench left that was killed.
accounting_sweep()
{
	local folder left

	for folder in $(cgroup_folders v1) $(cgroup_folders v2); do
		for left in "$folder"/timewait-bench.*; do
			[[ ! -d $left || -d /proc/${left##*.} ]] || rmdir "$left" 2>/dev/null || true
		done
	done
}

# accounting_enter: moves the shell that calls it; what it becomes, and all it forks, is counted.
accounting_enter()
{
	[[ -z $ACCOUNTING_CGROUP ]] || echo 0 >"$ACCOUNTING_CGROUP/cgroup.procs"
}

# accounting_us: prints the CPU time so far, in us. By `proc`, of every process in this PID namespace
# that has a session of its own (`setsid`), with the children it has waited for.
accounting_us()
{
	case $ACCOUNTING in
	v1) awk '{ printf "%.3f\n", $1 / 1000 }' "$ACCOUNTING_CGROUP/cpuacct.usage" ;;
	v2) awk '$1 == "usage_usec" { print $2 }' "$ACCOUNTING_CGROUP/cpu.stat" ;;
	proc)
		cat /proc/[0-9]*/stat 2>/dev/null | awk -v hz="$(getconf CLK_TCK)" '
			{ sub(/^.*\) /, "") }
			$4 != 0 { ticks += $12 + $13 + $14 + $15 }
			END { print ticks * 1000000 / hz }'
		;;
	esac
}

# accounting_close: takes the cgroup away. A process that is just dying holds it a moment longer.
accounting_close()
{
	local deadline=$((SECONDS + 5))

	[[ -n $ACCOUNTING_CGROUP ]] || return 0
	until rmdir "$ACCOUNTING_CGROUP" 2>/dev/null; do
		if [[ ! -d $ACCOUNTING_CGROUP ]] || ((SECONDS >= deadline)); then
			break
		fi
		sleep 0.01
	done
	[[ ! -d $ACCOUNTING_CGROUP ]] || echo "bench: $ACCOUNTING_CGROUP is still in use" >&2
	ACCOUNTING_CGROUP=
}

accounting_describe()
{
	case $ACCOUNTING in
	v1) echo "cgroup v1, cpuacct.usage" ;;
	v2) echo "cgroup v2, usage_usec of cpu.stat" ;;
	proc) echo "/proc/PID/stat, in ticks of 10 ms (no cgroup)" ;;
	esac
}
