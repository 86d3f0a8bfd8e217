/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TAP_H
#define REPORT_TAP_H

/*
 * The Test Anything Protocol, version 14: a point a scenario. Read by programs, so nothing is
 * translated; UTF-8 whatever the texts were.
 */

#include <stddef.h>

#include "base/text.h"
#include "scenario/suite.h"

/* What comes first: the version and the plan. */
void tap_print_plan(struct text *out, size_t points);

/*
 * The comments of a scenario, as TAP's own: its explanation, and those beside its steps. They stand
 * before the point.
 */
void tap_print_comments(struct text *out, const struct scenario *scenario);

/*
 * The point: "ok 3 - closing.tcp: the title". Failed when any of the runs was; `report` is then of the
 * first of these to be reported, and its output the diagram, or nothing. What failed stands below in a
 * block of YAML: file, line, step, expected, observed, states, diagram; of several runs how many, and
 * which was the first.
 */
void tap_print_point(struct text *out, size_t number, const struct scenario *scenario,
	const struct suite_report *report, const struct suite_tally *tally);

/* Nothing could be run, and why: the plan instead of all that. */
void tap_print_nothing(struct text *out, const char *why);

/* The run ends here, points are missing. */
void tap_print_bail_out(struct text *out, const char *why);

#endif
