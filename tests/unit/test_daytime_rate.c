/* SPDX-License-Identifier: BSD-2-Clause */

/* The token buckets, on a clock of the test's own. */

#include "unit.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "daytime/rate.h"

#define START   (INT64_C(1000) * NS_PER_S)
#define SETS    8192
#define WAYS    8
#define THREADS 4

/* As a keyed hash spreads them: a bijection, so that no two are equal (the finish of a 64-bit
 * MurmurHash3). */
static uint64_t hash_of(uint64_t number)
{
	number ^= number >> 33;
	number *= UINT64_C(0xff51afd7ed558ccd);
	number ^= number >> 33;
	number *= UINT64_C(0xc4ceb9fe1a85ec53);
	return number ^ number >> 33;
}

/* A hash that falls into that set, by that name. */
static uint64_t placed(uint64_t set, uint64_t name)
{
	return name << 44 | set;
}

static int allowed(struct rate *rate, uint64_t hash, int64_t now_ns, int tries)
{
	int count = 0;

	while (tries--)
		count += rate_allows(rate, hash, now_ns);
	return count;
}

static struct rate *opened(uint32_t per_second, uint32_t burst)
{
	struct rate *rate;

	assert_int_equal(rate_open(&rate, per_second, burst), 0);
	return rate;
}

static void bad_limits(void **state)
{
	struct rate *rate = NULL;

	(void)state;
	assert_int_equal(rate_open(&rate, 0, 1), -EINVAL);
	assert_int_equal(rate_open(&rate, 1, 0), -EINVAL);
	assert_int_equal(rate_open(&rate, RATE_PER_SECOND_MAX + 1, 1), -EINVAL);
	assert_int_equal(rate_open(&rate, 1, RATE_BURST_MAX + 1), -EINVAL);
	assert_null(rate);
	rate_close(NULL);
	assert_true(rate_allows(NULL, 1, START)); /* no limit */
}

static void a_burst_and_then_the_rate(void **state)
{
	struct rate *rate = opened(10, 5);

	(void)state;
	assert_int_equal(allowed(rate, 7, START, 100), 5);
	assert_int_equal(allowed(rate, 7, START + 100 * NS_PER_MS - 1, 10), 0);
	assert_int_equal(allowed(rate, 7, START + 100 * NS_PER_MS, 10), 1);
	assert_int_equal(allowed(rate, 7, START + 350 * NS_PER_MS, 10), 2);
	assert_int_equal(allowed(rate, 7, START + 400 * NS_PER_MS, 10), 1); /* nothing is lost */
	assert_int_equal(allowed(rate, 7, START + 100 * NS_PER_S, 10), 5);  /* no more than that */
	assert_int_equal(allowed(rate, 8, START + 100 * NS_PER_S, 10), 5);  /* to each its own */
	rate_close(rate);
}

/* Asked all the time, in steps that divide nothing, a prefix has its burst and then exactly so
 * many a second: for rates whose interval is no whole number of ns, too. */
static void the_rate_is_exact(void **state)
{
	static const struct {
		uint32_t per_second, burst;
		int seconds;
	} cases[] = {{1, 1, 3000}, {3, 7, 1000}, {7, 1, 400}, {999, 10, 10}, {999983, 1000, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rate *rate = opened(cases[i].per_second, cases[i].burst);
		int64_t duration_ns = cases[i].seconds * NS_PER_S;
		int64_t step_ns =
			duration_ns / (3 * (int64_t)cases[i].per_second * cases[i].seconds);
		int64_t wanted = (int64_t)cases[i].per_second * cases[i].seconds + cases[i].burst;
		int64_t count = allowed(rate, 9, START, (int)cases[i].burst + 5);

		for (int64_t at_ns = step_ns; at_ns < duration_ns; at_ns += step_ns)
			count += allowed(rate, 9, START + at_ns, 2);
		count += allowed(rate, 9, START + duration_ns, 2);
		if (count < wanted - 1 || count > wanted)
			fail_msg("%u a second: %lld instead of %lld", cases[i].per_second,
				(long long)count, (long long)wanted);
		rate_close(rate);
	}
}

/* Up to as many as there are places, nobody is refused because of others, nor forgotten. */
static void many_sources(void **state)
{
	struct rate *rate = opened(1, 2);

	(void)state;
	for (uint64_t set = 0; set < SETS; set++) {
		for (uint64_t name = 1; name <= WAYS; name++)
			assert_int_equal(allowed(rate, placed(set, name), START, 3), 2);
	}
	for (uint64_t set = 0; set < SETS; set++) {
		for (uint64_t name = 1; name <= WAYS; name++)
			assert_int_equal(allowed(rate, placed(set, name), START, 1), 0);
	}
	rate_close(rate);
}

/* Hashes that differ in nothing the table keeps are one; the name 0 is a name, too. */
static void names(void **state)
{
	struct rate *rate = opened(1, 1);

	(void)state;
	assert_true(rate_allows(rate, placed(1, 0), START));
	assert_false(rate_allows(rate, placed(1, 0), START));
	assert_true(rate_allows(rate, placed(1, 2), START));
	assert_true(rate_allows(rate, placed(2, 2), START));
	assert_false(rate_allows(rate, placed(2, 2) | 1 << 20, START));
	rate_close(rate);
}

/* A full set forgets the bucket that will be full first; one far over the limit stays. */
static void who_is_forgotten(void **state)
{
	struct rate *rate = opened(1, 10);

	(void)state;
	assert_int_equal(allowed(rate, placed(5, 1), START, 20), 10);
	for (uint64_t name = 2; name <= WAYS; name++)
		assert_int_equal(allowed(rate, placed(5, name), START, (int)name), (int)name);
	assert_true(rate_allows(rate, placed(5, 99), START));
	/* Number 2, with two tokens gone, made room: it has all ten again. */
	assert_int_equal(allowed(rate, placed(5, 2), START, 20), 10);
	for (uint64_t flood = 100; flood < 10000; flood++)
		assert_true(rate_allows(rate, placed(5, flood), START));
	assert_int_equal(allowed(rate, placed(5, 1), START, 20), 0);
	assert_int_equal(allowed(rate, placed(5, 2), START, 20), 0);
	/* Who is full again is forgotten before anybody who is not. */
	assert_int_equal(allowed(rate, placed(6, 1), START, 1), 1);
	for (uint64_t name = 2; name <= WAYS; name++)
		assert_int_equal(allowed(rate, placed(6, name), START, 10), 10);
	assert_true(rate_allows(rate, placed(6, 100), START + 2 * NS_PER_S));
	for (uint64_t name = 2; name <= WAYS; name++)
		assert_int_equal(allowed(rate, placed(6, name), START + 2 * NS_PER_S, 10), 2);
	rate_close(rate);
}

/* Another thread's reading of the clock may be behind; but not by hours. */
static void clocks_that_step(void **state)
{
	struct rate *rate = opened(10, 5);

	(void)state;
	assert_int_equal(allowed(rate, 7, START, 10), 5);
	assert_int_equal(allowed(rate, 7, START - 1, 10), 0);
	assert_int_equal(allowed(rate, 7, START - NS_PER_S, 10), 0);
	assert_int_equal(allowed(rate, 7, START - 9 * NS_PER_S, 10), 0);
	assert_int_equal(allowed(rate, 7, START - 11 * NS_PER_S, 10), 5);
	assert_int_equal(allowed(rate, 7, START + 3600 * NS_PER_S, 10), 5);
	assert_int_equal(allowed(rate, 7, 0, 10), 5);
	rate_close(rate);
}

/* At the 2^34th token the 44 bits come round. */
static void the_time_comes_round(void **state)
{
	struct rate *rate = opened(1000000, 1000);
	int64_t round_ns = (INT64_C(1) << 34) * 1000;

	(void)state;
	assert_int_equal(allowed(rate, 7, round_ns - 500000, 2000), 1000);
	assert_int_equal(allowed(rate, 7, round_ns - 1000, 2000), 499);
	assert_int_equal(allowed(rate, 7, round_ns + 1000, 2000), 2);
	assert_int_equal(allowed(rate, 7, round_ns + 100000, 2000), 99);
	assert_int_equal(allowed(rate, 7, INT64_MAX, 2000), 1000);
	rate_close(rate);
}

static size_t memory_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* Ten million sources that come once, as they are forged, cost nothing; and are all answered. */
static void a_flood(void **state)
{
	struct rate *rate = opened(1, 2);
	size_t before = memory_in_use();
	int refused = 0;

	(void)state;
	assert_int_equal(allowed(rate, hash_of(0), START, 10), 2);
	for (uint64_t i = 1; i <= 10000000; i++)
		refused += !rate_allows(rate, hash_of(i), START);
	assert_int_equal(memory_in_use(), before);
	/* One in 131072 would meet its name if there were as many tokens as sources. */
	assert_in_range(refused, 0, 10000000 / 131072 * 2);
	/* The one that was over its limit before is so still. */
	assert_int_equal(allowed(rate, hash_of(0), START, 10), 0);
	rate_close(rate);
}

/*
 * Threads.
 */

struct crowd {
	struct rate *rate;
	_Atomic int ready;
	_Atomic int allowed[16]; /* by source */
};

static void *ask_for_all(void *context)
{
	struct crowd *crowd = context;

	atomic_fetch_add(&crowd->ready, 1);
	while (atomic_load(&crowd->ready) < THREADS)
		;
	for (int i = 0; i < 20000; i++) {
		int source = i % 16;
		/* The clocks of threads agree to within a little. */
		int64_t now_ns = START + (i % 7) * 100;

		if (rate_allows(crowd->rate, placed((uint64_t)(source / 4), (uint64_t)source + 1),
			    now_ns))
			atomic_fetch_add(&crowd->allowed[source], 1);
	}
	return NULL;
}

/* However they race, all of them together have one burst a source: no token is had twice. */
static void threads_share_a_bucket(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct crowd crowd = {.rate = opened(10, 300)};

		for (int source = 0; source < 16; source++) /* each has its place: see the header */
			rate_allows(crowd.rate,
				placed((uint64_t)(source / 4), (uint64_t)source + 1), START);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, ask_for_all, &crowd), 0);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		for (int source = 0; source < 16; source++)
			assert_int_equal(crowd.allowed[source], 299);
		rate_close(crowd.rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_limits),
		cmocka_unit_test(a_burst_and_then_the_rate),
		cmocka_unit_test(the_rate_is_exact),
		cmocka_unit_test(many_sources),
		cmocka_unit_test(names),
		cmocka_unit_test(who_is_forgotten),
		cmocka_unit_test(clocks_that_step),
		cmocka_unit_test(the_time_comes_round),
		cmocka_unit_test(a_flood),
		cmocka_unit_test(threads_share_a_bucket),
	};

	return cmocka_run_group_tests_name("daytime rate", tests, NULL, NULL);
}
