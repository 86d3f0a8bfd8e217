/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_STATISTICS_REPORT_H
#define DAYTIME_STATISTICS_REPORT_H

/* How a server's statistics look: to a person, and to a program. */

#include <stdint.h>

#include "base/text.h"
#include "daytime/statistics.h"

enum statistics_form { STATISTICS_TEXT, STATISTICS_JSON };

/* As they are typed, indexed by enum statistics_form; ends in NULL. */
extern const char *const statistics_form_names[];

/* What is not counted but is so at this moment. */
struct statistics_moment {
	int open, most_open; /* connections */
	int workers;
	int64_t up_ns;
};

/*
 * Lines that end in newline, translated: first one with the counts that each server has, then one
 * each for refusals, errors and times, where there are any. Allocates.
 */
void statistics_print(const struct statistics *statistics, const struct statistics_moment *moment,
	struct text *out);

/* The same as one JSON object on one line, times in seconds. */
void statistics_print_json(const struct statistics *statistics,
	const struct statistics_moment *moment, struct text *out);

#endif
