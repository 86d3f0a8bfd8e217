/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_RATE_H
#define DAYTIME_RATE_H

/*
 * So many answers a second to each source prefix, and a burst at once: a token bucket for each,
 * kept as the one number of the Generic Cell Rate Algorithm (ITU-T I.371, the "virtual
 * scheduling" form): the theoretical arrival time, at which the bucket will be full again.
 *
 * The buckets live in a table of fixed size, 8192 sets of 8, 512 KiB in all, whatever is
 * counted. A bucket that is full again says no more than none at all, so its place is free. If
 * all 8 places of a set are taken, the bucket that will be full first is forgotten.
 *
 * What a flood of forged sources can do: keep many sets taken, so that the buckets of others
 * are forgotten and these get more than their rate. What it cannot: make the table grow or a
 * search longer; push out whoever is far over the limit (a new bucket lacks one token, and of
 * all in its set the one that lacks least is forgotten); or have an honest source refused.
 * That takes two prefixes with the same set and the same 20 bits besides, which, with the
 * table full, happens to one source in 130000, and nobody can bring it about (see prefix.h).
 *
 * Any number of threads may ask at once; nobody waits for anybody.
 */

#include <stdbool.h>
#include <stdint.h>

#define RATE_PER_SECOND_MAX 1000000
#define RATE_BURST_MAX      1000000

struct rate;

/*
 * 1 to RATE_PER_SECOND_MAX a second, of which 1 to RATE_BURST_MAX at once after a pause. 0, or
 * -EINVAL, or -ENOMEM; nothing is allocated afterwards.
 */
int rate_open(struct rate **ret_rate, uint32_t per_second, uint32_t burst);

void rate_close(struct rate *rate); /* takes NULL */

/*
 * May this prefix have one more? If so, it has had it. `rate` may be NULL: there is no limit.
 *
 * `now_ns` is of CLOCK_MONOTONIC (base/clock.h). Threads need not agree on it to the
 * nanosecond: a time before that of an earlier call gives nobody more tokens, unless it is
 * more than 10 s before, which can be no delay between threads: then what was counted is
 * forgotten.
 */
bool rate_allows(struct rate *rate, uint64_t prefix_hash, int64_t now_ns);

#endif
