/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/timeline.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/list.h"

const char *host_name(enum host_id host)
{
	switch (host) {
	case HOST_SERVER: return "server";
	case HOST_CLIENT: return "client";
	default: return "wire";
	}
}

const char *packet_fate_name(enum packet_fate fate)
{
	static const char *const names[] = {
		[PACKET_DELIVERED] = "delivered",
		[PACKET_HELD] = "held",
		[PACKET_DROPPED] = "dropped",
		[PACKET_DUPLICATED] = "duplicated",
		[PACKET_INJECTED] = "injected",
	};

	return names[fate];
}

/* A copy that lives as long as the timeline, with a NUL behind it. */
static void *keep(struct timeline *timeline, const void *bytes, size_t length)
{
	char *copy = malloc(length + 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	*list_grow(&timeline->owned, &timeline->owned_count, &timeline->owned_room) = copy;
	return copy;
}

static char *keep_string(struct timeline *timeline, const char *string)
{
	return keep(timeline, string, strlen(string));
}

void timeline_init(struct timeline *timeline, const char *title)
{
	*timeline = (struct timeline){
		.start_ns = clock_now_ns(),
		.start_unix_ns = clock_real_ns(),
	};
	if (title)
		timeline->title = keep_string(timeline, title);
}

void timeline_finish(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->owned_count; i++)
		free(timeline->owned[i]);
	free(timeline->owned);
	free(timeline->events);
	free(timeline->connections);
	*timeline = (struct timeline){0};
}

int timeline_connection(struct timeline *timeline, const char *name, bool is_listener)
{
	struct connection *connection = list_grow(
		&timeline->connections, &timeline->connection_count, &timeline->connection_room);

	strncpy(connection->name, name, sizeof(connection->name) - 1);
	connection->is_listener = is_listener;
	for (int host = 0; host < HOST_COUNT; host++)
		connection->states[host] = TCP_STATE_CLOSED;
	return (int)timeline->connection_count - 1;
}

int timeline_find(const struct timeline *timeline, enum host_id sender,
	const struct endpoint *source, const struct endpoint *destination)
{
	for (size_t i = timeline->connection_count; i-- > 0;) {
		const struct connection *connection = &timeline->connections[i];

		if (!connection->is_listener && endpoint_equal(&connection->ends[sender], source) &&
			endpoint_equal(&connection->ends[host_other(sender)], destination))
			return (int)i;
	}
	return CONNECTION_NONE;
}

int timeline_named(const struct timeline *timeline, enum host_id host, const char *name)
{
	for (size_t i = timeline->connection_count; i-- > 0;) {
		const struct connection *connection = &timeline->connections[i];

		if (strcmp(connection->name, name) != 0 && strcmp(connection->also, name) != 0)
			continue;
		if (!connection->is_listener || host == HOST_COUNT || connection->ends[host].family)
			return (int)i;
	}
	return CONNECTION_NONE;
}

/* The new event; the pointer is good until the next one. */
static struct event *append(
	struct timeline *timeline, enum event_kind kind, enum host_id host, int connection)
{
	struct event *event =
		list_grow(&timeline->events, &timeline->event_count, &timeline->event_room);

	event->kind = kind;
	event->time_ns = clock_now_ns() - timeline->start_ns;
	event->host = host;
	event->connection = connection;
	return event;
}

size_t timeline_comment(struct timeline *timeline, int line, const char *text)
{
	struct event *event = append(timeline, EVENT_COMMENT, HOST_COUNT, CONNECTION_NONE);

	event->line = line;
	event->text = keep_string(timeline, text);
	return timeline->event_count - 1;
}

size_t timeline_action(
	struct timeline *timeline, enum host_id host, int connection, int line, const char *text)
{
	struct event *event = append(timeline, EVENT_ACTION, host, connection);

	event->line = line;
	event->is_pending = true;
	event->text = keep_string(timeline, text);
	return timeline->event_count - 1;
}

size_t timeline_call(struct timeline *timeline, enum host_id host, int connection,
	const char *program, const char *text)
{
	struct event *event = append(timeline, EVENT_CALL, host, connection);

	event->program = keep_string(timeline, program);
	event->text = keep_string(timeline, text);
	return timeline->event_count - 1;
}

size_t timeline_state(
	struct timeline *timeline, enum host_id host, int connection, enum tcp_state to)
{
	struct event *event = append(timeline, EVENT_STATE, host, connection);
	enum tcp_state *state = &timeline->connections[connection].states[host];

	event->from = *state;
	event->to = *state = tcp_state_fold(to);
	return timeline->event_count - 1;
}

static void learn(struct connection *connection, enum host_id sender, const struct segment *segment)
{
	enum host_id other = host_other(sender);
	bool is_syn = segment->flags & SEGMENT_SYN;

	if (!connection->ends[sender].family)
		connection->ends[sender] = segment->source;
	if (!connection->ends[other].family)
		connection->ends[other] = segment->destination;
	if (is_syn &&
		(!connection->has_isn[sender] || connection->isn[sender] != segment->sequence)) {
		connection->has_isn[sender] = true;
		connection->isn[sender] = connection->next_sequence[sender] = segment->sequence;
	}
	/* The sequence number of an RST may be made up from nothing. */
	if (!connection->has_isn[sender] && !(segment->flags & SEGMENT_RST)) {
		connection->has_isn[sender] = true;
		connection->isn[sender] = segment->sequence - 1;
		connection->next_sequence[sender] = segment->sequence;
	}
	if (!connection->has_isn[other] && (segment->flags & SEGMENT_ACK)) {
		connection->has_isn[other] = true;
		connection->isn[other] = segment->acknowledgment - 1;
		connection->next_sequence[other] = segment->acknowledgment;
	}
}

/* The SYN,ACK of a simultaneous open has the sequence number of the SYN before it, but is new. */
static bool has_sent_syn_ack(
	const struct timeline *timeline, int connection, enum host_id sender, uint32_t sequence)
{
	for (size_t i = timeline->event_count; i-- > 0;) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_PACKET && event->connection == connection &&
			event->host == sender && event->segment.sequence == sequence &&
			(event->segment.flags & SEGMENT_SYN) &&
			(event->segment.flags & SEGMENT_ACK))
			return true;
	}
	return false;
}

bool timeline_is_retransmission(const struct timeline *timeline, enum host_id sender,
	int connection, const struct segment *segment)
{
	uint32_t next;

	if (connection == CONNECTION_NONE || !timeline->connections[connection].has_isn[sender])
		return false;
	next = timeline->connections[connection].next_sequence[sender];
	/* Another ISN: another stream, wherever its numbers lie. */
	if ((segment->flags & SEGMENT_SYN) &&
		segment->sequence != timeline->connections[connection].isn[sender])
		return false;
	if (!segment_span(segment) || (int32_t)(segment->sequence - next) >= 0)
		return false;
	if ((segment->flags & SEGMENT_SYN) && (segment->flags & SEGMENT_ACK))
		return has_sent_syn_ack(timeline, connection, sender, segment->sequence);
	return true;
}

/* What the connection's history says of the packet, and what the packet adds to it. */
static void place(struct timeline *timeline, struct event *event)
{
	struct connection *connection = &timeline->connections[event->connection];
	const struct segment *segment = &event->segment;
	enum host_id sender = event->host, other = host_other(sender);
	bool is_own = event->fate != PACKET_INJECTED && !event->is_release;

	if (is_own || ((segment->flags & SEGMENT_SYN) && !connection->has_isn[sender]))
		learn(connection, sender, segment);
	if (connection->has_isn[sender])
		event->relative_sequence = segment->sequence - connection->isn[sender];
	if (connection->has_isn[other] && (segment->flags & SEGMENT_ACK))
		event->relative_acknowledgment = segment->acknowledgment - connection->isn[other];
	if (is_own) {
		uint32_t end = segment->sequence + segment_span(segment);

		if (connection->has_isn[sender] &&
			(int32_t)(end - connection->next_sequence[sender]) > 0)
			connection->next_sequence[sender] = end;
	}
}

size_t timeline_packet(struct timeline *timeline, enum host_id sender, int connection,
	const void *packet, size_t length, const struct segment *segment, enum packet_fate fate,
	bool is_release)
{
	uint8_t *bytes = keep(timeline, packet, length);
	bool is_again = fate != PACKET_INJECTED && !is_release &&
			timeline_is_retransmission(timeline, sender, connection, segment);
	struct event *event = append(timeline, EVENT_PACKET, sender, connection);

	event->fate = fate;
	event->is_release = is_release;
	event->is_retransmission = is_again;
	event->bytes = bytes;
	event->length = length;
	/* Read again from the copy, so that the payload points into it. */
	if (segment_decode(bytes, length, &event->segment) < 0) {
		event->segment = *segment;
		event->segment.payload = NULL;
	}
	if (connection != CONNECTION_NONE)
		place(timeline, event);
	return timeline->event_count - 1;
}

void timeline_complete(struct timeline *timeline, size_t action, int code)
{
	timeline->events[action].is_pending = false;
	timeline->events[action].code = code;
}

int64_t timeline_entered_ns(
	const struct timeline *timeline, enum host_id host, int connection, enum tcp_state state)
{
	for (size_t i = timeline->event_count; i-- > 0;) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_STATE && event->host == host &&
			event->connection == connection && event->to == tcp_state_fold(state))
			return event->time_ns;
	}
	return -1;
}

enum host_id timeline_first_fin(const struct timeline *timeline, int connection)
{
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_PACKET && event->connection == connection &&
			event->fate != PACKET_INJECTED && (event->segment.flags & SEGMENT_FIN))
			return event->host;
	}
	return HOST_COUNT;
}
