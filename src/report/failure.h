/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_FAILURE_H
#define REPORT_FAILURE_H

/* What became of a scenario that did not pass, in words for people. */

#include <stdbool.h>

#include "base/text.h"
#include "scenario/suite.h"

struct failure_look {
	bool utf8, has_colour;
	bool names_run; /* "run 57": there were several */
};

/*
 * Appends, for every step that failed:
 *
 *	closing.tcp:12: failed: expect server TIME_WAIT
 *	  expected: server TIME_WAIT
 *	  observed: server FIN_WAIT2
 *
 * and at the end the last states; or in one line why there is nothing of the kind to tell. Made safe for a
 * terminal. `file` is what the scenario is called.
 */
void failure_print(struct text *out, const char *file, const struct suite_report *report,
	const struct failure_look *look);

#endif
