#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What `timewait list` costs where a host has hundreds of thousands of sockets in TIME_WAIT, beside ss: each
# round runs all of them once, in turns, in one fresh network namespace, their output into files in memory.
# Printed are medians, and the median of the rounds' ratios to ss. `dump` is what the kernel needs for it alone.
#
#   list.sh [COUNT]...                            (300000 and 1000000)
#
# Twice each: every socket has a peer of its own, which is the worst for --by peer; and 4096 peers, which is
# usual. `list` also looks for listeners and bound sockets, and for the latter the kernel walks all TIME_WAITs of
# a port once more; `time-wait` asks for what ss is asked for. From the environment: BUILD (build), ROUNDS (5). A TIME_WAIT lasts a minute: a round that would have
# fewer than 99 of 100 left is not run.
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=sockstat.bash
source "$HERE/sockstat.bash"
BUILD=$(cd "${BUILD:-${HERE%/*}/build}" && pwd)
ROUNDS=${ROUNDS:-5}
export BUILD ROUNDS

complain()
{
	printf 'bench: %s\n' "$2" >&2
	exit "$1"
}

await_listener()
{
	local tries

	for ((tries = 0; tries < 500; tries++)); do
		[[ -z $(ss -Hltn 'sport = :13') ]] || return 0
		sleep 0.02
	done
	complain 1 'daytimed does not start'
}

# make_sockets COUNT PREFIX: the server closes first, so its end waits.
make_sockets()
{
	local server

	ip link set lo up
	echo 4194304 >/proc/sys/net/ipv4/tcp_max_tw_buckets
	echo 4096 >/proc/sys/net/core/somaxconn
	"$BUILD/daytimed" --tcp -4 --bind 127.0.0.1 --workers 2 13 2>/dev/null &
	server=$!
	await_listener
	"$BUILD/daytime" -n "$1" -c 64 --workers 2 --source "$2" 127.0.0.1 13 >/dev/null 2>&1 || true
	kill "$server"
	wait "$server" || true
	(($(waiting) >= $1 * 99 / 100)) ||
		complain 1 "only $(waiting) of $1 sockets are in TIME_WAIT: this machine is too slow, or short of memory"
}

# candidate NAME: becomes it.
candidate()
{
	case $1 in
	dump) set -- "$BUILD/bench/dump" ;;
	ss) set -- ss -Htan state time-wait ;;
	time-wait) set -- "$BUILD/timewait" list --state time-wait ;;
	list) set -- "$BUILD/timewait" list ;;
	list-json) set -- "$BUILD/timewait" list --json ;;
	by-peer) set -- "$BUILD/timewait" list --by peer ;;
	by-state) set -- "$BUILD/timewait" list --by state ;;
	limited) set -- "$BUILD/timewait" list --sort timer --limit 10 ;;
	esac
	"$BUILD/bench/timed" output "$@" 2>>complaints
}

CANDIDATES=(ss dump time-wait list list-json by-peer by-state limited)

# inside COUNT PREFIX: in the namespaces; samples on stdout, "ROUND NAME MS CPU_MS KIB".
inside()
{
	local round name

	mount -t tmpfs none "$FOLDER"
	cd "$FOLDER"
	make_sockets "$@"
	for ((round = 1; round <= ROUNDS && $(waiting) >= $1 * 99 / 100; round++)); do
		for name in "${CANDIDATES[@]}"; do
			printf '%d %s ' "$round" "$name"
			candidate "$name"
		done
	done
}

report()
{
	perl -e '
		use strict;
		use warnings;
		my (@order, %of, %ss);
		while (<STDIN>) {
			my ($round, $name, $ms, $cpu, $kib) = split;
			defined $kib or next;
			$of{$name} or push @order, $name;
			push @{$of{$name}{ms}}, $ms;
			push @{$of{$name}{cpu}}, $cpu;
			push @{$of{$name}{kib}}, $kib;
			$ss{$round} = $ms if $name eq "ss";
			push @{$of{$name}{ratio}}, $ss{$round} / $ms;
		}
		sub median { my @v = sort { $a <=> $b } @_; ($v[$#v / 2] + $v[@v / 2]) / 2 }
		@order or die "bench: no round was run\n";
		printf "%-12s %9s %9s %9s %9s %7s\n", "", "ms", "CPU ms", "MiB", "x ss", "rounds";
		for my $name (@order) {
			my $o = $of{$name};
			printf "%-12s %9.1f %9.1f %9.1f %9.2f %7d\n", $name, median(@{$o->{ms}}),
				median(@{$o->{cpu}}), median(@{$o->{kib}}) / 1024, median(@{$o->{ratio}}),
				scalar @{$o->{ms}};
		}'
}

# measure COUNT PREFIX
measure()
{
	local user=()

	((EUID == 0)) || user=(--user --map-root-user)
	setpriv --pdeathsig KILL unshare "${user[@]}" --net --mount --pid --fork --kill-child --mount-proc \
		"$0" --inside "$@" | report
}

if [[ ${1:-} == --inside ]]; then
	inside "$2" "$3"
	exit
fi
for tool in ss ip perl unshare setpriv; do
	command -v "$tool" >/dev/null || complain 77 "$tool is missing ('scripts/deps bench' installs it)"
done
[[ -x $BUILD/timewait && -x $BUILD/bench/dump ]] || complain 77 "$BUILD/timewait is missing ('make' builds it)"
((EUID == 0)) || unshare --user --map-root-user --net true 2>/dev/null ||
	complain 77 'network namespaces are refused here, and every run needs a fresh one'
FOLDER=$(mktemp -d)
export FOLDER
trap 'rmdir "$FOLDER"' EXIT
(($#)) || set -- 300000 1000000
for count; do
	printf '\n%s sockets in TIME_WAIT, each with a peer of its own\n' "$count"
	measure "$count" 127.0.0.0/8
	printf '\n%s sockets in TIME_WAIT, 4096 peers\n' "$count"
	measure "$count" 127.0.16.0/20
done
