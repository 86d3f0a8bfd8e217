/* SPDX-License-Identifier: BSD-2-Clause */

/* connect() chooses the port: does it find one, and what helps where it does not? The budget decides. */

#include <errno.h>

#include "base/i18n.h"
#include "explain/attempt.h"
#include "explain/verdict_internal.h"

/* Ports enough for a search through half of them to be felt. */
#define LARGE_RANGE 4096

/* No port is free for certain, and no TIME_WAIT to be taken over: what connect() says is tried. */
static void try_the_rest(struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;
	struct endpoint local;
	int r = attempt_connect(&verdict->route.peer, &local);

	if (r == -EADDRNOTAVAIL) {
		verdict->code = EADDRNOTAVAIL;
	} else if (r < 0) {
		verdict->is_sure = false;
		verdict_set_reason(verdict,
			_("No port is free for certain, but %u have connections to other "
			  "destinations alone, and %u may be left out by the search (the range is "
			  "odd). connect() may share a port if it was not chosen by bind(), which "
			  "only root can find out."),
			budget->shared, (unsigned int)budget->is_one_passed_over);
	} else if (budget_may_pass_over(budget, local.port)) {
		verdict->is_sure = false;
		verdict_set_reason(verdict,
			_("Port %u alone is left, at the end of an odd range: by where its search "
			  "begins, connect() comes to it or not. Tried on a socket under repair, "
			  "without a packet, it did."),
			local.port);
	} else {
		verdict_set_reason(verdict,
			_("Every port has a connection, but some to other destinations alone, and "
			  "connect() may share these. Tried on a socket under repair, without a "
			  "packet: it got port %u."),
			local.port);
	}
}

void verdict_weigh_ports(struct verdict *verdict)
{
	struct budget *budget = &verdict->budget;

	/* As measured: 9 us a call until the first half is used, 1.5 ms and more afterwards. */
	if (budget->range >= LARGE_RANGE && !budget->free_first && !budget->reusable)
		verdict_note(verdict,
			_("connect() looks at every second port first, and all of these are taken: "
			  "each call searches them in vain, which takes milliseconds"));
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
			  "kernel does not tell."),
			budget->reusable);
		return;
	}
	if (budget->reuse == BUDGET_REUSE_NO_TIMESTAMPS && budget->aged) {
		/* The kernel goes by the TIME_WAIT's own, which may be older than the setting. */
		verdict->is_sure = false;
		verdict->code = EADDRNOTAVAIL;
	} else if (budget->shared || budget->is_one_passed_over) {
		try_the_rest(verdict);
	} else {
		verdict->code = EADDRNOTAVAIL;
	}
}

const char *verdict_reuse_words(enum budget_reuse reuse)
{
	switch (reuse) {
	case BUDGET_REUSE_OFF: return _("tcp_tw_reuse=0 forbids to take over a TIME_WAIT.");
	case BUDGET_REUSE_LOOPBACK_ONLY:
		return _("tcp_tw_reuse=2 allows to take over a TIME_WAIT on loopback alone.");
	case BUDGET_REUSE_NO_TIMESTAMPS:
		return _("Without timestamps no TIME_WAIT can be taken over: tcp_timestamps=0, and "
			 "only those from before it was set may have had them.");
	case BUDGET_REUSE_ON: break;
	}
	return _("Those in TIME_WAIT are too young to be taken over (tcp_tw_reuse_delay).");
}

static uint32_t first_back_s(const struct budget *budget)
{
	for (uint32_t second = 0; second < BUDGET_SECONDS; second++) {
		if (budget->back_in[second])
			return second;
	}
	return 0;
}

/*
 * Is a port to be had for another destination? Port 0 of the peer is one that nobody talks to. -EADDRNOTAVAIL
 * if not; another error where that cannot be told (to all but root).
 */
static int try_elsewhere(const struct verdict *verdict)
{
	struct endpoint peer = verdict->route.peer, local;
	int r;

	peer.port = 0;
	r = attempt_connect(&peer, &local);
	/* Another destination's search begins elsewhere. */
	return r == 0 && budget_may_pass_over(&verdict->budget, local.port) ? -EAGAIN : r;
}

static void add_time_wait_remedies(struct verdict *verdict, int elsewhere)
{
	const struct budget *budget = &verdict->budget;
	struct endpoint destination = budget->peer;
	char peer[ENDPOINT_TEXT_BYTES];

	verdict_add_remedy(verdict, REMEDY_PEER_CLOSES_FIRST, false, NULL);
	verdict_add_remedy(verdict, REMEDY_WAIT, false,
		_("%u s for the first port, %u s for all, and up to 4 s more for the kernel's "
		  "clock"),
		first_back_s(budget), BUDGET_TIME_WAIT_MS / 1000);
	if (budget->reuse == BUDGET_REUSE_OFF || budget->reuse == BUDGET_REUSE_LOOPBACK_ONLY)
		verdict_add_remedy(verdict, REMEDY_TW_REUSE,
			budget->aged > 0 && budget->waiting_inside > 0 &&
				elsewhere != -EADDRNOTAVAIL,
			"sysctl -w net.ipv4.tcp_tw_reuse=1");
	if (budget->reuse == BUDGET_REUSE_NO_TIMESTAMPS)
		verdict_add_remedy(
			verdict, REMEDY_TIMESTAMPS, false, "sysctl -w net.ipv4.tcp_timestamps=1");
	/* ss(8) wants no number for an interface. */
	destination.interface = 0;
	verdict_add_remedy(verdict, REMEDY_DESTROY, budget->waiting_inside > 0,
		"ss -tK state time-wait dst '%s'", endpoint_format(&destination, peer));
	verdict_note(
		verdict, _("tcp_fin_timeout does not help: it has nothing to do with TIME_WAIT"));
}

static void add_exhaustion_remedies(struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;
	int elsewhere = try_elsewhere(verdict);

	verdict_add_remedy(verdict, REMEDY_KEEP_CONNECTIONS, false, NULL);
	if (budget->by_state[TCP_STATE_CLOSE_WAIT])
		verdict_add_remedy(verdict, REMEDY_FIX_LEAK,
			!budget_may_pass_over(budget, budget->high), _("%u of the ports"),
			budget->by_state[TCP_STATE_CLOSE_WAIT]);
	if (budget->waiting)
		add_time_wait_remedies(verdict, elsewhere);
	if (elsewhere != -EADDRNOTAVAIL)
		verdict_add_remedy(verdict, REMEDY_MORE_DESTINATIONS, elsewhere == 0, NULL);
	if (budget->range > 1 && budget->range % 2 && budget->high < SETTINGS_PORTS - 1)
		verdict_add_remedy(verdict, REMEDY_EVEN_RANGE,
			budget->is_next_free || budget->is_one_passed_over,
			"sysctl -w net.ipv4.ip_local_port_range=\"%u %u\"", budget->low,
			budget->high + 1);
	if (budget->reserved)
		verdict_add_remedy(verdict, REMEDY_UNRESERVE, budget->reserved_untaken > 0,
			_("%u are"), budget->reserved);
	if (budget->low > 1024 || budget->high < SETTINGS_PORTS - 1)
		verdict_add_remedy(verdict, REMEDY_WIDEN_RANGE, true,
			"sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"");
}

static void say_what_is_used(struct verdict *verdict)
{
	const struct budget *budget = &verdict->budget;
	char peer[ENDPOINT_TEXT_BYTES];

	endpoint_format(&budget->peer, peer);
	verdict_set_reason(verdict,
		_("No local port is left for %s: of %u in ip_local_port_range (%u to %u) %u are "
		  "connected, %u in TIME_WAIT, %u kept by listeners, by bound sockets or by "
		  "connections that bind() gave them, and %u reserved. %s"),
		peer, budget->range, budget->low, budget->high, budget->connected, budget->waiting,
		budget->held + budget->shared, budget->reserved,
		budget->waiting ? verdict_reuse_words(budget->reuse) : "");
}

void verdict_explain_exhaustion(struct verdict *verdict)
{
	say_what_is_used(verdict);
	add_exhaustion_remedies(verdict);
}
