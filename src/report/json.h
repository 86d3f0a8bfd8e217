/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

/*
 * A run as a stream for programs: one JSON object (RFC 8259) a line, nothing translated, UTF-8
 * whatever the texts were (a byte that is none of it reads \xNN). A value that is not known is left
 * out. What cannot be written shows in ferror(stream).
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "explain/closing.h"
#include "lab/timeline.h"
#include "scenario/suite.h"

/*
 * The line "scenario", which carries the version of the format ("v":1), then every event of the
 * timeline in order: "action", "packet", "state", "comment", and "call", what a real program did.
 * `file` is the scenario's, or NULL.
 */
void json_print_timeline(
	const struct timeline *timeline, const char *file, bool is_slow, FILE *stream);

/* The line "scenario" alone: for one that was not run. Strings may be NULL. */
void json_print_scenario(const char *file, const char *title, bool is_slow, FILE *stream);

/*
 * A line "time_wait" for each end that has left TIME_WAIT: {"event":"died"} with its lifetime, and its
 * cause, "expired" or "killed_by_rst". None for an end that still waits, or never did.
 */
void json_print_lifetimes(const struct closing *closing, FILE *stream);

/* How it ended. */
struct json_result {
	const char *file; /* NULL where there is none, and likewise below */
	bool ok;
	bool skipped;
	const char *reason; /* why it was skipped or failed */
	int line;           /* which failed first; 0 for none */
	const char *expected;
	const char *observed;
	const struct suite_failure *further; /* steps that failed after it, with --keep-going */
	size_t further_count;
	uint64_t runs, failed_runs, first_failed_run; /* where there were several runs; else 0 */
};

/* The line "result". */
void json_print_result(const struct json_result *result, FILE *stream);

#endif
