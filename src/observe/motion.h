/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_MOTION_H
#define OBSERVE_MOTION_H

/*
 * Have sockets come or gone meanwhile? A few counts of the caller's network namespace, read before and after
 * a dump. Two equal readings are no proof (a socket that nobody connected may have gone, and another come), two
 * different ones are.
 */

#include <stdbool.h>
#include <stdint.h>

struct motion {
	int64_t opened;  /* connections, both ways, and TIME_WAITs so far */
	int64_t in_use;  /* sockets now */
	int64_t waiting; /* TIME_WAITs now */
};

/* Zeroes where /proc tells nothing. */
void motion_read(struct motion *motion);

bool motion_differs(const struct motion *before, const struct motion *after);

#endif
