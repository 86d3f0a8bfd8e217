/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LINE_H
#define DAYTIME_LINE_H

/* The line of the moment, made once a second however often it is asked for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daytime/format.h"

struct line {
	enum format format;
	bool is_utc;

	bool is_made;
	int64_t made_s; /* the second that bytes tell of */
	size_t length;
	char bytes[FORMAT_LINE_BYTES];
};

/* Brings the line up to date. Makes no system call within the same second. */
void line_refresh(struct line *line);

/* Rereads this host's time zone; the next line_refresh() uses it. */
void line_reread_zone(struct line *line);

#endif
