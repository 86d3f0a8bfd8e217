/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Would connect() have an address, a port and a way? By the route, by the ports, and by the sockets there
 * are. Whether the peer would answer is not known: nothing is sent.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "explain/verdict_internal.h"

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

/*
 * A listener that is bound to an interface (SO_BINDTODEVICE) hears no other. What this host says to itself
 * goes by lo, but is heard as if it came by the interface that has the address.
 */
static bool can_hear(const struct diag_socket *listener, const struct route *route)
{
	return !listener->local.interface || !route->own_interface ||
	       listener->local.interface == route->own_interface;
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
		conflict_overlaps(&verdict->route.peer, 0, socket) &&
		can_hear(socket, &verdict->route)) {
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
	struct endpoint plain = *peer;

	endpoint_address(peer, address);
	if (code == ENETUNREACH && endpoint_is_loopback(peer)) {
		verdict_set_reason(verdict,
			_("%s is reached by the interface lo, which is down in this network "
			  "namespace."),
			address);
		verdict_add_remedy(verdict, REMEDY_BRING_UP, true, "ip link set lo up");
		return;
	}
	if (code == ENETUNREACH && route_is_to_many(peer)) {
		verdict_set_reason(verdict,
			_("%s stands for many hosts (broadcast, multicast): a connection is "
			  "between two."),
			address);
		return;
	}
	switch (code) {
	case ENETUNREACH:
		verdict_set_reason(verdict,
			_("No route of this host (of this network namespace) leads to %s."),
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
	/* ip(8) wants no number for an interface. */
	plain.interface = 0;
	verdict_add_remedy(verdict, REMEDY_ADD_ROUTE, true,
		_("see: ip route get %s; ip address; ip link"), endpoint_address(&plain, address));
}

/* bind() has given the port: there is one tuple, and it is free or not; a minisocket may give way. */
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
	/* The kernel goes by the old connection's timestamps; the setting may be younger. */
	verdict->is_sure = !diag_is_minisocket(&survey->tuple);
	if (!verdict->is_sure && verdict->budget.has_timestamps) {
		verdict_set_reason(verdict,
			_("The last connection from %s to %s is in %s, and no process holds it. "
			  "connect() takes it over at once, whatever tcp_tw_reuse says, if "
			  "timestamps were used: the port was given by bind()."),
			here, there, tcp_state_name(survey->tuple.state));
		return;
	}
	verdict->code = EADDRNOTAVAIL;
	verdict_set_reason(verdict,
		_("bind() is content, but connect() is not: there is a connection from %s to %s "
		  "already (%s), and no two may have the same addresses and ports.%s%s"),
		here, there, tcp_state_name(survey->tuple.state), verdict->is_sure ? "" : " ",
		verdict->is_sure ? "" : verdict_reuse_words(BUDGET_REUSE_NO_TIMESTAMPS));
	verdict_add_remedy(verdict, REMEDY_OTHER_PORT, true, NULL);
	verdict_add_remedy(verdict, REMEDY_MORE_DESTINATIONS, true, NULL);
	if (diag_is_minisocket(&survey->tuple))
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
		verdict_set_reason(verdict,
			_("%s is this host itself, and nobody listens there: the SYN is answered "
			  "by RST."),
			there);
		verdict_add_remedy(verdict, REMEDY_START_LISTENER, verdict->is_sure, NULL);
	} else if (listener->receive_queue > listener->send_queue) {
		verdict_note(verdict,
			_("%s is this host itself, and its listener's queue is full (%u wait for "
			  "accept(), its backlog is %u): the SYN will be dropped, and connect() "
			  "hang"),
			there, listener->receive_queue, listener->send_queue);
	}
}

/* What makes bind() work makes connect() fail, where that very connection is there already. */
static void doubt_sharing(struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->remedy_count; i++) {
		enum remedy_id id = verdict->remedies[i].id;

		if (id == REMEDY_SET_REUSEADDR || id == REMEDY_SET_REUSEPORT ||
			id == REMEDY_SET_BOTH || id == REMEDY_SAME_USER)
			verdict->remedies[i].works_now = false;
	}
	verdict_note(verdict, _("there is a connection from that port to this destination: with "
				"the port shared, connect() would give EADDRNOTAVAIL"));
}

/* By where its search begins, which is at random, bind() comes to the end of an odd range or not. */
static bool is_by_chance(const struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;

	return budget_may_pass_over(budget, budget->high) && !budget_certain(budget);
}

/* bind() chooses the port, for any destination. */
static void weigh_chosen(struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;

	verdict_set_reason(verdict, _("bind() finds a free port, and connect() takes it."));
	verdict->is_sure = !is_by_chance(verdict);
	if (verdict->question.options & (BIND_REUSEADDR | BIND_REUSEPORT) &&
		budget->connected + budget->waiting + budget->reusable > 0) {
		verdict->is_sure = false;
		verdict_note(verdict,
			_("bind() may choose a port that it shares (%s) with a connection to this "
			  "very destination: then connect() gives EADDRNOTAVAIL"),
			bind_options_name(verdict->question.options));
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
	if (!survey->from.port && is_by_chance(verdict))
		verdict->is_sure = false;
	if (!survey->from.port && code == EADDRINUSE && verdict->has_budget)
		verdict_add_remedy(
			verdict, REMEDY_NO_PORT, budget_certain(&verdict->budget) > 0, NULL);
	if (code == EADDRINUSE && survey->has_tuple && !diag_is_minisocket(&survey->tuple))
		doubt_sharing(verdict);
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
		weigh_chosen(verdict);
	else
		verdict_weigh_ports(verdict);
	if (verdict->code == EADDRNOTAVAIL && !survey->from.family)
		verdict_explain_exhaustion(verdict);
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
	if (r < 0 && code) {
		/* bind() fails first: the route is not come to. */
		r = take_survey(&survey, err);
		return r < 0 ? r : (judge_from(verdict, &survey), 0);
	}
	if (r < 0) {
		verdict->code = -r;
		explain_no_route(verdict, -r);
		return 0;
	}
	verdict->has_route = true;
	return judge_ports(verdict, &survey, err);
}
