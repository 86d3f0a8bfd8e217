/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_RUN_H
#define SCENARIO_RUN_H

/*
 * Carries a scenario out, step by step, in a laboratory. What happens is written to the
 * laboratory's timeline and to nowhere else; what came of the expectations is the result.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "lab/lab.h"
#include "observe/counters.h"
#include "scenario/tree.h"

enum run_outcome {
	RUN_PASSED,
	RUN_FAILED,      /* an expectation or an action: see `failures` */
	RUN_SKIPPED,     /* this kernel, or this machine, lacks something it needs: see `reason` */
	RUN_INTERRUPTED, /* the person asked to stop */
};

struct run_failure {
	const struct step *step;   /* of the scenario's tree */
	char *expected, *observed; /* one line each */
};

struct run_result {
	enum run_outcome outcome;
	char *reason;                 /* of RUN_SKIPPED; else NULL */
	struct run_failure *failures; /* one, but more where it was told to go on */
	size_t failure_count, failure_room;
	/* "server.conn TIME_WAIT, client.conn CLOSED; ...": the last states of every connection */
	struct text last_states;
};

struct run_setting {
	bool keeps_going; /* past a failed step */
	const char *here; /* the folder $HERE stands for: absolute; NULL where there is none */
};

/* A step that waits in a call; or waited. */
struct runner_pending {
	const struct step *step;
	struct lab_socket *socket;
	bool is_expected;  /* an "expect END pending" has found it so */
	bool is_abandoned; /* by a destroy */
};

/* A counter as the last line about it left it. */
struct runner_counter {
	enum host_id host;
	struct counter last;
};

struct runner {
	struct lab *lab;
	const struct run_setting *setting;
	struct run_result *result;
	bool is_over; /* no further step is carried out */

	/* Of the timeline: where the present group of expectations begins to look for packets, and
	 * where the next one will. */
	size_t group_start, group_end;
	bool is_in_group;

	struct runner_pending *pending;
	size_t pending_count, pending_room;

	struct counters start[HOST_COUNT]; /* read at the start */
	struct runner_counter *counters;
	size_t counter_count, counter_room;
};

/*
 * Runs the scenario in a laboratory that lab_reset() has just put in order. 0 with *ret_result, which
 * the caller finishes; a negative errno where the laboratory itself broke, and nothing to finish.
 */
int scenario_run(const struct scenario *scenario, struct lab *lab,
	const struct run_setting *setting, struct run_result *ret_result, struct error *err);

/*
 * The same, a step at a time, for the interactive laboratory. `setting`, the result and the steps must
 * outlive the runner. runner_step() returns 0 also where the step failed: see result->failures.
 * `has_counters`: whether counters may be asked for.
 */
int runner_begin(struct runner *runner, struct lab *lab, const struct run_setting *setting,
	bool has_counters, struct run_result *ret_result, struct error *err);
int runner_step(struct runner *runner, const struct step *step, struct error *err);

/* Judges what is left: an action that still waits though nothing holds it up, and last_states. Frees what
 * the runner holds; a second call finds nothing to judge. */
void runner_end(struct runner *runner);

void run_result_finish(struct run_result *result);

#endif
