/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/rate.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"

/*
 * A bucket is one word, so that one compare-and-swap changes it whole: the time at which it
 * will be full again in the upper 44 bits, which prefix it belongs to in the lower 20. No
 * prefix is called 0, so the word 0 is no bucket.
 *
 * Time is counted in 1024ths of the interval between two tokens: then a token is a whole
 * number, and nothing is lost by rounding it. The 44 bits come round after 2^34 tokens (198
 * days at 1000 a second); a bucket that was left alone for just so long, to within its burst
 * and STRAY_S, is taken for a fresh one.
 */
#define SETS      8192
#define WAYS      8
#define NAME_BITS 20
#define NAME_MASK ((UINT64_C(1) << NAME_BITS) - 1)
#define TIME_BITS (64 - NAME_BITS)
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
#define TOKEN     1024 /* ticks */
#define STRAY_S   10   /* as far may one thread's clock reading be behind another's */

struct set {
	_Alignas(64) _Atomic uint64_t buckets[WAYS]; /* a cache line */
};

struct rate {
	struct set sets[SETS];
	uint64_t per_second;
	int64_t burst_ticks, stray_ticks;
};

int rate_open(struct rate **ret_rate, uint32_t per_second, uint32_t burst)
{
	struct rate *rate;

	if (!per_second || per_second > RATE_PER_SECOND_MAX || !burst || burst > RATE_BURST_MAX)
		return -EINVAL;
	rate = aligned_alloc(_Alignof(struct rate), sizeof(*rate));
	if (!rate)
		return -ENOMEM;
	for (int i = 0; i < SETS; i++) {
		for (int j = 0; j < WAYS; j++)
			atomic_init(&rate->sets[i].buckets[j], 0);
	}
	rate->per_second = per_second;
	rate->burst_ticks = (int64_t)burst * TOKEN;
	rate->stray_ticks = (int64_t)STRAY_S * per_second * TOKEN;
	*ret_rate = rate;
	return 0;
}

void rate_close(struct rate *rate)
{
	free(rate);
}

/* Whole seconds and the rest apart: the product of both would not fit. */
static uint64_t ticks_at(const struct rate *rate, int64_t now_ns)
{
	uint64_t ticks_per_s = rate->per_second * TOKEN;
	uint64_t seconds = (uint64_t)now_ns / (uint64_t)NS_PER_S;
	uint64_t rest_ns = (uint64_t)now_ns % (uint64_t)NS_PER_S;

	return (seconds * ticks_per_s + rest_ns * ticks_per_s / (uint64_t)NS_PER_S) & TIME_MASK;
}

/* How long until the bucket is full: 0 when it is, or when its time cannot be right. */
static int64_t ticks_until_full(const struct rate *rate, uint64_t bucket, uint64_t now)
{
	/* The clock comes round, so what counts is the shorter way from one to the other. */
	uint64_t ahead = ((bucket >> NAME_BITS) - now) & TIME_MASK;

	if (ahead > (uint64_t)(rate->burst_ticks + rate->stray_ticks))
		return 0;
	return (int64_t)ahead;
}

/* The bucket of that name, or else the one to be forgotten for it: one that is full or empty
 * of meaning, or the one that will be full first. *ret_bucket is the word as it was read. */
static _Atomic uint64_t *choose(
	struct rate *rate, struct set *set, uint64_t name, uint64_t now, uint64_t *ret_bucket)
{
	_Atomic uint64_t *chosen = NULL;
	int64_t least = INT64_MAX;

	for (int i = 0; i < WAYS; i++) {
		uint64_t bucket = atomic_load_explicit(&set->buckets[i], memory_order_relaxed);
		int64_t ticks;

		if ((bucket & NAME_MASK) == name) {
			*ret_bucket = bucket;
			return &set->buckets[i];
		}
		ticks = bucket ? ticks_until_full(rate, bucket, now) : -1;
		if (ticks < least) {
			least = ticks;
			chosen = &set->buckets[i];
			*ret_bucket = bucket;
		}
	}
	return chosen;
}

bool rate_allows(struct rate *rate, uint64_t prefix_hash, int64_t now_ns)
{
	struct set *set;
	uint64_t name, now;

	if (!rate)
		return true;
	set = &rate->sets[prefix_hash % SETS];
	name = prefix_hash >> (64 - NAME_BITS);
	if (!name)
		name = 1;
	now = ticks_at(rate, now_ns);
	/* Who loses the race looks again; somebody has won it, so all together get on. */
	while (true) {
		uint64_t bucket;
		_Atomic uint64_t *place = choose(rate, set, name, now, &bucket);
		int64_t ticks = TOKEN;
		uint64_t next;

		if ((bucket & NAME_MASK) == name)
			ticks += ticks_until_full(rate, bucket, now);
		if (ticks > rate->burst_ticks)
			return false;
		next = ((now + (uint64_t)ticks) & TIME_MASK) << NAME_BITS | name;
		if (atomic_compare_exchange_strong_explicit(
			    place, &bucket, next, memory_order_relaxed, memory_order_relaxed))
			return true;
	}
}
