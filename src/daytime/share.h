/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_SHARE_H
#define DAYTIME_SHARE_H

/*
 * How many connections each source prefix holds open, so that none takes all there are.
 *
 * There are 2^19 counters (1 MiB, of which memory is taken as it is used), and the hash of the
 * prefix names one (see prefix.h). Two prefixes may meet in one, which matters once they
 * reach the limit together. With n connections open from others, a newcomer's counter holds
 * n / 2^19 of them on average: the chance that it meets any is 0.2 % for 1000 and 17 % for
 * 100000, that it meets four or more is 10^-12 and 5 in 100000; and nobody can bring it about.
 *
 * Any number of threads may take and give back at once; nobody waits for anybody.
 */

#include <stdbool.h>
#include <stdint.h>

#define SHARE_LIMIT_MAX UINT16_MAX

struct share;

/* 1 to SHARE_LIMIT_MAX connections a prefix. 0, or -EINVAL, or -ENOMEM. */
int share_open(struct share **ret_share, uint32_t limit);

void share_close(struct share *share); /* takes NULL */

/* One more for this prefix? If so, it holds it. `share` may be NULL: there is no limit. */
bool share_take(struct share *share, uint64_t prefix_hash);

/* The end of one that share_take() granted. */
void share_give_back(struct share *share, uint64_t prefix_hash);

/* How many are held where this prefix is counted. 0 for NULL. */
uint32_t share_held(const struct share *share, uint64_t prefix_hash);

#endif
