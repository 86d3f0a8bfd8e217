#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What is left of a server's connections a second while somebody looks on: `timewait watch` beside nobody, and beside the
# tools of libbpf-tools; and what it takes to read the kept counts of a million TIME_WAITs.
#
#   watch.sh [--samples FILE] [rate|saturated|deaths|memory|million]...      (all of them when none is named)
#
# `rate`: RATE connections a second are asked for. `saturated`: as many as the machine can. Every round has each observer
# once, one after the other, each in fresh namespaces; ratios are taken within a round (see bench/daytime.sh).
# `deaths`: RATE once more, and then a minute's wait until as many a second expire: is each of them told?
# `memory`: what watch and top have in memory after a million events, and after ten million.
# From the environment: BUILD (build), PEERS (build/peers), ROUNDS (5), COUNT (200000), RATE (40000), WORKERS (2),
# OBSERVERS (untraced watch watch-t tcpstates tcplife).
set -euo pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${HERE%/*}
# shellcheck source=rounds.bash
source "$HERE/rounds.bash"

complain()
{
	printf 'bench: %s\n' "$2" >&2
	exit "$1"
}

parse()
{
	KEEP='' WANTED=()
	while (($#)); do
		case $1 in
		--samples)
			(($# > 1)) || complain 2 "$1 needs a file"
			KEEP=$2
			shift
			;;
		rate | saturated | deaths | memory | million) WANTED+=("$1") ;;
		*) complain 2 "unknown word '$1' (there are: --samples, rate saturated deaths memory million)" ;;
		esac
		shift
	done
	((${#WANTED[@]})) || WANTED=(rate saturated deaths memory million)
}

# one PART OBSERVER ROUND: a sample, or why there is none.
one()
{
	local attempt status

	for ((attempt = 0; attempt < ATTEMPTS; attempt++)); do
		rm -rf "$FOLDER/run"
		mkdir "$FOLDER/run"
		status=0
		(cd "$FOLDER/run" && in_fresh_namespaces "$HERE/watch_run.sh" "$1" "$2") \
			</dev/null >"$FOLDER/result" 2>"$FOLDER/complaints" &
		RUN_PID=$!
		wait "$RUN_PID" || status=$?
		RUN_PID=
		case $status in
		0)
			record sample "$1" "$2" "$3" "$(tail -n 1 "$FOLDER/result")"
			return
			;;
		3) record void "$1" "$2" "$3" "$(tail -n 1 "$FOLDER/result")" ;;
		*) break ;;
		esac
	done
	record missing "$1" "$2" "$(tail -qn 1 "$FOLDER/result" "$FOLDER/complaints" | tr '\t\n' '  ')"
}

measure_part()
{
	local round observer observers=("${OBSERVERS[@]}") rounds=$ROUNDS

	case $1 in
	deaths)
		observers=(watch)
		rounds=1
		;;
	memory)
		observers=(watch top)
		rounds=1
		COUNT=1100000
		;;
	million)
		observers=(lives)
		rounds=1
		COUNT=1000000
		;;
	esac
	for ((round = 1; round <= rounds; round++)); do
		for observer in "${observers[@]}"; do
			[[ ! -t 2 ]] || printf '\r\033[Kbench: %s: round %d of %d: %s' "$1" "$round" "$rounds" "$observer" >&2
			one "$1" "$observer" "$round"
		done
	done
	[[ ! -t 2 ]] || printf '\r\033[K' >&2
}

report()
{
	perl -I"$HERE" -MFigures -e '
		my $figures = Figures::read($ARGV[0]);
		my %title = (rate => "At a given rate", saturated => "As fast as it goes");
		for my $part (qw(rate saturated)) {
			next unless $figures->{samples}{$part};
			print "\n$title{$part}\n\n| observer | connections/s | left | births told | lost |\n|---|---|---|---|---|\n";
			for my $name (@{ $figures->{order} }) {
				my $per_second = Figures::median(Figures::values($figures, $part, $name, "per_second"));
				if (!defined $per_second) {
					my $why = $figures->{missing}{$part}{$name};
					print "| $name | missing: $why | | | |\n" if defined $why;
					next;
				}
				my ($born, $entered, $lost, $has) = (0, 0, 0, 0);
				my @births = Figures::values($figures, $part, $name, "born");
				$born += $_ for @births;
				$entered += $_ for Figures::values($figures, $part, $name, "entered");
				$lost += $_ for Figures::values($figures, $part, $name, "lost");
				printf "| %s | %.0f | %.3f | %s | %s |\n", $name, $per_second,
					Figures::ratio($figures, $part, $name, "untraced", "per_second") // 0,
					@births ? sprintf("%.4f", $born / $entered) : "none", @births ? $lost : "";
			}
		}
		if (my $sample = $figures->{samples}{deaths}{watch}{1}) {
			printf "\n%d TIME_WAITs ended, and watch told of %d; %d began, and it told of %d; lost %d\n",
				$sample->{before} + $sample->{entered}, @$sample{qw(died entered born lost)};
		} elsif (defined(my $why = $figures->{missing}{deaths}{watch})) {
			print "\nthe deaths of TIME_WAITs: missing: $why\n";
		}
		for my $name (qw(watch top)) {
			if (my $sample = $figures->{samples}{memory}{$name}{1}) {
				printf "\n%s has %.1f MiB resident after a tenth of %d connections, %.1f MiB after all (%d lines)\n", $name,
					$sample->{early_kb} / 1024, $sample->{connections}, $sample->{late_kb} / 1024, $sample->{lines};
			} elsif (defined(my $why = $figures->{missing}{memory}{$name})) {
				print "\nthe memory of $name: missing: $why\n";
			}
		}
		if (my $sample = $figures->{samples}{million}{lives}{1}) {
			printf "\n%d TIME_WAITs: the kept counts and all groups are read in %.2f ms, a dump takes %.0f ms; drift %d\n",
				$sample->{dumped}, $sample->{read_us} / 1000, $sample->{dump_us} / 1000, $sample->{drift};
		} elsif (defined(my $why = $figures->{missing}{million}{lives})) {
			print "\na million TIME_WAITs: missing: $why\n";
		}' "$SAMPLES"
}

leave()
{
	[[ -z $RUN_PID ]] || kill -KILL "$RUN_PID" 2>/dev/null || true
	rm -rf "$FOLDER"
}

parse "$@"
BUILD=$(cd "${BUILD:-$ROOT/build}" && pwd)
PEERS=${PEERS:-$ROOT/build/peers}
[[ $PEERS == /* ]] || PEERS=$PWD/$PEERS
export BUILD PEERS ROUNDS=${ROUNDS:-5} COUNT=${COUNT:-200000} RATE=${RATE:-40000} WORKERS=${WORKERS:-2}
read -ra OBSERVERS <<<"${OBSERVERS:-untraced watch watch-t tcpstates tcplife}"
((EUID == 0)) || complain 77 "BPF needs root"
[[ -x $BUILD/timewait ]] || complain 77 "$BUILD/timewait is missing ('make' builds it)"
FOLDER=$(mktemp -d)
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
SAMPLES=$FOLDER/samples
: >"$SAMPLES"
for observer in "${OBSERVERS[@]}"; do
	record server "$observer" observer "$observer"
done
for part in "${WANTED[@]}"; do
	measure_part "$part"
done
report
[[ -z $KEEP ]] || cp "$SAMPLES" "$KEEP"
