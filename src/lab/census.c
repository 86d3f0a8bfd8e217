/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/census.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

void census_finish(struct census *census)
{
	for (int host = 0; host < HOST_COUNT; host++)
		free(census->sockets[host]);
	free(census->ends);
	free(census->strangers);
	*census = (struct census){0};
}

static bool is_taken(const struct timeline *timeline, const char *name)
{
	for (size_t i = 0; i < timeline->connection_count; i++) {
		if (!strcmp(timeline->connections[i].name, name))
			return true;
	}
	return false;
}

/* The next free of "conn", "conn2", "conn3"...: the first goes without a number. */
static void choose_name(const struct timeline *timeline, bool is_listener, char *name, size_t size)
{
	const char *stem = is_listener ? "listener" : "conn";
	size_t number = 1;

	snprintf(name, size, "%s", stem);
	while (is_taken(timeline, name))
		snprintf(name, size, "%s%zu", stem, ++number);
}

int census_add(struct census *census, struct timeline *timeline, enum host_id host,
	const char *name, const struct endpoint *local, const struct endpoint *peer)
{
	struct connection *connection;
	char chosen[32];
	int index;

	if (!name) {
		choose_name(timeline, !peer, chosen, sizeof(chosen));
		name = chosen;
	}
	(void)list_grow(&census->ends, &census->end_count, &census->end_room);
	index = timeline_connection(timeline, name, !peer);
	connection = &timeline->connections[index];
	connection->ends[host] = *local;
	if (peer)
		connection->ends[host_other(host)] = *peer;
	return index;
}

/*
 * The connection of that tuple, if a socket of the host may belong to it. A passive open does:
 * somebody's SYN has made the connection, and a request may come and go several times. An active
 * open joins what has had no socket here (a simultaneous open). Another one after the first joins where
 * it has the connection's own name, and the peer still has a socket: in TIME_WAIT, or of a connection
 * that it does not know to be dead. Else it begins a new one.
 */
static int find_connection(const struct census *census, const struct timeline *timeline,
	enum host_id host, bool is_active, const char *name, const struct endpoint *local,
	const struct endpoint *peer)
{
	int index = timeline_find(timeline, host, local, peer);
	const struct connection *connection;

	if (index == CONNECTION_NONE || !is_active || !census->ends[index].cookies[host])
		return index;
	connection = &timeline->connections[index];
	return name && !strcmp(connection->name, name) &&
			       connection->states[host_other(host)] != TCP_STATE_CLOSED
		       ? index
		       : CONNECTION_NONE;
}

int census_introduce(struct census *census, struct timeline *timeline, enum host_id host,
	uint64_t cookie, const char *name, const struct endpoint *local,
	const struct endpoint *peer)
{
	int index = peer ? find_connection(census, timeline, host, true, name, local, peer)
			 : CONNECTION_NONE;

	if (index == CONNECTION_NONE) {
		index = census_add(census, timeline, host, name, local, peer);
	} else {
		struct connection *connection = &timeline->connections[index];

		if (strcmp(connection->name, name) != 0)
			snprintf(connection->also, sizeof(connection->also), "%s", name);
	}
	census->ends[index].cookies[host] = cookie;
	return index;
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
		connection = find_connection(census, timeline, host,
			socket->state == TCP_STATE_SYN_SENT, NULL, &local, &peer);
	if (connection == CONNECTION_NONE)
		connection = census_add(
			census, timeline, host, NULL, &local, is_listener ? NULL : &peer);
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

static bool is_server(const struct census *census, const struct endpoint *endpoint)
{
	struct endpoint plain = endpoint_unmap(endpoint);

	return endpoint_equal(&plain, &census->loopback);
}

static bool is_stranger(const struct census *census, const struct diag_socket *socket)
{
	for (size_t i = 0; i < census->stranger_count; i++) {
		if (census->strangers[i] == socket->cookie)
			return true;
	}
	return false;
}

static int see_on_loopback(void *context, const struct diag_socket *socket)
{
	struct census *census = context;

	if (is_stranger(census, socket))
		return 0;
	if (is_server(census, &socket->local))
		return keep(census, HOST_SERVER, socket);
	if (is_server(census, &socket->peer))
		return keep(census, HOST_CLIENT, socket);
	return 0;
}

static int pass_over(void *context, const struct diag_socket *socket)
{
	struct census *census = context;

	if (is_server(census, &socket->local) || is_server(census, &socket->peer))
		*list_grow(&census->strangers, &census->stranger_count, &census->stranger_room) =
			socket->cookie;
	return 0;
}

int census_open_loopback(struct census *census, struct host hosts[HOST_COUNT],
	const struct endpoint *server, struct error *err)
{
	census->loopback = *server;
	return diag_dump(&hosts[HOST_SERVER].diag, DIAG_LIVE_STATES, pass_over, census, err);
}

static bool looks_at_listeners(unsigned int which, int host)
{
	return (which & CENSUS_LISTENERS(host)) == CENSUS_LISTENERS(host);
}

/* Forgets the sockets that are about to be looked at. */
static void forget(struct census *census, int host, bool with_listeners)
{
	size_t left = 0;

	for (size_t i = 0; i < census->socket_count[host] && !with_listeners; i++) {
		if (census->sockets[host][i].state == TCP_STATE_LISTEN)
			census->sockets[host][left++] = census->sockets[host][i];
	}
	census->socket_count[host] = left;
}

static int look(
	struct census *census, struct host hosts[HOST_COUNT], unsigned int which, struct error *err)
{
	int r = 0;

	for (int host = 0; host < HOST_COUNT; host++) {
		if (which & CENSUS_HOST(host))
			forget(census, host, looks_at_listeners(which, host));
	}
	if (census->loopback.family)
		return diag_dump(
			&hosts[HOST_SERVER].diag, DIAG_LIVE_STATES, see_on_loopback, census, err);
	for (int host = 0; host < HOST_COUNT && r == 0; host++) {
		struct sighting sighting = {census, (enum host_id)host};
		uint32_t states = DIAG_LIVE_STATES;

		if (!looks_at_listeners(which, host))
			states &= ~DIAG_STATE(TCP_STATE_LISTEN);
		if (which & CENSUS_HOST(host))
			r = diag_dump(&hosts[host].diag, states, see, &sighting, err);
	}
	return r;
}

static void note_change(
	struct timeline *timeline, enum host_id host, int connection, enum tcp_state now)
{
	if (timeline->connections[connection].states[host] != now)
		timeline_state(timeline, host, connection, now);
}

static void note_present(struct census *census, struct timeline *timeline, enum host_id host)
{
	for (size_t i = 0; i < census->end_count; i++)
		census->ends[i].is_present[host] = false;
	for (size_t i = 0; i < census->socket_count[host]; i++) {
		const struct diag_socket *socket = &census->sockets[host][i];
		int connection = place(census, timeline, host, socket);

		census->ends[connection].is_present[host] = true;
		note_change(timeline, host, connection, tcp_state_fold(socket->state));
	}
}

/* What was there and is no longer has closed. */
static void note_absent(struct census *census, struct timeline *timeline, enum host_id host)
{
	for (size_t i = 0; i < census->end_count; i++) {
		if (!census->ends[i].is_present[host])
			note_change(timeline, host, (int)i, TCP_STATE_CLOSED);
	}
}

int census_take(struct census *census, struct host hosts[HOST_COUNT], unsigned int which,
	struct timeline *timeline, struct error *err)
{
	int r;

	if (census->loopback.family)
		which = CENSUS_ALL;
	r = look(census, hosts, which, err);
	if (r < 0)
		return r;
	for (int host = 0; host < HOST_COUNT; host++) {
		if (which & CENSUS_HOST(host))
			note_present(census, timeline, (enum host_id)host);
	}
	for (int host = 0; host < HOST_COUNT; host++) {
		if (which & CENSUS_HOST(host))
			note_absent(census, timeline, (enum host_id)host);
	}
	return 0;
}
