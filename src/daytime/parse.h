/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_PARSE_H
#define DAYTIME_PARSE_H

/*
 * Understanding what a daytime server said. Read are our own four formats and
 *
 *   02 FEB 82 07:59:01 PST         RFC 867's second example; xinetd, with a whole year
 *   05/Jun/2022:21:00:00 +0900     nginx's $time_local
 *
 * A two-digit year is one of 1970 to 2069. The weekday must be a real one, but it is not
 * held against the date. Whitespace at the end does not matter.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct reading {
	int64_t time_s; /* since 1970-01-01 00:00:00 UTC */
	int offset_s;   /* of the zone it was said in, east positive */
};

/*
 * Reads one line (no newline in it). A line without zone is in this host's zone, or UTC
 * when `utc`; a zone's name is known if it is UTC, GMT or one that this host's own zone
 * has had. 0, or -EINVAL (no format fits) or -ENOENT (unknown zone) with *err filled.
 */
int parse_line(const char *line, bool utc, struct reading *ret_reading, struct error *err);

/*
 * Is the line a daytime in one of these formats, whatever its zone may mean? Pure; what a
 * server asks before answering a datagram that may itself be an answer.
 */
bool parse_recognises(const char *line);

#endif
