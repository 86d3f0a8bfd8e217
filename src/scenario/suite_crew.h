/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_SUITE_CREW_H
#define SCENARIO_SUITE_CREW_H

/*
 * The workers of a suite as seen from the process that started them: it starts them, hears what they
 * report, notices when one dies, puts another in its place, and ends them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "scenario/suite.h"
#include "scenario/suite_worker.h"

struct suite_crew {
	/* The caller's, before suite_crew_start(). */
	const struct suite_item *items;
	const struct suite_setting *setting;
	size_t item_count;
	size_t *normal, *slow; /* indices of the items that are to be run */
	size_t normal_count, slow_count;
	size_t jobs; /* workers for the normal ones; the slow ones have one each */
	/* What is reported, also for a worker that died of a run. May take the report over. */
	suite_tell *take;
	void *context;

	/* The crew's. */
	struct suite_board board;
	struct suite_member
		*members; /* a place a worker: `jobs` for normal items, the rest for slow ones */
	size_t places, alive, slow_started;
	bool is_hopeless;     /* there are no laboratories to be had */
	bool has_had_lab;     /* some worker opened one, and ran something in it */
	struct error refusal; /* why one could not open one; code 0 if all could */
};

/* 0, or -ENOMEM. Whether the workers get anywhere shows later. */
int suite_crew_start(struct suite_crew *crew, struct error *err);

/* Waits for news of any worker, for a tenth of a second at most. */
void suite_crew_listen(struct suite_crew *crew);

/* Asks all workers to end, and kills those that do not within half a second; nobody reports. */
void suite_crew_dismiss(struct suite_crew *crew);

/* Frees what it holds. Nobody is alive any more. */
void suite_crew_finish(struct suite_crew *crew);

#endif
