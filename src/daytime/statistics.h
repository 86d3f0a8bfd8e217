/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_STATISTICS_H
#define DAYTIME_STATISTICS_H

/*
 * What a server counts. Each worker has its own and is the only one to write it; others may read it
 * meanwhile and add all up. So nothing is shared, and nothing is locked: the atomics are plain loads
 * and stores.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "base/histogram.h"
#include "daytime/datagram.h"

/* Why a connection was refused: it was accepted and reset. */
enum refusal {
	REFUSAL_RATE,  /* its source asks too often: --rate */
	REFUSAL_SHARE, /* its source holds too many: --max-per-source */
	REFUSALS
};

/* errnos up to here are told apart; the others count as this one. */
#define STATISTICS_ERRNOS 134

typedef _Atomic uint64_t statistics_count;

struct statistics {
	/* TCP connections. Each that was accepted is answered, timed out, failed (the client went
	 * away before it had the line), refused, or still open. */
	statistics_count accepted, answered, timed_out, failed;
	statistics_count refused[REFUSALS];
	statistics_count
		exhausted; /* times that accepting paused for want of descriptors or memory */
	statistics_count datagrams[DATAGRAM_VERDICTS]; /* [DATAGRAM_ANSWER]: have been answered */
	statistics_count datagrams_failed;
	statistics_count errors[STATISTICS_ERRNOS]; /* by errno, of whatever call */
	struct histogram
		latency; /* from accept to where line and end were in the kernel's hands, ns */
};

static inline void statistics_add(statistics_count *count, uint64_t more)
{
	uint64_t now = atomic_load_explicit(count, memory_order_relaxed);

	atomic_store_explicit(count, now + more, memory_order_relaxed);
}

/* `code` is an errno, positive. */
void statistics_error(struct statistics *statistics, int code);

/* Adds another's counts to ours. */
void statistics_merge(struct statistics *into, const struct statistics *from);

#endif
