/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/doctor.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "base/text.h"
#include "explain/selfcheck.h"
#include "report/selfcheck_report.h"
#include "timewait/output.h"

enum { OPTION_SELF = OPTION_LONG };

static const struct option_spec options[] = {
	{OPTION_SELF, "self", NULL, N_("what of timewait works here, why not, and how to get it")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait doctor",
	.usage = N_("--self [--json]"),
	.summary = N_("Try what timewait builds on, each thing for real."),
	.options = options,
	.details =
		N_("Exit status: 0 when everything works that a command of this version needs,\n"
		   "1 when not. Nothing is changed: every attempt is made in a process and, where\n"
		   "it could matter, in namespaces of its own."),
};

struct doctor_options {
	bool self, json;
};

static int take(void *context, int id, const char *value)
{
	struct doctor_options *chosen = context;

	(void)value;
	if (id == OPTION_SELF)
		chosen->self = true;
	else if (id == 'j')
		chosen->json = true;
	return OPTIONS_GO_ON;
}

static int examine_self(bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct selfcheck check;

	/* What programs read is never translated, the kernel's error messages included. */
	if (json)
		setlocale(LC_MESSAGES, "C");
	selfcheck_run(&check);
	if (json) {
		selfcheck_print_json(&out, &check);
	} else {
		const struct selfcheck_look look = {
			.utf8 = console_has_utf8(),
			.has_colour = console_has_colour(stdout),
			.columns = (size_t)console_columns(stdout),
		};

		selfcheck_print(&out, &check, &look);
	}
	if (output_write(&out) != EXIT_OK)
		return EXIT_FAILED;
	return selfcheck_broken(&check) ? EXIT_FAILED : EXIT_OK;
}

int command_doctor(int argc, char **argv)
{
	struct doctor_options chosen = {0};
	int r = options_parse_alone(&command, argc, argv, take, &chosen);

	if (r != OPTIONS_GO_ON)
		return r;
	if (!chosen.self) {
		console_error(_("doctor: this version looks at itself alone (use: timewait doctor "
				"--self); findings about a host's sockets come in a later one"));
		return EXIT_USAGE;
	}
	return examine_self(chosen.json);
}
