/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

#include "base/clock.h"

static void never_goes_back(void **state)
{
	int64_t last_ns = clock_now_ns();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int64_t now_ns = clock_now_ns();

		assert_true(now_ns >= last_ns);
		last_ns = now_ns;
	}
}

static void is_the_monotonic_clock_in_nanoseconds(void **state)
{
	struct timespec before, after;
	int64_t now_ns;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	now_ns = clock_now_ns();
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(now_ns >= before.tv_sec * NS_PER_S + before.tv_nsec);
	assert_true(now_ns <= after.tv_sec * NS_PER_S + after.tv_nsec);
}

static void makes_absolute_deadlines(void **state)
{
	int64_t before_ns = clock_now_ns();
	int64_t deadline_ns = clock_deadline_ns(5 * NS_PER_S);
	int64_t after_ns = clock_now_ns();

	(void)state;
	assert_true(deadline_ns >= before_ns + 5 * NS_PER_S);
	assert_true(deadline_ns <= after_ns + 5 * NS_PER_S);
}

static void turns_deadlines_into_timeouts(void **state)
{
	int64_t now_ns = clock_now_ns();
	int left_ms;

	(void)state;
	assert_int_equal(clock_poll_ms(DEADLINE_NEVER), -1);
	assert_int_equal(clock_poll_ms(0), 0);
	assert_int_equal(clock_poll_ms(now_ns - NS_PER_S), 0);
	assert_int_equal(clock_poll_ms(now_ns), 0);
	assert_int_equal(clock_poll_ms(DEADLINE_NEVER - 1), INT_MAX);
	left_ms = clock_poll_ms(clock_deadline_ns(3600 * NS_PER_S));
	assert_in_range(left_ms, 3540 * 1000, 3600 * 1000);
}

/* Rounded down, the last millisecond before a deadline would be spent spinning. */
static void rounds_up(void **state)
{
	int64_t deadline_ns = clock_deadline_ns(2 * NS_PER_MS + 1);
	int left_ms;

	(void)state;
	while ((left_ms = clock_poll_ms(deadline_ns)) > 0) {
		int64_t left_ns = deadline_ns - clock_now_ns();

		assert_in_range(left_ms, 1, 3);
		assert_true(left_ms * NS_PER_MS >= left_ns);
		poll(NULL, 0, left_ms);
	}
	assert_true(clock_now_ns() >= deadline_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_goes_back),
		cmocka_unit_test(is_the_monotonic_clock_in_nanoseconds),
		cmocka_unit_test(makes_absolute_deadlines),
		cmocka_unit_test(turns_deadlines_into_timeouts),
		cmocka_unit_test(rounds_up),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
