/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/print.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "observe/diag.h"
#include "scenario/escape.h"
#include "scenario/parse_internal.h"

/* The word of the vocabulary with this id: what is parsed by a table is printed by it. */
static const char *word_of(enum vocabulary kind, int id)
{
	return vocabulary_by_id(kind, id)->word;
}

/* "server", or "server.name" where the name is not the one that goes without saying. */
static void print_end(const struct end *end, const char *default_name, struct text *out)
{
	text_append(out, host_name(end->host));
	if (*end->name && strcmp(end->name, default_name) != 0)
		text_printf(out, ".%s", end->name);
}

static void print_fails(int code, struct text *out)
{
	char name[ERROR_NAME_BYTES];

	if (code)
		text_printf(out, " fails %s", error_name(code, name));
}

static void print_packets(const struct packets *packets, const char *default_name, struct text *out)
{
	struct end from = {.host = (enum host_id)packets->from};

	text_printf(out, " %s", word_of(VOCABULARY_PACKET, (int)packets->kind));
	if (packets->from == HOST_COUNT)
		return;
	memcpy(from.name, packets->name, sizeof(from.name));
	text_append(out, " from ");
	print_end(&from, default_name, out);
}

static void print_times(int times, struct text *out)
{
	if (times >= 0)
		text_printf(out, " %d %s", times, times == 1 ? "time" : "times");
}

static void print_bytes(uint64_t bytes, struct text *out)
{
	text_printf(out, " %" PRIu64 " %s", bytes, bytes == 1 ? "byte" : "bytes");
}

/* "TEXT", or N bytes */
static void print_stream(const struct bytes *bytes, struct text *out)
{
	if (!bytes->bytes) {
		print_bytes(bytes->length, out);
		return;
	}
	text_append(out, " ");
	escape_append_text(out, bytes->bytes, bytes->length);
}

static void print_value(
	enum socket_option option, const struct socket_option_value *value, struct text *out)
{
	switch (option) {
	case OPTION_LINGER:
	case OPTION_LINGER2:
		text_printf(out, value->value > 0 ? "=%ds" : "=%d", value->value);
		break;
	case OPTION_KEEPALIVE:
		text_printf(out, "=%d,%d,%d", value->value, value->interval, value->count);
		break;
	case OPTION_USER_TIMEOUT:
		text_append(out, "=");
		duration_print(value->value * NS_PER_MS, out);
		break;
	case OPTION_RCVBUF:
	case OPTION_SNDBUF: text_printf(out, "=%d", value->value); break;
	case OPTION_REUSEADDR:
	case OPTION_REUSEPORT:
	case OPTION_NODELAY:
	case OPTION_BIND_NO_PORT:
	case OPTION_COUNT: break;
	}
}

/* Each with a blank before it. False when there is none. */
static bool print_options(
	const struct socket_options *options, const char *before, struct text *out)
{
	bool is_any = false;

	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct socket_option_value *value = &options->values[i];

		if (!value->is_named)
			continue;
		text_printf(out, "%s %s", is_any ? "" : before, word_of(VOCABULARY_OPTION, i));
		if (value->is_off)
			text_append(out, "=off");
		else
			print_value((enum socket_option)i, value, out);
		is_any = true;
	}
	return is_any;
}

static void print_listen(const struct step *step, struct text *out)
{
	text_printf(out, " %u", step->listen.port);
	if (step->listen.backlog != STEP_NONE)
		text_printf(out, " backlog %d", step->listen.backlog);
	print_options(&step->listen.options, " with", out);
}

static void print_connect(const struct step *step, struct text *out)
{
	text_printf(out, " %s:%u", host_name(step->connect.peer), step->connect.port);
	if (step->connect.from_port != STEP_NONE)
		text_printf(out, " from %d", step->connect.from_port);
	print_options(&step->connect.options, " with", out);
}

static void print_recv(const struct step *step, struct text *out)
{
	if (step->recv.kind == RECV_EOF)
		text_append(out, " eof");
	else if (step->recv.kind != RECV_WHAT_IS_THERE)
		print_stream(&step->recv.text, out);
}

static void print_shutdown(const struct step *step, struct text *out)
{
	text_append(out, step->shutdown_how == SHUT_RD   ? " read"
			 : step->shutdown_how == SHUT_WR ? " write"
							 : " both");
}

static void print_sysctl(const struct step *step, struct text *out)
{
	const char *value = step->sysctl.value;
	size_t length = strlen(value);
	bool has_edge = length && (value[0] == ' ' || value[length - 1] == ' ');

	text_printf(out, " %s=", step->sysctl.name);
	/* Its end must not be taken for "fails ERRNO". */
	if (escape_is_needless(value, " ") && !has_edge && !strstr(value, "fails"))
		text_append(out, value);
	else
		escape_append_text(out, value, length);
}

static void print_run(const struct step *step, struct text *out)
{
	for (char *const *word = step->argv; *word; word++) {
		text_append(out, " ");
		if (**word && escape_is_needless(*word, "") && strcmp(*word, "fails") != 0)
			text_append(out, *word);
		else
			escape_append_text(out, *word, strlen(*word));
	}
}

static void print_signal(const struct step *step, struct text *out)
{
	const char *name = sigabbrev_np(step->signal);

	if (name)
		text_printf(out, " %s", name);
	else
		text_printf(out, " %d", step->signal);
}

static void print_action(const struct step *step, struct text *out)
{
	const struct vocabulary_word *verb = vocabulary_by_id(VOCABULARY_ACTION, (int)step->kind);

	print_end(&step->end,
		verb->subject == SUBJECT_LISTENER ? SCENARIO_LISTENER_NAME : SCENARIO_DEFAULT_NAME,
		out);
	text_printf(out, " %s", verb->word);
	switch (step->kind) {
	case STEP_LISTEN: print_listen(step, out); break;
	case STEP_CONNECT: print_connect(step, out); break;
	case STEP_SEND: print_stream(&step->send, out); break;
	case STEP_RECV: print_recv(step, out); break;
	case STEP_SHUTDOWN: print_shutdown(step, out); break;
	case STEP_SET: print_options(&step->set, "", out); break;
	case STEP_SYSCTL: print_sysctl(step, out); break;
	case STEP_RUN: print_run(step, out); break;
	case STEP_WAIT:
		if (step->wait_status)
			text_printf(out, " status %d", step->wait_status);
		break;
	case STEP_SIGNAL: print_signal(step, out); break;
	default: break; /* accept, close, destroy, crash */
	}
	print_fails(step->fails, out);
}

static void print_offset(const char *word, int32_t offset, struct text *out)
{
	if (offset)
		text_printf(out, " %s %+" PRId32, word, offset);
}

static void print_wire(const struct step *step, struct text *out)
{
	text_printf(out, "wire %s", word_of(VOCABULARY_WIRE, (int)step->kind));
	switch (step->kind) {
	case STEP_WIRE_HOLD:
	case STEP_WIRE_DROP:
	case STEP_WIRE_DUPLICATE:
		print_packets(&step->rule.packets, "", out);
		print_times(step->rule.times, out);
		break;
	case STEP_WIRE_RELEASE:
		if (step->release.is_one)
			text_append(out, " one");
		else if (step->release.has_packets)
			print_packets(&step->release.packets, "", out);
		break;
	case STEP_WIRE_INJECT:
		print_packets(&step->inject.packets, SCENARIO_DEFAULT_NAME, out);
		if (step->inject.length != STEP_NONE)
			print_bytes((uint64_t)step->inject.length, out);
		print_offset("seq", step->inject.sequence, out);
		print_offset("ack", step->inject.acknowledgment, out);
		print_offset("ts", step->inject.timestamp, out);
		break;
	default: break; /* pass */
	}
}

static void print_end_state(const struct end_state *state, struct text *out)
{
	print_end(&state->end, SCENARIO_DEFAULT_NAME, out);
	text_printf(out, " %s", tcp_state_name(state->state));
	if (state->has_timer)
		text_printf(out, " timer %s", word_of(VOCABULARY_TIMER, state->timer));
	if (state->has_range) {
		text_append(out, " ");
		duration_print(state->least_ns, out);
		text_append(out, "..");
		duration_print(state->most_ns, out);
	}
}

static void print_states(const struct step *step, struct text *out)
{
	for (size_t i = 0; i < step->states.count; i++) {
		text_append(out, i ? ", " : " ");
		print_end_state(&step->states.ends[i], out);
	}
}

static void print_went(const struct step *step, struct text *out)
{
	for (size_t i = 0; i < step->went.count; i++)
		text_printf(out, "%s%s", i ? " > " : " ", tcp_state_name(step->went.states[i]));
}

/* "server.conn went", "wire" */
static void print_question(const struct step *step, struct text *out)
{
	const struct vocabulary_word *question =
		vocabulary_by_id(VOCABULARY_EXPECT, (int)step->kind);

	text_append(out, "expect");
	if (step->kind == STEP_EXPECT_STATES)
		return;
	if (question->subject != SUBJECT_NONE) {
		text_append(out, " ");
		print_end(&step->end, SCENARIO_DEFAULT_NAME, out);
	}
	text_printf(out, " %s", question->word);
}

static void print_expect(const struct step *step, struct text *out)
{
	print_question(step, out);
	switch (step->kind) {
	case STEP_EXPECT_STATES: print_states(step, out); break;
	case STEP_EXPECT_WENT: print_went(step, out); break;
	case STEP_EXPECT_COUNT:
		text_printf(
			out, " %s %" PRIu64, tcp_state_name(step->count.state), step->count.number);
		break;
	case STEP_EXPECT_COUNTER:
		text_printf(out, " %s +%" PRIu64, step->counter.name, step->counter.increase);
		break;
	case STEP_EXPECT_LISTENING: text_printf(out, " %u", step->listening_port); break;
	case STEP_EXPECT_OUTPUT: print_stream(&step->output, out); break;
	case STEP_EXPECT_WIRE:
	case STEP_EXPECT_NO:
		print_packets(&step->wire.packets, "", out);
		print_times(step->wire.times, out);
		break;
	default: break; /* pending, done */
	}
	if (step->within_ns != STEP_NONE) {
		text_append(out, " within ");
		duration_print(step->within_ns, out);
	}
}

static void print_comment(const char *comment, struct text *out)
{
	text_append(out, *comment ? "# " : "#");
	text_append(out, comment);
}

void step_print(const struct step *step, struct text *out)
{
	if (step->kind == STEP_COMMENT) {
		print_comment(step->comment, out);
		return;
	}
	if (step->kind == STEP_SLOW) {
		text_append(out, "slow");
	} else if (step->kind == STEP_SLEEP) {
		text_append(out, "sleep ");
		duration_print(step->sleep_ns, out);
	} else if (step_is_expectation(step)) {
		print_expect(step, out);
	} else if (step->kind >= STEP_WIRE_HOLD) {
		print_wire(step, out);
	} else {
		print_action(step, out);
	}
	if (step->comment) {
		text_append(out, " ");
		print_comment(step->comment, out);
	}
}

static void print_explanation(const char *explanation, struct text *out)
{
	while (*explanation) {
		size_t length = strcspn(explanation, "\n");

		text_append(out, length ? "# " : "#");
		text_append_bytes(out, explanation, length);
		text_append(out, "\n");
		explanation += length + (explanation[length] != '\0');
	}
}

void scenario_print(const struct scenario *scenario, struct text *out)
{
	if (*scenario->title) {
		print_comment(scenario->title, out);
		text_append(out, "\n");
		print_explanation(scenario->explanation, out);
		text_append(out, "\n");
	}
	for (size_t i = 0; i < scenario->count; i++) {
		step_print(&scenario->steps[i], out);
		text_append(out, "\n");
	}
}
