/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_real_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

int64_t clock_deadline_ns(int64_t from_now_ns)
{
	return clock_now_ns() + from_now_ns;
}

int clock_poll_ms(int64_t deadline_ns)
{
	int64_t left_ns;
	int64_t left_ms;

	if (deadline_ns == DEADLINE_NEVER)
		return -1;
	left_ns = deadline_ns - clock_now_ns();
	if (left_ns <= 0)
		return 0;
	left_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}
