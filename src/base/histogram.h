/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

/*
 * How often each length of time was seen, in fixed memory: buckets that grow with the value,
 * 128 to every doubling, so that what is read back is within 1/128 of what was recorded,
 * wherever between a nanosecond and an hour it lies (HdrHistogram's idea: "log-linear").
 *
 * One thread records; others may read meanwhile, without a lock, and see a moment of it that
 * may lack the last few values. Recording is a handful of plain loads and stores, allocates
 * nothing and makes no system call.
 */

#include <stdint.h>

#define HISTOGRAM_PRECISION_BITS 7
#define HISTOGRAM_EXPONENT_MAX   41

/* Anything longer (4398 s) is recorded as this, and anything shorter than 1 ns as 1 ns. */
#define HISTOGRAM_MAX_NS ((INT64_C(2) << HISTOGRAM_EXPONENT_MAX) - 1)
#define HISTOGRAM_BUCKETS                                                                          \
	((HISTOGRAM_EXPONENT_MAX - HISTOGRAM_PRECISION_BITS + 2) << HISTOGRAM_PRECISION_BITS)

/* 36 KiB; initialise with {0}. Its fields are for histogram.c alone. */
struct histogram {
	int64_t min_ns, max_ns; /* 0: nothing recorded yet */
	int64_t sum_ns;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* By the one thread that writes. */
void histogram_record(struct histogram *histogram, int64_t value_ns);

/* Adds all of `from`, which may be recorded into meanwhile, to `to`, which may not. */
void histogram_add(struct histogram *to, const struct histogram *from);

/* Of what is read here nothing may be recorded into meanwhile: add it to one of your own first. */
uint64_t histogram_count(const struct histogram *histogram);

/* Exact; 0 when nothing was recorded. */
int64_t histogram_min_ns(const struct histogram *histogram);
int64_t histogram_max_ns(const struct histogram *histogram);
double histogram_mean_ns(const struct histogram *histogram);

/*
 * The value that `percent` (0 to 100) of all do not exceed, within 1/128; 0 when nothing was
 * recorded. 0 gives the minimum and 100 the maximum, exactly.
 */
int64_t histogram_percentile_ns(const struct histogram *histogram, double percent);

#endif
