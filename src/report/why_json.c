/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "report/json_line.h"
#include "report/why_report.h"

/* Seconds in thousandths, rates in hundredths. */
#define DIGITS 12

static void set_words(json_t *object, const char *key, const char *words)
{
	_cleanup_text_ struct text safe = TEXT_INIT;

	if (!words || !json_object_set_new(object, key, json_string(words)))
		return;
	text_append_escaped(&safe, words, strlen(words), false);
	json_object_set_new(object, key, json_string(safe.bytes));
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_errno(json_t *object, int code)
{
	char name[ERROR_NAME_BYTES];

	if (code)
		set_words(object, "errno", error_name(code, name));
}

static void set_endpoint(json_t *object, const char *address_key, const char *port_key,
	const struct endpoint *endpoint)
{
	char address[ENDPOINT_TEXT_BYTES];

	if (!endpoint->family)
		return;
	set_words(object, address_key, endpoint_address(endpoint, address));
	if (endpoint->port)
		set_number(object, port_key, endpoint->port);
}

/* ["SO_REUSEADDR"] */
static json_t *list_options(unsigned int options)
{
	json_t *list = json_array();

	for (unsigned int option = 1; option < BIND_OPTIONS; option <<= 1) {
		if (options & option)
			json_array_append_new(list, json_string(bind_options_name(option)));
	}
	return list;
}

static json_t *describe(const struct verdict *verdict, uint64_t netns, bool is_first)
{
	const struct verdict_question *question = &verdict->question;
	json_t *object = json_object();

	if (is_first)
		set_number(object, "v", 1);
	set_words(object, "type", "verdict");
	set_words(object, "call", question->call == VERDICT_BIND ? "bind" : "connect");
	set_endpoint(object, "local", "local_port", &question->local);
	set_endpoint(object, "peer", "peer_port", &question->peer);
	json_object_set_new(object, "options", list_options(question->options));
	set_number(object, "uid", question->user);
	if (netns)
		set_number(object, "netns", netns);
	json_object_set_new(object, "works", json_boolean(!verdict->code));
	json_object_set_new(object, "sure", json_boolean(verdict->is_sure));
	set_errno(object, verdict->code);
	set_words(object, "reason", verdict->reason);
	return object;
}

static json_t *describe_attempt(const struct verdict_attempt *attempt)
{
	json_t *object = json_object();

	set_words(object, "type", "attempt");
	json_object_set_new(object, "options", list_options(attempt->options));
	json_object_set_new(object, "works", json_boolean(!attempt->code));
	set_errno(object, attempt->code);
	return object;
}

static void set_answer(json_t *object, const char *key, enum answer answer)
{
	if (answer != ANSWER_UNKNOWN)
		json_object_set_new(object, key, json_boolean(answer == ANSWER_YES));
}

static json_t *describe_socket(const struct verdict_blocker *blocker)
{
	const struct diag_socket *socket = &blocker->socket;
	json_t *object = json_object();

	set_words(object, "type", "socket");
	set_words(object, "state", tcp_state_name(socket->state));
	set_endpoint(object, "local", "local_port", &socket->local);
	if (socket->peer.port)
		set_endpoint(object, "peer", "peer_port", &socket->peer);
	set_number(object, "count", blocker->count);
	json_object_set_new(object, "blocks", json_boolean(blocker->permits != ANSWER_YES));
	if (socket->timer != DIAG_TIMER_NONE) {
		set_words(object, "timer", diag_timer_name(socket->timer));
		json_object_set_new(object, "timer_s", json_real(socket->timer_ms / 1000.0));
	}
	if (socket->inode) {
		set_number(object, "uid", socket->uid);
		set_number(object, "inode", socket->inode);
	}
	if (blocker->pid) {
		set_number(object, "pid", (uint64_t)blocker->pid);
		set_words(object, "comm", blocker->comm);
		set_number(object, "fd", (uint64_t)blocker->fd);
	}
	set_answer(object, "reuseaddr", blocker->reuseaddr);
	set_answer(object, "reuseport", blocker->reuseport);
	if (socket->local.family == AF_INET6 && !socket->peer.port)
		json_object_set_new(object, "v6only", json_boolean(socket->is_v6only));
	return object;
}

static json_t *describe_route(const struct route *route)
{
	json_t *object = json_object();

	set_words(object, "type", "route");
	set_endpoint(object, "source", "", &route->source);
	set_endpoint(object, "peer", "peer_port", &route->peer);
	set_endpoint(object, "gateway", "", &route->gateway);
	if (*route->device)
		set_words(object, "device", route->device);
	json_object_set_new(object, "is_local", json_boolean(route->is_local));
	return object;
}

static const char *reuse_name(enum budget_reuse reuse)
{
	switch (reuse) {
	case BUDGET_REUSE_ON: break;
	case BUDGET_REUSE_OFF: return "off";
	case BUDGET_REUSE_LOOPBACK_ONLY: return "loopback_only";
	case BUDGET_REUSE_NO_TIMESTAMPS: return "no_timestamps";
	}
	return "on";
}

static json_t *list_states(const struct budget *budget)
{
	json_t *states = json_object();

	for (int state = 0; state < TCP_STATE_COUNT; state++) {
		if (budget->by_state[state])
			set_number(states, tcp_state_name((enum tcp_state)state),
				budget->by_state[state]);
	}
	return states;
}

static void set_rates(json_t *object, const struct budget *budget, const struct why_rate *rate)
{
	double births = budget_rate(budget), left = budget_exhaustion_s(budget, births);

	json_object_set_new(object, "rate", json_real(births));
	if (left >= 0)
		json_object_set_new(object, "exhaustion_s", json_real(left));
	if (!rate->is_known)
		return;
	json_object_set_new(object, "host_opens_rate", json_real(rate->opens));
	json_object_set_new(object, "host_time_wait_rate", json_real(rate->time_waits));
}

static json_t *describe_budget(const struct budget *budget, const struct why_rate *rate)
{
	json_t *object = json_object();

	set_words(object, "type", "budget");
	set_endpoint(object, "local", "", &budget->local);
	set_endpoint(object, "peer", "peer_port", &budget->peer);
	set_number(object, "low", budget->low);
	set_number(object, "high", budget->high);
	set_number(object, "range", budget->range);
	set_number(object, "usable", budget_usable(budget));
	set_number(object, "reserved", budget->reserved);
	set_number(object, "held", budget->held);
	set_number(object, "connected", budget->connected);
	set_number(object, "waiting", budget->waiting);
	set_number(object, "reusable", budget->reusable);
	set_number(object, "shared", budget->shared);
	set_number(object, "free", budget->free);
	set_number(object, "free_first", budget->free_first);
	set_number(object, "free_second", budget->free_second);
	set_words(object, "reuse", reuse_name(budget->reuse));
	json_object_set_new(object, "reuse_delay_s", json_real(budget->reuse_delay_ms / 1000.0));
	json_object_set_new(object, "states", list_states(budget));
	set_rates(object, budget, rate);
	return object;
}

static json_t *describe_remedy(const struct verdict_remedy *remedy, size_t rank)
{
	const struct remedy *facts = remedy_get(remedy->id);
	json_t *object = json_object();

	set_words(object, "type", "remedy");
	set_number(object, "rank", rank);
	set_words(object, "name", facts->name);
	set_words(object, "what", facts->what);
	set_words(object, "detail", remedy->detail);
	set_words(object, "cost", facts->cost);
	set_words(object, "scenario", facts->scenario);
	json_object_set_new(object, "works_now", json_boolean(remedy->works_now));
	return object;
}

void why_print_json(struct text *out, const struct verdict *verdict, const struct why_rate *rate,
	uint64_t netns, bool is_first)
{
	json_line_append(out, describe(verdict, netns, is_first), DIGITS);
	for (size_t i = 0; i < verdict->attempt_count; i++)
		json_line_append(out, describe_attempt(&verdict->attempts[i]), DIGITS);
	for (size_t i = 0; i < verdict->blocker_count; i++)
		json_line_append(out, describe_socket(&verdict->blockers[i]), DIGITS);
	if (verdict->has_route)
		json_line_append(out, describe_route(&verdict->route), DIGITS);
	if (verdict->has_budget)
		json_line_append(out, describe_budget(&verdict->budget, rate), DIGITS);
	for (size_t i = 0; i < verdict->remedy_count; i++)
		json_line_append(out, describe_remedy(&verdict->remedies[i], i + 1), DIGITS);
	for (size_t i = 0; i < verdict->note_count; i++) {
		json_t *object = json_object();

		set_words(object, "type", "note");
		set_words(object, "text", verdict->notes[i]);
		json_line_append(out, object, DIGITS);
	}
}
