/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_MODEL_H
#define REPORT_TOP_MODEL_H

/*
 * What `timewait top` remembers of the surveys it has seen: rates between the last two, and their history,
 * in memory of fixed size. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/survey.h"

/* Two values in each column of the widest screen. */
#define HISTORY_VALUES 2048

/* The last values, in one piece: the older half makes room when the array is full. */
struct history {
	double values[2 * HISTORY_VALUES];
	size_t count;
};

void history_add(struct history *history, double value);

/* The last values, `most` of them or as many as there are; *ret_count how many. */
const double *history_last(const struct history *history, size_t most, size_t *ret_count);

enum top_series {
	TOP_TIME_WAIT, /* how many there are */
	TOP_BIRTHS,    /* the others are per second */
	TOP_DEATHS,
	TOP_OPENS,
	TOP_SERIES,
};

/* Per second, between the last two surveys. */
struct top_rates {
	double born, died, restarted;
	double active_opens, passive_opens;
	double died_by[LIFE_CAUSE_COUNT], not_born_by[LIFE_CAUSE_COUNT];
};

struct top_model {
	bool has_rates; /* there have been two surveys */
	struct top_rates rates;
	int64_t over_ns; /* the rates are of so long */
	uint64_t surveys;
	struct history histories[TOP_SERIES];
	struct history
		times_s; /* of the surveys: a value of each history was added at its last ones */
	/* of the last survey */
	int64_t time_ns;
	struct survey_totals totals;
};

/* Takes the next survey in. The model starts zeroed, and owns nothing. */
void top_model_add(struct top_model *model, const struct survey *survey);

#endif
