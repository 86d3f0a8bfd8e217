/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/*
 * Time for deadlines and for measuring: CLOCK_MONOTONIC, in nanoseconds, in int64_t.
 * A deadline is an absolute time of this clock, so that it survives EINTR and loops.
 */

#include <stdint.h>

#define NS_PER_US      INT64_C(1000)
#define NS_PER_MS      INT64_C(1000000)
#define NS_PER_S       INT64_C(1000000000)

#define DEADLINE_NEVER INT64_MAX

int64_t clock_now_ns(void);

/* CLOCK_REALTIME, which may be set: for stamps alone, never for a deadline. */
int64_t clock_real_ns(void);

/* The deadline so far from now. */
int64_t clock_deadline_ns(int64_t from_now_ns);

/* What is left until the deadline as a timeout for poll(2): rounded up, 0 when past,
 * -1 for DEADLINE_NEVER. */
int clock_poll_ms(int64_t deadline_ns);

#endif
