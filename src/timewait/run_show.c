/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/run_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "report/failure.h"
#include "report/json.h"
#include "report/tap.h"
#include "timewait/output.h"

/* What lasts longer than this gets a progress bar. */
#define PATIENCE_NS NS_PER_S

/* mkdir -p */
static int make_folder(const char *path, struct error *err)
{
	_cleanup_free_ char *part = text_copy(path);
	_cleanup_text_ struct text safe = output_safe(path);
	struct stat status;

	for (char *at = part; *at; at++) {
		if (*at != '/' || at == part)
			continue;
		*at = '\0';
		mkdir(part, 0777);
		*at = '/';
	}
	if (mkdir(part, 0777) < 0 && errno != EEXIST)
		return error_errno(err, errno, _("cannot make the folder %s"), safe.bytes);
	if (stat(part, &status) == 0 && !S_ISDIR(status.st_mode))
		return error_set(err, ENOTDIR,
			_("%s is no folder (several scenarios need one to draw into)"), safe.bytes);
	return 0;
}

int run_show_begin(struct run_show *show, struct error *err)
{
	int r = 0;

	show->utf8 = console_has_utf8();
	show->has_colour = console_has_colour(stdout);
	show->columns = console_columns(stdout);
	show->start_ns = clock_now_ns();
	show->is_given_away = run_is_stdout(show->svg_path) || run_is_stdout(show->pcap_path);
	show->kept = calloc(show->inputs->count + 1, sizeof(*show->kept));
	if (!show->kept)
		abort();
	if (show->is_svg_folder)
		r = make_folder(show->svg_path, err);
	if (show->is_pcap_folder && r == 0)
		r = make_folder(show->pcap_path, err);
	return r;
}

void run_show_finish(struct run_show *show)
{
	for (size_t i = 0; i < show->inputs->count; i++)
		suite_report_finish(&show->kept[i]);
	free(show->kept);
}

static void put(const struct text *words, FILE *stream)
{
	fwrite(words->bytes, 1, words->length, stream);
}

/* A blank line between two scenarios. */
static void separate(struct run_show *show)
{
	if (show->has_output)
		putchar('\n');
	show->has_output = true;
}

static void put_failure(struct run_show *show, const struct suite_report *report)
{
	FILE *stream = show->is_given_away ? stderr : stdout;
	_cleanup_text_ struct text words = TEXT_INIT;
	struct failure_look look = {
		.utf8 = show->utf8,
		.has_colour = console_has_colour(stream),
		.names_run = show->repeat > 1,
	};

	if (report->output.length && stream == stdout)
		putchar('\n');
	failure_print(&words, show->inputs->inputs[report->item].scenario.file, report, &look);
	put(&words, stream);
}

/* A title, and why there is no more. */
static void put_skip(struct run_show *show, const struct suite_report *report)
{
	const struct scenario *scenario = &show->inputs->inputs[report->item].scenario;
	_cleanup_text_ struct text line = TEXT_INIT;

	text_append_escaped(&line, scenario->file, strlen(scenario->file), show->utf8);
	text_append(&line, ": ");
	text_printf(&line, _("skipped: %s"), report->reason ? report->reason : "");
	if (show->mode == RUN_LADDER && !show->is_given_away) {
		separate(show);
		printf("%s\n", line.bytes);
	} else if (!report->is_slow_skip) {
		console_note("%s", line.bytes);
	}
}

static void show_to_people(struct run_show *show, const struct suite_report *report)
{
	if (report->outcome == RUN_SKIPPED) {
		put_skip(show, report);
		return;
	}
	if (report->output.length || (report->outcome == RUN_FAILED && !show->is_given_away))
		separate(show);
	put(&report->output, stdout);
	if (report->outcome == RUN_FAILED)
		put_failure(show, report);
}

static void put_tap(struct run_show *show, size_t item, const struct suite_report *report,
	const struct suite_tally *tally)
{
	const struct scenario *scenario = &show->inputs->inputs[item].scenario;
	_cleanup_text_ struct text words = TEXT_INIT;

	if (!show->has_plan)
		tap_print_plan(&words, show->inputs->count);
	show->has_plan = true;
	tap_print_comments(&words, scenario);
	tap_print_point(&words, item + 1, scenario, report, tally);
	put(&words, stdout);
}

static void put_json(const struct run_show *show, size_t item, const struct suite_report *report,
	const struct suite_tally *tally)
{
	const struct scenario *scenario = &show->inputs->inputs[item].scenario;
	struct json_result result = {
		.file = scenario->file,
		.ok = report->outcome == RUN_PASSED,
		.skipped = report->outcome == RUN_SKIPPED,
		.reason = report->reason,
	};

	if (report->failure_count) {
		result.line = report->failures[0].line;
		result.expected = report->failures[0].expected;
		result.observed = report->failures[0].observed;
		result.further = report->failures + 1;
		result.further_count = report->failure_count - 1;
	}
	if (tally->runs > 1) {
		result.runs = tally->runs;
		result.failed_runs = tally->failed;
		result.first_failed_run = tally->first_failed;
	}
	if (report->output.length)
		put(&report->output, stdout);
	else
		json_print_scenario(scenario->file, scenario->title, scenario->is_slow, stdout);
	json_print_result(&result, stdout);
}

static void show_to_programs(struct run_show *show, size_t item, const struct suite_report *report,
	const struct suite_tally *tally)
{
	if (show->mode == RUN_TAP)
		put_tap(show, item, report, tally);
	else
		put_json(show, item, report, tally);
}

/* Programs get one answer for all runs of a scenario: that of the first that failed, else of the
 * first. */
static void keep(struct run_show *show, struct suite_report *report)
{
	struct suite_report *kept = &show->kept[report->item];

	/* Runs come to their ends in any order. */
	if (kept->outcome == RUN_FAILED && kept->run < report->run)
		return;
	suite_report_finish(kept);
	*kept = suite_report_take(report);
}

/* Lets the reader have it at once. A stream that failed keeps the first reason, for the end. */
static void show_now(struct run_show *show)
{
	if (fflush(stdout) != 0 && !show->output_code)
		show->output_code = errno;
}

void run_show_report(struct suite_report *report, void *context)
{
	static const struct suite_tally one = {.runs = 1};
	struct run_show *show = context;

	if (show->has_begun)
		progress_finish(&show->progress);
	if (report->render_error.code) {
		console_print(&report->render_error);
		show->has_file_error = true;
	}
	if (show->mode != RUN_TAP && show->mode != RUN_JSON)
		show_to_people(show, report);
	else if (show->repeat > 1)
		keep(show, report);
	else
		show_to_programs(show, report->item, report, &one);
	show_now(show);
}

void run_show_tick(uint64_t done, uint64_t total, void *context)
{
	struct run_show *show = context;

	if (clock_now_ns() - show->start_ns < PATIENCE_NS)
		return;
	if (!show->has_begun)
		progress_start(&show->progress, _("running"));
	show->has_begun = true;
	progress_show_count(&show->progress, done, total);
}

/* How many scenarios did what. */
struct sum {
	unsigned long passed, failed, skipped, slow;
};

static struct sum sum_up(const struct run_show *show, const struct suite_tally *tallies)
{
	struct sum sum = {0};

	for (size_t i = 0; i < show->inputs->count; i++) {
		sum.failed += tallies[i].failed > 0;
		sum.skipped += !tallies[i].failed && tallies[i].skipped && !tallies[i].is_slow_skip;
		sum.slow += tallies[i].is_slow_skip;
		sum.passed += !tallies[i].failed && !tallies[i].skipped;
	}
	return sum;
}

static void summarize(const struct run_show *show, const struct suite_tally *tallies)
{
	double seconds = (double)(clock_now_ns() - show->start_ns) / (double)NS_PER_S;
	unsigned long count = (unsigned long)show->inputs->count;
	struct sum sum = sum_up(show, tallies);
	_cleanup_text_ struct text words = TEXT_INIT;

	text_printf(&words, ngettext("%lu scenario", "%lu scenarios", count), count);
	if (show->repeat > 1)
		text_printf(&words, _(", %llu times each"), (unsigned long long)show->repeat);
	text_printf(&words, _(": %lu passed"), sum.passed);
	if (sum.failed)
		text_printf(&words, _(", %lu failed"), sum.failed);
	if (sum.skipped)
		text_printf(&words, _(", %lu skipped"), sum.skipped);
	if (sum.slow)
		text_printf(&words, _(", %lu skipped for being slow (--slow runs them)"), sum.slow);
	text_printf(&words, _("; %.2f s"), seconds);
	console_note("%s", words.bytes);
}

/* Of repeated scenarios: which failed how often. */
static void tell_rates(const struct run_show *show, const struct suite_tally *tallies)
{
	for (size_t i = 0; i < show->inputs->count; i++) {
		_cleanup_text_ struct text file =
			output_safe(show->inputs->inputs[i].scenario.file);

		if (!tallies[i].failed)
			continue;
		console_note(_("%s: %llu of %llu runs failed, the first was run %llu"), file.bytes,
			(unsigned long long)tallies[i].failed, (unsigned long long)tallies[i].runs,
			(unsigned long long)tallies[i].first_failed);
	}
}

void run_show_end(struct run_show *show, const struct suite_tally *tallies)
{
	bool is_for_people = show->mode != RUN_TAP && show->mode != RUN_JSON;

	if (show->has_begun)
		progress_finish(&show->progress);
	for (size_t i = 0; i < show->inputs->count && !is_for_people && show->repeat > 1; i++)
		show_to_programs(show, i, &show->kept[i], &tallies[i]);
	show_now(show);
	if (is_for_people && show->repeat > 1)
		tell_rates(show, tallies);
	if (is_for_people &&
		(show->inputs->count > 1 || show->repeat > 1 || show->mode == RUN_QUIET))
		summarize(show, tallies);
}

void run_show_broken_off(struct run_show *show, const char *why, bool is_unavailable)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	if (show->has_begun)
		progress_finish(&show->progress);
	if (show->mode != RUN_TAP)
		return;
	if (is_unavailable && !show->has_plan)
		tap_print_nothing(&words, why);
	else
		tap_print_bail_out(&words, why);
	put(&words, stdout);
}
