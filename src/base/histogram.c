/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/histogram.h"

#include <stddef.h>

/* Below twice this a value has a bucket of its own. */
#define LINEAR (1 << HISTOGRAM_PRECISION_BITS)

/* Relaxed, so that they are plain loads and stores, but whole ones. */
#define LOAD(variable)         __atomic_load_n(&(variable), __ATOMIC_RELAXED)
#define STORE(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_RELAXED)

/* How far a value must be shifted to be left with its leading bit and the 7 behind it. */
static int shift_of(int64_t value_ns)
{
	int exponent = 63 - __builtin_clzll((unsigned long long)value_ns);

	return exponent > HISTOGRAM_PRECISION_BITS ? exponent - HISTOGRAM_PRECISION_BITS : 0;
}

static size_t bucket_of(int64_t value_ns)
{
	int shift = shift_of(value_ns);

	return ((size_t)shift << HISTOGRAM_PRECISION_BITS) + (size_t)(value_ns >> shift);
}

/* The value in the middle of a bucket. */
static int64_t middle_of(size_t bucket)
{
	int shift = bucket < LINEAR ? 0 : (int)(bucket >> HISTOGRAM_PRECISION_BITS) - 1;
	int64_t least_ns = (int64_t)(bucket - ((size_t)shift << HISTOGRAM_PRECISION_BITS)) << shift;

	return least_ns + ((INT64_C(1) << shift) - 1) / 2;
}

static int64_t within(int64_t value_ns, int64_t least_ns, int64_t most_ns)
{
	if (value_ns < least_ns)
		return least_ns;
	return value_ns > most_ns ? most_ns : value_ns;
}

void histogram_record(struct histogram *histogram, int64_t value_ns)
{
	int64_t min_ns = LOAD(histogram->min_ns);
	uint64_t *bucket;

	value_ns = within(value_ns, 1, HISTOGRAM_MAX_NS);
	bucket = &histogram->buckets[bucket_of(value_ns)];
	if (!min_ns || value_ns < min_ns)
		STORE(histogram->min_ns, value_ns);
	if (value_ns > LOAD(histogram->max_ns))
		STORE(histogram->max_ns, value_ns);
	STORE(histogram->sum_ns, LOAD(histogram->sum_ns) + value_ns);
	STORE(*bucket, LOAD(*bucket) + 1);
}

void histogram_add(struct histogram *to, const struct histogram *from)
{
	int64_t min_ns = LOAD(from->min_ns);
	int64_t max_ns = LOAD(from->max_ns);

	if (min_ns && (!to->min_ns || min_ns < to->min_ns))
		to->min_ns = min_ns;
	if (max_ns > to->max_ns)
		to->max_ns = max_ns;
	to->sum_ns += LOAD(from->sum_ns);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->buckets[i] += LOAD(from->buckets[i]);
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->buckets[i];
	return count;
}

int64_t histogram_min_ns(const struct histogram *histogram)
{
	return histogram->min_ns;
}

int64_t histogram_max_ns(const struct histogram *histogram)
{
	return histogram->max_ns;
}

double histogram_mean_ns(const struct histogram *histogram)
{
	uint64_t count = histogram_count(histogram);

	return count ? (double)histogram->sum_ns / (double)count : 0;
}

/* From 1: the value that so many percent do not exceed is the rank-th smallest. */
static uint64_t rank_of(double percent, uint64_t count)
{
	/* 99.9 percent of 1000 must not become the 1000th by an error of rounding. */
	double exact = percent * (double)count / 100 * (1 - 1e-12);
	uint64_t rank = (uint64_t)exact;

	if ((double)rank < exact)
		rank++;
	return rank > count ? count : rank;
}

int64_t histogram_percentile_ns(const struct histogram *histogram, double percent)
{
	uint64_t count = histogram_count(histogram);
	uint64_t rank = percent > 0 ? rank_of(percent, count) : 0;
	uint64_t passed = 0;

	if (rank <= 1)
		return histogram->min_ns;
	if (rank == count)
		return histogram->max_ns;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		passed += histogram->buckets[i];
		if (passed >= rank)
			return within(middle_of(i), histogram->min_ns, histogram->max_ns);
	}
	return histogram->max_ns;
}
