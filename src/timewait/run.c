/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "scenario/suite.h"
#include "timewait/interactive.h"
#include "timewait/run_inputs.h"
#include "timewait/run_render.h"
#include "timewait/run_show.h"

struct run {
	struct run_show show;
	struct suite_setting setting;
	bool has_mode;
	uint64_t jobs;
};

static const struct option_spec options[] = {
	{'l', "ladder", NULL,
		N_("title, explanation and sequence diagram of each scenario (default)")},
	{'q', "quiet", NULL, N_("show what fails alone")},
	{'t', "tap", NULL, N_("TAP version 14, a point a scenario")},
	{'j', "json", NULL, N_("the record as JSON, one object a line")},
	{'s', "svg", "F",
		N_("draw the diagram into the file F too (- for standard output alone);\n"
		   "of several scenarios into the folder F, as NAME.svg")},
	{'p', "pcap", "F",
		N_("write the packets, with comments, into F too, for tcpdump and Wireshark;\n"
		   "likewise, as NAME.pcap")},
	{'6', "ipv6", NULL, N_("over IPv6")},
	{'n', "repeat", "N", N_("run all of them N times; show the first time, and what fails")},
	{'J', "jobs", "N", N_("run N scenarios at a time (twice as many as processors)")},
	{'k', "keep-going", NULL, N_("go on inside a scenario past a line that failed")},
	{'S', "slow", NULL, N_("run the slow scenarios too, all at once")},
	{0},
};

static const struct command_line command_line = {
	.command = "timewait run",
	.usage = N_("[OPTION]... FILE|NAME|FOLDER... | -"),
	.summary = N_("Runs scenarios, each on two hosts with a wire between them, and checks what "
		      "they expect."),
	.options = options,
	.details = N_(
		"FILE is a scenario, - standard input; NAME is one that timewait comes with, see "
		"'timewait\n"
		"scenarios'. Needs no root. Exit status: 0 if all is as expected, 1 if not, 2 for "
		"a mistake in a\n"
		"scenario, 77 where namespaces are refused, or every scenario lacked something."),
};

static int take_mode(struct run *run, enum run_mode mode)
{
	static const char *const names[] = {
		[RUN_LADDER] = "--ladder",
		[RUN_QUIET] = "--quiet",
		[RUN_TAP] = "--tap",
		[RUN_JSON] = "--json",
	};

	if (run->has_mode && run->show.mode != mode) {
		console_error(
			_("%s and %s exclude each other"), names[run->show.mode], names[mode]);
		return EXIT_USAGE;
	}
	run->has_mode = true;
	run->show.mode = mode;
	return OPTIONS_GO_ON;
}

static int take_path(const char *option, const char *value, const char **ret_path)
{
	if (!*value) {
		console_error(_("%s '': no name of a file or folder"), option);
		return EXIT_USAGE;
	}
	*ret_path = value;
	return OPTIONS_GO_ON;
}

static int take_option(void *context, int id, const char *value)
{
	struct run *run = context;

	switch (id) {
	case 'l': return take_mode(run, RUN_LADDER);
	case 'q': return take_mode(run, RUN_QUIET);
	case 't': return take_mode(run, RUN_TAP);
	case 'j': return take_mode(run, RUN_JSON);
	case 'n': return options_number("--repeat", value, 1, 1000000, &run->setting.repeat);
	case 'J': return options_number("--jobs", value, 1, 1000, &run->jobs);
	case 's': return take_path("--svg", value, &run->show.svg_path);
	case 'p': return take_path("--pcap", value, &run->show.pcap_path);
	case '6': run->setting.is_ipv6 = true; break;
	case 'k': run->setting.keeps_going = true; break;
	case 'S': run->setting.runs_slow = true; break;
	}
	return OPTIONS_GO_ON;
}

static bool is_folder(const char *path)
{
	size_t length = strlen(path);
	struct stat status;

	return (length && path[length - 1] == '/') ||
	       (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

/* One thing alone may have the standard output. */
static int check_outputs(const struct run_show *show)
{
	bool is_for_programs = show->mode == RUN_TAP || show->mode == RUN_JSON;

	if (is_for_programs + run_is_stdout(show->svg_path) + run_is_stdout(show->pcap_path) <= 1)
		return OPTIONS_GO_ON;
	console_error(
		_("only one of --tap, --json, --svg - and --pcap - can have the standard output"));
	return EXIT_USAGE;
}

/* Several scenarios need a folder each. */
static int check_folders(struct run_show *show)
{
	bool has_several = show->inputs->count > 1;

	if (has_several && (run_is_stdout(show->svg_path) || run_is_stdout(show->pcap_path))) {
		console_error(_("several scenarios need a folder to draw into, not -"));
		return EXIT_USAGE;
	}
	show->is_svg_folder = show->svg_path && (has_several || is_folder(show->svg_path));
	show->is_pcap_folder = show->pcap_path && (has_several || is_folder(show->pcap_path));
	return EXIT_OK;
}

/* Why nothing was run: 77 where the environment refuses the laboratory. */
static int explain_failure(struct run *run, const struct error *err)
{
	run_show_broken_off(&run->show, err->text, err->code != EINTR);
	if (err->code == EINTR)
		return EXIT_INTERRUPTED;
	console_print(err);
	console_note(_("'timewait doctor --self' says what works here"));
	return EXIT_UNAVAILABLE;
}

static int choose_code(const struct run *run, const struct suite_tally *tallies)
{
	size_t count = run->show.inputs->count, lacking = 0;

	for (size_t i = 0; i < count; i++) {
		if (tallies[i].failed)
			return EXIT_FAILED;
		lacking += tallies[i].skipped && !tallies[i].passed && !tallies[i].is_slow_skip;
	}
	if (run->show.has_file_error)
		return EXIT_FAILED;
	return lacking == count ? EXIT_UNAVAILABLE : EXIT_OK;
}

static int run_suite(struct run *run, const struct suite_item *items, size_t count)
{
	struct suite_tally *tallies = calloc(count, sizeof(*tallies));
	struct error err = {0};
	int code;

	if (!tallies)
		abort();
	if (suite_run(items, count, &run->setting, tallies, &err) < 0) {
		code = explain_failure(run, &err);
	} else {
		run_show_end(&run->show, tallies);
		code = choose_code(run, tallies);
	}
	free(tallies);
	return code;
}

static int run_inputs(struct run *run, const struct run_inputs *inputs)
{
	struct suite_item *items = calloc(inputs->count, sizeof(*items));
	struct error err;
	int code = EXIT_FAILED;

	if (!items)
		abort();
	for (size_t i = 0; i < inputs->count; i++)
		items[i] = (struct suite_item){
			.scenario = &inputs->inputs[i].scenario,
			.here = inputs->inputs[i].here,
		};
	if (run_show_begin(&run->show, &err) < 0)
		console_print(&err);
	else
		code = run_suite(run, items, inputs->count);
	run_show_finish(&run->show);
	free(items);
	return code;
}

/* A person types, and sees what comes of it: nothing else is wanted from the output. */
static bool is_interactive(const struct run *run, char **words, int count)
{
	const struct run_show *show = &run->show;

	return count == 1 && !strcmp(words[0], "-") && show->mode == RUN_LADDER &&
	       !show->svg_path && !show->pcap_path && run->setting.repeat == 1 &&
	       isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int command_run(int argc, char **argv)
{
	struct run run = {.setting = {.repeat = 1}};
	struct run_inputs inputs = {0};
	int operands, flushed;
	int code = options_parse(&command_line, argc, argv, take_option, &run, &operands);

	if (code == OPTIONS_GO_ON)
		code = check_outputs(&run.show);
	if (code != OPTIONS_GO_ON)
		return code;
	if (operands == argc)
		return options_missing(&command_line, "FILE");
	run.setting.jobs = (unsigned int)run.jobs;
	run.setting.render = run_render;
	run.setting.report = run_show_report;
	run.setting.tick = run_show_tick;
	run.setting.context = &run.show;
	run.show.repeat = run.setting.repeat;
	run.show.inputs = &inputs;
	interrupt_watch();
	if (is_interactive(&run, argv + operands, argc - operands))
		return interactive_run(run.setting.is_ipv6);
	code = run_inputs_read(&inputs, argv + operands, (size_t)(argc - operands));
	if (code == EXIT_OK)
		code = check_folders(&run.show);
	if (code == EXIT_OK)
		code = run_inputs(&run, &inputs);
	run_inputs_finish(&inputs);
	if (run.show.output_code)
		errno = run.show.output_code;
	flushed = console_flush();
	return code == EXIT_OK ? flushed : code;
}
