/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/tree.h"

#include <stdlib.h>
#include <string.h>

static void free_words(char **words)
{
	for (char **word = words; word && *word; word++)
		free(*word);
	free(words);
}

void step_finish(struct step *step)
{
	switch (step->kind) {
	case STEP_SEND: free(step->send.bytes); break;
	case STEP_RECV: free(step->recv.text.bytes); break;
	case STEP_SYSCTL:
		free(step->sysctl.name);
		free(step->sysctl.value);
		break;
	case STEP_RUN: free_words(step->argv); break;
	case STEP_EXPECT_STATES: free(step->states.ends); break;
	case STEP_EXPECT_WENT: free(step->went.states); break;
	case STEP_EXPECT_COUNTER: free(step->counter.name); break;
	case STEP_EXPECT_OUTPUT: free(step->output.bytes); break;
	default: break; /* the others hold nothing but numbers */
	}
	free(step->text);
	free(step->comment);
	*step = (struct step){0};
}

void scenario_remove(struct scenario *scenario, size_t index)
{
	struct step *step = &scenario->steps[index];

	step_finish(step);
	scenario->count--;
	memmove(step, step + 1, (scenario->count - index) * sizeof(*step));
}

void scenario_finish(struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->count; i++)
		step_finish(&scenario->steps[i]);
	free(scenario->steps);
	free(scenario->file);
	free(scenario->title);
	free(scenario->explanation);
	*scenario = (struct scenario){0};
}

/* Where NULL is a value of its own. */
static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_end(const struct end *a, const struct end *b)
{
	return a->host == b->host && !strcmp(a->name, b->name);
}

static bool same_packets(const struct packets *a, const struct packets *b)
{
	return a->kind == b->kind && a->from == b->from && !strcmp(a->name, b->name);
}

static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
	if (a->length != b->length || !a->bytes != !b->bytes)
		return false;
	return !a->bytes || !memcmp(a->bytes, b->bytes, a->length);
}

static bool same_options(const struct socket_options *a, const struct socket_options *b)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct socket_option_value *x = &a->values[i], *y = &b->values[i];

		if (x->is_named != y->is_named || x->is_off != y->is_off || x->value != y->value ||
			x->interval != y->interval || x->count != y->count)
			return false;
	}
	return true;
}

static bool same_words(char *const *a, char *const *b)
{
	while (*a && *b && !strcmp(*a, *b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static bool same_listen(const struct step *a, const struct step *b)
{
	return a->listen.port == b->listen.port && a->listen.backlog == b->listen.backlog &&
	       same_options(&a->listen.options, &b->listen.options);
}

static bool same_connect(const struct step *a, const struct step *b)
{
	return a->connect.peer == b->connect.peer && a->connect.port == b->connect.port &&
	       a->connect.from_port == b->connect.from_port &&
	       same_options(&a->connect.options, &b->connect.options);
}

static bool same_inject(const struct step *a, const struct step *b)
{
	return same_packets(&a->inject.packets, &b->inject.packets) &&
	       a->inject.length == b->inject.length && a->inject.sequence == b->inject.sequence &&
	       a->inject.acknowledgment == b->inject.acknowledgment &&
	       a->inject.timestamp == b->inject.timestamp;
}

static bool same_end_state(const struct end_state *a, const struct end_state *b)
{
	return same_end(&a->end, &b->end) && a->state == b->state && a->has_timer == b->has_timer &&
	       a->timer == b->timer && a->has_range == b->has_range && a->least_ns == b->least_ns &&
	       a->most_ns == b->most_ns;
}

static bool same_states(const struct step *a, const struct step *b)
{
	if (a->states.count != b->states.count)
		return false;
	for (size_t i = 0; i < a->states.count; i++) {
		if (!same_end_state(&a->states.ends[i], &b->states.ends[i]))
			return false;
	}
	return true;
}

static bool same_went(const struct step *a, const struct step *b)
{
	if (a->went.count != b->went.count)
		return false;
	for (size_t i = 0; i < a->went.count; i++) {
		if (a->went.states[i] != b->went.states[i])
			return false;
	}
	return true;
}

/* What the steps' kind, which is the same, makes of the union. */
static bool same_operands(const struct step *a, const struct step *b)
{
	switch (a->kind) {
	case STEP_SLEEP: return a->sleep_ns == b->sleep_ns;
	case STEP_LISTEN: return same_listen(a, b);
	case STEP_CONNECT: return same_connect(a, b);
	case STEP_SEND: return same_bytes(&a->send, &b->send);
	case STEP_RECV:
		return a->recv.kind == b->recv.kind && same_bytes(&a->recv.text, &b->recv.text);
	case STEP_SHUTDOWN: return a->shutdown_how == b->shutdown_how;
	case STEP_SET: return same_options(&a->set, &b->set);
	case STEP_SYSCTL:
		return !strcmp(a->sysctl.name, b->sysctl.name) &&
		       !strcmp(a->sysctl.value, b->sysctl.value);
	case STEP_RUN: return same_words(a->argv, b->argv);
	case STEP_WAIT: return a->wait_status == b->wait_status;
	case STEP_SIGNAL: return a->signal == b->signal;
	case STEP_WIRE_HOLD:
	case STEP_WIRE_DROP:
	case STEP_WIRE_DUPLICATE:
		return same_packets(&a->rule.packets, &b->rule.packets) &&
		       a->rule.times == b->rule.times;
	case STEP_WIRE_RELEASE:
		return same_packets(&a->release.packets, &b->release.packets) &&
		       a->release.has_packets == b->release.has_packets &&
		       a->release.is_one == b->release.is_one;
	case STEP_WIRE_INJECT: return same_inject(a, b);
	case STEP_EXPECT_STATES: return same_states(a, b);
	case STEP_EXPECT_WENT: return same_went(a, b);
	case STEP_EXPECT_COUNT:
		return a->count.state == b->count.state && a->count.number == b->count.number;
	case STEP_EXPECT_COUNTER:
		return !strcmp(a->counter.name, b->counter.name) &&
		       a->counter.increase == b->counter.increase;
	case STEP_EXPECT_LISTENING: return a->listening_port == b->listening_port;
	case STEP_EXPECT_OUTPUT: return same_bytes(&a->output, &b->output);
	case STEP_EXPECT_WIRE:
	case STEP_EXPECT_NO:
		return same_packets(&a->wire.packets, &b->wire.packets) &&
		       a->wire.times == b->wire.times;
	case STEP_COMMENT:
	case STEP_SLOW:
	case STEP_ACCEPT:
	case STEP_CLOSE:
	case STEP_DESTROY:
	case STEP_CRASH:
	case STEP_WIRE_PASS:
	case STEP_EXPECT_PENDING:
	case STEP_EXPECT_DONE:
	case STEP_KIND_COUNT: break;
	}
	return true;
}

static bool step_equal(const struct step *a, const struct step *b)
{
	return a->kind == b->kind && same_string(a->comment, b->comment) && a->fails == b->fails &&
	       a->within_ns == b->within_ns && same_end(&a->end, &b->end) && same_operands(a, b);
}

bool scenario_equal(const struct scenario *a, const struct scenario *b)
{
	if (strcmp(a->title, b->title) != 0 || strcmp(a->explanation, b->explanation) != 0 ||
		a->is_slow != b->is_slow || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!step_equal(&a->steps[i], &b->steps[i]))
			return false;
	}
	return true;
}
