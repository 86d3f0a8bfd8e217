/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/census.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"

void census_finish(struct census *census)
{
	for (int host = 0; host < HOST_COUNT; host++)
		free(census->sockets[host]);
	free(census->ends);
	*census = (struct census){0};
}

/* "conn", "conn2", "conn3"...: the first of a name goes without a number. */
static void choose_name(const struct timeline *timeline, bool is_listener, char *name, size_t size)
{
	const char *stem = is_listener ? "listener" : "conn";
	size_t number = 1;

	for (size_t i = 0; i < timeline->connection_count; i++)
		number += timeline->connections[i].is_listener == is_listener;
	if (number == 1)
		snprintf(name, size, "%s", stem);
	else
		snprintf(name, size, "%s%zu", stem, number);
}

int census_add(struct census *census, struct timeline *timeline, bool is_listener)
{
	char name[32];

	choose_name(timeline, is_listener, name, sizeof(name));
	(void)list_grow(&census->ends, &census->end_count, &census->end_room);
	return timeline_connection(timeline, name, is_listener);
}

int census_find(const struct census *census, enum host_id host, uint64_t cookie)
{
	for (size_t i = census->end_count; i-- && cookie;) {
		if (census->ends[i].cookies[host] == cookie)
			return (int)i;
	}
	return CONNECTION_NONE;
}

const struct diag_socket *census_socket(
	const struct census *census, enum host_id host, int connection)
{
	if (connection == CONNECTION_NONE || !census->ends[connection].is_present[host])
		return NULL;
	for (size_t i = 0; i < census->socket_count[host]; i++) {
		const struct diag_socket *socket = &census->sockets[host][i];

		if (socket->cookie == census->ends[connection].cookies[host])
			return socket;
	}
	return NULL;
}

/*
 * The connection whose other end was seen first: same tuple, and this end still without a socket.
 * Else the socket begins a connection of its own.
 */
static int place(struct census *census, struct timeline *timeline, enum host_id host,
	const struct diag_socket *socket)
{
	struct endpoint local = endpoint_unmap(&socket->local);
	struct endpoint peer = endpoint_unmap(&socket->peer);
	bool is_listener = socket->state == TCP_STATE_LISTEN;
	int connection = census_find(census, host, socket->cookie);

	if (connection != CONNECTION_NONE)
		return connection;
	if (!is_listener)
		connection = timeline_find(timeline, host, &local, &peer);
	if (connection == CONNECTION_NONE || census->ends[connection].cookies[host]) {
		struct connection *added;

		connection = census_add(census, timeline, is_listener);
		added = &timeline->connections[connection];
		added->ends[host] = local;
		if (!is_listener)
			added->ends[host_other(host)] = peer;
	}
	census->ends[connection].cookies[host] = socket->cookie;
	return connection;
}

static int keep(struct census *census, enum host_id host, const struct diag_socket *socket)
{
	*list_grow(&census->sockets[host], &census->socket_count[host],
		&census->socket_room[host]) = *socket;
	return 0;
}

struct sighting {
	struct census *census;
	enum host_id host;
};

static int see(void *context, const struct diag_socket *socket)
{
	const struct sighting *sighting = context;

	return keep(sighting->census, sighting->host, socket);
}

static int see_on_loopback(void *context, const struct diag_socket *socket)
{
	struct census *census = context;

	if (socket->local.port == census->loopback_port)
		return keep(census, HOST_SERVER, socket);
	if (socket->peer.port == census->loopback_port)
		return keep(census, HOST_CLIENT, socket);
	return 0;
}

static int look(struct census *census, struct host hosts[HOST_COUNT], struct error *err)
{
	int r = 0;

	census->socket_count[HOST_SERVER] = census->socket_count[HOST_CLIENT] = 0;
	if (census->loopback_port)
		return diag_dump(
			&hosts[HOST_SERVER].diag, DIAG_LIVE_STATES, see_on_loopback, census, err);
	for (int host = 0; host < HOST_COUNT && r == 0; host++) {
		struct sighting sighting = {census, (enum host_id)host};

		r = diag_dump(&hosts[host].diag, DIAG_LIVE_STATES, see, &sighting, err);
	}
	return r;
}

static void note_change(
	struct timeline *timeline, enum host_id host, int connection, enum tcp_state now)
{
	if (timeline->connections[connection].states[host] != now)
		timeline_state(timeline, host, connection, now);
}

int census_take(struct census *census, struct host hosts[HOST_COUNT], struct timeline *timeline,
	struct error *err)
{
	int r = look(census, hosts, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < census->end_count; i++)
		census->ends[i].is_present[HOST_SERVER] = census->ends[i].is_present[HOST_CLIENT] =
			false;
	for (int host = 0; host < HOST_COUNT; host++) {
		for (size_t i = 0; i < census->socket_count[host]; i++) {
			const struct diag_socket *socket = &census->sockets[host][i];
			int connection = place(census, timeline, (enum host_id)host, socket);

			census->ends[connection].is_present[host] = true;
			note_change(timeline, (enum host_id)host, connection,
				tcp_state_fold(socket->state));
		}
	}
	/* What was there and is no longer has closed. */
	for (size_t i = 0; i < census->end_count; i++) {
		for (int host = 0; host < HOST_COUNT; host++) {
			if (!census->ends[i].is_present[host])
				note_change(timeline, (enum host_id)host, (int)i, TCP_STATE_CLOSED);
		}
	}
	return 0;
}
