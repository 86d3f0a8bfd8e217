/* SPDX-License-Identifier: BSD-2-Clause */

/* The actions on a whole host: sysctl, crash, and its programs; and sleep, which is nobody's. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/list.h"
#include "scenario/runner.h"

/* A program that is waited for has this long. */
#define PROGRAM_DEADLINE_NS (10 * NS_PER_S)

static bool never(const struct lab *lab, void *context)
{
	(void)lab;
	(void)context;
	return false;
}

static int do_sleep(struct runner *runner, const struct step *step, struct error *err)
{
	size_t action = runner_record(runner, step, HOST_COUNT);
	int r = runner_wait(runner, never, NULL, clock_deadline_ns(step->sleep_ns), err);

	timeline_complete(&runner->lab->timeline, action, 0);
	return r == -ETIMEDOUT ? 0 : r;
}

static int write_sysctl(struct runner *runner, const struct step *step, struct error *err)
{
	enum host_id host = step->end.host;
	size_t action = runner_record(runner, step, host);
	int r = lab_sysctl(runner->lab, host, step->sysctl.name, step->sysctl.value);

	timeline_complete(&runner->lab->timeline, action, -r);
	if (r == -ENOENT && !step->fails) {
		runner_skip(runner, _("this kernel has no sysctl %s"), step->sysctl.name);
		return 0;
	}
	runner_judge(runner, step, -r);
	return runner_settle(runner, err);
}

static int crash(struct runner *runner, const struct step *step, struct error *err)
{
	enum host_id host = step->end.host;
	size_t action = runner_record(runner, step, host);
	int r;

	for (size_t i = 0; i < runner->lab->socket_count; i++) {
		if (runner->lab->sockets[i]->host == host)
			runner_abandon(runner, runner->lab->sockets[i]);
	}
	r = lab_crash(runner->lab, host, err);
	if (r < 0)
		return r;
	timeline_complete(&runner->lab->timeline, action, 0);
	runner_judge(runner, step, 0);
	return runner_settle(runner, err);
}

static void replace_here(const char *word, const char *here, struct text *out)
{
	const char *found;

	while (here && (found = strstr(word, "$HERE"))) {
		text_append_bytes(out, word, (size_t)(found - word));
		text_append(out, here);
		word = found + strlen("$HERE");
	}
	text_append(out, word);
}

struct words {
	char **words;
	size_t count, room;
};

static void free_words(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->words[i]);
	free(words->words);
}

/* The argv of the step, with $HERE in its place; ends in NULL. */
static void make_argv(const struct runner *runner, const struct step *step, struct words *argv)
{
	for (size_t i = 0; step->argv[i]; i++) {
		struct text word = TEXT_INIT;

		replace_here(step->argv[i], runner->setting->here, &word);
		*list_grow(&argv->words, &argv->count, &argv->room) = text_steal(&word);
	}
	(void)list_grow(&argv->words, &argv->count, &argv->room);
}

static int run(struct runner *runner, const struct step *step, struct error *err)
{
	enum host_id host = step->end.host;
	struct program *program = lab_program_on(runner->lab, host);
	size_t action = runner_record(runner, step, host);
	struct words argv = {0};
	struct error refusal;
	int r;

	if (program && !program_has_ended(program)) {
		timeline_complete(&runner->lab->timeline, action, EBUSY);
		runner_fail(runner, step, _("a host without a program"),
			_("%s still runs on %s (wait for it first)"), program->name,
			host_name(host));
		return 0;
	}
	make_argv(runner, step, &argv);
	r = lab_run(runner->lab, host, (const char *const *)argv.words, &program, &refusal);
	free_words(&argv);
	timeline_complete(&runner->lab->timeline, action, -r);
	/* A name that is in no PATH is not installed here; a path that leads nowhere is a mistake. */
	if (r == -ENOENT && !step->fails && !strchr(step->argv[0], '/')) {
		runner_skip(runner, "%s", refusal.text);
		return 0;
	}
	runner_judge(runner, step, -r);
	return runner_settle(runner, err);
}

static bool has_ended(const struct lab *lab, void *context)
{
	(void)lab;
	return program_has_ended(context);
}

/* As a shell has it: 128 and the signal, where a signal ended the program. */
static int status_of(const struct program *program)
{
	return WIFSIGNALED(program->status) ? 128 + WTERMSIG(program->status)
					    : WEXITSTATUS(program->status);
}

static void judge_status(
	struct runner *runner, const struct step *step, const struct program *program)
{
	_cleanup_text_ struct text expected = TEXT_INIT;
	_cleanup_text_ struct text words = TEXT_INIT;
	const struct text *output = &program->output;
	const size_t most = 200;

	if (status_of(program) == step->wait_status)
		return;
	text_printf(&expected, _("%s ends with status %d"), program->name, step->wait_status);
	text_append_escaped(
		&words, output->bytes, output->length < most ? output->length : most, false);
	if (WIFSIGNALED(program->status))
		runner_fail(runner, step, expected.bytes, _("status %d, killed by signal %d (%s)"),
			status_of(program), WTERMSIG(program->status),
			strsignal(WTERMSIG(program->status)));
	else
		runner_fail(runner, step, expected.bytes, _("status %d; it wrote \"%s\""),
			status_of(program), words.bytes);
}

static int wait_for_program(struct runner *runner, const struct step *step, struct error *err)
{
	enum host_id host = step->end.host;
	struct program *program = lab_program_on(runner->lab, host);
	size_t action = runner_record(runner, step, host);
	int r = -ECHILD;

	if (program)
		r = runner_wait(
			runner, has_ended, program, clock_deadline_ns(PROGRAM_DEADLINE_NS), err);
	timeline_complete(&runner->lab->timeline, action, -r);
	if (!program && !step->fails)
		runner_fail(
			runner, step, _("a program"), _("none was started on %s"), host_name(host));
	else if (r == -ETIMEDOUT && !step->fails)
		runner_fail(
			runner, step, _("an end within 10 s"), _("%s still runs"), program->name);
	else if (runner_judge(runner, step, -r) && r == 0 && !runner->is_over)
		judge_status(runner, step, program);
	return r == -ETIMEDOUT || r == -ECHILD ? 0 : r;
}

static int send_signal(struct runner *runner, const struct step *step, struct error *err)
{
	enum host_id host = step->end.host;
	const struct program *program = lab_program_on(runner->lab, host);
	size_t action = runner_record(runner, step, host);
	int r = program ? program_signal(program, step->signal) : -ESRCH;

	timeline_complete(&runner->lab->timeline, action, -r);
	runner_judge(runner, step, -r);
	return runner_settle(runner, err);
}

int act_on_host(struct runner *runner, const struct step *step, struct error *err)
{
	switch (step->kind) {
	case STEP_SYSCTL: return write_sysctl(runner, step, err);
	case STEP_CRASH: return crash(runner, step, err);
	case STEP_RUN: return run(runner, step, err);
	case STEP_WAIT: return wait_for_program(runner, step, err);
	case STEP_SIGNAL: return send_signal(runner, step, err);
	default: return do_sleep(runner, step, err);
	}
}
