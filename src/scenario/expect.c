/* SPDX-License-Identifier: BSD-2-Clause */

/* The expectations: each a question to the timeline, or to the last census. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/list.h"
#include "observe/diag.h"
#include "scenario/history.h"
#include "scenario/runner.h"

/* Packets named in a message about those that were not there. */
#define PACKETS_NAMED 12

/* Does the expectation hold now? What is so instead is appended to `observed` in any case. */
typedef bool question(struct runner *runner, const struct step *step, struct text *observed);

static bool has_timer(const struct end_state *wanted, const struct diag_socket *socket)
{
	enum diag_timer timer = socket ? socket->timer : DIAG_TIMER_NONE;
	int64_t left_ns = socket ? socket->timer_ms * NS_PER_MS : 0;

	return (int)timer == wanted->timer &&
	       (!wanted->has_range || (left_ns >= wanted->least_ns && left_ns <= wanted->most_ns));
}

static void tell_end(const struct end *end, enum tcp_state state, struct text *out)
{
	text_printf(out, "%s%s", out->length ? ", " : "", host_name(end->host));
	if (strcmp(end->name, SCENARIO_DEFAULT_NAME) != 0)
		text_printf(out, ".%s", end->name);
	text_printf(out, " %s", tcp_state_name(state));
}

static bool are_in_states(struct runner *runner, const struct step *step, struct text *observed)
{
	bool hold = true;

	for (size_t i = 0; i < step->states.count; i++) {
		const struct end_state *wanted = &step->states.ends[i];
		int connection = runner_connection(runner, &wanted->end);
		enum tcp_state state = lab_state(runner->lab, wanted->end.host, connection);
		const struct diag_socket *socket =
			census_socket(&runner->lab->census, wanted->end.host, connection);

		hold &= state == wanted->state;
		tell_end(&wanted->end, state, observed);
		if (connection == CONNECTION_NONE && state != wanted->state)
			text_printf(observed, " (%s)", _("no such connection"));
		if (!wanted->has_timer)
			continue;
		hold &= has_timer(wanted, socket);
		text_printf(observed, " timer %s",
			diag_timer_name(socket ? socket->timer : DIAG_TIMER_NONE));
		if (socket && socket->timer != DIAG_TIMER_NONE)
			text_printf(observed, " %.3fs", socket->timer_ms / 1000.0);
	}
	return hold;
}

static bool has_been_through(struct runner *runner, const struct step *step, struct text *observed)
{
	struct history history;
	bool holds;

	history_read(&history, &runner->lab->timeline, step->end.host, step->end.name);
	holds = history_has_run(&history, step->went.states, step->went.count);
	text_printf(observed, "%s went ", host_name(step->end.host));
	for (size_t i = 0; i < history.count; i++)
		text_printf(observed, "%s%s", i ? " > " : "", tcp_state_name(history.states[i]));
	history_finish(&history);
	return holds;
}

static bool is_pending(struct runner *runner, const struct step *step, struct text *observed)
{
	struct runner_pending *pending =
		runner_pending_at(runner, step->end.host, runner_connection(runner, &step->end));

	if (pending && step->kind == STEP_EXPECT_PENDING)
		pending->is_expected = true;
	if (pending)
		text_printf(observed, _("its action of line %d still waits"), pending->step->line);
	else
		text_append(observed, _("no action of it waits"));
	return (pending != NULL) == (step->kind == STEP_EXPECT_PENDING);
}

static bool is_count(struct runner *runner, const struct step *step, struct text *observed)
{
	const struct census *census = &runner->lab->census;
	enum host_id host = step->end.host;
	uint64_t count = 0;

	for (size_t i = 0; i < census->socket_count[host]; i++)
		count += tcp_state_fold(census->sockets[host][i].state) == step->count.state;
	text_printf(observed, "%" PRIu64, count);
	return count == step->count.number;
}

/* As the last line about the counter saw it, or the start. */
static struct counter *last_of(
	struct runner *runner, enum host_id host, const char *name, const struct counter *found)
{
	const struct counter *start = counters_find(&runner->start[host], name);
	struct runner_counter *added;

	/* Several groups may have the name. */
	for (size_t i = 0; i < runner->counter_count; i++) {
		struct runner_counter *counter = &runner->counters[i];

		if (counter->host == host && !strcmp(counter->last.group, found->group) &&
			!strcmp(counter->last.name, found->name))
			return &counter->last;
	}
	added = list_grow(&runner->counters, &runner->counter_count, &runner->counter_room);
	*added = (struct runner_counter){host, *found};
	added->last.value = start ? start->value : 0;
	return &added->last;
}

static bool has_counted(struct runner *runner, const struct step *step, struct text *observed)
{
	struct counters now = {0};
	const struct counter *found;
	struct counter *last;
	int64_t increase;
	bool holds = false;

	if (lab_counters(runner->lab, step->end.host, &now, NULL) == 0 &&
		(found = counters_find(&now, step->counter.name))) {
		last = last_of(runner, step->end.host, step->counter.name, found);
		increase = found->value - last->value;
		holds = increase == (int64_t)step->counter.increase;
		text_printf(observed, "%+" PRId64, increase);
		if (holds)
			last->value = found->value;
	} else {
		const char *nearest = counters_nearest(&now, step->counter.name);

		text_append(observed, _("there is no such counter here"));
		if (nearest)
			text_printf(observed, _(" (did you mean '%s'?)"), nearest);
	}
	counters_finish(&now);
	return holds;
}

/* An IPv4 listener is none for a connection over IPv6; an IPv6 one mostly is for both. */
static bool is_reachable(const struct host *host, const struct diag_socket *listener)
{
	return host->address.family != AF_INET6 || listener->local.family == AF_INET6;
}

static bool is_listening(struct runner *runner, const struct step *step, struct text *observed)
{
	const struct census *census = &runner->lab->census;
	enum host_id host = step->end.host;
	bool holds = false;

	for (size_t i = 0; i < census->socket_count[host]; i++) {
		const struct diag_socket *socket = &census->sockets[host][i];

		if (socket->state != TCP_STATE_LISTEN)
			continue;
		holds |= socket->local.port == step->listening_port &&
			 is_reachable(&runner->lab->hosts[host], socket);
		text_printf(observed, "%s %u", observed->length ? "," : _("listening:"),
			socket->local.port);
	}
	if (!observed->length)
		text_append(observed, _("nothing listens"));
	return holds;
}

static bool has_written(struct runner *runner, const struct step *step, struct text *observed)
{
	const struct program *program = lab_program_on(runner->lab, step->end.host);
	const size_t most = 400;

	if (!program) {
		text_append(observed, _("no program was started there"));
		return false;
	}
	text_append(observed, "\"");
	text_append_escaped(observed, program->output.bytes,
		program->output.length < most ? program->output.length : most, false);
	text_append(observed, program->output.length <= most ? "\"" : "...\"");
	return memmem(program->output.bytes, program->output.length, step->output.bytes,
		       step->output.length) != NULL;
}

static void tell_packet(const struct event *event, struct text *out)
{
	char flags[SEGMENT_FLAGS_BYTES];

	text_printf(out, "%s%s from %s", out->length ? ", " : "",
		segment_flags((uint8_t)(event->segment.flags & ~SEGMENT_PSH), flags),
		host_name(event->host));
	if (event->segment.payload_length)
		text_printf(out, _(" (%u bytes)"), event->segment.payload_length);
}

/* Those sent since the group before; what is released was sent earlier. */
static bool have_been_sent(struct runner *runner, const struct step *step, struct text *observed)
{
	const struct timeline *timeline = &runner->lab->timeline;
	struct wire_match match = runner_match(runner, &step->wire.packets);
	size_t count = 0, others = 0;
	_cleanup_text_ struct text names = TEXT_INIT;

	for (size_t i = runner->group_start; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind != EVENT_PACKET || event->is_release)
			continue;
		count += wire_matches(&match, event->host, event->connection, &event->segment);
		if (others++ < PACKETS_NAMED)
			tell_packet(event, &names);
	}
	text_printf(observed, _("%zu times; sent: %s%s"), count,
		names.length ? names.bytes : _("nothing"), others > PACKETS_NAMED ? ", ..." : "");
	if (step->kind == STEP_EXPECT_NO)
		return count == 0;
	return step->wire.times == STEP_NONE ? count > 0 : count == (size_t)step->wire.times;
}

static question *question_of(const struct step *step)
{
	switch (step->kind) {
	case STEP_EXPECT_STATES: return are_in_states;
	case STEP_EXPECT_WENT: return has_been_through;
	case STEP_EXPECT_PENDING:
	case STEP_EXPECT_DONE: return is_pending;
	case STEP_EXPECT_COUNT: return is_count;
	case STEP_EXPECT_COUNTER: return has_counted;
	case STEP_EXPECT_LISTENING: return is_listening;
	case STEP_EXPECT_OUTPUT: return has_written;
	default: return have_been_sent;
	}
}

struct asked {
	struct runner *runner;
	const struct step *step;
	question *question;
	struct text observed;
};

static bool holds(const struct lab *lab, void *context)
{
	struct asked *asked = context;

	(void)lab;
	text_clear(&asked->observed);
	return asked->question(asked->runner, asked->step, &asked->observed);
}

static int wait_for(
	struct runner *runner, const struct step *step, struct asked *asked, struct error *err)
{
	int64_t deadline_ns = clock_deadline_ns(step->within_ns == STEP_NONE ? 0 : step->within_ns);

	return runner_wait(runner, holds, asked, deadline_ns, err);
}

int expect(struct runner *runner, const struct step *step, struct error *err)
{
	struct asked asked = {runner, step, question_of(step), TEXT_INIT};
	int r = 0;

	/* What was just seen need not be looked at again, unless it disappoints. */
	if (!lab_is_fresh(runner->lab) || !holds(runner->lab, &asked))
		r = wait_for(runner, step, &asked, err);

	if (r == -ETIMEDOUT) {
		const char *expected = step->text;

		if (!strncmp(expected, "expect ", strlen("expect ")))
			expected += strlen("expect ");
		runner_fail(runner, step, expected, "%s", asked.observed.bytes);
		r = 0;
	}
	text_finish(&asked.observed);
	return r;
}
