/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/suite.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/list.h"
#include "scenario/suite_crew.h"

#define TICK_NS (100 * NS_PER_MS)

struct suite {
	struct suite_setting setting;
	size_t count;
	struct suite_crew crew;
	struct suite_tally *tallies;
	struct suite_report *first; /* one an item: of its first run, until it is its turn */
	bool *is_there;             /* beside it */
	size_t told;                /* items whose first run has been reported */
	struct suite_report
		*later; /* failures of later runs, which wait until all first runs are told */
	size_t later_count, later_room;
	uint64_t done, total; /* runs */
};

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count + 1, size);

	if (!memory)
		abort();
	return memory;
}

static size_t count_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (size_t)CPU_COUNT(&set);
}

static void tell_one(struct suite *suite, struct suite_report *report)
{
	if (suite->setting.report)
		suite->setting.report(report, suite->setting.context);
	suite_report_finish(report);
}

/* Tells the first runs whose turn it is; behind the last of them, what later runs had to say. */
static void tell(struct suite *suite)
{
	while (suite->told < suite->count && suite->is_there[suite->told])
		tell_one(suite, &suite->first[suite->told++]);
	if (suite->told < suite->count)
		return;
	for (size_t i = 0; i < suite->later_count; i++)
		tell_one(suite, &suite->later[i]);
	suite->later_count = 0;
}

static void count(struct suite_tally *tally, const struct suite_report *report)
{
	tally->runs++;
	tally->passed += report->outcome == RUN_PASSED;
	tally->skipped += report->outcome == RUN_SKIPPED;
	tally->is_slow_skip |= report->is_slow_skip;
	if (report->outcome != RUN_FAILED)
		return;
	tally->failed++;
	if (!tally->first_failed || report->run < tally->first_failed)
		tally->first_failed = report->run;
}

/* Of the later failures those that were rendered, or had no chance to be: a worker died, say. */
static bool is_worth_telling(const struct suite *suite, const struct suite_report *report,
	const struct suite_tally *tally)
{
	return report->output.length || ((report->reason || !suite->setting.render) &&
						tally->failed <= SUITE_FAILURES_SHOWN);
}

/* One run has come to its end. */
static void take_report(struct suite_report *report, void *context)
{
	struct suite *suite = context;
	struct suite_tally *tally = &suite->tallies[report->item];

	if (interrupt_requested())
		return;
	suite->done++;
	count(tally, report);
	if (report->run == 1) {
		suite->is_there[report->item] = true;
		suite->first[report->item] = suite_report_take(report);
	} else if (report->outcome == RUN_FAILED && is_worth_telling(suite, report, tally)) {
		struct suite_report *later =
			list_grow(&suite->later, &suite->later_count, &suite->later_room);

		*later = suite_report_take(report);
	}
	tell(suite);
}

static void take_words(struct suite *suite, size_t item, uint64_t run, enum run_outcome outcome,
	const char *reason)
{
	struct suite_report report = {
		.item = item,
		.run = run,
		.outcome = outcome,
		.reason = text_copy(reason),
		.output = TEXT_INIT,
	};

	take_report(&report, suite);
	suite_report_finish(&report);
}

static void skip_slow(struct suite *suite, size_t item)
{
	suite->tallies[item].is_slow_skip = true;
	suite->first[item] = (struct suite_report){
		.item = item,
		.run = 1,
		.outcome = RUN_SKIPPED,
		.is_slow_skip = true,
		.reason = text_copy(_("slow (--slow runs it)")),
		.output = TEXT_INIT,
	};
	suite->is_there[item] = true;
	count(&suite->tallies[item], &suite->first[item]);
}

/* Will it mostly wait, as far as one can see: for programs, for timers, for time to pass? */
static bool waits(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->count; i++) {
		const struct step *step = &scenario->steps[i];

		if (step->kind == STEP_RUN || step->kind == STEP_SLEEP ||
			(step_is_expectation(step) && step->within_ns != STEP_NONE))
			return true;
	}
	return false;
}

/*
 * Those that wait are begun in the first half, with others between them: so somebody always has work
 * while they wait, and at the end nobody waits for the last of them with nothing else to do.
 */
static void spread_waiting(struct suite_crew *crew)
{
	size_t *order = allocate(crew->normal_count, sizeof(*order));
	size_t *others = allocate(crew->normal_count, sizeof(*others));
	size_t count = 0, other_count = 0, waiting = 0, next = 0, between;

	for (size_t i = 0; i < crew->normal_count; i++) {
		if (waits(crew->items[crew->normal[i]].scenario))
			waiting++;
		else
			others[other_count++] = crew->normal[i];
	}
	between = waiting ? other_count / (2 * waiting) : 0;
	for (size_t i = 0; i < crew->normal_count; i++) {
		if (!waits(crew->items[crew->normal[i]].scenario))
			continue;
		order[count++] = crew->normal[i];
		for (size_t k = 0; k < between; k++)
			order[count++] = others[next++];
	}
	while (next < other_count)
		order[count++] = others[next++];
	free(others);
	free(crew->normal);
	crew->normal = order;
}

/* Which are to be run, and by how many workers. */
static void sort_out(struct suite *suite, const struct suite_item *items)
{
	struct suite_crew *crew = &suite->crew;
	uint64_t repeat = suite->setting.repeat;

	for (size_t i = 0; i < suite->count; i++) {
		if (!items[i].scenario->is_slow)
			crew->normal[crew->normal_count++] = i;
		else if (suite->setting.runs_slow)
			crew->slow[crew->slow_count++] = i;
		else
			skip_slow(suite, i);
	}
	spread_waiting(crew);
	suite->total = (crew->normal_count + crew->slow_count) * repeat;
	/* Two a processor: while one waits for a timer or a program, the other works. */
	crew->jobs = suite->setting.jobs ? suite->setting.jobs : 2 * count_processors();
	if (crew->jobs > crew->normal_count * repeat)
		crew->jobs = crew->normal_count * repeat;
}

static void work_off(struct suite *suite)
{
	int64_t ticked_ns = clock_now_ns();

	while (suite->crew.alive && !interrupt_requested()) {
		suite_crew_listen(&suite->crew);
		if (clock_now_ns() - ticked_ns < TICK_NS)
			continue;
		ticked_ns = clock_now_ns();
		if (suite->setting.tick)
			suite->setting.tick(suite->done, suite->total, suite->setting.context);
	}
}

/* What nobody could run: no laboratory was to be had for it, or its worker broke off. */
static void settle_rest(struct suite *suite)
{
	const struct error *refusal = &suite->crew.refusal;

	for (size_t i = 0; i < suite->count; i++) {
		struct suite_tally *tally = &suite->tallies[i];

		if (tally->is_slow_skip || tally->failed || tally->runs >= suite->setting.repeat)
			continue;
		if (refusal->code && !tally->runs)
			take_words(suite, i, 1, RUN_SKIPPED, refusal->text);
		else
			take_words(suite, i, tally->runs + 1, RUN_FAILED,
				refusal->code ? refusal->text
					      : _("it was begun, but never finished"));
	}
}

static int run_all(struct suite *suite, struct error *err)
{
	struct suite_crew *crew = &suite->crew;
	int r = suite_crew_start(crew, err);

	if (r < 0)
		return r;
	work_off(suite);
	if (interrupt_requested()) {
		suite_crew_dismiss(crew);
		return error_set(err, EINTR, _("interrupted"));
	}
	if (suite->total && !crew->has_had_lab && crew->refusal.code) {
		if (err)
			*err = crew->refusal;
		return -crew->refusal.code;
	}
	tell(suite);
	settle_rest(suite);
	return 0;
}

static void finish(struct suite *suite)
{
	for (size_t i = suite->told; i < suite->count; i++)
		suite_report_finish(&suite->first[i]);
	for (size_t i = 0; i < suite->later_count; i++)
		suite_report_finish(&suite->later[i]);
	suite_crew_finish(&suite->crew);
	free(suite->crew.normal);
	free(suite->crew.slow);
	free(suite->first);
	free(suite->is_there);
	free(suite->later);
	free(suite->tallies);
}

int suite_run(const struct suite_item *items, size_t count, const struct suite_setting *setting,
	struct suite_tally *ret_tallies, struct error *err)
{
	struct suite suite = {
		.setting = *setting,
		.count = count,
		.tallies = allocate(count, sizeof(*suite.tallies)),
		.first = allocate(count, sizeof(*suite.first)),
		.is_there = allocate(count, sizeof(*suite.is_there)),
	};
	int r;

	if (!suite.setting.repeat)
		suite.setting.repeat = 1;
	suite.crew = (struct suite_crew){
		.items = items,
		.item_count = count,
		.setting = &suite.setting,
		.normal = allocate(count, sizeof(*suite.crew.normal)),
		.slow = allocate(count, sizeof(*suite.crew.slow)),
		.take = take_report,
		.context = &suite,
	};
	sort_out(&suite, items);
	r = run_all(&suite, err);
	if (ret_tallies)
		memcpy(ret_tallies, suite.tallies, count * sizeof(*ret_tallies));
	finish(&suite);
	return r;
}
