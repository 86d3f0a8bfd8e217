/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_RESULT_H
#define DAYTIME_LOAD_RESULT_H

/* What became of many exchanges, and how it adds up. */

#include <stdint.h>

#include "base/error.h"
#include "base/histogram.h"

/* Errnos are below; above them stand the kinds of failure that have none. */
#define LOAD_ERRNO_MAX 256
enum load_failure {
	LOAD_WRONG_REPLY = LOAD_ERRNO_MAX, /* a whole line, but no daytime */
	LOAD_NO_LINE,                      /* closed before a whole line had come */
	LOAD_TIMEOUT,
	LOAD_FAILURES,
};

/* Written by one worker, read meanwhile for the bar: answered and failed alone, relaxed. */
struct load_result {
	uint64_t answered;
	uint64_t failed;
	uint64_t failures[LOAD_FAILURES]; /* by errno or enum load_failure */
	struct histogram latency;         /* of the answered */
	int64_t duration_ns;              /* from the first start to the last end */
	int64_t user_ns, system_ns;       /* CPU time of our own */
};

/* One more. `failure` is a positive errno or an enum load_failure. */
void load_result_answered(struct load_result *result, int64_t latency_ns);
void load_result_failed(struct load_result *result, int failure);

/* How many are over; another thread may ask. */
uint64_t load_result_done(const struct load_result *result);

/* Adds counts and latencies; the longest duration counts. */
void load_result_add(struct load_result *to, const struct load_result *from);

/* Per second, of the answered ones; 0 where no time has passed. */
double load_result_per_second(const struct load_result *result);

/* CPU seconds of our own for each exchange that is over; 0 where there is none. */
double load_result_cpu_s_each(const struct load_result *result);

/* "ECONNREFUSED", "wrong_reply", "no_line", "timeout": never translated. */
const char *load_failure_name(int failure, char buffer[ERROR_NAME_BYTES]);

#endif
