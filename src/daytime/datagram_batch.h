/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_DATAGRAM_BATCH_H
#define DAYTIME_DATAGRAM_BATCH_H

/*
 * Datagrams by the batch: one recvmmsg(2) takes what waits, one sendmmsg(2) answers what is to
 * be answered, so that under load two system calls serve 64 queries. A worker owns one batch,
 * made once; it serves one socket after the other, in three steps:
 *
 *   receive, judge (see datagram.h), answer
 *
 * Nothing here allocates, blocks or prints, but datagram_batch_open().
 */

#include <stdint.h>

#include "daytime/datagram.h"
#include "daytime/prefix.h"
#include "daytime/rate.h"

#define DATAGRAM_BATCH 64

struct datagram_batch;

struct datagram_rules {
	uint16_t own_port;            /* the port served */
	size_t least_bytes;           /* --udp-min-request */
	const struct prefix_key *key; /* for `rate`; may be NULL without it */
	struct rate *rate;            /* NULL: no limit */
};

/* How a batch was judged: how many came to each verdict. */
struct datagram_judgement {
	uint32_t counts[DATAGRAM_VERDICTS]; /* [DATAGRAM_ANSWER] are to be answered */
	/* The first that is not to be answered, to tell of it, and why; NULL when there is none.
	 * It lives in the batch, until the next receive. */
	const struct datagram *refused;
	enum datagram_verdict reason;
};

/* What became of the answers. */
struct datagram_outcome {
	int answered;
	int failed;
	int errors[DATAGRAM_BATCH]; /* the errnos (positive) of the `failed` */
};

int datagram_batch_open(struct datagram_batch **ret_batch); /* 0 or -ENOMEM */

void datagram_batch_close(struct datagram_batch *batch); /* takes NULL */

/*
 * Takes up to DATAGRAM_BATCH from the socket. Returns how many (fewer than DATAGRAM_BATCH: no
 * more wait), or a negative errno: -EAGAIN when none waits; anything else is an ICMP error
 * for an earlier answer, which is no concern of ours: ask again.
 */
int datagram_batch_receive(struct datagram_batch *batch, int fd);

/*
 * Judges all that were received; only one that would be answered otherwise is counted against
 * the rate. `now_ns` is of CLOCK_MONOTONIC.
 */
void datagram_batch_judge(struct datagram_batch *batch, const struct datagram_rules *rules,
	int64_t now_ns, struct datagram_judgement *ret_judgement);

/*
 * Answers with the line those to be answered, each from the address it came to. One that
 * cannot be sent is left out, and the rest goes on; when the socket has no room (EAGAIN,
 * ENOBUFS, ENOMEM) the rest fails too, as datagrams do.
 */
void datagram_batch_answer(struct datagram_batch *batch, int fd, const char *line, size_t length,
	struct datagram_outcome *ret_outcome);

#endif
