/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/closing.h"

#include "base/clock.h"
#include "base/i18n.h"

/* TCP_TIMEWAIT_LEN (include/net/tcp.h): what Linux takes for 2MSL, whatever any sysctl says. */
#define TIME_WAIT_S 60

/*
 * Both FINs crossed when the second was sent before the first had arrived: while the first was
 * held, or when the second sender's FIN does not acknowledge the first.
 */
static bool fins_crossed(const struct timeline *timeline, int connection)
{
	uint32_t fin_end[HOST_COUNT] = {0};
	bool has_sent[HOST_COUNT] = {false};

	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];
		enum host_id other = host_other(event->host);

		if (event->kind != EVENT_PACKET || event->connection != connection ||
			event->is_release || event->fate == PACKET_INJECTED ||
			!(event->segment.flags & SEGMENT_FIN) || has_sent[event->host])
			continue;
		has_sent[event->host] = true;
		fin_end[event->host] = event->segment.sequence + segment_span(&event->segment);
		if (has_sent[other])
			return (int32_t)(event->segment.acknowledgment - fin_end[other]) < 0;
	}
	return false;
}

/*
 * Where packets could not be seen, the states tell: figure 5 has no way to FIN_WAIT1 or FIN_WAIT2 but
 * by closing first.
 */
static enum host_id first_closer(const struct timeline *timeline, int connection)
{
	enum host_id first = timeline_first_fin(timeline, connection);

	for (size_t i = 0; i < timeline->event_count && first == HOST_COUNT; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_STATE && event->connection == connection &&
			(event->to == TCP_STATE_FIN_WAIT1 || event->to == TCP_STATE_FIN_WAIT2))
			first = event->host;
	}
	return first;
}

/* Without packets: both ends went from ESTABLISHED to CLOSED, and the last to call did it. */
static enum host_id resetter_by_calls(const struct timeline *timeline, int connection)
{
	enum host_id last = HOST_COUNT;

	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->connection != connection)
			continue;
		if (event->kind == EVENT_CALL)
			last = event->host;
		if (event->kind == EVENT_STATE && event->to == TCP_STATE_CLOSED)
			return event->from == TCP_STATE_ESTABLISHED ? last : HOST_COUNT;
	}
	return HOST_COUNT;
}

static enum host_id find_resetter(const struct timeline *timeline, int connection)
{
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_PACKET && event->connection == connection &&
			event->segment.flags & SEGMENT_RST)
			return event->host;
	}
	return resetter_by_calls(timeline, connection);
}

static int64_t left_time_wait_ns(const struct timeline *timeline, enum host_id host, int connection)
{
	for (size_t i = timeline->event_count; i--;) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_STATE && event->connection == connection &&
			event->host == host && event->from == TCP_STATE_TIME_WAIT)
			return event->time_ns;
	}
	return -1;
}

static bool has_got_reset(const struct closing *closing, enum host_id host)
{
	const struct timeline *timeline = closing->timeline;

	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_PACKET && event->connection == closing->connection &&
			event->host != host && event->segment.flags & SEGMENT_RST &&
			event->time_ns > closing->entered_ns[host] &&
			event->time_ns <= closing->left_ns[host])
			return true;
	}
	return false;
}

void closing_judge(struct closing *closing, const struct timeline *timeline, int connection)
{
	const struct connection *judged = &timeline->connections[connection];

	*closing = (struct closing){
		.timeline = timeline,
		.connection = connection,
		.first_fin = first_closer(timeline, connection),
		.have_fins_crossed = fins_crossed(timeline, connection),
		.reset_by = find_resetter(timeline, connection),
	};
	for (int host = 0; host < HOST_COUNT; host++) {
		closing->waits[host] = judged->states[host] == TCP_STATE_TIME_WAIT;
		closing->entered_ns[host] = timeline_entered_ns(
			timeline, (enum host_id)host, connection, TCP_STATE_TIME_WAIT);
		closing->left_ns[host] =
			left_time_wait_ns(timeline, (enum host_id)host, connection);
		closing->was_killed[host] = has_got_reset(closing, (enum host_id)host);
	}
}

static bool has_waited(const struct closing *closing, enum host_id host)
{
	return closing->entered_ns[host] >= 0;
}

static const char *title_of(enum host_id host)
{
	return host == HOST_SERVER ? _("The server") : _("The client");
}

static const char *words_of(enum host_id host)
{
	return host == HOST_SERVER ? _("the server") : _("the client");
}

static void name_ends(
	const struct closing *closing, enum host_id host, struct text *local, struct text *peer)
{
	const struct connection *connection = &closing->timeline->connections[closing->connection];
	char text[ENDPOINT_TEXT_BYTES];

	text_append(local, endpoint_format(&connection->ends[host], text));
	text_append(peer, endpoint_format(&connection->ends[host_other(host)], text));
}

static void explain_one(
	const struct closing *closing, enum host_id waiting, double remaining_s, struct text *out)
{
	_cleanup_text_ struct text local = TEXT_INIT;
	_cleanup_text_ struct text peer = TEXT_INIT;
	const char *other = words_of(host_other(waiting));

	name_ends(closing, waiting, &local, &peer);
	if (closing->first_fin == waiting)
		text_printf(out,
			_("%s waits, because it closed first. Its FIN was the first of the two, "
			  "and so the last ACK of the connection is its own."),
			title_of(waiting));
	else
		text_printf(out, _("%s waits, though its FIN was not the first that was sent."),
			title_of(waiting));
	text_append(out, " ");
	text_printf(out,
		_("Should that ACK be lost, %s will send its FIN again, and somebody must be there "
		  "to answer it; and an old segment that is still on its way must not end up in a "
		  "new connection between the same two ports."),
		other);
	text_append(out, " ");
	if (closing->waits[waiting])
		text_printf(out,
			_("So the kernel keeps %s > %s in TIME_WAIT for %d seconds, of which %.1f "
			  "are left, in a socket that belongs to no process any more."),
			local.bytes, peer.bytes, TIME_WAIT_S, remaining_s);
	else
		text_printf(out,
			_("So the kernel kept %s > %s in TIME_WAIT, in a socket that belonged to "
			  "no process any more."),
			local.bytes, peer.bytes);
	text_append(out, " ");
	text_printf(
		out, _("For %s all is over: it got its last ACK and has no socket left."), other);
}

static void explain_both(
	const struct closing *closing, const double remaining_s[HOST_COUNT], struct text *out)
{
	if (closing->have_fins_crossed)
		text_append(out, _("Both ends wait, because both closed first: each sent its FIN "
				   "before the other's had arrived. So each is an active closer, "
				   "went through CLOSING, and sent the last ACK that it knows of; "
				   "each must be there should that ACK be lost."));
	else
		text_append(out, _("Both ends wait."));
	if (!closing->waits[HOST_SERVER] || !closing->waits[HOST_CLIENT])
		return;
	text_append(out, " ");
	text_printf(out,
		_("Both keep their socket in TIME_WAIT for %d seconds (%.1f left on the server, "
		  "%.1f on the client), and neither belongs to a process any more."),
		TIME_WAIT_S, remaining_s[HOST_SERVER], remaining_s[HOST_CLIENT]);
}

static void explain_reset(const struct closing *closing, struct text *out)
{
	text_printf(out,
		_("Nobody waits: %s ended the connection with RST instead of FIN. A reset is not "
		  "acknowledged, so there is no last ACK that could be lost, and both ends forgot "
		  "the connection at once."),
		words_of(closing->reset_by));
	text_append(out, " ");
	text_printf(out,
		_("That is no cure for TIME_WAIT: what %s had not read yet may be lost, its next "
		  "read says \"Connection reset by peer\", and nothing protects a new connection "
		  "between the same two ports from the old one's segments."),
		words_of(host_other(closing->reset_by)));
}

void closing_explain(
	const struct closing *closing, const double remaining_s[HOST_COUNT], struct text *out)
{
	bool server = has_waited(closing, HOST_SERVER);
	bool client = has_waited(closing, HOST_CLIENT);

	if (server && client)
		explain_both(closing, remaining_s, out);
	else if (server)
		explain_one(closing, HOST_SERVER, remaining_s[HOST_SERVER], out);
	else if (client)
		explain_one(closing, HOST_CLIENT, remaining_s[HOST_CLIENT], out);
	else if (closing->reset_by != HOST_COUNT)
		explain_reset(closing, out);
	else
		text_append(
			out, _("Nobody waits: the connection has not been closed by both ends."));
}

void closing_explain_lifetime(const struct closing *closing, struct text *out)
{
	for (int host = 0; host < HOST_COUNT; host++) {
		double lifetime_s;

		if (closing->left_ns[host] < 0)
			continue;
		lifetime_s =
			(double)(closing->left_ns[host] - closing->entered_ns[host]) / NS_PER_S;
		text_printf(out, _("%s was in TIME_WAIT for %.2f seconds, measured."),
			title_of((enum host_id)host), lifetime_s);
		text_append(out, " ");
	}
	if (!out->length)
		return;
	text_printf(out,
		_("It is not exactly %d because the kernel keeps the end of TIME_WAIT in its timer "
		  "wheel, whose slots grow wider the farther away they are: a timer of a minute "
		  "fires up to a few seconds late, never early. Any duplicate of the FIN would "
		  "have started the %d seconds anew."),
		TIME_WAIT_S, TIME_WAIT_S);
}
