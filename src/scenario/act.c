/* SPDX-License-Identifier: BSD-2-Clause */

/* The actions on a socket: listen, connect, accept, send, recv, shutdown, close, set, destroy. */

#include <errno.h>
#include <string.h>

#include "base/i18n.h"
#include "base/list.h"
#include "scenario/runner.h"

/* The call has been made: its outcome is recorded, what it set in motion comes to rest. */
static int finish(struct runner *runner, const struct step *step, struct lab_socket *socket,
	size_t action, int outcome, struct error *err)
{
	lab_note_call(runner->lab, socket, action, outcome);
	*list_grow(&runner->pending, &runner->pending_count, &runner->pending_room) =
		(struct runner_pending){.step = step, .socket = socket};
	return runner_settle(runner, err);
}

/* The call made no socket at all. */
static int finish_without_socket(struct runner *runner, const struct step *step, size_t action,
	int outcome, struct error *err)
{
	timeline_complete(&runner->lab->timeline, action, -outcome);
	runner_judge(runner, step, -outcome);
	return runner_settle(runner, err);
}

static const char *call_name(enum socket_call call)
{
	switch (call) {
	case SOCKET_CONNECT: return "connect";
	case SOCKET_ACCEPT: return "accept";
	case SOCKET_SEND: return "send";
	case SOCKET_RECEIVE: return "recv";
	case SOCKET_CLOSE: return "close";
	case SOCKET_IDLE: break;
	}
	return "nothing";
}

/* True, and the step has failed, where an earlier action on the end still waits. */
static bool is_busy(struct runner *runner, const struct step *step)
{
	int connection = runner_connection(runner, &step->end);
	const struct runner_pending *pending =
		runner_pending_at(runner, step->end.host, connection);

	if (!pending)
		return false;
	runner_fail(runner, step, _("an end that waits for nothing"),
		_("%s.%s still waits in %s (line %d)"), host_name(step->end.host), step->end.name,
		call_name(pending->socket->call), pending->step->line);
	return true;
}

static int open_socket(struct runner *runner, const struct step *step, struct error *err)
{
	struct lab *lab = runner->lab;
	size_t action;
	struct lab_socket *socket;
	int outcome;

	if (is_busy(runner, step))
		return 0;
	action = runner_record(runner, step, step->end.host);
	if (step->kind == STEP_LISTEN)
		outcome = lab_listen(lab, step->end.host, step->end.name, step->listen.port,
			step->listen.backlog, &step->listen.options, &socket);
	else
		outcome = lab_connect(lab, step->end.host, step->end.name, step->connect.port,
			step->connect.from_port, &step->connect.options, &socket);
	if (outcome < 0)
		return finish_without_socket(runner, step, action, outcome, err);
	lab->timeline.events[action].connection = socket->connection;
	return finish(runner, step, socket, action, outcome, err);
}

/* Why there is no socket of ours at the end. */
static void explain_absence(struct runner *runner, const struct step *step, int connection)
{
	const char *host = host_name(step->end.host), *name = step->end.name;

	if (connection == CONNECTION_NONE && step->kind == STEP_ACCEPT)
		runner_fail(runner, step, _("a listener"), _("%s has no listener called %s"), host,
			name);
	else if (connection == CONNECTION_NONE)
		runner_fail(runner, step, _("a connection"), _("there is no connection called %s"),
			name);
	else if (lab_program_on(runner->lab, step->end.host))
		runner_fail(runner, step, _("a socket of the scenario's"),
			_("%s.%s belongs to a program, or was never accepted"), host, name);
	else
		runner_fail(runner, step, _("a socket of the scenario's"),
			_("%s.%s has not been accepted, or was never opened"), host, name);
}

static int begin_call(struct lab_socket *socket, const struct step *step)
{
	switch (step->kind) {
	case STEP_ACCEPT: return lab_socket_accept(socket);
	case STEP_SEND: return lab_socket_send(socket, step->send.bytes, step->send.length);
	case STEP_RECV:
		switch (step->recv.kind) {
		case RECV_WHAT_IS_THERE: return lab_socket_drain(socket);
		case RECV_TEXT:
		case RECV_COUNT: return lab_socket_receive(socket, step->recv.text.length);
		case RECV_EOF: return lab_socket_receive(socket, SIZE_MAX);
		}
		break;
	case STEP_SHUTDOWN: return lab_socket_shutdown(socket, step->shutdown_how);
	case STEP_CLOSE: return lab_socket_close(socket);
	case STEP_SET: return lab_socket_set(socket, &step->set);
	default: break;
	}
	return -EINVAL;
}

static int use_socket(struct runner *runner, const struct step *step, struct error *err)
{
	int connection = runner_connection(runner, &step->end);
	struct lab_socket *socket = lab_socket_at(runner->lab, step->end.host, connection);
	bool is_immediate = step->kind == STEP_CLOSE || step->kind == STEP_SET;
	size_t action;

	if (!is_immediate && is_busy(runner, step))
		return 0;
	action = runner_record(runner, step, step->end.host);
	if (connection >= 0)
		runner->lab->timeline.events[action].connection = connection;
	if (!socket) {
		timeline_complete(&runner->lab->timeline, action, ENOTCONN);
		explain_absence(runner, step, connection);
		return 0;
	}
	/* A close() that lingers cannot be called back: it is waited for. */
	if (is_immediate && socket->call == SOCKET_CLOSE) {
		timeline_complete(&runner->lab->timeline, action, EBADF);
		runner_judge(runner, step, EBADF);
		return 0;
	}
	if (is_immediate)
		runner_abandon(runner, socket);
	return finish(runner, step, socket, action, begin_call(socket, step), err);
}

/* SOCK_DESTROY also where a program holds the socket, or nobody does. */
static int destroy(struct runner *runner, const struct step *step, struct error *err)
{
	int connection = runner_connection(runner, &step->end);
	size_t action = runner_record(runner, step, step->end.host);
	struct runner_pending *pending = runner_pending_at(runner, step->end.host, connection);
	int r;

	if (connection >= 0)
		runner->lab->timeline.events[action].connection = connection;
	if (pending)
		pending->is_abandoned = true;
	r = lab_destroy(runner->lab, step->end.host, connection, NULL);
	return finish_without_socket(runner, step, action, r, err);
}

int act_on_socket(struct runner *runner, const struct step *step, struct error *err)
{
	switch (step->kind) {
	case STEP_LISTEN:
	case STEP_CONNECT: return open_socket(runner, step, err);
	case STEP_DESTROY: return destroy(runner, step, err);
	default: return use_socket(runner, step, err);
	}
}
