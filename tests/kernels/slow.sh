# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
#
# What takes a minute, because a TIME_WAIT does: begun beside all else, and waited for at the end. Of the slow scenarios
# those that await the end of a TIME_WAIT or a FIN_WAIT2, all at once; and TIME_WAIT's life as BPF sees it, each cause of
# death made to happen: the verifier, the tracepoints and the stacks that tell a cause are this kernel's own.
# (test_life_counts.c stays at home: it is about a load that an emulated machine cannot carry. So does the scenario
# time-wait-full-lifetime, which holds a sleep against the kernel's timer to a tenth of a second: an emulated machine that has
# to wait for its processor loses ticks of the one and not of the other.)

begin_slow()
{
	local name files=

	for name in timers/time-wait-expires timers/fin-wait2-timeout \
		closing/two-time-waits-expire myths/time-wait-exactly-60 programs/restart-of-a-server; do
		files="$files /scenarios/$name.tcp"
	done
	# shellcheck disable=SC2086 # words, on purpose
	timewait run --tap --slow $files >/tmp/slow 2>/dev/null &
	slow=$!
	life='' births=''
	if [ -x /tests/lab_life ]; then
		/tests/lab_life >/tmp/life 2>&1 &
		life=$!
		/tests/lab_life_births >/tmp/births 2>&1 &
		births=$!
	fi
}

end_slow()
{
	wait "$slow"
	tap scenarios-slow /tmp/slow $?
	if [ -n "$life" ]; then
		wait "$life"
		tap lab-life /tmp/life $?
		wait "$births"
		tap lab-life-births /tmp/births $?
	else
		skip "lab-life" "built without BPF"
	fi
}
