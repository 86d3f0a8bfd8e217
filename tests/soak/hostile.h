/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOAK_HOSTILE_H
#define SOAK_HOSTILE_H

/*
 * What all hostile traffic has in common: how much of it, against whom, and what came of it. Everything
 * here is bounded by a count and by a time, and goes to one address, in a namespace of the test's own.
 */

#include <netinet/in.h>
#include <stdint.h>

#include "base/error.h"

struct hostile_plan {
	struct sockaddr_in target;
	uint32_t first_source; /* host order: connections come from here on */
	uint32_t source_count; /* a power of two; so many addresses, in turn */
	uint64_t count;        /* connections or packets, all told */
	uint32_t at_once;      /* connections open at once, at most */
	int64_t hold_ns;       /* how long a connection is kept that is kept at all */
	int64_t deadline_ns;   /* when to stop, whatever is left */
	uint64_t random;       /* the state of the generator; never 0 */
};

/* What became of it. */
struct hostile_tally {
	uint64_t begun;       /* connections begun, packets sent */
	uint64_t answered;    /* of those that were kept: the server had sent something */
	uint64_t turned_away; /* of those that were kept: the server had reset it, or refused */
	uint64_t failed;      /* this host's kernel would not have it */
	uint64_t bytes;       /* payload that was sent */
	int first_error;      /* errno of the first failure */
};

/* xorshift64: what is sent shall be the same in every run. */
static inline uint64_t hostile_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline void hostile_failed(struct hostile_tally *tally, int code)
{
	tally->failed++;
	if (!tally->first_error)
		tally->first_error = code;
}

/* Connections with bad manners, and single packets; NULL-ended lists of the kinds there are. */
extern const char *const crowd_kinds[];
extern const char *const flood_kinds[];

/* Both return 0 when the plan was carried out or its time was over, or a negative errno with *err
 * filled when they could not begin. *ret_tally is filled either way. */
int crowd_run(
	int kind, struct hostile_plan *plan, struct hostile_tally *ret_tally, struct error *err);
int flood_run(
	int kind, struct hostile_plan *plan, struct hostile_tally *ret_tally, struct error *err);

#endif
