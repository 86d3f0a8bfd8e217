/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_NOTICE_LIMIT_H
#define DAYTIME_NOTICE_LIMIT_H

/* How often a thing may be said: strangers decide how often it happens. For several threads at once. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct notice_limit {
	_Atomic int64_t quiet_until_ns; /* 0 to begin with */
	_Atomic uint64_t left_out;
};

/* The same thing is said at most once in so long. */
#define NOTICE_INTERVAL_NS (INT64_C(10) * 1000 * 1000 * 1000)

/*
 * May it be said now? If so *ret_left_out is how often it was not since the last time;
 * if not, this time is counted among them. Of several threads that ask at once one is told yes.
 */
bool notice_limit_allows(struct notice_limit *limit, int64_t now_ns, uint64_t *ret_left_out);

/* " (3 others since the last such note)", translated, to stand behind one; "" for none. Returns the buffer. */
#define NOTICE_LEFT_OUT_BYTES 64
const char *notice_left_out(uint64_t left_out, char buffer[NOTICE_LEFT_OUT_BYTES]);

#endif
