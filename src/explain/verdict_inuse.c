/* SPDX-License-Identifier: BSD-2-Clause */

/* EADDRINUSE: the socket that is in the way, the rule by which it is, and what helps. */

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "explain/verdict_internal.h"
#include "observe/settings.h"

/* What the refusing sockets are, all together. */
struct refusal {
	bool listens, is_bound, is_alive,
		waits;      /* some are: LISTEN, BOUND, held by a process, TIME_WAIT */
	bool only_waits;    /* all of them are TIME_WAIT */
	bool only_timers;   /* all of them end by a timer */
	bool only_idle;     /* all are listeners or bound, which leave nothing behind */
	bool is_ownerless;  /* no process holds any of them */
	pid_t only_pid;     /* who holds all of them; 0 */
	uint32_t latest_ms; /* when the last timer fires */
	const struct verdict_blocker *first;
};

static void add_up(struct refusal *refusal, const struct verdict_blocker *blocker)
{
	const struct diag_socket *socket = &blocker->socket;
	bool is_idle = socket->state == TCP_STATE_LISTEN || socket->state == TCP_STATE_BOUND;

	if (!refusal->first)
		refusal->first = blocker;
	refusal->listens |= socket->state == TCP_STATE_LISTEN;
	refusal->is_bound |= socket->state == TCP_STATE_BOUND;
	refusal->waits |= socket->state == TCP_STATE_TIME_WAIT;
	refusal->is_alive |= socket->inode && !is_idle;
	refusal->only_idle &= is_idle;
	refusal->only_waits &= socket->state == TCP_STATE_TIME_WAIT;
	refusal->only_timers &= socket->timer == DIAG_TIMER_TIMEWAIT;
	refusal->is_ownerless &= !socket->inode;
	if (refusal->only_pid != blocker->pid)
		refusal->only_pid = 0;
	if (socket->timer_ms > refusal->latest_ms)
		refusal->latest_ms = socket->timer_ms;
}

static struct refusal sum_up(const struct verdict *verdict)
{
	struct refusal refusal = {
		.only_waits = true, .only_timers = true, .only_idle = true, .is_ownerless = true};

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		if (verdict->blockers[i].permits == ANSWER_YES)
			continue;
		if (!refusal.first)
			refusal.only_pid = verdict->blockers[i].pid;
		add_up(&refusal, &verdict->blockers[i]);
	}
	return refusal;
}

/* "(4711/nginx (fd 6))" or "(of user 33; its process is not shown)". The caller frees. */
static char *name_holder(const struct verdict_blocker *blocker)
{
	_cleanup_free_ char *owner = verdict_owner(blocker);
	struct text text = TEXT_INIT;

	if (blocker->pid)
		text_append(&text, owner);
	else if (blocker->socket.inode)
		text_printf(&text, _("a process of user %u"), blocker->socket.uid);
	else
		text_append(&text, _("no process"));
	return text_steal(&text);
}

/* Which half of "both have the option" is missing. */
static const char *missing_half(const struct verdict *verdict, enum answer theirs)
{
	bool is_ours = verdict->question.options & BIND_REUSEADDR;

	if (is_ours && theirs == ANSWER_NO)
		return _("The new socket sets it; the old one had not.");
	if (is_ours)
		return _("The new socket sets it; of the old ones at least one had not.");
	if (theirs == ANSWER_YES)
		return _("The old one had set it; the new socket does not.");
	if (theirs == ANSWER_NO)
		return _("Neither has: the new socket does not set it, and the old one had not. It "
			 "is "
			 "the old one's that people forget.");
	return _("The new socket does not set it.");
}

static const char *rule_of_listeners(
	const struct verdict *verdict, const struct verdict_blocker *blocker)
{
	if (!(verdict->question.options & BIND_REUSEPORT))
		return _("Beside a listener nobody may bind, with SO_REUSEADDR or without; only "
			 "SO_REUSEPORT, set on both by one user, shares a port that is listened "
			 "on.");
	if (blocker->socket.uid != verdict->question.user)
		return _("SO_REUSEPORT shares a port within one user alone; the listener belongs "
			 "to another one.");
	if (blocker->reuseport == ANSWER_NO)
		return _("SO_REUSEPORT must be set on both; the listener has not set it.");
	return _("SO_REUSEPORT must be set on every listener of the port, before its bind().");
}

static void explain_listener(struct verdict *verdict, const struct verdict_blocker *blocker,
	const char *at, const char *holder)
{
	const char *rule = rule_of_listeners(verdict, blocker);
	const char *tail = "";

	if (blocker->socket.local.family != verdict->question.local.family &&
		verdict->question.call == VERDICT_BIND)
		tail = blocker->socket.local.family == AF_INET6
			       ? _(" It was made without IPV6_V6ONLY, so that [::] takes the "
				   "addresses of IPv4 along.")
			       : _(" [::] takes the addresses of IPv4 along, unless IPV6_V6ONLY is "
				   "set.");
	verdict_set_reason(verdict, _("%s listens on %s.%s %s"), holder, at, tail, rule);
}

static void explain_others(struct verdict *verdict, const struct endpoint *wanted,
	const struct verdict_blocker *blocker, const char *at, const char *holder)
{
	const char *half = missing_half(verdict, blocker->reuseaddr);
	const struct endpoint *local = &blocker->socket.local;
	const char *state = tcp_state_name(blocker->socket.state);

	if (blocker->socket.state == TCP_STATE_BOUND)
		verdict_set_reason(verdict,
			_("A socket is bound to %s and does nothing (BOUND); most tools do not "
			  "show it. It belongs to %s. Two sockets may be bound to one port if both "
			  "have set SO_REUSEADDR and neither listens. %s"),
			at, holder, half);
	else if (blocker->socket.state == TCP_STATE_TIME_WAIT && blocker->count > 1)
		verdict_set_reason(verdict,
			_("%zu connections of %s are in TIME_WAIT: this end closed them first. No "
			  "process holds them any more, and nobody listens, but the port stays "
			  "taken for %.1f s. bind() lets a socket in beside them only if all have "
			  "set SO_REUSEADDR before. %s"),
			blocker->count, at, blocker->socket.timer_ms / 1000.0, half);
	else if (blocker->socket.state == TCP_STATE_TIME_WAIT)
		verdict_set_reason(verdict,
			_("A connection of %s is in TIME_WAIT: this end closed it first. No "
			  "process holds it any more, and nobody listens, but the port stays taken "
			  "for %.1f s. bind() lets a socket in beside it only if both have set "
			  "SO_REUSEADDR before. %s"),
			at, blocker->socket.timer_ms / 1000.0, half);
	else if (!blocker->socket.inode)
		verdict_set_reason(verdict,
			_("A connection of %s is still on its way out (%s); no process holds it "
			  "any more. bind() lets a socket in beside it only if both have set "
			  "SO_REUSEADDR before. %s"),
			at, state, half);
	else
		verdict_set_reason(verdict,
			_("A connection of %s is alive (%s); it belongs to %s. Connections keep "
			  "the port as listeners do: bind() lets a socket in only if both have set "
			  "SO_REUSEADDR before. %s"),
			at, state, holder, half);
	if (wanted->family == AF_INET && local->family == AF_INET6 && !endpoint_is_any(local) &&
		endpoint_unmap(local).family == AF_INET6)
		verdict_note(
			verdict, _("it came through an [::] without IPV6_V6ONLY: 0.0.0.0 meets it, "
				   "though it is of IPv6; one address of IPv4 alone does not"));
}

static void explain(
	struct verdict *verdict, const struct endpoint *wanted, const struct verdict_blocker *first)
{
	char at[ENDPOINT_TEXT_BYTES];

	if (!wanted->port) {
		verdict_set_reason(
			verdict, _("bind() is to choose a port, and finds none: it does not know "
				   "the destination yet, so it takes only a port that no other "
				   "socket of this address has, and every one of "
				   "ip_local_port_range is taken or reserved."));
		return;
	}
	if (!first) {
		verdict_set_reason(verdict, _("The port is taken, but by no socket that the kernel "
					      "tells of. Before Linux 6.8 it keeps silent about "
					      "those that are bound and do nothing (BOUND)."));
		return;
	}
	_cleanup_free_ char *holder = name_holder(first);

	endpoint_format(&first->socket.local, at);
	if (first->socket.state == TCP_STATE_LISTEN)
		explain_listener(verdict, first, at, holder);
	else
		explain_others(verdict, wanted, first, at, holder);
}

static void add_options(struct verdict *verdict, const struct refusal *refusal)
{
	unsigned int asked = verdict->question.options;
	unsigned int fixed = asked & BIND_V6ONLY, both = fixed | BIND_REUSEADDR | BIND_REUSEPORT;
	bool is_cured = verdict_attempt_code(verdict, fixed | BIND_REUSEADDR) == 0;
	bool is_shared = verdict_attempt_code(verdict, fixed | BIND_REUSEPORT) == 0;

	if (!(asked & BIND_REUSEADDR) && is_cured)
		verdict_add_remedy(verdict, REMEDY_SET_REUSEADDR, true, NULL);
	if (!(asked & BIND_REUSEPORT) && is_shared)
		verdict_add_remedy(verdict, REMEDY_SET_REUSEPORT, true, NULL);
	if (!is_cured && !is_shared && verdict_attempt_code(verdict, both) == 0) {
		is_cured = true;
		verdict_add_remedy(verdict, REMEDY_SET_BOTH, true, NULL);
	}
	if (verdict_attempt_code(verdict, asked | BIND_V6ONLY) == 0 && !(asked & BIND_V6ONLY))
		verdict_add_remedy(verdict, REMEDY_SET_V6ONLY, true, NULL);
	if (!is_cured && refusal->first && !refusal->listens && !refusal->is_bound)
		verdict_add_remedy(verdict, REMEDY_SET_REUSEADDR_ALWAYS, false, NULL);
	if (refusal->first && refusal->first->socket.state == TCP_STATE_LISTEN &&
		asked & BIND_REUSEPORT && refusal->first->reuseport != ANSWER_NO &&
		refusal->first->socket.uid != verdict->question.user)
		verdict_add_remedy(verdict, REMEDY_SAME_USER, false, _("the listener's user is %u"),
			refusal->first->socket.uid);
}

/* A port that the kernel gives to outgoing connections: one of these may be what is in the way. */
static void add_reservation(struct verdict *verdict, uint16_t port)
{
	struct settings settings;

	settings_read(&settings);
	if (!settings.has_port_range || port < settings.port_low || port > settings.port_high ||
		settings_reserves(&settings, port))
		return;
	verdict_note(verdict,
		_("port %u lies in ip_local_port_range (%u to %u): the kernel may give it to any "
		  "outgoing connection"),
		port, settings.port_low, settings.port_high);
	verdict_add_remedy(verdict, REMEDY_RESERVE_PORT, false,
		_("add %u to net.ipv4.ip_local_reserved_ports"), port);
}

static void add_stop(struct verdict *verdict, const struct refusal *refusal)
{
	for (size_t i = 0; i < verdict->blocker_count; i++) {
		const struct verdict_blocker *blocker = &verdict->blockers[i];
		bool is_told = false;

		for (size_t j = 0; j < i; j++)
			is_told |= verdict->blockers[j].pid == blocker->pid &&
				   verdict->blockers[j].permits != ANSWER_YES;
		if (blocker->permits == ANSWER_YES || !blocker->pid || is_told)
			continue;
		_cleanup_free_ char *owner = verdict_owner(blocker);

		verdict_add_remedy(verdict, REMEDY_END_PROCESS,
			refusal->only_idle && refusal->only_pid == blocker->pid, "%s", owner);
	}
}

static void add_remedies(struct verdict *verdict, uint16_t port)
{
	struct refusal refusal = sum_up(verdict);

	add_options(verdict, &refusal);
	verdict_add_remedy(verdict, REMEDY_OTHER_PORT, true, NULL);
	if (!refusal.first)
		return;
	if (refusal.only_timers)
		verdict_add_remedy(verdict, REMEDY_WAIT, false,
			_("%.0f s at the most, and up to 4 s more for the kernel's clock"),
			refusal.latest_ms / 1000.0 + 0.5);
	if (refusal.waits && refusal.listens)
		verdict_note(verdict, _("when the listener is gone, connections in TIME_WAIT are "
					"still in the way"));
	else if (refusal.waits)
		verdict_add_remedy(verdict, REMEDY_CLIENT_CLOSES_FIRST, false, NULL);
	if (!refusal.listens)
		add_reservation(verdict, port);
	add_stop(verdict, &refusal);
	if (refusal.waits || refusal.is_ownerless)
		verdict_add_remedy(verdict, REMEDY_DESTROY, refusal.is_ownerless,
			"ss -tK state %s sport = :%u",
			refusal.only_waits ? "time-wait" : "connected", port);
}

void verdict_explain_inuse(struct verdict *verdict, const struct endpoint *at)
{
	struct refusal refusal = sum_up(verdict);

	explain(verdict, at, refusal.first);
	if (at->port) {
		add_remedies(verdict, at->port);
		return;
	}
	if (verdict->question.call == VERDICT_BIND)
		verdict_add_remedy(verdict, REMEDY_NO_PORT, false, NULL);
	verdict_add_remedy(verdict, REMEDY_WIDEN_RANGE, true, NULL);
}
