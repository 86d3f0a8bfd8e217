/* SPDX-License-Identifier: BSD-2-Clause */

/* The command: finds the subcommand and hands over. */

#include <stdio.h>
#include <string.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "base/text.h"
#include "config.h"
#include "observe/life.h"
#include "timewait/doctor.h"
#include "timewait/explain.h"
#include "timewait/list.h"
#include "timewait/myths.h"
#include "timewait/reproduce.h"
#include "timewait/run.h"
#include "timewait/scenarios.h"
#include "timewait/top.h"
#include "timewait/watch.h"
#include "timewait/why.h"

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} subcommands[] = {
	{"reproduce", command_reproduce,
		N_("reproduce TIME_WAIT with a real server and client, and explain it")},
	{"run", command_run, N_("run scenarios: connections by the line, and what to expect")},
	{"scenarios", command_scenarios,
		N_("list the scenarios that come with timewait, or show one")},
	{"explain", command_explain,
		N_("explain a state, an error, a kernel setting or a socket option")},
	{"myths", command_myths, N_("put widespread claims about TCP to the test, on this kernel")},
	{"list", command_list,
		N_("list the TCP sockets of this host, TIME_WAIT and bound ones included")},
	{"why", command_why, N_("say why bind() or connect() fails here and now, and what helps")},
	{"watch", command_watch,
		N_("watch connections change state, and every TIME_WAIT live and die")},
	{"top", command_top,
		N_("show rates, states, port budgets and who closes, live on the screen")},
	{"doctor", command_doctor,
		N_("find what is wrong with the TCP of this host, or say what of timewait works "
		   "here (--self)")},
};

#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(*subcommands))

static void print_subcommands(FILE *stream)
{
	fprintf(stream, _("Usage: %s COMMAND [OPTION]...\n"), "timewait");
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		fprintf(stream, "  %-12s %s\n", subcommands[i].name, _(subcommands[i].help));
}

static int print_help(void)
{
	print_subcommands(stdout);
	printf("\n%s\n%s\n%s\n", _("See TCP connections live and die, and be told why."),
		_("'timewait COMMAND --help' tells more of a command, 'man timewait' all of it."),
		_("New here? Begin with: timewait reproduce"));
	return console_flush();
}

static int complain(const char *word)
{
	const char *names[SUBCOMMAND_COUNT + 1] = {NULL};
	const char *nearest;

	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		names[i] = subcommands[i].name;
	nearest = text_nearest(word, names);
	if (word[0] == '-')
		console_error(_("unknown option '%s'"), word);
	else if (nearest)
		console_error(_("unknown command '%s' (did you mean '%s'?)"), word, nearest);
	else
		console_error(_("unknown command '%s'"), word);
	print_subcommands(stderr);
	return EXIT_USAGE;
}

/* What this build lacks, for --version: a line each. */
static void note_what_is_missing(void)
{
	static struct text note = TEXT_INIT;

	if (!life_is_built())
		text_append(&note,
			_("built without BPF: watch is not to be had, and top knows neither causes "
			  "nor closers (clang, bpftool and libbpf-dev were missing)"));
	if (!HAVE_NCURSESW)
		text_printf(&note, "%s%s", note.length ? "\n" : "",
			_("built without ncursesw: top has no screen, only --batch (libncurses-dev "
			  "was missing)"));
	if (note.length)
		options_version_note(note.bytes);
}

int main(int argc, char **argv)
{
	console_init("timewait");
	note_what_is_missing();
	if (argc < 2) {
		print_subcommands(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return options_version();
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
		if (!strcmp(argv[1], subcommands[i].name))
			return subcommands[i].run(argc - 1, argv + 1);
	}
	return complain(argv[1]);
}
