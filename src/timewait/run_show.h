/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_RUN_SHOW_H
#define TIMEWAIT_RUN_SHOW_H

/*
 * What `timewait run` shows of its scenarios, for every kind of output, as the suite (scenario/suite.h)
 * reports them, and in the end.
 */

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/progress.h"
#include "scenario/suite.h"
#include "timewait/run_inputs.h"

enum run_mode {
	RUN_LADDER, /* title, explanation and diagram of each */
	RUN_QUIET,  /* of those that failed alone */
	RUN_TAP,
	RUN_JSON,
};

struct run_show {
	enum run_mode mode;
	const char *svg_path,
		*pcap_path; /* NULL for none; "-": standard output, and nothing else there */
	bool is_svg_folder, is_pcap_folder; /* where there are several scenarios */
	uint64_t repeat;
	const struct run_inputs *inputs;

	/* What follows run_show_begin() fills. */
	bool utf8, has_colour;
	bool is_given_away; /* standard output is a picture's or a capture's, alone */
	int columns;
	bool has_output;           /* something has been shown already */
	bool has_file_error;       /* a picture or a capture could not be written */
	int output_code;           /* errno of standard output; 0 */
	bool has_plan;             /* RUN_TAP: the first line is out */
	struct suite_report *kept; /* one an input, of RUN_TAP and RUN_JSON: what will be shown */
	struct progress progress;
	bool has_begun; /* the progress bar */
	int64_t start_ns;
};

/* Is it "-"? */
static inline bool run_is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

/* Looks at the terminal, and makes the folders. 0, or a negative errno and why. */
int run_show_begin(struct run_show *show, struct error *err);
void run_show_finish(struct run_show *show);

/* The suite's, as run_render() is; the context is the struct run_show. */
suite_tell run_show_report;
void run_show_tick(uint64_t done, uint64_t total, void *context);

/* What can only be shown at the end, the summary included. */
void run_show_end(struct run_show *show, const struct suite_tally *tallies);

/* What a program that reads the output is told when it ends early: no laboratory, or Ctrl-C. */
void run_show_broken_off(struct run_show *show, const char *why, bool is_unavailable);

#endif
