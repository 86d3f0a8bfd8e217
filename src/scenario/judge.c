/* SPDX-License-Identifier: BSD-2-Clause */

/* Has an action done what its line says? At once, when it completes, or at the end. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "scenario/runner.h"

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
	text_append(out, length <= most ? "\"" : "...\"");
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
	runner->lab->timeline.events[socket->action].is_wrong = true;
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

void runner_judge_pending(struct runner *runner)
{
	size_t left = 0;

	for (size_t i = 0; i < runner->pending_count; i++) {
		if (!judge_pending(runner, &runner->pending[i]))
			runner->pending[left++] = runner->pending[i];
	}
	runner->pending_count = left;
}

/* Is there anything on the wire that may have kept a packet from its receiver? */
static bool is_wire_interfering(const struct lab *lab)
{
	return lab->wire.rule_count || lab->wire.held_count;
}

/* "fails" that has not, and what waits for nobody: it would wait for ever. */
void runner_judge_what_waits(struct runner *runner)
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
