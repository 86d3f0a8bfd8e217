/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/histogram.h"

#define VALUES 20000

static struct histogram histogram, other;
static int64_t values[VALUES];

/* Any sequence will do that is the same each time (xorshift64). */
static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static int ascending(const void *one, const void *two)
{
	int64_t a = *(const int64_t *)one;
	int64_t b = *(const int64_t *)two;

	return (a > b) - (a < b);
}

static void is_near(int64_t read_ns, int64_t true_ns)
{
	int64_t off_ns = read_ns > true_ns ? read_ns - true_ns : true_ns - read_ns;

	if (off_ns > true_ns / 128)
		fail_msg("%lld read as %lld", (long long)true_ns, (long long)read_ns);
}

static void nothing_recorded(void **state)
{
	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	assert_int_equal(histogram_count(&histogram), 0);
	assert_int_equal(histogram_min_ns(&histogram), 0);
	assert_int_equal(histogram_max_ns(&histogram), 0);
	assert_true(histogram_mean_ns(&histogram) == 0);
	assert_int_equal(histogram_percentile_ns(&histogram, 50), 0);
	assert_int_equal(histogram_percentile_ns(&histogram, 100), 0);
}

/* Every power of two and its neighbours: where one bucket ends and the next begins. */
static void every_size(void **state)
{
	(void)state;
	for (int64_t power = 1; power <= HISTOGRAM_MAX_NS; power *= 2) {
		for (int64_t value = power - 1; value <= power + 1; value++) {
			memset(&histogram, 0, sizeof(histogram));
			histogram_record(&histogram, 1);
			histogram_record(&histogram, value);
			histogram_record(&histogram, HISTOGRAM_MAX_NS);
			if (value >= 1 && value < HISTOGRAM_MAX_NS)
				is_near(histogram_percentile_ns(&histogram, 50), value);
		}
	}
}

static void small_values_are_exact(void **state)
{
	(void)state;
	for (int64_t value = 1; value < 256; value++) {
		memset(&histogram, 0, sizeof(histogram));
		histogram_record(&histogram, 1);
		histogram_record(&histogram, value);
		histogram_record(&histogram, NS_PER_S);
		assert_int_equal(histogram_percentile_ns(&histogram, 50), value);
	}
}

static void the_ends_saturate(void **state)
{
	static const int64_t beyond[] = {0, -1, INT64_MIN, HISTOGRAM_MAX_NS + 1, INT64_MAX};

	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	for (size_t i = 0; i < COUNT(beyond); i++)
		histogram_record(&histogram, beyond[i]);
	assert_int_equal(histogram_count(&histogram), COUNT(beyond));
	assert_int_equal(histogram_min_ns(&histogram), 1);
	assert_int_equal(histogram_max_ns(&histogram), HISTOGRAM_MAX_NS);
	assert_int_equal(histogram_percentile_ns(&histogram, 50), 1);
	is_near(histogram_percentile_ns(&histogram, 70), HISTOGRAM_MAX_NS);
	assert_true(HISTOGRAM_MAX_NS >= 3600 * NS_PER_S);
}

/* Spread over all sizes, so that every part of the range is there. */
static double fill(struct histogram *into, int64_t *kept, uint64_t seed)
{
	double sum = 0;

	for (int i = 0; i < VALUES; i++) {
		int64_t value = (int64_t)(next(&seed) >> (22 + next(&seed) % 42));

		kept[i] = value < 1 ? 1 : value;
		sum += (double)kept[i];
		histogram_record(into, kept[i]);
	}
	return sum;
}

static void against_a_sorted_array(void **state)
{
	static const double percents[] = {0, 0.01, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100};
	double sum;

	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	sum = fill(&histogram, values, 88172645463325252);
	qsort(values, VALUES, sizeof(values[0]), ascending);
	for (size_t i = 0; i < COUNT(percents); i++) {
		/* Hundredths of a percent, so that whole numbers do. */
		int64_t rank = ((int64_t)(percents[i] * 100 + 0.5) * VALUES + 9999) / 10000;

		is_near(histogram_percentile_ns(&histogram, percents[i]),
			values[rank ? rank - 1 : 0]);
	}
	assert_int_equal(histogram_count(&histogram), VALUES);
	assert_int_equal(histogram_min_ns(&histogram), values[0]);
	assert_int_equal(histogram_percentile_ns(&histogram, 0), values[0]);
	assert_int_equal(histogram_max_ns(&histogram), values[VALUES - 1]);
	assert_int_equal(histogram_percentile_ns(&histogram, 100), values[VALUES - 1]);
	is_near((int64_t)histogram_mean_ns(&histogram), (int64_t)(sum / VALUES));
}

/* 99.9 percent of 1000 values are 999 of them, whatever floating point makes of it. */
static void ranks_are_not_rounded_up(void **state)
{
	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	for (int i = 1; i <= 100; i++)
		histogram_record(&histogram, i);
	for (int percent = 1; percent <= 100; percent++)
		assert_int_equal(histogram_percentile_ns(&histogram, percent), percent);
	for (int i = 0; i < 900; i++)
		histogram_record(&histogram, i < 899 ? 101 : 200);
	assert_int_equal(histogram_percentile_ns(&histogram, 99.9), 101);
	assert_int_equal(histogram_percentile_ns(&histogram, 99.91), 200);
}

static void adding_is_as_recording_both(void **state)
{
	struct histogram *both = calloc(1, sizeof(*both));
	uint64_t seed = 1;

	(void)state;
	assert_non_null(both);
	memset(&histogram, 0, sizeof(histogram));
	memset(&other, 0, sizeof(other));
	for (int i = 0; i < VALUES; i++) {
		int64_t value = (int64_t)(next(&seed) % (uint64_t)NS_PER_S);

		histogram_record(i % 3 ? &histogram : &other, value);
		histogram_record(both, value);
	}
	histogram_add(&histogram, &other);
	assert_memory_equal(&histogram, both, sizeof(histogram));
	/* Nothing adds nothing, on either side. */
	memset(&other, 0, sizeof(other));
	histogram_add(&histogram, &other);
	assert_memory_equal(&histogram, both, sizeof(histogram));
	histogram_add(&other, both);
	assert_memory_equal(&other, both, sizeof(other));
	free(both);
}

static void *record_many(void *context)
{
	for (int i = 1; i <= 1000 * 1000; i++)
		histogram_record(context, i);
	return NULL;
}

static void may_be_read_while_it_is_recorded(void **state)
{
	pthread_t thread;
	uint64_t seen = 0;

	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	assert_int_equal(pthread_create(&thread, NULL, record_many, &histogram), 0);
	while (seen < 1000 * 1000) {
		uint64_t count;

		memset(&other, 0, sizeof(other));
		histogram_add(&other, &histogram);
		count = histogram_count(&other);
		assert_true(count >= seen);
		assert_true(histogram_percentile_ns(&other, 50) <= 1000 * 1000);
		seen = count;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(seen, 1000 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_recorded),
		cmocka_unit_test(every_size),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(the_ends_saturate),
		cmocka_unit_test(against_a_sorted_array),
		cmocka_unit_test(ranks_are_not_rounded_up),
		cmocka_unit_test(adding_is_as_recording_both),
		cmocka_unit_test(may_be_read_while_it_is_recorded),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
