/* SPDX-License-Identifier: BSD-2-Clause */

/* How many connections a prefix holds. */

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "daytime/share.h"

#define THREADS 4
#define LIMIT   3

static void limits(void **state)
{
	struct share *share = NULL;

	(void)state;
	assert_int_equal(share_open(&share, 0), -EINVAL);
	assert_int_equal(share_open(&share, SHARE_LIMIT_MAX + 1), -EINVAL);
	assert_null(share);
	share_close(NULL);
	assert_true(share_take(NULL, 1)); /* no limit */
	share_give_back(NULL, 1);
	assert_int_equal(share_held(NULL, 1), 0);
}

static void each_has_its_share(void **state)
{
	struct share *share;

	(void)state;
	assert_int_equal(share_open(&share, 2), 0);
	assert_true(share_take(share, 7));
	assert_true(share_take(share, 7));
	assert_false(share_take(share, 7));
	assert_int_equal(share_held(share, 7), 2);
	assert_true(share_take(share, 8));
	share_give_back(share, 7);
	assert_int_equal(share_held(share, 7), 1);
	assert_true(share_take(share, 7));
	assert_false(share_take(share, 7));
	share_close(share);
}

static void the_largest_limit(void **state)
{
	struct share *share;

	(void)state;
	assert_int_equal(share_open(&share, SHARE_LIMIT_MAX), 0);
	for (int i = 0; i < SHARE_LIMIT_MAX; i++)
		assert_true(share_take(share, UINT64_MAX));
	assert_false(share_take(share, UINT64_MAX));
	assert_int_equal(share_held(share, UINT64_MAX), SHARE_LIMIT_MAX);
	share_close(share);
}

struct crowd {
	struct share *share;
	_Atomic int ready, holding, most, taken;
};

static void *take_and_give_back(void *context)
{
	struct crowd *crowd = context;

	atomic_fetch_add(&crowd->ready, 1);
	while (atomic_load(&crowd->ready) < THREADS)
		;
	for (int i = 0; i < 50000; i++) {
		int holding, most;

		if (!share_take(crowd->share, 7))
			continue;
		holding = atomic_fetch_add(&crowd->holding, 1) + 1;
		most = atomic_load(&crowd->most);
		while (most < holding &&
			!atomic_compare_exchange_weak(&crowd->most, &most, holding))
			;
		atomic_fetch_add(&crowd->taken, 1);
		atomic_fetch_sub(&crowd->holding, 1);
		share_give_back(crowd->share, 7);
	}
	return NULL;
}

/* Never more than the limit, and in the end nothing is held. */
static void threads_keep_to_it(void **state)
{
	struct crowd crowd = {0};
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(share_open(&crowd.share, LIMIT), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give_back, &crowd), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_in_range(crowd.most, 1, LIMIT);
	assert_true(crowd.taken > 0);
	assert_int_equal(share_held(crowd.share, 7), 0);
	for (int i = 0; i < LIMIT; i++)
		assert_true(share_take(crowd.share, 7));
	assert_false(share_take(crowd.share, 7));
	share_close(crowd.share);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(each_has_its_share),
		cmocka_unit_test(the_largest_limit),
		cmocka_unit_test(threads_keep_to_it),
	};

	return cmocka_run_group_tests_name("daytime share", tests, NULL, NULL);
}
