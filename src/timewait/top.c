/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/top.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "observe/netns.h"
#include "timewait/top_session.h"

#define OPTION_SOURCE (OPTION_LONG + 1)
#define OPTION_LIMIT  (OPTION_LONG + 2)

static const struct option_spec options[] = {
	{'i', "interval", "S", N_("look every S seconds (default 1)")},
	{'n', "netns", "PID|NAME|PATH", N_("the sockets of another network namespace")},
	{'b', "batch", NULL, N_("print frames as text, without a terminal")},
	{'N', "iterations", "N", N_("end after N frames (default: 1 in batch, else never)")},
	{OPTION_LIMIT, "limit", "N", N_("rows of each table in batch (default 10)")},
	{OPTION_SOURCE, "source", "auto|bpf|sock_diag",
		N_("where the numbers come from (default auto: BPF where it is to be had)")},
	{'j', "json", NULL, N_("print frames as JSON, one object a line (implies --batch)")},
	{0},
};

static const struct command_line command = {
	.command = "timewait top",
	.usage = N_("[OPTION]..."),
	.summary =
		N_("Show the TCP sockets of this host, TIME_WAIT above all, live on the screen."),
	.options = options,
	.details = N_(
		"Keys: q quits, ? shows the others.\n"
		"\n"
		"With BPF (root) every birth and death of a TIME_WAIT is counted in the kernel,\n"
		"with what ended it and which process closed first. Without, the numbers are\n"
		"from sock_diag and the kernel's counters: the same but for these two."),
};

enum source_choice {
	SOURCE_AUTO,
	SOURCE_BPF,
	SOURCE_DIAG,
};

struct top_options {
	int64_t interval_ns;
	const char *netns;
	uint64_t iterations, limit;
	int source;
	bool batch, json;
};

static int take(void *context, int id, const char *value)
{
	static const char *const sources[] = {"auto", "bpf", "sock_diag", NULL};
	struct top_options *chosen = context;

	switch (id) {
	case 'i': return options_seconds("--interval", value, 0.1, 3600, &chosen->interval_ns);
	case 'n': chosen->netns = value; return OPTIONS_GO_ON;
	case 'b': chosen->batch = true; return OPTIONS_GO_ON;
	case 'N': return options_number("--iterations", value, 1, UINT32_MAX, &chosen->iterations);
	case OPTION_LIMIT: return options_number("--limit", value, 1, 100000, &chosen->limit);
	case OPTION_SOURCE: return options_word("--source", value, sources, &chosen->source);
	default: chosen->json = true; return OPTIONS_GO_ON;
	}
}

/* By BPF where that is to be had; else by dumps, and what is not known then says why. */
static int open_source(struct top_session *session, const struct top_options *chosen)
{
	struct error err, why_not = {0};
	bool lacks_more;
	int r = -ENOSYS;

	if (chosen->source != SOURCE_DIAG)
		r = survey_open_life(&session->source, &why_not);
	if (r == 0)
		return EXIT_OK;
	if (chosen->source == SOURCE_BPF) {
		console_print(&why_not);
		return EXIT_UNAVAILABLE;
	}
	/* Which capabilities an ordinary user lacks does not fit onto a screen: the usual words say root. */
	lacks_more = chosen->source == SOURCE_AUTO && !(r == -EPERM && geteuid());
	r = survey_open_diag(&session->source, lacks_more ? why_not.text : NULL, &err);
	if (r == 0)
		return EXIT_OK;
	console_print(&err);
	return EXIT_UNAVAILABLE;
}

static void name_netns(struct top_session *session, const char *name)
{
	session->netns_number = netns_number();
	if (name)
		snprintf(session->netns, sizeof(session->netns), "%s", name);
	else if (session->netns_number)
		snprintf(session->netns, sizeof(session->netns), "net:[%" PRIu64 "]",
			session->netns_number);
}

static int run(const struct top_options *chosen)
{
	/* 250 KiB of history. */
	static struct top_session session;
	bool batch = chosen->batch || chosen->json;
	int code;

	session = (struct top_session){
		.iterations = chosen->iterations ? chosen->iterations : batch,
		.rows = chosen->limit,
		.json = chosen->json,
	};
	top_view_init(&session.view, chosen->interval_ns);
	name_netns(&session, chosen->netns);
	interrupt_watch();
	interrupt_watch_hangup();
	code = open_source(&session, chosen);
	if (code == EXIT_OK)
		code = batch ? top_run_batch(&session) : top_run_screen(&session);
	survey_close(session.source);
	survey_finish(&session.survey);
	return code;
}

int command_top(int argc, char **argv)
{
	struct top_options chosen = {.interval_ns = NS_PER_S, .limit = 10};
	struct error err;
	int home;
	int r = options_parse_alone(&command, argc, argv, take, &chosen);

	if (r != OPTIONS_GO_ON)
		return r;
	/* For good: everything is read where this thread is. */
	if (netns_enter_named(chosen.netns, &home, &err) < 0) {
		console_print(&err);
		return EXIT_FAILED;
	}
	return run(&chosen);
}
