#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Every scenario that comes with the program, a point each: over IPv4 the slow ones too (a minute, all at
# once), over IPv6 those that are not slow; and those once more on a kernel that calls itself an old one, so that
# the laboratory puts up its fences (src/lab/fence.h). Programs of others come from $PEERS where they are not
# installed.
#
#   scenarios.sh 4|6|fence
set -euo pipefail
export LC_ALL=C.UTF-8

libraries=$(find "$PEERS" -name '*.so.*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd:)
export PATH="$PATH:$PEERS/usr/sbin:$PEERS/usr/bin" LD_LIBRARY_PATH=$libraries
# A program on a host has process numbers of its own, and /proc those of the machine: LeakSanitizer, which looks for its
# process there, gives up unless somebody else has the number. (Leaks of the laboratory are looked for by lab-run.)
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
cd "$(dirname "$0")/../../scenarios"

if [[ $1 == 4 ]]; then
	exec "$BUILD/timewait" run --tap --slow .
fi
mapfile -t fast < <("$BUILD/timewait" scenarios --json | jq -r 'select(.slow | not) | "\(.theme)/\(.name).tcp"')
if [[ $1 == fence ]]; then
	exec setarch --uname-2.6 "$BUILD/timewait" run --tap "${fast[@]}"
fi
exec "$BUILD/timewait" run --tap --ipv6 "${fast[@]}"
