/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_SUITE_H
#define SCENARIO_SUITE_H

/*
 * Many scenarios side by side. Each worker is a process with a laboratory of its own (a sandbox belongs
 * to a process), which it opens once and puts back in order between scenarios; it takes the next
 * scenario as soon as it is done with one. Slow scenarios, which mostly wait, get a worker each, all at
 * once and beside the others.
 *
 * What shall be seen of a run is made in the worker, by the caller's render function, for only there
 * is the timeline; what comes of it is told in the calling process, by the caller's report function, in
 * the order of the items whatever the number of workers.
 *
 * Workers die with the caller, however it ends, and take their hosts and programs along. None is left
 * when suite_run() returns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "lab/lab.h"
#include "scenario/run.h"
#include "scenario/tree.h"

/* Of one scenario, so many runs are rendered and reported: the first, and failed ones among the others;
 * further ones are only counted. */
#define SUITE_FAILURES_SHOWN 5

struct suite_item {
	const struct scenario *scenario;
	const char *here; /* the folder $HERE stands for: absolute */
};

/* What failed, as struct run_failure has it. */
struct suite_failure {
	int line;   /* of the step */
	char *text; /* of the step, as written */
	char *expected, *observed;
};

/*
 * How one run of one scenario went. It belongs to the suite, which finishes it after the call of
 * `report`; that may take it over whole with suite_report_take(), and finishes it then.
 */
struct suite_report {
	size_t item;  /* index */
	uint64_t run; /* from 1 */
	enum run_outcome outcome;
	/* Why it was skipped; or, of RUN_FAILED without failures, what befell the laboratory or the
	 * process. NULL otherwise. */
	char *reason;
	bool is_slow_skip; /* skipped for being slow, not for the environment */
	struct suite_failure *failures;
	size_t failure_count, failure_room;
	char *last_states;  /* as in struct run_result; NULL for none */
	struct text output; /* what `render` made, NULs and all */
	/* What `render` complained of; code 0 if of nothing. */
	struct error render_error;
};

/* The contents, as a report of the caller's; `report` is empty then. */
struct suite_report suite_report_take(struct suite_report *report);

/* Frees what it owns; leaves an empty one. */
void suite_report_finish(struct suite_report *report);

/* How all runs of one scenario went. */
struct suite_tally {
	uint64_t runs; /* that came to an end: passed, failed or skipped */
	uint64_t passed, failed, skipped;
	uint64_t first_failed; /* number of the run; 0 for none */
	bool is_slow_skip;
};

/*
 * In the worker, after a run, with the timeline as it stands: appends to `out` what `report` will find in
 * report->output. Of the first run of every scenario, and of failed ones (but see
 * SUITE_FAILURES_SHOWN). May write files; must not touch stdout or stderr. 0 or a negative errno
 * with *err, which the report carries.
 */
typedef int suite_render(const struct suite_item *item, uint64_t run, const struct lab *lab,
	const struct run_result *result, struct text *out, void *context, struct error *err);

/*
 * In the calling process: the first run of every item, in the order of the items; thereafter the
 * failed ones among the later runs, as they come. A run that was interrupted is not reported.
 */
typedef void suite_tell(struct suite_report *report, void *context);

struct suite_setting {
	bool is_ipv6;
	bool keeps_going;     /* within a scenario, past a failed step */
	bool runs_slow;       /* else slow ones are reported as skipped, with is_slow_skip */
	unsigned int jobs;    /* workers for scenarios that are not slow; 0 for two a processor */
	uint64_t repeat;      /* the whole set so often; 0 counts as 1 */
	suite_render *render; /* NULL for none */
	suite_tell *report;   /* NULL for none */
	/* About ten times a second, while it lasts. NULL for none. */
	void (*tick)(uint64_t done, uint64_t total, void *context);
	void *context;
};

/*
 * Runs them. Blocks until all is done, or interrupt_requested(). ret_tallies, which may be NULL, has room
 * for `count`. Flushes stdout and stderr before it forks. 0; -EINTR when interrupted; another
 * negative errno when no laboratory could be opened at all, and *err says why and what to do; nothing has
 * been reported then.
 */
int suite_run(const struct suite_item *items, size_t count, const struct suite_setting *setting,
	struct suite_tally *ret_tallies, struct error *err);

#endif
