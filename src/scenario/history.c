/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

static void append(struct history *history, enum tcp_state state)
{
	*list_grow(&history->states, &history->count, &history->room) = state;
}

static bool is_named(const struct connection *connection, enum host_id host, const char *name)
{
	return (!strcmp(connection->name, name) || !strcmp(connection->also, name)) &&
	       (!connection->is_listener || connection->ends[host].family);
}

/* Does only what one census saw lie between the two events? */
static bool are_simultaneous(const struct timeline *timeline, size_t one, size_t other)
{
	for (size_t i = one < other ? one : other; i < (one < other ? other : one); i++) {
		if (timeline->events[i].kind != EVENT_STATE)
			return false;
	}
	return true;
}

#define NO_EVENT SIZE_MAX

/*
 * Appends one connection's states. `died` is the event at which the one before went to CLOSED: where
 * this one was born at that very moment, it goes straight on. Returns the event of its own end.
 */
static size_t append_connection(struct history *history, const struct timeline *timeline,
	enum host_id host, int connection, size_t died)
{
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind != EVENT_STATE || event->host != host ||
			event->connection != connection)
			continue;
		if (event->from == TCP_STATE_CLOSED && died != NO_EVENT &&
			are_simultaneous(timeline, died, i))
			history->count--;
		died = event->to == TCP_STATE_CLOSED ? i : NO_EVENT;
		append(history, event->to);
	}
	return died;
}

static bool has_same_ends(const struct connection *a, const struct connection *b)
{
	return endpoint_equal(&a->ends[HOST_SERVER], &b->ends[HOST_SERVER]) &&
	       endpoint_equal(&a->ends[HOST_CLIENT], &b->ends[HOST_CLIENT]);
}

/* What the name means: the newest so called. */
static const struct connection *newest(
	const struct timeline *timeline, enum host_id host, const char *name)
{
	int index = timeline_named(timeline, host, name);

	return index < 0 ? NULL : &timeline->connections[index];
}

void history_read(struct history *history, const struct timeline *timeline, enum host_id host,
	const char *name)
{
	const struct connection *meant = newest(timeline, host, name);
	size_t died = NO_EVENT;

	*history = (struct history){0};
	append(history, TCP_STATE_CLOSED);
	for (size_t i = 0; i < timeline->connection_count; i++) {
		const struct connection *connection = &timeline->connections[i];

		if (is_named(connection, host, name) && has_same_ends(connection, meant))
			died = append_connection(history, timeline, host, (int)i, died);
	}
}

void history_finish(struct history *history)
{
	free(history->states);
	*history = (struct history){0};
}

bool history_has_run(const struct history *history, const enum tcp_state *states, size_t count)
{
	for (size_t start = 0; start + count <= history->count; start++) {
		if (!memcmp(history->states + start, states, count * sizeof(*states)))
			return true;
	}
	return false;
}
