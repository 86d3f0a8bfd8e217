/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/why_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "report/wrap.h"

#define INDENT 2

static void paint(
	struct text *out, const struct why_look *look, const char *colour, const char *words)
{
	if (look->has_colour)
		text_printf(out, "\033[%sm%s\033[m", colour, words);
	else
		text_append(out, words);
}

/* Words of our own, wrapped; the first line after `lead`, the others below its end. */
static void print_words(
	struct text *out, const struct why_look *look, const char *lead, const char *words)
{
	_cleanup_free_ char *safe = wrap_printable(words, look->utf8);
	const char *rest = safe;
	size_t indent = text_columns(lead);
	size_t room = look->columns > indent + 20 ? look->columns - indent : 20;
	char *line;

	for (int i = 0; (line = wrap_line(&rest, room)); i++) {
		if (i)
			text_repeat(out, " ", indent);
		text_printf(out, "%s%s\n", i ? "" : lead, line);
		free(line);
	}
}

static void print_heading(struct text *out, const struct why_look *look, const char *words)
{
	text_append(out, "\n");
	paint(out, look, "1", words);
	text_append(out, "\n");
}

/* "bind() to 0.0.0.0:80", "connect() from 192.0.2.2:5000 to 192.0.2.1:13"; the options behind it. */
static void name_call(struct text *out, const struct verdict_question *question)
{
	char local[ENDPOINT_TEXT_BYTES], peer[ENDPOINT_TEXT_BYTES];
	const char *options = bind_options_name(question->options);

	endpoint_format(&question->local, local);
	endpoint_format(&question->peer, peer);
	if (question->call == VERDICT_BIND)
		text_printf(out, _("bind() to %s"), local);
	else if (question->local.family)
		text_printf(out, _("connect() from %s to %s"), local, peer);
	else
		text_printf(out, _("connect() to %s"), peer);
	if (*options)
		text_printf(out, _(" with %s"), options);
}

static void print_answer(
	struct text *out, const struct verdict *verdict, const struct why_look *look)
{
	_cleanup_text_ struct text call = TEXT_INIT, answer = TEXT_INIT;
	char name[ERROR_NAME_BYTES];

	name_call(&call, &verdict->question);
	if (!verdict->code)
		text_append(&answer, verdict->is_sure ? _("would work now") : _("should work now"));
	else
		text_printf(&answer,
			verdict->is_sure ? _("fails now: %s (%s)") : _("should fail now: %s (%s)"),
			error_name(verdict->code, name), strerror(verdict->code));
	text_printf(out, "%s ", call.bytes);
	paint(out, look, verdict->code ? "1;31" : "32", answer.bytes);
	text_append(out, "\n");
	print_words(out, look, "", verdict->reason);
}

static void print_attempts(
	struct text *out, const struct verdict *verdict, const struct why_look *look)
{
	char name[ERROR_NAME_BYTES];
	size_t width = 0;

	if (!verdict->attempt_count)
		return;
	print_heading(out, look, _("bind() tried, and closed at once:"));
	for (size_t i = 0; i < verdict->attempt_count; i++) {
		size_t columns = strlen(bind_options_name(verdict->attempts[i].options));

		width = columns > width ? columns : width;
	}
	width = text_columns(_("without options")) > width ? text_columns(_("without options"))
							   : width;
	for (size_t i = 0; i < verdict->attempt_count; i++) {
		const struct verdict_attempt *attempt = &verdict->attempts[i];
		const char *options = attempt->options ? bind_options_name(attempt->options)
						       : _("without options");

		text_repeat(out, " ", INDENT);
		text_append(out, options);
		text_repeat(out, " ", width - text_columns(options) + 2);
		paint(out, look, attempt->code ? "31" : "32",
			attempt->code ? error_name(attempt->code, name) : _("works"));
		text_append(out, "\n");
	}
}

static void name_owner(
	struct text *out, const struct verdict_blocker *blocker, const struct why_look *look)
{
	if (blocker->pid) {
		text_printf(out, "%d/", (int)blocker->pid);
		text_append_escaped(out, blocker->comm, strlen(blocker->comm), look->utf8);
		text_printf(out, _(" (fd %d, user %u)"), blocker->fd, blocker->socket.uid);
	} else if (blocker->socket.inode) {
		text_printf(out, _("a process of user %u that is not shown"), blocker->socket.uid);
	} else {
		text_append(out, _("no process"));
	}
}

static void name_time(struct text *out, const struct verdict_blocker *blocker)
{
	double latest = blocker->socket.timer_ms / 1000.0, soonest = blocker->soonest_ms / 1000.0;

	if (blocker->socket.timer != DIAG_TIMER_TIMEWAIT)
		return;
	if (blocker->count == 1)
		text_printf(out, _("; ends in %.1f s"), latest);
	else
		text_printf(out, _("; they end in %.1f to %.1f s"), soonest, latest);
}

static void name_option(struct text *out, const char *name, enum answer answer)
{
	text_append(out, "; ");
	if (answer == ANSWER_YES)
		text_printf(out, _("%s is set"), name);
	else if (answer == ANSWER_NO)
		text_printf(out, _("%s is not set"), name);
	else
		text_printf(out, _("%s: not known"), name);
}

static void print_blocker(
	struct text *out, const struct verdict_blocker *blocker, const struct why_look *look)
{
	_cleanup_text_ struct text lead = TEXT_INIT, words = TEXT_INIT;
	char local[ENDPOINT_TEXT_BYTES], peer[ENDPOINT_TEXT_BYTES];
	const struct diag_socket *socket = &blocker->socket;

	text_printf(&lead, "  %-11s ", tcp_state_name(socket->state));
	text_append(&words, endpoint_format(&socket->local, local));
	if (socket->peer.port && blocker->count == 1)
		text_printf(&words, _(" to %s"), endpoint_format(&socket->peer, peer));
	else if (socket->peer.port)
		text_printf(&words, _(" to %s and others, %zu in all"),
			endpoint_format(&socket->peer, peer), blocker->count);
	else if (blocker->count > 1)
		text_printf(&words, _(", %zu sockets"), blocker->count);
	text_append(&words, ": ");
	name_owner(&words, blocker, look);
	name_time(&words, blocker);
	name_option(&words, "SO_REUSEADDR", blocker->reuseaddr);
	name_option(&words, "SO_REUSEPORT", blocker->reuseport);
	if (socket->is_v6only)
		text_append(&words, _("; IPV6_V6ONLY is set"));
	print_words(out, look, lead.bytes, words.bytes);
}

static void print_blockers(
	struct text *out, const struct verdict *verdict, const struct why_look *look)
{
	bool has_heading[2] = {false, false};

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		const struct verdict_blocker *blocker = &verdict->blockers[i];
		bool permits = blocker->permits == ANSWER_YES;

		if (!has_heading[permits])
			print_heading(out, look,
				permits ? _("Has the port, and lets the new socket in:")
					: _("In the way:"));
		has_heading[permits] = true;
		print_blocker(out, blocker, look);
	}
}

static void print_route(
	struct text *out, const struct verdict *verdict, const struct why_look *look)
{
	const struct route *route = &verdict->route;
	_cleanup_text_ struct text words = TEXT_INIT;
	char source[ENDPOINT_TEXT_BYTES], gateway[ENDPOINT_TEXT_BYTES];

	if (!verdict->has_route)
		return;
	text_printf(&words, _("from %s"), endpoint_address(&route->source, source));
	if (*route->device)
		text_printf(&words, _(", by the interface %s"), route->device);
	if (route->gateway.family)
		text_printf(&words, _(" and the gateway %s"),
			endpoint_address(&route->gateway, gateway));
	if (route->is_local)
		text_append(&words, _("; the peer is this host"));
	print_heading(out, look, _("The way:"));
	print_words(out, look, "  ", words.bytes);
}

static void print_count(struct text *out, uint32_t count, const char *words)
{
	if (count)
		text_printf(out, "  %7u  %s\n", count, words);
}

static const char *why_not_reusable(const struct budget *budget)
{
	switch (budget->reuse) {
	case BUDGET_REUSE_ON: return _("in TIME_WAIT, too young to be taken over");
	case BUDGET_REUSE_OFF: return _("in TIME_WAIT (tcp_tw_reuse=0: not to be taken over)");
	case BUDGET_REUSE_LOOPBACK_ONLY:
		return _("in TIME_WAIT (tcp_tw_reuse=2: to be taken over on loopback alone)");
	case BUDGET_REUSE_NO_TIMESTAMPS:
		return _("in TIME_WAIT (tcp_timestamps=0: not to be taken over)");
	}
	return "";
}

static void print_states(struct text *out, const struct budget *budget)
{
	for (int state = 0; state < TCP_STATE_COUNT; state++) {
		if (state != TCP_STATE_TIME_WAIT && budget->by_state[state])
			text_printf(out, "  %7s    %u %s\n", "", budget->by_state[state],
				tcp_state_name((enum tcp_state)state));
	}
}

static void print_prospect(struct text *out, const struct verdict *verdict,
	const struct why_rate *rate, const struct why_look *look)
{
	const struct budget *budget = &verdict->budget;
	_cleanup_text_ struct text words = TEXT_INIT;
	double births = budget_rate(budget), left = budget_exhaustion_s(budget, births);

	if (births > 0) {
		text_printf(&words,
			_("In the last %d s, %.1f connections a second to this destination came "
			  "into TIME_WAIT here. "),
			BUDGET_WINDOW_MS / 1000, births);
		if (verdict->code == EADDRNOTAVAIL)
			text_append(&words, _("No port is left."));
		else if (left < 0)
			text_append(&words, _("At this rate the ports do not run out."));
		else
			text_printf(&words, _("At this rate no port is left in %.0f s."), left);
	}
	if (rate->is_known)
		text_printf(&words,
			_("%sThis host, in %.1f s, made %.1f connections and %.1f TIME_WAITs a "
			  "second, to all destinations."),
			words.length && words.bytes[words.length - 1] != ' ' ? " " : "",
			rate->seconds, rate->opens, rate->time_waits);
	if (words.length)
		print_words(out, look, "  ", words.bytes);
}

static void print_budget(struct text *out, const struct verdict *verdict,
	const struct why_rate *rate, const struct why_look *look)
{
	const struct budget *budget = &verdict->budget;
	_cleanup_text_ struct text title = TEXT_INIT, free_ones = TEXT_INIT;
	char source[ENDPOINT_TEXT_BYTES], peer[ENDPOINT_TEXT_BYTES];

	if (!verdict->has_budget)
		return;
	endpoint_address(&budget->local, source);
	text_printf(&title, _("The ports from %s to %s (ip_local_port_range %u to %u):"), source,
		endpoint_format(&budget->peer, peer), budget->low, budget->high);
	print_heading(out, look, title.bytes);
	text_printf(out, "  %7u  %s\n", budget->range, _("in the range"));
	print_count(out, budget->reserved, _("reserved (ip_local_reserved_ports)"));
	print_count(out, budget->held, _("kept by listeners and bound sockets"));
	print_count(out, budget->connected, _("connected to this destination:"));
	print_states(out, budget);
	print_count(out, budget->waiting, why_not_reusable(budget));
	print_count(
		out, budget->reusable, _("in TIME_WAIT, to be taken over if timestamps were used"));
	print_count(out, budget->shared,
		_("connected to others alone: to be shared unless bind() chose them"));
	text_printf(&free_ones, _("free (%u that connect() looks at first, %u then)"),
		budget->free_first, budget->free_second);
	text_printf(out, "  %7u  %s\n", budget->free, free_ones.bytes);
	if (budget->loses_one)
		print_words(out, look, "  ",
			_("The number of ports in the range is odd: each search leaves one out."));
	print_prospect(out, verdict, rate, look);
}

static void print_remedy(struct text *out, const struct verdict_remedy *remedy, size_t number,
	const struct why_look *look)
{
	const struct remedy *facts = remedy_get(remedy->id);
	_cleanup_text_ struct text lead = TEXT_INIT, words = TEXT_INIT, margin = TEXT_INIT,
				   cost = TEXT_INIT;

	text_printf(&lead, "%3zu. ", number);
	text_append(&words, _(facts->what));
	if (remedy->detail)
		text_printf(&words, ": %s", remedy->detail);
	text_append(&words, remedy->works_now ? _(". Works at once.") : ".");
	print_words(out, look, lead.bytes, words.bytes);
	text_repeat(&margin, " ", text_columns(lead.bytes));
	text_printf(&cost, _("Costs: %s."), _(facts->cost));
	print_words(out, look, margin.bytes, cost.bytes);
	if (facts->scenario)
		text_printf(out, _("%sSee it: timewait run %s\n"), margin.bytes, facts->scenario);
}

void why_print(struct text *out, const struct verdict *verdict, const struct why_rate *rate,
	const struct why_look *look)
{
	print_answer(out, verdict, look);
	print_attempts(out, verdict, look);
	print_blockers(out, verdict, look);
	print_route(out, verdict, look);
	print_budget(out, verdict, rate, look);
	if (verdict->remedy_count)
		print_heading(out, look, _("What helps, what harms least first:"));
	for (size_t i = 0; i < verdict->remedy_count; i++)
		print_remedy(out, &verdict->remedies[i], i + 1, look);
	if (verdict->note_count)
		text_append(out, "\n");
	for (size_t i = 0; i < verdict->note_count; i++)
		print_words(out, look, _("Note: "), verdict->notes[i]);
}
