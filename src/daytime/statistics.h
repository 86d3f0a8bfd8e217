/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_STATISTICS_H
#define DAYTIME_STATISTICS_H

/* What a server counts, and how it says it. */

#include <stddef.h>
#include <stdint.h>

struct statistics {
	int64_t started_ns;
	uint64_t accepted; /* TCP connections; each ends as one of the next three */
	uint64_t answered;
	uint64_t timed_out;
	uint64_t failed;    /* the client went away before it had the line */
	uint64_t exhausted; /* times that accepting paused for want of descriptors or memory */
	int most_open;
	uint64_t datagrams_answered, datagrams_refused, datagrams_failed;
};

/* One more, of now so many. */
void statistics_accepted(struct statistics *statistics, int open);

/* One line without newline, translated. */
void statistics_print(const struct statistics *statistics, int open, char *buffer, size_t size);

#endif
