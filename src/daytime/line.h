/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LINE_H
#define DAYTIME_LINE_H

/* The line of the moment, made once a second however often it is asked for. Each thread has its own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "daytime/format.h"
#include "daytime/zone.h"

struct line {
	enum format format;
	struct zone_board *board; /* shared with others; NULL for UTC */

	bool is_made;
	int64_t made_s;   /* the second that bytes tell of */
	unsigned edition; /* of the board, when they were made */
	size_t length;
	char bytes[FORMAT_LINE_BYTES];
};

/*
 * Brings the line up to date and says what time it is (CLOCK_REALTIME). Within the same second it
 * makes no system call, and takes no lock ever, unless the board reaches not this far: then libc is asked.
 */
struct timespec line_refresh(struct line *line);

#endif
