# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
#
# The laboratory: every scenario that is not slow, of every theme, for each of them rests on how one kernel behaves, and
# all of them take three seconds. Of those with real programs these are the ones whose programs are ours: no others
# are here. Of the slow ones see slow.sh.

cd /scenarios || exit
fast=$(timewait scenarios --json |
	sed -n 's/.*"name":"\([^"]*\)","theme":"\([^"]*\)".*"slow":false.*/\2\/\1.tcp/p')

# shellcheck disable=SC2086
timewait run --tap $fast >/tmp/tap 2>/dev/null
tap scenarios /tmp/tap $?
# Once is enough to hear what this kernel lacks.
fast=$(sed -n '/# SKIP /!s/^[a-z ]*ok [0-9]* - \([^ ]*\.tcp\): .*/\1/p' /tmp/tap)
# shellcheck disable=SC2086
timewait run --tap --ipv6 $fast >/tmp/tap 2>/dev/null
tap scenarios-ipv6 /tmp/tap $?

cd /
for who in server client both reset; do
	check_output "reproduce: --first-close $who" 'ESTABLISHED' timewait reproduce --first-close "$who"
done
check_output "reproduce: on this host's loopback" 'TIME_WAIT for 60 seconds' timewait reproduce --host
check_output "reproduce: ten times alike" 'alike' timewait reproduce --repeat 10
check_output "run: as an ordinary user" '^ok 1 ' \
	su -s /bin/sh nobody -c 'timewait run --tap /scenarios/closing/server-closes-first.tcp'

for test in fence states; do
	for family in 4 6; do
		unset RIG_IPV6
		[ "$family" = 4 ] || export RIG_IPV6=1
		"/tests/lab_$test" >/tmp/tap 2>&1
		tap "lab-$test-ipv$family" /tmp/tap $?
	done
done
