/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Would connect() have an address, a port and a way? By the route, by the ports, and by the sockets there
 * are. Whether the peer would answer is not known: nothing is sent.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "explain/attempt.h"
#include "explain/verdict_internal.h"

/* Ports enough for a search through half of them to be felt. */
#define LARGE_RANGE 4096

struct survey {
	struct verdict *verdict;
	struct endpoint from; /* what bind() asks for; family 0 for nothing */
	unsigned int options; /* that it has then */
	struct blocker_list list;
	struct diag_socket tuple; /* the connection that is wanted, where it exists */
	bool has_tuple;
	struct diag_socket listener; /* who would answer, where the peer is this host */
	bool has_listener;
};

static bool is_same(const struct endpoint *a, const struct endpoint *b)
{
	struct endpoint one = endpoint_unmap(a), other = endpoint_unmap(b);

	return endpoint_equal(&one, &other);
}

static int look_at(void *context, const struct diag_socket *socket)
{
	struct survey *survey = context;
	struct verdict *verdict = survey->verdict;
	struct endpoint source = verdict->route.source;

	source.port = survey->from.port;
	if (verdict->has_budget)
		budget_add(&verdict->budget, socket);
	if (survey->from.family)
		blockers_take(verdict, &survey->list, &survey->from, survey->options, socket);
	if (source.port && is_same(&socket->local, &source) &&
		is_same(&socket->peer, &verdict->route.peer)) {
		survey->tuple = *socket;
		survey->has_tuple = true;
	}
	if (socket->state == TCP_STATE_LISTEN &&
		conflict_overlaps(&verdict->route.peer, 0, socket)) {
		survey->listener = *socket;
		survey->has_listener = true;
	}
	return 0;
}

static int take_survey(struct survey *survey, struct error *err)
{
	struct diag diag;
	int r = diag_open(&diag, err);

	if (r < 0)
		return r;
	r = diag_dump(&diag, DIAG_ALL_STATES, look_at, survey, err);
	diag_close(&diag);
	blockers_settle(survey->verdict, &survey->list);
	if (survey->verdict->has_budget)
		budget_count(&survey->verdict->budget);
	return r;
}

static void explain_no_route(struct verdict *verdict, int code)
{
	char address[ENDPOINT_TEXT_BYTES];
	const struct endpoint *peer = &verdict->question.peer;

	endpoint_address(peer, address);
	if (code == ENETUNREACH && endpoint_is_loopback(peer)) {
		verdict_set_reason(verdict,
			_("%s is reached by the interface lo, which is down in this network "
			  "namespace."),
			address);
		verdict_add_remedy(verdict, REMEDY_BRING_UP, true, "ip link set lo up");
		return;
	}
	switch (code) {
	case ENETUNREACH:
		verdict_set_reason(verdict,
			_("No route of this host (of this network namespace) leads to %s, or it "
			  "stands for "
			  "many hosts (broadcast, multicast), with which TCP cannot talk."),
			address);
		break;
	case EHOSTUNREACH:
		verdict_set_reason(verdict,
			_("The route to %s says that it cannot be reached (of type unreachable)."),
			address);
		break;
	case EACCES:
		verdict_set_reason(
			verdict, _("The route to %s forbids it (of type prohibit)."), address);
		break;
	case EINVAL:
		verdict_set_reason(verdict,
			_("The route to %s throws everything away (of type blackhole); or it is a "
			  "link-local address that does not name its interface, as in "
			  "[fe80::1%%eth0]:80."),
			address);
		break;
	case EADDRNOTAVAIL:
		verdict_set_reason(verdict,
			_("This host has no address of its own with which it could talk to %s."),
			address);
		break;
	default:
		verdict_set_reason(verdict, _("The kernel refuses the way to %s: %s."), address,
			strerror(code));
	}
	verdict_add_remedy(verdict, REMEDY_ADD_ROUTE, true,
		_("see: ip route get %s; ip address; ip link"), address);
}

/* connect() chooses the port: the budget decides. */
static void weigh_budget(struct verdict *verdict)
{
	struct budget *budget = &verdict->budget;
	struct endpoint local;
	int r;

	/* As measured: 9 us a call until the first half is used, 1.5 ms and more afterwards. */
	if (budget->range >= LARGE_RANGE && !budget->free_first && !budget->reusable)
		verdict_note(verdict, _("connect() looks at every second port first, and all of "
					"these are taken: each "
					"call searches them in vain, which takes milliseconds"));
	if (budget_certain(budget) > 0) {
		verdict_set_reason(verdict, _("%u ports of this destination's budget are free."),
			budget->free);
		return;
	}
	if (budget->reusable > 0) {
		verdict->is_sure = false;
		verdict_set_reason(verdict,
			_("No port is free, but connect() may take over one of %u in TIME_WAIT, if "
			  "timestamps were used and the port was not chosen by bind(), which the "
			  "kernel does "
			  "not tell."),
			budget->reusable);
		return;
	}
	r = budget->shared || budget->is_one_passed_over
		    ? attempt_connect(&verdict->route.peer, &local)
		    : -EADDRNOTAVAIL;
	if (r == 0) {
		verdict_set_reason(verdict,
			_("Every port has a connection, but some to other destinations alone, and "
			  "connect() "
			  "may share these. Tried on a socket under repair, without a packet: it "
			  "got port "
			  "%u."),
			local.port);
	} else if (r == -EADDRNOTAVAIL) {
		verdict->code = EADDRNOTAVAIL;
	} else {
		verdict->is_sure = false;
		verdict_set_reason(verdict,
			_("Every port has a connection, but %u of them to other destinations "
			  "alone. "
			  "connect() may share such a port if it was not chosen by bind(), which "
			  "only root can "
			  "find out."),
			budget->shared);
	}
}

static const char *reuse_words(enum budget_reuse reuse)
{
	switch (reuse) {
	case BUDGET_REUSE_OFF: return _("tcp_tw_reuse=0 forbids to take over a TIME_WAIT.");
	case BUDGET_REUSE_LOOPBACK_ONLY:
		return _("tcp_tw_reuse=2 allows to take over a TIME_WAIT on loopback alone.");
	case BUDGET_REUSE_NO_TIMESTAMPS:
		return _("Without timestamps (tcp_timestamps=0) no TIME_WAIT can be taken over.");
	case BUDGET_REUSE_ON: break;
	}
	return _("Those in TIME_WAIT are too young to be taken over (tcp_tw_reuse_delay).");
}

static void explain_exhaustion(struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;
	char peer[ENDPOINT_TEXT_BYTES];

	endpoint_format(&budget->peer, peer);
	verdict_set_reason(verdict,
		_("No local port is left for %s: of %u in ip_local_port_range (%u to %u) %u are "
		  "connected, %u in TIME_WAIT, %u kept by listeners, by bound sockets or by "
		  "connections "
		  "that bind() gave them, and %u reserved. %s"),
		peer, budget->range, budget->low, budget->high, budget->connected, budget->waiting,
		budget->held + budget->shared, budget->reserved,
		budget->waiting ? reuse_words(budget->reuse) : "");
}

static uint32_t first_back_s(const struct budget *budget)
{
	for (uint32_t second = 0; second < BUDGET_SECONDS; second++) {
		if (budget->back_in[second])
			return second;
	}
	return 0;
}

static void add_time_wait_remedies(struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;
	char peer[ENDPOINT_TEXT_BYTES];

	verdict_add_remedy(verdict, REMEDY_PEER_CLOSES_FIRST, false, NULL);
	verdict_add_remedy(verdict, REMEDY_WAIT, false,
		_("%u s for the first port, %u s for all, and up to 4 s more for the kernel's "
		  "clock"),
		first_back_s(budget), BUDGET_TIME_WAIT_MS / 1000);
	if (budget->reuse == BUDGET_REUSE_OFF || budget->reuse == BUDGET_REUSE_LOOPBACK_ONLY)
		verdict_add_remedy(verdict, REMEDY_TW_REUSE, budget->aged > 0,
			"sysctl -w net.ipv4.tcp_tw_reuse=1");
	if (budget->reuse == BUDGET_REUSE_NO_TIMESTAMPS)
		verdict_add_remedy(
			verdict, REMEDY_TIMESTAMPS, false, "sysctl -w net.ipv4.tcp_timestamps=1");
	verdict_add_remedy(verdict, REMEDY_DESTROY, true, "ss -tK state time-wait dst '%s'",
		endpoint_format(&budget->peer, peer));
	verdict_note(
		verdict, _("tcp_fin_timeout does not help: it has nothing to do with TIME_WAIT"));
}

static void add_exhaustion_remedies(struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;

	verdict_add_remedy(verdict, REMEDY_KEEP_CONNECTIONS, false, NULL);
	if (budget->by_state[TCP_STATE_CLOSE_WAIT])
		verdict_add_remedy(verdict, REMEDY_FIX_LEAK, true, _("%u of the ports"),
			budget->by_state[TCP_STATE_CLOSE_WAIT]);
	if (budget->waiting)
		add_time_wait_remedies(verdict);
	verdict_add_remedy(verdict, REMEDY_MORE_DESTINATIONS, true, NULL);
	if (budget->range > 1 && budget->range % 2 && budget->high < SETTINGS_PORTS - 1)
		verdict_add_remedy(verdict, REMEDY_EVEN_RANGE, true,
			"sysctl -w net.ipv4.ip_local_port_range=\"%u %u\"", budget->low,
			budget->high + 1);
	if (budget->reserved)
		verdict_add_remedy(verdict, REMEDY_UNRESERVE, true, _("%u are"), budget->reserved);
	if (budget->low > 1024 || budget->high < SETTINGS_PORTS - 1)
		verdict_add_remedy(verdict, REMEDY_WIDEN_RANGE, true,
			"sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"");
}

/* bind() has given the port: there is one tuple, and it is free or not. */
static void weigh_tuple(struct verdict *verdict, const struct survey *survey)
{
	struct endpoint local = verdict->route.source;
	char here[ENDPOINT_TEXT_BYTES], there[ENDPOINT_TEXT_BYTES];

	local.port = survey->from.port;
	endpoint_format(&local, here);
	endpoint_format(&verdict->route.peer, there);
	if (!survey->has_tuple) {
		verdict_set_reason(
			verdict, _("There is no connection from %s to %s yet."), here, there);
		return;
	}
	if (survey->tuple.state == TCP_STATE_TIME_WAIT &&
		verdict->budget.reuse != BUDGET_REUSE_NO_TIMESTAMPS) {
		verdict->is_sure = false;
		verdict_set_reason(verdict,
			_("The last connection from %s to %s is in TIME_WAIT. connect() takes it "
			  "over at "
			  "once, whatever tcp_tw_reuse says, if timestamps were used: the port was "
			  "given by "
			  "bind()."),
			here, there);
		return;
	}
	verdict->code = EADDRNOTAVAIL;
	verdict_set_reason(verdict,
		_("bind() is content, but connect() is not: there is a connection from %s to %s "
		  "already "
		  "(%s), and no two may have the same addresses and ports.%s%s"),
		here, there, tcp_state_name(survey->tuple.state),
		survey->tuple.state == TCP_STATE_TIME_WAIT ? " " : "",
		survey->tuple.state == TCP_STATE_TIME_WAIT ? reuse_words(verdict->budget.reuse)
							   : "");
	verdict_add_remedy(verdict, REMEDY_OTHER_PORT, true, NULL);
	verdict_add_remedy(verdict, REMEDY_MORE_DESTINATIONS, true, NULL);
	if (survey->tuple.state == TCP_STATE_TIME_WAIT)
		verdict_add_remedy(verdict, REMEDY_WAIT, false,
			_("%.0f s at the most, and up to 4 s more for the kernel's clock"),
			survey->tuple.timer_ms / 1000.0 + 0.5);
}

/* A peer on this very host: whether it answers can be told. */
static void look_for_listener(struct verdict *verdict, const struct survey *survey)
{
	char there[ENDPOINT_TEXT_BYTES];
	const struct diag_socket *listener = &survey->listener;

	endpoint_format(&verdict->route.peer, there);
	if (!verdict->route.is_local) {
		verdict_note(
			verdict, _("whether %s answers is not known: no packet is sent"), there);
	} else if (!survey->has_listener) {
		verdict->code = ECONNREFUSED;
		verdict->is_sure = true;
		verdict_set_reason(verdict,
			_("%s is this host itself, and nobody listens there: the SYN is answered "
			  "by RST."),
			there);
		verdict_add_remedy(verdict, REMEDY_START_LISTENER, true, NULL);
	} else if (listener->receive_queue > listener->send_queue) {
		verdict_note(verdict,
			_("%s is this host itself, and its listener's queue is full (%u wait for "
			  "accept(), its backlog is %u): the SYN will be dropped, and connect() "
			  "hang"),
			there, listener->receive_queue, listener->send_queue);
	}
}

/* bind() before connect(), as it is asked for: 0, or the errno, which is explained then. */
static int judge_from(struct verdict *verdict, struct survey *survey)
{
	int code;

	if (!survey->from.family)
		return 0;
	code = verdict_attempt_code(verdict, verdict->question.options);
	if (!code)
		return 0;
	verdict->code = code;
	verdict_explain_bind(verdict, &survey->from, code);
	if (!survey->from.port && code == EADDRINUSE && verdict->has_budget)
		verdict_add_remedy(verdict, REMEDY_NO_PORT,
			budget_certain(&verdict->budget) + verdict->budget.reusable > 0, NULL);
	return code;
}

static int judge_ports(struct verdict *verdict, struct survey *survey, struct error *err)
{
	struct settings settings;
	int r;

	settings_read(&settings);
	budget_start(&verdict->budget, &settings, &verdict->route.source, &verdict->route.peer);
	verdict->has_budget = !survey->from.port;
	r = take_survey(survey, err);
	if (r < 0 || judge_from(verdict, survey) != 0)
		return r;
	if (survey->from.port)
		weigh_tuple(verdict, survey);
	else if (survey->from.family)
		verdict_set_reason(verdict, _("bind() finds a free port, and connect() takes it."));
	else
		weigh_budget(verdict);
	if (verdict->code == EADDRNOTAVAIL && !survey->from.family) {
		explain_exhaustion(verdict);
		add_exhaustion_remedies(verdict);
	}
	if (!verdict->code)
		look_for_listener(verdict, survey);
	return 0;
}

int verdict_judge_connect(struct verdict *verdict, struct error *err)
{
	struct survey survey = {.verdict = verdict,
		.from = verdict->question.local,
		.options = blockers_options(verdict)};
	int r, code = 0;

	if (survey.from.family) {
		verdict_try_bind(verdict, &survey.from);
		code = verdict_attempt_code(verdict, verdict->question.options);
	}
	r = route_find(&verdict->question.peer, &survey.from, &verdict->route);
	if (r < 0 && code && code != EADDRINUSE) {
		/* The address cannot be bound at all: the route is not come to. */
		verdict->code = code;
		verdict_explain_bind(verdict, &survey.from, code);
		return 0;
	}
	if (r < 0) {
		verdict->code = -r;
		explain_no_route(verdict, -r);
		return 0;
	}
	verdict->has_route = true;
	return judge_ports(verdict, &survey, err);
}
