/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/list.h"
#include "scenario/runner.h"

void runner_fail(struct runner *runner, const struct step *step, const char *expected,
	const char *observed_format, ...)
{
	struct run_result *result = runner->result;
	struct run_failure *failure;
	struct text observed = TEXT_INIT;
	va_list args;

	if (runner->is_over)
		return;
	va_start(args, observed_format);
	text_vprintf(&observed, observed_format, args);
	va_end(args);
	failure = list_grow(&result->failures, &result->failure_count, &result->failure_room);
	*failure = (struct run_failure){step, text_copy(expected), text_steal(&observed)};
	result->outcome = RUN_FAILED;
	runner->is_over = !runner->setting->keeps_going;
}

void runner_skip(struct runner *runner, const char *format, ...)
{
	struct text reason = TEXT_INIT;
	va_list args;

	va_start(args, format);
	text_vprintf(&reason, format, args);
	va_end(args);
	free(runner->result->reason);
	runner->result->reason = text_steal(&reason);
	/* A step that failed before is news; what is missing afterwards is not. */
	if (runner->result->outcome == RUN_PASSED)
		runner->result->outcome = RUN_SKIPPED;
	runner->is_over = true;
}

int runner_connection(const struct runner *runner, const struct end *end)
{
	return timeline_named(&runner->lab->timeline, end->host, end->name);
}

struct wire_match runner_match(const struct runner *runner, const struct packets *packets)
{
	struct wire_match match = {packets->kind, packets->from, CONNECTION_NONE};

	if (!packets->name[0])
		return match;
	match.connection =
		timeline_named(&runner->lab->timeline, (enum host_id)packets->from, packets->name);
	if (match.connection == CONNECTION_NONE)
		match.connection = CONNECTION_UNKNOWN;
	return match;
}

struct runner_pending *runner_pending_at(
	const struct runner *runner, enum host_id host, int connection)
{
	for (size_t i = 0; i < runner->pending_count; i++) {
		struct runner_pending *pending = &runner->pending[i];

		if (pending->socket->host == host && pending->socket->connection == connection &&
			pending->socket->call != SOCKET_IDLE)
			return pending;
	}
	return NULL;
}

size_t runner_record(struct runner *runner, const struct step *step, enum host_id host)
{
	struct timeline *timeline = &runner->lab->timeline;
	size_t action = timeline_action(timeline, host, CONNECTION_NONE, step->line, step->text);

	timeline->events[action].fails = step->fails;
	return action;
}

int runner_cope(struct runner *runner, int r)
{
	if (r == -EINTR) {
		runner->result->outcome = RUN_INTERRUPTED;
		runner->is_over = true;
		return 0;
	}
	return r;
}

int runner_settle(struct runner *runner, struct error *err)
{
	int r = lab_settle(runner->lab, err);

	runner_judge_pending(runner);
	return runner_cope(runner, r);
}

struct runner_waiting {
	struct runner *runner;
	lab_condition *condition;
	void *context;
};

static bool is_met(const struct lab *lab, void *context)
{
	struct runner_waiting *waiting = context;

	runner_judge_pending(waiting->runner);
	return waiting->runner->is_over || waiting->condition(lab, waiting->context);
}

int runner_wait(struct runner *runner, lab_condition *condition, void *context, int64_t deadline_ns,
	struct error *err)
{
	struct runner_waiting waiting = {runner, condition, context};
	int r = lab_wait(runner->lab, is_met, &waiting, deadline_ns, NULL, err);

	return runner_cope(runner, r);
}

static int read_counters(struct runner *runner, struct error *err)
{
	int r = 0;

	for (int host = 0; host < HOST_COUNT && r == 0; host++)
		r = lab_counters(runner->lab, (enum host_id)host, &runner->start[host], err);
	return r;
}

int runner_begin(struct runner *runner, struct lab *lab, const struct run_setting *setting,
	bool has_counters, struct run_result *ret_result, struct error *err)
{
	*ret_result = (struct run_result){.last_states = TEXT_INIT};
	*runner = (struct runner){.lab = lab, .setting = setting, .result = ret_result};
	free(lab->here);
	lab->here = setting->here ? text_copy(setting->here) : NULL;
	return has_counters && !lab->is_loopback ? read_counters(runner, err) : 0;
}

static int take(struct runner *runner, const struct step *step, struct error *err)
{
	if (step_is_expectation(step)) {
		int r;

		if (!runner->is_in_group)
			runner->group_start = runner->group_end;
		runner->is_in_group = true;
		r = expect(runner, step, err);
		runner->group_end = runner->lab->timeline.event_count;
		return r;
	}
	runner->is_in_group = false;
	switch (step->kind) {
	case STEP_WIRE_HOLD:
	case STEP_WIRE_RELEASE:
	case STEP_WIRE_DROP:
	case STEP_WIRE_DUPLICATE:
	case STEP_WIRE_PASS:
	case STEP_WIRE_INJECT: return act_on_wire(runner, step, err);
	case STEP_CRASH:
	case STEP_SYSCTL:
	case STEP_RUN:
	case STEP_WAIT:
	case STEP_SIGNAL:
	case STEP_SLEEP: return act_on_host(runner, step, err);
	default: return act_on_socket(runner, step, err);
	}
}

int runner_step(struct runner *runner, const struct step *step, struct error *err)
{
	if (runner->is_over)
		return 0;
	if (interrupt_requested())
		return runner_cope(runner, -EINTR);
	if (step->comment)
		timeline_comment(&runner->lab->timeline, step->line, step->comment);
	if (step->kind == STEP_COMMENT || step->kind == STEP_SLOW)
		return 0;
	return take(runner, step, err);
}

static void tell_last_states(struct runner *runner)
{
	const struct timeline *timeline = &runner->lab->timeline;
	struct text *out = &runner->result->last_states;

	for (size_t i = 0; i < timeline->connection_count; i++) {
		const struct connection *connection = &timeline->connections[i];

		if (connection->is_listener)
			continue;
		text_printf(out, "%sserver.%s %s, client.%s %s", out->length ? "; " : "",
			connection->name, tcp_state_name(connection->states[HOST_SERVER]),
			connection->name, tcp_state_name(connection->states[HOST_CLIENT]));
	}
}

void runner_end(struct runner *runner)
{
	if (!runner->is_over)
		runner_judge_what_waits(runner);
	tell_last_states(runner);
	free(runner->pending);
	runner->pending = NULL;
	runner->pending_count = runner->pending_room = 0;
	free(runner->counters);
	runner->counters = NULL;
	runner->counter_count = runner->counter_room = 0;
	for (int host = 0; host < HOST_COUNT; host++)
		counters_finish(&runner->start[host]);
}

static bool asks_for_counters(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->count; i++) {
		if (scenario->steps[i].kind == STEP_EXPECT_COUNTER)
			return true;
	}
	return false;
}

int scenario_run(const struct scenario *scenario, struct lab *lab,
	const struct run_setting *setting, struct run_result *ret_result, struct error *err)
{
	struct runner runner;
	int r = runner_begin(&runner, lab, setting, asks_for_counters(scenario), ret_result, err);

	for (size_t i = 0; i < scenario->count && r == 0; i++)
		r = runner_step(&runner, &scenario->steps[i], err);
	runner_end(&runner);
	if (r < 0)
		run_result_finish(ret_result);
	return r;
}

void run_result_finish(struct run_result *result)
{
	for (size_t i = 0; i < result->failure_count; i++) {
		free(result->failures[i].expected);
		free(result->failures[i].observed);
	}
	free(result->failures);
	free(result->reason);
	text_finish(&result->last_states);
	*result = (struct run_result){.last_states = TEXT_INIT};
}
