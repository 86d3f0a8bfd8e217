/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/statistics.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/i18n.h"

void statistics_accepted(struct statistics *statistics, int open)
{
	statistics->accepted++;
	if (open > statistics->most_open)
		statistics->most_open = open;
}

void statistics_print(const struct statistics *statistics, int open, char *buffer, size_t size)
{
	typedef unsigned long long count;

	snprintf(buffer, size,
		_("connections: %llu accepted, %llu answered, %llu timed out, %llu failed, %d open "
		  "(%d at most), %llu pauses; datagrams: %llu answered, %llu refused, %llu "
		  "failed; up %lld s"),
		(count)statistics->accepted, (count)statistics->answered,
		(count)statistics->timed_out, (count)statistics->failed, open,
		statistics->most_open, (count)statistics->exhausted,
		(count)statistics->datagrams_answered, (count)statistics->datagrams_refused,
		(count)statistics->datagrams_failed,
		(long long)((clock_now_ns() - statistics->started_ns) / NS_PER_S));
}
