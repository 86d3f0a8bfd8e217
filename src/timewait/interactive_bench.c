/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/interactive_bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/list.h"
#include "report/failure.h"
#include "scenario/parse.h"
#include "scenario/preface.h"
#include "scenario/print.h"
#include "scenario/runner.h"
#include "timewait/output.h"

/* How often the kernel's timers are looked at while nobody types; and where there is nothing to look at. */
#define IDLE_MS       50
#define IDLE_BUSY_MS  10
#define IDLE_EMPTY_MS 500

static int begin(struct bench *bench, struct error *err)
{
	bench->setting = (struct run_setting){.keeps_going = true, .here = bench->here};
	return runner_begin(
		&bench->runner, &bench->lab, &bench->setting, true, &bench->result, err);
}

/* Ends the experiment, and with it what it had to outlive. */
static void end(struct bench *bench)
{
	runner_end(&bench->runner);
	run_result_finish(&bench->result);
	growth_finish(&bench->growth);
	for (size_t i = 0; i < bench->step_count; i++) {
		step_finish(bench->steps[i]);
		free(bench->steps[i]);
	}
	for (size_t i = 0; i < bench->loaded_count; i++)
		run_inputs_finish(&bench->loaded[i]);
	for (size_t i = 0; i < bench->line_count; i++)
		free(bench->lines[i].text);
	bench->step_count = bench->loaded_count = bench->line_count = 0;
}

int bench_open(struct bench *bench, bool is_ipv6, struct error *err)
{
	int r;

	*bench = (struct bench){.is_ipv6 = is_ipv6, .here = realpath(".", NULL)};
	r = lab_open(&bench->lab, NULL, is_ipv6, err);
	if (r == 0) {
		r = begin(bench, err);
		if (r < 0)
			bench_close(bench);
	} else {
		free(bench->here);
	}
	return r;
}

void bench_close(struct bench *bench)
{
	/* The sockets first: one may still send what a step holds. */
	lab_close(&bench->lab);
	end(bench);
	free(bench->steps);
	free(bench->loaded);
	free(bench->lines);
	free(bench->here);
	free(bench->saved);
	*bench = (struct bench){.is_broken = true};
}

/* "line 3", or "closing/simultaneous-close.tcp:12": where the step stands. */
static void name_place(const struct bench *bench, const struct step *step, struct text *place)
{
	for (size_t i = 0; i < bench->loaded_count; i++) {
		const struct scenario *scenario = &bench->loaded[i].inputs[0].scenario;

		if (step >= scenario->steps && step < scenario->steps + scenario->count) {
			text_printf(place, "%s:%d", scenario->file, step->line);
			return;
		}
	}
	text_printf(place, _("line %d"), step->line);
}

/* For bench_save(). An action that failed by an errno can be written down as what it is. */
static void mark_line(struct bench *bench, const struct run_failure *failure)
{
	const struct step *step = failure->step;
	bool is_errno = step && !step->fails && !strncmp(failure->observed, "fails E", 7);

	for (size_t i = 0; i < bench->line_count; i++) {
		struct bench_line *line = &bench->lines[i];

		if (!step || line->step != step)
			continue;
		line->has_failed = true;
		if (is_errno)
			snprintf(line->fails, sizeof(line->fails), "%.*s",
				(int)strcspn(failure->observed + 6, " "), failure->observed + 6);
	}
}

static void tell_failure(
	const struct bench *bench, const struct run_failure *failure, struct text *out)
{
	const struct step *step = failure->step;
	struct suite_failure told = {
		.text = step ? step->text : NULL,
		.expected = failure->expected,
		.observed = failure->observed,
	};
	const struct suite_report report = {
		.outcome = RUN_FAILED, .failures = &told, .failure_count = 1};
	const struct failure_look look = {
		.utf8 = console_has_utf8(), .has_colour = console_has_colour(stdout)};
	_cleanup_text_ struct text place = TEXT_INIT;

	if (step)
		name_place(bench, step, &place);
	failure_print(out, place.length ? place.bytes : "timewait", &report, &look);
}

/* Tells what came of it, and is ready for the next line. True when nothing went wrong. */
static bool tell_result(struct bench *bench, struct text *out)
{
	struct run_result *result = &bench->result;
	bool is_good = result->outcome == RUN_PASSED;

	for (size_t i = 0; i < result->failure_count; i++) {
		tell_failure(bench, &result->failures[i], out);
		mark_line(bench, &result->failures[i]);
	}
	if (result->reason)
		text_printf(out, _("not available here: %s\n"), result->reason);
	if (result->outcome == RUN_INTERRUPTED) {
		text_append(out, _("interrupted\n"));
		bench->has_ended = !interrupt_forget();
	}
	run_result_finish(result);
	bench->runner.is_over = false;
	return is_good;
}

static void tell_break(struct bench *bench, const struct error *err, struct text *out)
{
	bench->is_broken = true;
	text_printf(out, _("the laboratory broke: %s ('reset' makes a new one)\n"), err->text);
}

/* What was read, where the line does not say what it had to be. */
static void tell_received(const struct bench *bench, const struct step *step, struct text *out)
{
	const struct lab_socket *socket = lab_socket_at(
		&bench->lab, step->end.host, runner_connection(&bench->runner, &step->end));
	const struct text *received = socket ? &socket->received : NULL;

	if (step->kind != STEP_RECV || step->recv.kind != RECV_WHAT_IS_THERE || !received)
		return;
	if (received->length) {
		text_printf(out, _("%s received \""), host_name(step->end.host));
		text_append_escaped(out, received->bytes, received->length, console_has_utf8());
		text_append(out, "\"\n");
	} else {
		text_printf(out,
			socket->is_at_end ? _("%s has reached the end of the stream\n")
					  : _("%s has nothing to receive\n"),
			host_name(step->end.host));
	}
}

static bool carry_out(struct bench *bench, const struct step *step, struct text *out)
{
	struct error err;
	bool is_good;
	int r;

	if (bench->is_broken) {
		text_append(out, _("there is no laboratory ('reset' makes a new one)\n"));
		return false;
	}
	r = runner_step(&bench->runner, step, &err);
	/* The terminal has echoed "^C". */
	if (bench->result.outcome == RUN_INTERRUPTED)
		text_append(out, "\n");
	growth_show(&bench->growth, &bench->lab, out);
	is_good = tell_result(bench, out) && r == 0;
	if (r < 0)
		tell_break(bench, &err, out);
	else if (is_good && step_is_expectation(step))
		text_append(out, _("as expected\n"));
	else if (is_good)
		tell_received(bench, step, out);
	return is_good;
}

static void keep_line(struct bench *bench, char *text, const struct step *step)
{
	*list_grow(&bench->lines, &bench->line_count, &bench->line_room) =
		(struct bench_line){.text = text, .step = step};
}

/* The runner wants steps that stay where they are, so each is kept by itself. */
static const struct step *keep_step(struct bench *bench, const struct step *step)
{
	struct step *kept = malloc(sizeof(*kept));

	if (!kept)
		abort();
	*kept = *step;
	*list_grow(&bench->steps, &bench->step_count, &bench->step_room) = kept;
	return kept;
}

bool bench_take(struct bench *bench, const char *line, size_t length, struct text *out,
	struct error *ret_err)
{
	struct scenario scenario = {0};
	const struct step *step = NULL;
	int number = (int)bench->line_count + 1;
	char *text;

	if (scenario_parse_line(&scenario, number, line, length, ret_err) < 0)
		return false;
	if (scenario.count)
		step = keep_step(bench, &scenario.steps[0]);
	free(scenario.steps);
	if (!step)
		return true;
	text = strndup(line, length);
	if (!text)
		abort();
	keep_line(bench, text, step);
	carry_out(bench, step, out);
	return true;
}

/* Can anything happen by itself? */
static bool is_alive(const struct lab *lab)
{
	if (lab->census.socket_count[HOST_SERVER] || lab->census.socket_count[HOST_CLIENT])
		return true;
	for (size_t i = 0; i < lab->program_count; i++) {
		if (!lab->programs[i]->has_ended)
			return true;
	}
	return false;
}

int bench_idle(struct bench *bench, struct text *out)
{
	size_t before = out->length;
	struct error err;
	int r;

	if (bench->is_broken)
		return IDLE_EMPTY_MS;
	/* Also where nobody is alive: a packet that nobody took would wake us again at once. */
	r = runner_settle(&bench->runner, &err);
	growth_show(&bench->growth, &bench->lab, out);
	tell_result(bench, out);
	if (r < 0)
		tell_break(bench, &err, out);
	if (!is_alive(&bench->lab))
		return IDLE_EMPTY_MS;
	return out->length > before ? IDLE_BUSY_MS : IDLE_MS;
}

void bench_reset(struct bench *bench, struct text *out)
{
	struct error err;
	int r = -EIO;

	if (!bench->is_broken)
		r = lab_reset(&bench->lab, NULL, &err);
	if (r < 0) {
		lab_close(&bench->lab);
		r = lab_open(&bench->lab, NULL, bench->is_ipv6, &err);
	}
	end(bench);
	if (r == 0)
		r = begin(bench, &err);
	bench->is_broken = r < 0;
	if (r < 0)
		tell_break(bench, &err, out);
	else
		text_append(out, _("two fresh hosts\n"));
}

/* The title stands first, as a comment; the explanation follows it. */
static void introduce(struct bench *bench, const struct scenario *scenario, struct text *out)
{
	struct text line = TEXT_INIT;

	if (!*scenario->title)
		return;
	timeline_comment(&bench->lab.timeline, 0, scenario->title);
	scenario_preface(scenario, &bench->lab.timeline);
	growth_show(&bench->growth, &bench->lab, out);
	text_printf(&line, "# %s", scenario->title);
	keep_line(bench, text_steal(&line), NULL);
}

static void stand(struct bench *bench, const char *here)
{
	bench->setting.here = here;
	free(bench->lab.here);
	bench->lab.here = here ? text_copy(here) : NULL;
}

static void carry_out_all(struct bench *bench, const struct run_input *input, struct text *out)
{
	const struct scenario *scenario = &input->scenario;

	stand(bench, input->here);
	introduce(bench, scenario, out);
	for (size_t i = 0; i < scenario->count && !bench->has_ended; i++) {
		struct text line = TEXT_INIT;

		step_print(&scenario->steps[i], &line);
		keep_line(bench, text_steal(&line), &scenario->steps[i]);
		if (!carry_out(bench, &scenario->steps[i], out)) {
			_cleanup_text_ struct text file = output_safe(scenario->file);

			text_printf(out, _("%s: left at line %d\n"), file.bytes,
				scenario->steps[i].line);
			break;
		}
		fputs(out->bytes, stdout);
		fflush(stdout);
		text_clear(out);
	}
	stand(bench, bench->here);
}

void bench_load(struct bench *bench, char *name, struct text *out)
{
	struct run_inputs inputs = {0};

	if (!strcmp(name, "-")) {
		text_append(out, _("what is typed here is carried out already\n"));
		return;
	}
	if (run_inputs_read(&inputs, &name, 1) == EXIT_OK && inputs.count == 1) {
		*list_grow(&bench->loaded, &bench->loaded_count, &bench->loaded_room) = inputs;
		carry_out_all(bench, &inputs.inputs[0], out);
		return;
	}
	if (inputs.count > 1) {
		_cleanup_text_ struct text safe = output_safe(name);

		text_printf(out, _("%s has several scenarios: load one of them\n"), safe.bytes);
	}
	run_inputs_finish(&inputs);
}

/* What has failed otherwise stays readable, and out of the way. */
static void write_line(const struct bench_line *line, struct text *file)
{
	const struct step *step = line->step;

	if (!line->has_failed)
		text_printf(file, "%s\n", line->text);
	else if (*line->fails)
		text_printf(file, "%s fails %s%s%s\n", step->text, line->fails,
			step->comment ? " # " : "", step->comment ? step->comment : "");
	else
		text_printf(file, _("# failed: %s\n"), line->text);
}

static void write_lines(const struct bench *bench, struct text *file)
{
	if (!bench->line_count || bench->lines[0].text[0] != '#')
		text_append(file, _("# Typed into the laboratory\n\n"));
	for (size_t i = 0; i < bench->line_count; i++)
		write_line(&bench->lines[i], file);
}

void bench_save(struct bench *bench, const char *path, struct text *out)
{
	bool is_ours = bench->saved && !strcmp(bench->saved, path);
	_cleanup_text_ struct text safe = output_safe(path), lines = TEXT_INIT;
	int r;

	write_lines(bench, &lines);
	r = output_save(&lines, path, !is_ours, NULL);
	if (r < 0) {
		text_printf(out, _("cannot write %s: %s\n"), safe.bytes, strerror(-r));
		return;
	}
	free(bench->saved);
	bench->saved = text_copy(path);
	text_printf(out,
		ngettext(
			"%zu line written to %s\n", "%zu lines written to %s\n", bench->line_count),
		bench->line_count, safe.bytes);
}
