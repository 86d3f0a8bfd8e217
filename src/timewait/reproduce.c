/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/reproduce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "explain/closing.h"
#include "report/diagram.h"
#include "report/diagram_svg.h"
#include "report/diagram_text.h"
#include "report/json.h"
#include "report/memory.h"
#include "report/pcap.h"
#include "report/wrap.h"
#include "timewait/experiment.h"
#include "timewait/lab_table.h"
#include "timewait/output.h"

#define PARAGRAPH_COLUMNS 96

struct reproduce {
	struct experiment_setting setting;
	bool waits;
	bool is_json;
	const char *svg_path;
	const char *pcap_path;
	uint64_t repeat;
};

static const struct option_spec options[] = {
	{'f', "first-close", "WHO",
		N_("who closes first: server (default), client, both at the same time,\nor reset: "
		   "the server ends the connection with RST")},
	{'w', "wait", NULL, N_("count TIME_WAIT down and measure how long it lasts (a minute)")},
	{'6', "ipv6", NULL, N_("over IPv6")},
	{'s', "svg", "FILE", N_("draw the diagram into FILE too (- for standard output alone)")},
	{'p', "pcap", "FILE",
		N_("write the packets into FILE too, for tcpdump and Wireshark\n"
		   "(- for standard output alone)")},
	{'j', "json", NULL, N_("print the record as JSON, one object a line, and no picture")},
	{'H', "host", NULL,
		N_("on this host's own loopback instead of the laboratory:\nwhere namespaces are "
		   "refused")},
	{'n', "repeat", "N", N_("do it N times, say whether all ended alike, and show the last")},
	{0},
};

static const struct command_line command_line = {
	.command = "timewait reproduce",
	.usage = N_("[OPTION]..."),
	.summary = N_("Runs a daytime server and client on two hosts of their own, and shows which "
		      "end waits."),
	.options = options,
	.details = N_(
		"Needs no root: the two hosts are network namespaces, the programs and the "
		"kernel's TCP\n"
		"are the real ones. Exit status: 0 if it ended as it should, 1 if not, 77 where\n"
		"namespaces are refused (then try --host)."),
};

static const char *const first_closers[] = {
	[FIRST_CLOSE_SERVER] = "server",
	[FIRST_CLOSE_CLIENT] = "client",
	[FIRST_CLOSE_BOTH] = "both",
	[FIRST_CLOSE_RESET] = "reset",
	NULL,
};

static int take_option(void *context, int id, const char *value)
{
	struct reproduce *reproduce = context;
	int index, result;

	switch (id) {
	case 'f':
		result = options_word("--first-close", value, first_closers, &index);
		if (result == OPTIONS_GO_ON)
			reproduce->setting.first_close = (enum first_close)index;
		return result;
	case 'n': return options_number("--repeat", value, 1, 1000000, &reproduce->repeat);
	case 'w': reproduce->waits = true; break;
	case '6': reproduce->setting.is_ipv6 = true; break;
	case 's': reproduce->svg_path = value; break;
	case 'p': reproduce->pcap_path = value; break;
	case 'j': reproduce->is_json = true; break;
	case 'H': reproduce->setting.is_loopback = true; break;
	}
	return OPTIONS_GO_ON;
}

static void print_diagram(const struct lab *lab)
{
	struct diagram diagram;

	diagram_build(&diagram, &lab->timeline);
	diagram_text_print(&diagram, stdout,
		(struct diagram_text_options){
			.columns = console_columns(stdout),
			.utf8 = console_has_utf8(),
			.colour = console_has_colour(stdout),
		});
	diagram_finish(&diagram);
}

static void print_table(struct lab *lab)
{
	_cleanup_text_ struct text table = TEXT_INIT;

	lab_table_print(&table, lab);
	fputs(table.bytes, stdout);
}

static void print_paragraph(const struct text *paragraph)
{
	const char *words = paragraph->bytes;
	int columns = console_columns(stdout);
	char *line;

	if (columns > PARAGRAPH_COLUMNS)
		columns = PARAGRAPH_COLUMNS;
	while ((line = wrap_line(&words, (size_t)columns))) {
		printf("%s\n", line);
		free(line);
	}
}

/* What the client printed: the proof that a date was really served. */
static void print_reply(const struct experiment *experiment)
{
	_cleanup_text_ struct text reply = TEXT_INIT;
	const char *output = experiment->client ? experiment->client->output.bytes : "";

	text_append_escaped(&reply, output, strcspn(output, "\n"), console_has_utf8());
	if (reply.length)
		printf(_("The client printed: %s\n"), reply.bytes);
}

static void print_explanation(const struct experiment *experiment)
{
	_cleanup_text_ struct text paragraph = TEXT_INIT;
	struct closing closing;

	closing_judge(&closing, &experiment->lab.timeline, experiment->connection);
	closing_explain(&closing, experiment->remaining_s, &paragraph);
	print_paragraph(&paragraph);
}

static void print_lifetime(const struct experiment *experiment)
{
	_cleanup_text_ struct text paragraph = TEXT_INIT;
	struct closing closing;

	closing_judge(&closing, &experiment->lab.timeline, experiment->connection);
	closing_explain_lifetime(&closing, &paragraph);
	if (!paragraph.length)
		return;
	printf("\n");
	print_paragraph(&paragraph);
}

static void print_loopback_note(const struct lab *lab)
{
	if (lab->is_loopback && lab->wire.fd < 0)
		console_note(_("without CAP_NET_RAW no packets can be seen here: the record has "
			       "the calls and the states alone (run as root, or without --host)"));
}

static void show(struct experiment *experiment)
{
	print_diagram(&experiment->lab);
	printf("\n");
	print_table(&experiment->lab);
	printf("\n");
	if (experiment->connection == CONNECTION_NONE)
		return;
	print_reply(experiment);
	print_explanation(experiment);
}

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

static int save_svg(const struct lab *lab, const char *path)
{
	_cleanup_text_ struct text picture = TEXT_INIT;
	struct diagram diagram;
	struct memory memory;
	struct error err;

	diagram_build(&diagram, &lab->timeline);
	diagram_svg_print(&diagram, memory_open(&memory));
	diagram_finish(&diagram);
	memory_move(&memory, &picture);
	if (is_stdout(path))
		return output_write(&picture);
	if (output_save(&picture, path, false, &err) == 0)
		return EXIT_OK;
	console_print(&err);
	return EXIT_FAILED;
}

static int save_pcap(const struct lab *lab, const char *path)
{
	struct error err;

	if (pcap_write(&lab->timeline, path, &err) == 0)
		return EXIT_OK;
	console_print(&err);
	return EXIT_FAILED;
}

static int save(const struct reproduce *reproduce, const struct lab *lab)
{
	int code = EXIT_OK;

	if (reproduce->svg_path)
		code = save_svg(lab, reproduce->svg_path);
	if (reproduce->pcap_path && code == EXIT_OK)
		code = save_pcap(lab, reproduce->pcap_path);
	return code;
}

static void print_json(const struct experiment *experiment)
{
	struct json_result result = {
		.file = experiment->scenario.file,
		.ok = experiment->is_as_expected,
		.expected = experiment->expected,
		.observed = experiment->observed,
	};

	json_print_timeline(&experiment->lab.timeline, experiment->scenario.file, false, stdout);
	if (experiment->connection != CONNECTION_NONE) {
		struct closing closing;

		closing_judge(&closing, &experiment->lab.timeline, experiment->connection);
		json_print_lifetimes(&closing, stdout);
	}
	json_print_result(&result, stdout);
}

/* Why there is no experiment: 77 where the environment refuses the lab, else 1, or 130. */
static int explain_failure(const struct experiment *experiment, const struct error *err)
{
	if (err->code == EINTR)
		return EXIT_INTERRUPTED;
	console_print(err);
	if (experiment->is_lab_open)
		return EXIT_FAILED;
	if (!experiment->setting.is_loopback)
		console_note(
			_("'timewait reproduce --host' works without namespaces, on this host's "
			  "own loopback; 'timewait doctor --self' says what works here"));
	return EXIT_UNAVAILABLE;
}

/* Runs the experiment as often as asked, until one goes wrong; the last is left in *experiment. */
static int run_all(const struct reproduce *reproduce, struct experiment *experiment,
	uint64_t *ret_runs, struct error *err)
{
	struct progress progress;
	uint64_t run = 0;
	int r = 0;

	progress_start(&progress, _("reproducing"));
	while (r == 0 && run < reproduce->repeat) {
		if (run)
			experiment_finish(experiment);
		r = experiment_run(experiment, &reproduce->setting, err);
		run++;
		if (reproduce->repeat > 1)
			progress_show_count(&progress, run, reproduce->repeat);
		if (r == 0 && !experiment->is_as_expected)
			break;
	}
	progress_finish(&progress);
	*ret_runs = run;
	return r;
}

static void print_summary(
	const struct reproduce *reproduce, const struct experiment *experiment, uint64_t runs)
{
	if (!experiment->is_as_expected)
		console_error(_("run %llu ended otherwise: expected %s; observed %s"),
			(unsigned long long)runs, experiment->expected, experiment->observed);
	else if (reproduce->repeat > 1)
		console_note(_("%llu runs, and all ended alike: %s"), (unsigned long long)runs,
			experiment->observed);
}

/* A file that goes to standard output has it for itself. */
static bool has_picture(const struct reproduce *reproduce)
{
	return !reproduce->is_json && !is_stdout(reproduce->svg_path) &&
	       !is_stdout(reproduce->pcap_path);
}

/* Pictures first, the minute afterwards, so that there is something to read meanwhile. */
static int present(
	const struct reproduce *reproduce, struct experiment *experiment, struct error *err)
{
	int r = 0;

	print_loopback_note(&experiment->lab);
	if (has_picture(reproduce))
		show(experiment);
	if (console_flush() != EXIT_OK)
		return EXIT_FAILED;
	if (reproduce->waits && experiment->is_as_expected)
		r = experiment_wait(experiment, err);
	if (r == -EINTR) {
		save(reproduce, &experiment->lab);
		return EXIT_INTERRUPTED;
	}
	if (r < 0) {
		console_print(err);
		return EXIT_FAILED;
	}
	if (reproduce->is_json)
		print_json(experiment);
	else if (has_picture(reproduce) && reproduce->waits && experiment->is_as_expected)
		print_lifetime(experiment);
	return save(reproduce, &experiment->lab);
}

static int reproduce_experiment(const struct reproduce *reproduce)
{
	struct experiment experiment;
	struct error err;
	uint64_t runs;
	int r = run_all(reproduce, &experiment, &runs, &err);
	int code;

	if (r < 0) {
		code = explain_failure(&experiment, &err);
	} else {
		code = present(reproduce, &experiment, &err);
		print_summary(reproduce, &experiment, runs);
		if (code == EXIT_OK && !experiment.is_as_expected)
			code = EXIT_FAILED;
	}
	experiment_finish(&experiment);
	return code;
}

int command_reproduce(int argc, char **argv)
{
	struct reproduce reproduce = {.repeat = 1};
	int code = options_parse_alone(&command_line, argc, argv, take_option, &reproduce);

	if (code != OPTIONS_GO_ON)
		return code;
	if (reproduce.setting.is_loopback && reproduce.setting.first_close == FIRST_CLOSE_BOTH) {
		console_error(_("--first-close both: needs the laboratory, where packets can be "
				"held (leave out --host)"));
		return EXIT_USAGE;
	}
	if (reproduce.is_json + is_stdout(reproduce.svg_path) + is_stdout(reproduce.pcap_path) >
		1) {
		console_error(
			_("only one of --json, --svg - and --pcap - can have the standard output"));
		return EXIT_USAGE;
	}
	interrupt_watch();
	code = reproduce_experiment(&reproduce);
	return code == EXIT_OK ? console_flush() : code;
}
