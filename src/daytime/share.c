/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/share.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define COUNTERS (1 << 19)

struct share {
	uint32_t limit;
	_Atomic uint16_t held[COUNTERS];
};

int share_open(struct share **ret_share, uint32_t limit)
{
	struct share *share;

	if (!limit || limit > SHARE_LIMIT_MAX)
		return -EINVAL;
	/* Zeroes from calloc() are counters at 0, and pages that are not touched cost nothing. */
	share = calloc(1, sizeof(*share));
	if (!share)
		return -ENOMEM;
	share->limit = limit;
	*ret_share = share;
	return 0;
}

void share_close(struct share *share)
{
	free(share);
}

bool share_take(struct share *share, uint64_t prefix_hash)
{
	_Atomic uint16_t *held;
	uint16_t now;

	if (!share)
		return true;
	held = &share->held[prefix_hash % COUNTERS];
	now = atomic_load_explicit(held, memory_order_relaxed);
	/* Never above the limit, not even for a moment: another might be refused for it. */
	do {
		if (now >= share->limit)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		held, &now, (uint16_t)(now + 1), memory_order_relaxed, memory_order_relaxed));
	return true;
}

void share_give_back(struct share *share, uint64_t prefix_hash)
{
	if (share)
		atomic_fetch_sub_explicit(
			&share->held[prefix_hash % COUNTERS], 1, memory_order_relaxed);
}

uint32_t share_held(const struct share *share, uint64_t prefix_hash)
{
	if (!share)
		return 0;
	return atomic_load_explicit(&share->held[prefix_hash % COUNTERS], memory_order_relaxed);
}
