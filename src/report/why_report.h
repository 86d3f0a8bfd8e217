/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_WHY_REPORT_H
#define REPORT_WHY_REPORT_H

/* What `timewait why` found out, for people and for programs. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "explain/verdict.h"

struct why_look {
	bool utf8, has_colour;
	size_t columns; /* prose is wrapped to so many */
};

/* How many connections a second the whole namespace makes, by its counters. */
struct why_rate {
	bool is_known;
	double seconds;    /* how long was looked */
	double opens;      /* active opens a second (Tcp ActiveOpens) */
	double time_waits; /* TIME_WAITs a second (TcpExt TW) */
};

/*
 * The answer in one line; the reason; what was tried; the sockets in the way; the ports; what helps, safest
 * first, each with its cost and the scenario that shows it; notes.
 */
void why_print(struct text *out, const struct verdict *verdict, const struct why_rate *rate,
	const struct why_look *look);

/*
 * The same as one JSON object a line, in this order: "verdict", "attempt"s, "socket"s, "route", "budget",
 * "remedy"s, "note"s. `is_first`: the first begins with "v":1.
 */
void why_print_json(struct text *out, const struct verdict *verdict, const struct why_rate *rate,
	uint64_t netns, bool is_first);

#endif
