/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/doctor.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/text.h"
#include "explain/findings.h"
#include "explain/selfcheck.h"
#include "observe/checkup.h"
#include "observe/netns.h"
#include "report/findings_report.h"
#include "report/selfcheck_report.h"
#include "timewait/output.h"

enum { OPTION_SELF = OPTION_LONG };

static const struct option_spec options[] = {
	{'n', "netns", "PID|NAME|PATH",
		N_("examine that network namespace: of a process, by the name of\n"
		   "'ip netns', or by a file")},
	{'r', "rate", "S",
		N_("look twice, S seconds apart, to see at which rate things grow\n"
		   "(0.5; 0 to 3600)")},
	{OPTION_SELF, "self", NULL, N_("what of timewait works here, why not, and how to get it")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait doctor",
	.usage = N_("[--netns PID|NAME|PATH] [--rate S] [--json]\n"
		    "       timewait doctor --self [--json]"),
	.summary = N_("Find what is wrong with the TCP of this host, and say what to do about it."),
	.options = options,
	.details =
		N_("Each finding has its evidence, what it means, a remedy, and the scenario that\n"
		   "shows it on two hosts of your own. Exit status: 0, 1 when one is bad, or 77\n"
		   "when the sockets cannot be looked at.\n"
		   "Nothing is changed. Root sees the owners of all sockets, a user those of\n"
		   "their own.\n\n"
		   "With --self: 0 when everything works that a command of this version needs, 1\n"
		   "when not. Every attempt is made in a process and, where it could matter, in\n"
		   "namespaces of its own."),
};

#define DEFAULT_WINDOW_NS (NS_PER_S / 2)

struct doctor_options {
	bool self, json, has_window;
	const char *netns;
	int64_t window_ns;
};

static int take(void *context, int id, const char *value)
{
	struct doctor_options *chosen = context;

	switch (id) {
	case OPTION_SELF: chosen->self = true; break;
	case 'j': chosen->json = true; break;
	case 'n': chosen->netns = value; break;
	case 'r':
		chosen->has_window = true;
		return options_seconds("--rate", value, 0, 3600, &chosen->window_ns);
	default: break;
	}
	return OPTIONS_GO_ON;
}

static int examine_self(bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct selfcheck check;

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

/* What was not to be had, and what root would add. */
static void note_unseen(const struct checkup *checkup)
{
	const char *names[FINDINGS_MISSING_MAX];
	size_t count = findings_missing(checkup, names);
	_cleanup_text_ struct text list = TEXT_INIT;

	for (size_t i = 0; i < count; i++)
		text_printf(&list, "%s%s", i ? ", " : "", names[i]);
	if (!checkup->has_sockets)
		console_note("%s", checkup->sockets_error.text);
	if (count)
		console_note(_("not available here: %s"), list.bytes);
	if (checkup->sockets_left_out)
		console_note(_("sockets with troubles beyond those counted: %llu"),
			(unsigned long long)checkup->sockets_left_out);
	if (checkup->destinations_left_out)
		console_note(_("connections to further destinations were not looked at: %llu"),
			(unsigned long long)checkup->destinations_left_out);
	if (geteuid() && (checkup->unowned || checkup->unknown_options))
		console_note(_("root would see whose these are, and their options: sockets %llu, "
			       "listeners %llu"),
			(unsigned long long)checkup->unowned,
			(unsigned long long)checkup->unknown_options);
}

static int print(const struct findings *findings, const struct checkup *checkup, bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	if (json) {
		findings_print_json(&out, findings, checkup);
	} else {
		const struct findings_look look = {
			.utf8 = console_has_utf8(),
			.has_colour = console_has_colour(stdout),
			.columns = (size_t)console_columns(stdout),
		};

		findings_print(&out, findings, checkup, &look);
	}
	if (output_write(&out) != EXIT_OK)
		return EXIT_FAILED;
	note_unseen(checkup);
	if (findings_count(findings, SEVERITY_BAD))
		return EXIT_FAILED;
	/* That nothing is bad cannot be said of sockets that nobody has seen. */
	return checkup->has_sockets ? EXIT_OK : EXIT_UNAVAILABLE;
}

static void show_wait(void *context, double done_s, double total_s)
{
	struct progress *progress = context;

	progress_show(progress, done_s, total_s, NULL);
}

static int examine(const struct doctor_options *chosen)
{
	struct findings findings = {0};
	struct progress progress;
	struct checkup checkup;
	int r;

	interrupt_watch();
	progress_start(&progress, _("looking"));
	r = checkup_read(&checkup, chosen->has_window ? chosen->window_ns : DEFAULT_WINDOW_NS,
		chosen->window_ns > NS_PER_S ? show_wait : NULL, &progress);
	progress_finish(&progress);
	if (r == 0) {
		findings_judge(&findings, &checkup);
		r = print(&findings, &checkup, chosen->json);
	} else {
		r = EXIT_INTERRUPTED;
	}
	findings_finish(&findings);
	checkup_finish(&checkup);
	return r;
}

static int examine_namespace(const struct doctor_options *chosen)
{
	struct error err;
	int home;
	int r = netns_enter_named(chosen->netns, &home, &err);

	if (r < 0) {
		console_print(&err);
		return EXIT_FAILED;
	}
	r = examine(chosen);
	(void)netns_leave(&home, NULL);
	return r;
}

int command_doctor(int argc, char **argv)
{
	struct doctor_options chosen = {0};
	int r = options_parse_alone(&command, argc, argv, take, &chosen);

	if (r != OPTIONS_GO_ON)
		return r;
	if (chosen.self && (chosen.netns || chosen.has_window)) {
		console_error(_("doctor: --self looks at timewait alone (leave out --netns and "
				"--rate, or --self)"));
		return EXIT_USAGE;
	}
	/* What programs read is never translated, the kernel's error messages included. */
	if (chosen.json)
		setlocale(LC_MESSAGES, "C");
	return chosen.self ? examine_self(chosen.json) : examine_namespace(&chosen);
}
