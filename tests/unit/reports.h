/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_REPORTS_H
#define TESTS_REPORTS_H

/* What a suite reports of a scenario, written by hand. Include after unit.h. */

#include <string.h>

#include "base/list.h"
#include "scenario/suite.h"

static inline void sample_failure(struct suite_report *report, int line, const char *text,
	const char *expected, const char *observed)
{
	struct suite_failure *failure =
		list_grow(&report->failures, &report->failure_count, &report->failure_room);

	report->outcome = RUN_FAILED;
	*failure = (struct suite_failure){line, strdup(text), strdup(expected), strdup(observed)};
}

static inline struct suite_report sample_report(enum run_outcome outcome, const char *reason)
{
	return (struct suite_report){
		.run = 1,
		.outcome = outcome,
		.reason = reason ? strdup(reason) : NULL,
		.output = TEXT_INIT,
	};
}

#endif
