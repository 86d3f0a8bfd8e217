/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/coverage.h"

#include <errno.h>
#include <stdio.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "report/coverage_report.h"
#include "timewait/output.h"

static void show_progress(uint64_t done, uint64_t total, void *context)
{
	progress_show_count(context, done, total);
}

static int print(const struct coverage *coverage, const struct coverage_options *options)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	if (options->is_json)
		coverage_print_json(&out, coverage);
	else if (options->is_markdown)
		coverage_print_markdown(&out, coverage);
	else
		coverage_print(&out, coverage, console_has_colour(stdout));
	return output_write(&out);
}

/* At how many arrows a slow scenario would have to be run. */
static size_t count_unseen(const struct coverage *coverage)
{
	size_t unseen = 0;

	for (size_t i = 0; i < coverage->arrow_count; i++) {
		const struct coverage_showing *by = coverage->rows[i].by;

		unseen += (by[HOST_SERVER].entry && !by[HOST_SERVER].is_seen) ||
			  (by[HOST_CLIENT].entry && !by[HOST_CLIENT].is_seen);
	}
	return unseen;
}

static void summarize(const struct coverage *coverage)
{
	size_t unseen = count_unseen(coverage), missing = coverage_missing(coverage), absent = 0;

	for (size_t i = 0; i < coverage->arrow_count; i++)
		absent += coverage_arrow(&coverage->rows[i])->absent != NULL;
	if (coverage->failed || coverage->skipped)
		console_note(_("not counted: %zu failed, %zu skipped (%s); see timewait run"),
			coverage->failed, coverage->skipped, coverage->not_passed.bytes + 2);
	console_note(_("of %zu transitions %zu seen at both hosts, %zu not on Linux, %zu missing"),
		coverage->arrow_count, coverage->arrow_count - absent - missing - unseen, absent,
		missing);
	if (unseen)
		console_note(
			_("%zu takes a minute, in a slow scenario: --slow runs it too"), unseen);
}

int coverage_command(const struct coverage_options *options)
{
	struct progress progress;
	struct coverage_setting setting = {
		.is_ipv6 = options->is_ipv6,
		.runs_slow = options->is_slow,
		.tick = show_progress,
		.context = &progress,
	};
	struct coverage coverage;
	struct error err = {0};
	int code, r;

	interrupt_watch();
	progress_start(&progress, _("running the scenarios"));
	r = coverage_run(&coverage, &setting, &err);
	progress_finish(&progress);
	if (r == -EINTR)
		return EXIT_INTERRUPTED;
	if (r < 0) {
		console_print(&err);
		return EXIT_UNAVAILABLE;
	}
	code = print(&coverage, options);
	summarize(&coverage);
	if (coverage_missing(&coverage))
		code = EXIT_FAILED;
	coverage_finish(&coverage);
	return code;
}
