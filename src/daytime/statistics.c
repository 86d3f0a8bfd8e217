/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/statistics.h"

void statistics_error(struct statistics *statistics, int code)
{
	if (code < 0 || code >= STATISTICS_ERRNOS)
		code = STATISTICS_ERRNOS - 1;
	statistics_add(&statistics->errors[code], 1);
}

static void merge(statistics_count *into, const statistics_count *from, int count)
{
	for (int i = 0; i < count; i++)
		statistics_add(&into[i], atomic_load_explicit(&from[i], memory_order_relaxed));
}

void statistics_merge(struct statistics *into, const struct statistics *from)
{
	merge(&into->accepted, &from->accepted, 1);
	merge(&into->answered, &from->answered, 1);
	merge(&into->timed_out, &from->timed_out, 1);
	merge(&into->failed, &from->failed, 1);
	merge(into->refused, from->refused, REFUSALS);
	merge(&into->exhausted, &from->exhausted, 1);
	merge(into->datagrams, from->datagrams, DATAGRAM_VERDICTS);
	merge(&into->datagrams_failed, &from->datagrams_failed, 1);
	merge(into->errors, from->errors, STATISTICS_ERRNOS);
	histogram_add(&into->latency, &from->latency);
}
