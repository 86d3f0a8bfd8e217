/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/coverage_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "scenario/parse.h"
#include "scenario/suite.h"

/* Sysctls that are younger than Linux 6.1: what needs them is skipped there. */
static const char *const young_sysctls[] = {
	"net.ipv4.tcp_rto_min_us",
	"net.ipv4.tcp_rto_max_ms",
	"net.ipv4.tcp_tw_reuse_delay",
	"net.ipv4.tcp_syn_linear_timeouts",
	"net.ipv4.tcp_shrink_window",
};

struct collector {
	const struct coverage_setting *setting;
	struct coverage *coverage;
	struct scenario *scenarios; /* beside library_entries */
};

static bool is_young(const char *sysctl)
{
	for (size_t i = 0; i < sizeof(young_sysctls) / sizeof(*young_sysctls); i++) {
		if (!strcmp(sysctl, young_sysctls[i]))
			return true;
	}
	return false;
}

static bool is_plain(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->count; i++) {
		const struct step *step = &scenario->steps[i];

		if (step->kind == STEP_RUN ||
			(step->kind == STEP_SYSCTL && is_young(step->sysctl.name)))
			return false;
	}
	return true;
}

/* Where one would look first: in the theme that is about it. */
static int rank_of_theme(const char *theme, const struct coverage_row *row)
{
	static const char *const far_themes[] = {"ports", "timers", "options", "myths", "programs"};
	bool is_opening = row->from == TCP_STATE_CLOSED || row->from == TCP_STATE_LISTEN ||
			  row->from == TCP_STATE_SYN_SENT || row->from == TCP_STATE_SYN_RECV;

	if (row->arrow != COVERAGE_NO_ARROW && !strcmp(theme, is_opening ? "opening" : "closing"))
		return 0;
	if (row->arrow != COVERAGE_NO_ARROW && !strcmp(theme, is_opening ? "closing" : "opening"))
		return 1;
	for (size_t i = 0; i < sizeof(far_themes) / sizeof(*far_themes); i++) {
		if (!strcmp(theme, far_themes[i]))
			return 3;
	}
	return 2;
}

/* Figure 5 has LISTEN where there is no socket of the connection yet, or none any more. */
static bool is_same_state(enum tcp_state figure, enum tcp_state expected)
{
	return figure == expected || (figure == TCP_STATE_LISTEN && expected == TCP_STATE_CLOSED);
}

/* Does the scenario expect the host to go that way? */
static bool expects(
	const struct scenario *scenario, enum host_id host, const struct coverage_row *row)
{
	for (size_t i = 0; i < scenario->count; i++) {
		const struct step *step = &scenario->steps[i];

		if (step->kind != STEP_EXPECT_WENT || step->end.host != host)
			continue;
		for (size_t j = 0; j + 1 < step->went.count; j++) {
			if (is_same_state(row->from, step->went.states[j]) &&
				is_same_state(row->to, step->went.states[j + 1]))
				return true;
		}
	}
	return false;
}

/* Does the first show it better? The names come last, so that it never depends on who ran first. */
static bool is_better(const struct coverage_showing *one, const struct coverage_showing *other)
{
	if (!other->entry)
		return true;
	if (one->is_seen != other->is_seen)
		return one->is_seen;
	if (one->is_slow != other->is_slow)
		return other->is_slow;
	if (one->is_plain != other->is_plain)
		return one->is_plain;
	if (one->theme_rank != other->theme_rank)
		return one->theme_rank < other->theme_rank;
	if (one->is_expected != other->is_expected)
		return one->is_expected;
	if (one->steps != other->steps)
		return one->steps < other->steps;
	return strcmp(one->entry->name, other->entry->name) < 0;
}

static struct coverage_row *row_of(struct coverage *coverage, const struct coverage_move *move)
{
	struct coverage_row *row;

	if (move->arrow != COVERAGE_NO_ARROW)
		return &coverage->rows[move->arrow];
	for (size_t i = coverage->arrow_count; i < coverage->count; i++) {
		row = &coverage->rows[i];
		if (row->from == move->from && row->to == move->to && row->cause == move->cause)
			return row;
	}
	row = list_grow(&coverage->rows, &coverage->count, &coverage->room);
	*row = (struct coverage_row){
		.from = move->from, .to = move->to, .cause = move->cause, .arrow = move->arrow};
	return row;
}

/* The row has one more scenario for this host: the best one stays. */
static void show(const struct collector *collector, struct coverage_row *row, enum host_id host,
	size_t item, bool is_seen)
{
	const struct scenario *scenario = &collector->scenarios[item];
	struct coverage_showing by = {
		.entry = &library_entries[item],
		.is_slow = scenario->is_slow,
		.is_seen = is_seen,
		.is_plain = is_plain(scenario),
		.is_expected = expects(scenario, host, row),
		.theme_rank = rank_of_theme(library_entries[item].theme, row),
		.steps = scenario->count,
	};

	if (is_better(&by, &row->by[host]))
		row->by[host] = by;
}

static void take_seen(struct collector *collector, size_t item, const char *text)
{
	struct coverage_moves moves = {0};

	if (coverage_decode(&moves, text)) {
		for (size_t i = 0; i < moves.count; i++)
			show(collector, row_of(collector->coverage, &moves.moves[i]),
				moves.moves[i].host, item, true);
	}
	coverage_moves_finish(&moves);
}

/* Of a slow one that is not run: the arrows that it expects an end to take. */
static void take_expected(struct collector *collector, size_t item)
{
	struct coverage *coverage = collector->coverage;

	for (size_t i = 0; i < coverage->arrow_count; i++) {
		if (coverage_arrow(&coverage->rows[i])->absent)
			continue;
		for (enum host_id host = 0; host < HOST_COUNT; host++) {
			if (expects(&collector->scenarios[item], host, &coverage->rows[i]))
				show(collector, &coverage->rows[i], host, item, false);
		}
	}
}

/* In the worker, which alone has the record. */
static int render(const struct suite_item *item, uint64_t run, const struct lab *lab,
	const struct run_result *result, struct text *out, void *context, struct error *err)
{
	struct coverage_moves moves = {0};

	(void)item;
	(void)run;
	(void)context;
	(void)err;
	if (result->outcome == RUN_PASSED) {
		coverage_read(&moves, &lab->timeline);
		coverage_encode(&moves, out);
	}
	coverage_moves_finish(&moves);
	return 0;
}

static void report(struct suite_report *report, void *context)
{
	struct collector *collector = context;
	struct coverage *coverage = collector->coverage;

	if (report->outcome == RUN_PASSED) {
		coverage->passed++;
		take_seen(collector, report->item, report->output.bytes);
	} else if (report->is_slow_skip) {
		coverage->slow_skipped++;
		take_expected(collector, report->item);
	} else {
		coverage->failed += report->outcome == RUN_FAILED;
		coverage->skipped += report->outcome == RUN_SKIPPED;
		text_printf(&coverage->not_passed, ", %s", library_entries[report->item].name);
	}
}

static void tick(uint64_t done, uint64_t total, void *context)
{
	struct collector *collector = context;

	if (collector->setting->tick)
		collector->setting->tick(done, total, collector->setting->context);
}

/* By their states in the order of the figure: in which they first stand there. */
static int rank_of_state(enum tcp_state state)
{
	size_t count;
	const struct tcp_transition *arrows = tcp_transitions(&count);

	for (size_t i = 0; i < count; i++) {
		if (arrows[i].from == state)
			return (int)i;
	}
	return (int)count;
}

static int compare_rows(const void *left, const void *right)
{
	const struct coverage_row *a = left, *b = right;
	int order = rank_of_state(a->from) - rank_of_state(b->from);

	if (!order)
		order = rank_of_state(a->to) - rank_of_state(b->to);
	return order ? order : (int)a->cause - (int)b->cause;
}

static void add_arrows(struct coverage *coverage)
{
	const struct tcp_transition *arrows = tcp_transitions(&coverage->arrow_count);

	for (size_t i = 0; i < coverage->arrow_count; i++)
		*list_grow(&coverage->rows, &coverage->count, &coverage->room) =
			(struct coverage_row){
				.from = arrows[i].from, .to = arrows[i].to, .arrow = (int)i};
}

/* Ours parse: a test sees to it. */
static int parse_all(struct scenario *scenarios, struct suite_item *items, struct error *err)
{
	for (size_t i = 0; i < library_count; i++) {
		const struct library_entry *entry = &library_entries[i];
		struct parse_errors errors = {0};

		if (scenario_parse(
			    &scenarios[i], entry->name, entry->text, entry->length, &errors) < 0)
			return error_set(err, EINVAL, "%s:%d:%d: %s", entry->name,
				errors.errors[0].line, errors.errors[0].column,
				errors.errors[0].text);
		items[i] = (struct suite_item){&scenarios[i], "/"};
	}
	return 0;
}

int coverage_run(
	struct coverage *ret_coverage, const struct coverage_setting *setting, struct error *err)
{
	struct coverage coverage = {.not_passed = TEXT_INIT};
	struct suite_item *items = calloc(library_count + 1, sizeof(*items));
	struct collector collector = {
		.setting = setting,
		.coverage = &coverage,
		.scenarios = calloc(library_count + 1, sizeof(*collector.scenarios)),
	};
	struct suite_setting suite = {
		.is_ipv6 = setting->is_ipv6,
		.runs_slow = setting->runs_slow,
		.render = render,
		.report = report,
		.tick = tick,
		.context = &collector,
	};
	int r;

	if (!items || !collector.scenarios)
		abort();
	add_arrows(&coverage);
	r = parse_all(collector.scenarios, items, err);
	if (r == 0)
		r = suite_run(items, library_count, &suite, NULL, err);
	for (size_t i = 0; i < library_count; i++)
		scenario_finish(&collector.scenarios[i]);
	free(collector.scenarios);
	free(items);
	if (r < 0) {
		coverage_finish(&coverage);
		return r;
	}
	qsort(coverage.rows + coverage.arrow_count, coverage.count - coverage.arrow_count,
		sizeof(*coverage.rows), compare_rows);
	*ret_coverage = coverage;
	return 0;
}

void coverage_finish(struct coverage *coverage)
{
	free(coverage->rows);
	text_finish(&coverage->not_passed);
	*coverage = (struct coverage){.not_passed = TEXT_INIT};
}

const struct tcp_transition *coverage_arrow(const struct coverage_row *row)
{
	size_t count;

	return row->arrow == COVERAGE_NO_ARROW ? NULL : &tcp_transitions(&count)[row->arrow];
}

bool coverage_is_missing(const struct coverage_row *row, enum host_id host)
{
	const struct tcp_transition *arrow = coverage_arrow(row);

	return arrow && !arrow->absent && !row->by[host].entry;
}

size_t coverage_missing(const struct coverage *coverage)
{
	size_t missing = 0;

	for (size_t i = 0; i < coverage->arrow_count; i++)
		missing += coverage_is_missing(&coverage->rows[i], HOST_SERVER) ||
			   coverage_is_missing(&coverage->rows[i], HOST_CLIENT);
	return missing;
}
