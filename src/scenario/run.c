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
	*failure = (struct run_failure){step, strdup(expected), text_steal(&observed)};
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

static const char *describe_errno(int code, char text[96])
{
	char name[ERROR_NAME_BYTES];

	snprintf(text, 96, "%s (%s)", error_name(code, name), strerror(code));
	return text;
}

bool runner_judge(struct runner *runner, const struct step *step, int code)
{
	char expected[128], wanted[96], got[96];

	if (code == step->fails)
		return true;
	if (step->fails)
		snprintf(expected, sizeof(expected), "fails %s",
			describe_errno(step->fails, wanted));
	else
		snprintf(expected, sizeof(expected), "%s", _("success"));
	if (code)
		runner_fail(runner, step, expected, "fails %s", describe_errno(code, got));
	else
		runner_fail(runner, step, expected, "%s", _("success"));
	return false;
}

static void append_bytes(struct text *out, const char *bytes, size_t length)
{
	const size_t most = 60;

	text_append(out, "\"");
	text_append_escaped(out, bytes, length < most ? length : most, false);
	text_append(out, length < most ? "\"" : "...\"");
}

/* What recv found, where it is not what the step says; empty where it is, or still may be. */
static void compare_received(const struct step *step, const struct lab_socket *socket,
	struct text *expected, struct text *observed)
{
	const struct text *received = &socket->received;
	bool is_pending = socket->call != SOCKET_IDLE;
	size_t wanted = step->recv.text.length;

	switch (step->recv.kind) {
	case RECV_WHAT_IS_THERE: return;
	case RECV_TEXT:
		if (received->length <= wanted &&
			!memcmp(received->bytes, step->recv.text.bytes, received->length) &&
			(is_pending || received->length == wanted))
			return;
		append_bytes(expected, step->recv.text.bytes, wanted);
		break;
	case RECV_COUNT:
		if (is_pending || received->length == wanted)
			return;
		text_printf(expected, _("%zu bytes"), wanted);
		break;
	case RECV_EOF:
		if (is_pending || !received->length)
			return;
		text_append(expected, _("the end of the stream"));
		break;
	}
	if (step->recv.kind == RECV_COUNT)
		text_printf(observed, _("%zu bytes"), received->length);
	else if (received->length)
		append_bytes(observed, received->bytes, received->length);
	if (socket->is_at_end)
		text_printf(observed, "%s%s", observed->length ? _(", then ") : "",
			_("the end of the stream"));
}

static void judge_received(
	struct runner *runner, const struct step *step, struct lab_socket *socket)
{
	_cleanup_text_ struct text expected = TEXT_INIT;
	_cleanup_text_ struct text observed = TEXT_INIT;

	compare_received(step, socket, &expected, &observed);
	if (!observed.length)
		return;
	lab_socket_abandon(socket);
	runner_fail(runner, step, expected.bytes, "%s", observed.bytes);
}

static void abandon(struct runner *runner, const struct runner_pending *pending)
{
	char expected[128], wanted[96];

	lab_socket_abandon(pending->socket);
	if (!pending->step->fails)
		return;
	snprintf(expected, sizeof(expected), "fails %s",
		describe_errno(pending->step->fails, wanted));
	runner_fail(runner, pending->step, expected, "%s", _("it was abandoned while it waited"));
}

void runner_abandon(struct runner *runner, const struct lab_socket *socket)
{
	size_t left = 0;

	for (size_t i = 0; i < runner->pending_count; i++) {
		if (runner->pending[i].socket == socket)
			abandon(runner, &runner->pending[i]);
		else
			runner->pending[left++] = runner->pending[i];
	}
	runner->pending_count = left;
}

/* Has the pending action come to an end, and to which? True when there is nothing more to wait for. */
static bool judge_pending(struct runner *runner, struct runner_pending *pending)
{
	const struct step *step = pending->step;
	struct lab_socket *socket = pending->socket;
	bool has_completed = socket->call == SOCKET_IDLE;

	/* Nobody waits for its end any more; but what must fail is still judged by how it ended. */
	if (pending->is_abandoned && !(step->fails && has_completed)) {
		abandon(runner, pending);
		return true;
	}
	if (!has_completed) {
		if (step->kind == STEP_RECV && !step->fails)
			judge_received(runner, step, socket);
		return socket->call == SOCKET_IDLE;
	}
	if (runner_judge(runner, step, socket->outcome < 0 ? -socket->outcome : 0) &&
		step->kind == STEP_RECV && !step->fails)
		judge_received(runner, step, socket);
	return true;
}

static void judge_all_pending(struct runner *runner)
{
	size_t left = 0;

	for (size_t i = 0; i < runner->pending_count; i++) {
		if (!judge_pending(runner, &runner->pending[i]))
			runner->pending[left++] = runner->pending[i];
	}
	runner->pending_count = left;
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

	judge_all_pending(runner);
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

	judge_all_pending(waiting->runner);
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
	struct lab *lab = runner->lab;
	int r = 0;

	for (int host = 0; host < HOST_COUNT && r == 0; host++) {
		r = sandbox_switch(lab->hosts[host].netns_fd, err);
		if (r == 0)
			r = counters_read(&runner->start[host]);
	}
	if (sandbox_switch(lab->sandbox.base_netns_fd, r < 0 ? NULL : err) < 0 && r == 0)
		r = -EPERM;
	return r;
}

int runner_begin(struct runner *runner, struct lab *lab, const struct run_setting *setting,
	bool has_counters, struct run_result *ret_result, struct error *err)
{
	*ret_result = (struct run_result){.last_states = TEXT_INIT};
	*runner = (struct runner){.lab = lab, .setting = setting, .result = ret_result};
	free(lab->here);
	lab->here = setting->here ? strdup(setting->here) : NULL;
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

/* Is there anything on the wire that may have kept a packet from its receiver? */
static bool is_wire_interfering(const struct lab *lab)
{
	return lab->wire.rule_count || lab->wire.held_count;
}

/* "fails" that has not, and what waits for nobody: it would wait for ever. */
static void judge_what_waits(struct runner *runner)
{
	for (size_t i = 0; i < runner->pending_count; i++) {
		const struct runner_pending *pending = &runner->pending[i];
		const struct step *step = pending->step;
		char expected[128], wanted[96];

		if (step->fails) {
			snprintf(expected, sizeof(expected), "fails %s",
				describe_errno(step->fails, wanted));
			runner_fail(runner, step, expected, "%s", _("it still waits"));
		} else if ((step->kind == STEP_RECV || step->kind == STEP_ACCEPT) &&
			   !pending->is_expected && !is_wire_interfering(runner->lab)) {
			runner_fail(runner, step, _("that it completes"), "%s",
				_("it still waits at the end, and nothing on the wire holds it "
				  "up"));
		}
	}
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
		judge_what_waits(runner);
	tell_last_states(runner);
	free(runner->pending);
	free(runner->counters);
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
