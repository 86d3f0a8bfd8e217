/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/scenarios.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "base/text.h"
#include "report/highlight.h"
#include "report/scenario_list.h"
#include "scenario/library.h"
#include "timewait/coverage.h"
#include "timewait/output.h"

static const struct option_spec options[] = {
	{'c', "coverage", NULL,
		N_("run all and print the transitions of RFC 9293 figure 5,\n"
		   "each with the scenario that shows it")},
	{'S', "slow", NULL, N_("with --coverage: run the slow ones too, about a minute")},
	{'6', "ipv6", NULL, N_("with --coverage: over IPv6")},
	{'m', "markdown", NULL, N_("with --coverage: tables in Markdown")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait scenarios",
	.usage = N_("[OPTION]... [NAME]"),
	.summary = N_("List the scenarios that timewait comes with, or show the text of one."),
	.options = options,
	.details = N_(
		"'timewait run NAME' runs one. The slow ones, which wait for the kernel's timers,\n"
		"run with --slow alone. The language is told in timewait-scenario(5).\n"
		"Exit status: 2 when there is no such NAME; of --coverage 1 when no scenario "
		"shows\n"
		"a transition that Linux has."),
};

static int take(void *context, int id, const char *value)
{
	struct coverage_options *chosen = context;

	(void)value;
	if (id == 'c')
		chosen->is_wanted = true;
	else if (id == 'S')
		chosen->is_slow = true;
	else if (id == '6')
		chosen->is_ipv6 = true;
	else if (id == 'm')
		chosen->is_markdown = true;
	else if (id == 'j')
		chosen->is_json = true;
	return OPTIONS_GO_ON;
}

static int list(bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	if (json)
		scenario_list_print_json(&out);
	else
		scenario_list_print(&out,
			isatty(STDOUT_FILENO) ? (size_t)console_columns(stdout) : 0, /* for grep */
			console_has_colour(stdout));
	return output_write(&out);
}

static int complain(const char *name)
{
	_cleanup_text_ struct text safe = TEXT_INIT;
	const char *nearest = library_nearest(name);

	text_append_escaped(&safe, name, strlen(name), console_has_utf8());
	if (nearest)
		console_error(_("no scenario '%s' (did you mean '%s'?)"), safe.bytes, nearest);
	else
		console_error(_("no scenario '%s' (all of them: timewait scenarios)"), safe.bytes);
	return EXIT_USAGE;
}

static int show(const char *name, bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	const struct library_entry *entry = library_find(name);

	if (!entry)
		return complain(name);
	if (json)
		scenario_list_print_one_json(&out, entry);
	else if (console_has_colour(stdout))
		highlight_scenario(&out, entry->text, entry->length);
	else
		text_append_bytes(&out, entry->text, entry->length);
	return output_write(&out);
}

static int cover(const struct coverage_options *chosen)
{
	/* What programs read is never translated. */
	if (chosen->is_json)
		setlocale(LC_MESSAGES, "C");
	return coverage_command(chosen);
}

int command_scenarios(int argc, char **argv)
{
	struct coverage_options chosen = {0};
	int operands;
	int r = options_parse(&command, argc, argv, take, &chosen, &operands);

	if (r != OPTIONS_GO_ON)
		return r;
	if (argc - operands > (chosen.is_wanted ? 0 : 1))
		return options_unexpected(&command, argv[operands + (chosen.is_wanted ? 0 : 1)]);
	if (chosen.is_json && chosen.is_markdown) {
		console_error(_("only one of --json and --markdown"));
		return EXIT_USAGE;
	}
	if (chosen.is_wanted)
		return cover(&chosen);
	if (chosen.is_slow || chosen.is_ipv6 || chosen.is_markdown) {
		console_error(_("--slow, --ipv6 and --markdown go with --coverage"));
		return EXIT_USAGE;
	}
	return operands < argc ? show(argv[operands], chosen.is_json) : list(chosen.is_json);
}
