/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/myths.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/list.h"
#include "base/options.h"
#include "base/progress.h"
#include "report/myths_report.h"
#include "scenario/library.h"
#include "scenario/myth.h"
#include "scenario/parse.h"
#include "scenario/suite.h"

#define THEME "myths"

static const struct option_spec options[] = {
	{'S', "slow", NULL, N_("the slow ones too, all at once: about a minute")},
	{'6', "ipv6", NULL, N_("over IPv6")},
	{'m', "markdown", NULL, N_("a table in Markdown")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait myths",
	.usage = N_("[OPTION]... [NAME]..."),
	.summary = N_("Put widespread claims about TCP to the test, each on this kernel."),
	.options = options,
	.details = N_(
		"Each NAME is a scenario of the theme 'myths' ('timewait scenarios' lists them);\n"
		"without one all are run. What was measured is said only if this kernel has\n"
		"just done it. 'timewait run NAME' shows every packet of it.\n"
		"Exit status: 0 when all was as described, 1 when this kernel does otherwise."),
};

/* A claim, its scenario, and where the answer comes to. */
struct trial {
	const struct library_entry *entry;
	struct scenario scenario;
	struct myth myth;
};

struct myths {
	bool is_slow, is_ipv6, is_markdown, is_json;
	struct trial *trials;
	size_t trial_count, trial_room;
	struct utsname kernel;
	struct myths_look look;
	struct progress progress;
	size_t verdicts[MYTH_VERDICT_COUNT];
	bool has_printed;
};

static int take(void *context, int id, const char *value)
{
	struct myths *myths = context;

	(void)value;
	if (id == 'S')
		myths->is_slow = true;
	else if (id == '6')
		myths->is_ipv6 = true;
	else if (id == 'm')
		myths->is_markdown = true;
	else if (id == 'j')
		myths->is_json = true;
	return OPTIONS_GO_ON;
}

/* Ours parse, and say what they measure: a test sees to it. */
static int add_trial(struct myths *myths, const struct library_entry *entry)
{
	struct parse_errors errors = {0};
	struct error err = {0};
	struct trial trial = {.entry = entry};

	if (scenario_parse(&trial.scenario, entry->name, entry->text, entry->length, &errors) < 0) {
		console_print(&errors.errors[0]);
		return EXIT_USAGE;
	}
	if (myth_read(&trial.myth, &trial.scenario, &err) < 0) {
		console_error(_("%s: %s"), entry->name, err.text);
		scenario_finish(&trial.scenario);
		return EXIT_USAGE;
	}
	*list_grow(&myths->trials, &myths->trial_count, &myths->trial_room) = trial;
	return OPTIONS_GO_ON;
}

static int complain(const char *name)
{
	_cleanup_text_ struct text safe = TEXT_INIT;
	const char *nearest = library_nearest(name);

	text_append_escaped(&safe, name, strlen(name), console_has_utf8());
	if (library_find(name))
		console_error(_("'%s' is no claim (use: timewait run %s)"), safe.bytes, safe.bytes);
	else if (nearest)
		console_error(_("no claim '%s' (did you mean '%s'?)"), safe.bytes, nearest);
	else
		console_error(_("no claim '%s' ('timewait myths' runs them all)"), safe.bytes);
	return EXIT_USAGE;
}

static int choose_named(struct myths *myths, char **names)
{
	for (; *names; names++) {
		const struct library_entry *entry = library_find(*names);
		int code;

		if (!entry || strcmp(entry->theme, THEME))
			return complain(*names);
		code = add_trial(myths, entry);
		if (code != OPTIONS_GO_ON)
			return code;
	}
	return OPTIONS_GO_ON;
}

static int choose_all(struct myths *myths)
{
	for (size_t i = 0; i < library_count; i++) {
		int code = OPTIONS_GO_ON;

		if (!strcmp(library_entries[i].theme, THEME))
			code = add_trial(myths, &library_entries[i]);
		if (code != OPTIONS_GO_ON)
			return code;
	}
	return OPTIONS_GO_ON;
}

/* In the worker, which alone has the record: the figures of the run. */
static int measure(const struct suite_item *item, uint64_t run, const struct lab *lab,
	const struct run_result *result, struct text *out, void *context, struct error *err)
{
	struct myth myth;
	int r = myth_read(&myth, item->scenario, err);

	(void)run;
	(void)result;
	(void)context;
	if (r < 0)
		return r;
	for (size_t i = 0; i < myth.figure_count; i++)
		figure_measure(&myth.figures[i], &lab->timeline);
	figures_encode(myth.figures, myth.figure_count, out);
	myth_finish(&myth);
	return 0;
}

static void print(struct myths *myths, const struct trial *trial)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	const char *name = trial->entry->name;

	if (myths->is_json) {
		myth_print_json(
			&out, name, &trial->myth, myths->kernel.release, !myths->has_printed);
	} else if (myths->is_markdown) {
		if (!myths->has_printed)
			myths_print_markdown_head(&out, myths->kernel.release);
		myth_print_markdown(&out, name, &trial->myth);
	} else {
		if (myths->has_printed)
			text_append(&out, "\n");
		myth_print(&out, name, &trial->myth, &myths->look);
	}
	fwrite(out.bytes, 1, out.length, stdout);
	fflush(stdout);
	myths->has_printed = true;
}

static void tell(struct suite_report *report, void *context)
{
	struct myths *myths = context;
	struct trial *trial = &myths->trials[report->item];

	progress_finish(&myths->progress);
	myth_judge(&trial->myth, report);
	myths->verdicts[trial->myth.verdict]++;
	print(myths, trial);
	progress_start(&myths->progress, _("measuring"));
}

static void show_progress(uint64_t done, uint64_t total, void *context)
{
	struct myths *myths = context;

	progress_show_count(&myths->progress, done, total);
}

static void print_summary(const struct myths *myths)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	for (int verdict = 0; verdict < MYTH_VERDICT_COUNT; verdict++) {
		if (myths->verdicts[verdict])
			text_printf(&words, ", %zu %s", myths->verdicts[verdict],
				myth_verdict_name((enum myth_verdict)verdict));
	}
	if (words.length)
		console_note(_("on Linux %s: %s"), myths->kernel.release, words.bytes + 2);
}

/* As of `timewait run`: 1 where anything failed, 77 where nothing could be tried here. */
static int exit_code(const struct myths *myths, const struct suite_tally *tallies)
{
	size_t refused = 0;

	for (size_t i = 0; i < myths->trial_count; i++) {
		if (tallies[i].failed)
			return EXIT_FAILED;
		refused += tallies[i].skipped && !tallies[i].is_slow_skip;
	}
	return refused && refused == myths->trial_count ? EXIT_UNAVAILABLE : EXIT_OK;
}

static int run_trials(struct myths *myths)
{
	struct suite_item *items = calloc(myths->trial_count + 1, sizeof(*items));
	struct suite_tally *tallies = calloc(myths->trial_count + 1, sizeof(*tallies));
	struct suite_setting setting = {
		.is_ipv6 = myths->is_ipv6,
		.runs_slow = myths->is_slow,
		.render = measure,
		.report = tell,
		.tick = show_progress,
		.context = myths,
	};
	struct error err = {0};
	int code, r;

	if (!items || !tallies)
		abort();
	for (size_t i = 0; i < myths->trial_count; i++)
		items[i] = (struct suite_item){&myths->trials[i].scenario, "/"};
	progress_start(&myths->progress, _("measuring"));
	r = suite_run(items, myths->trial_count, &setting, tallies, &err);
	progress_finish(&myths->progress);
	code = r == -EINTR ? EXIT_INTERRUPTED : EXIT_UNAVAILABLE;
	if (r < 0 && r != -EINTR)
		console_print(&err);
	if (r == 0) {
		code = exit_code(myths, tallies);
		print_summary(myths);
	}
	free(items);
	free(tallies);
	return code;
}

static void finish(struct myths *myths)
{
	for (size_t i = 0; i < myths->trial_count; i++) {
		myth_finish(&myths->trials[i].myth);
		scenario_finish(&myths->trials[i].scenario);
	}
	free(myths->trials);
}

static void prepare_look(struct myths *myths)
{
	uname(&myths->kernel);
	myths->look = (struct myths_look){
		.utf8 = console_has_utf8(),
		.has_colour = console_has_colour(stdout),
		.columns = (size_t)console_columns(stdout),
	};
	/* What programs read is never translated. */
	if (myths->is_json)
		setlocale(LC_MESSAGES, "C");
}

int command_myths(int argc, char **argv)
{
	struct myths myths = {0};
	int operands;
	int code = options_parse(&command, argc, argv, take, &myths, &operands);

	if (code != OPTIONS_GO_ON)
		return code;
	if (myths.is_json && myths.is_markdown) {
		console_error(_("only one of --json and --markdown"));
		return EXIT_USAGE;
	}
	prepare_look(&myths);
	code = operands < argc ? choose_named(&myths, argv + operands) : choose_all(&myths);
	if (code == OPTIONS_GO_ON) {
		interrupt_watch();
		code = run_trials(&myths);
	}
	finish(&myths);
	return code == EXIT_OK ? console_flush() : code;
}
