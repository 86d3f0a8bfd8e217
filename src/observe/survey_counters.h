/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_SURVEY_COUNTERS_H
#define OBSERVE_SURVEY_COUNTERS_H

/* What the kernel counts of a survey by itself, without a dump, and for anybody to read. */

#include <stdint.h>

#include "base/error.h"
#include "observe/counters.h"
#include "observe/survey.h"

struct survey_counters {
	struct counters counters;
	struct survey_totals first; /* what they said at the first look */
	bool has_first;
};

/*
 * Sets born, active_opens, passive_opens and the bucket overflows to what there was since the first look, and
 * *ret_waiting to the number of minisockets now. 0 or a negative errno.
 */
int survey_counters_read(struct survey_counters *counters, struct survey_totals *totals,
	uint64_t *ret_waiting, struct error *err);
void survey_counters_finish(struct survey_counters *counters);

#endif
