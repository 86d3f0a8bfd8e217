/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

const char *const closing_names[] = {"server", "client", "reset", NULL};

#define DISCARD_BYTES  65536
#define DISCARD_ROUNDS 16

/*
 * Throws away what has arrived. Returns as recv(2) does for the last piece: 0 after the FIN.
 * MSG_TRUNC lets TCP drop the bytes without copying them; other kinds of stream, which
 * inetd might hand us, copy them into the buffer. A short count means that there was no
 * more, so there is no second call just to hear EAGAIN.
 */
static ssize_t discard_input(int fd)
{
	static _Thread_local char buffer[DISCARD_BYTES];
	ssize_t n = 0;

	for (int round = 0; round < DISCARD_ROUNDS; round++) {
		n = recv(fd, buffer, sizeof(buffer), MSG_TRUNC | MSG_DONTWAIT);
		if (n < (ssize_t)sizeof(buffer))
			break;
	}
	return n;
}

static bool is_momentary(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK || code == EINTR || code == ENOBUFS ||
	       code == ENOMEM;
}

/* The FIN is sent by shutdown(), so that nothing which arrives from here on, not even between
 * the last read and close(), can take the line back. */
static void close_first(struct connection *connection)
{
	shutdown(connection->fd, SHUT_WR);
	discard_input(connection->fd);
	fd_close(&connection->fd);
}

void connection_reset(int fd)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	fd_close(&fd);
}

enum connection_step connection_send(struct connection *connection, enum closing closing)
{
	/* With more to come the line waits for the FIN, and they share a segment. A reset
	 * would throw a waiting line away. */
	int flags = closing == CLOSING_SERVER ? MSG_MORE : 0;
	ssize_t n = send(connection->fd, connection->line + connection->sent,
		connection->length - connection->sent, flags | MSG_DONTWAIT);

	if (n < 0 && !is_momentary(errno)) {
		connection->code = errno;
		fd_close(&connection->fd);
		return STEP_FAILED;
	}
	if (n > 0)
		connection->sent += (size_t)n;
	if (connection->sent < connection->length)
		return STEP_WRITABLE;
	connection->is_sent = true;
	if (closing == CLOSING_CLIENT)
		return STEP_READABLE;
	if (closing == CLOSING_RESET)
		connection_reset(fd_steal(&connection->fd));
	else
		close_first(connection);
	return STEP_OVER;
}

enum connection_step connection_read(struct connection *connection)
{
	ssize_t n = discard_input(connection->fd);

	if (n > 0 || (n < 0 && is_momentary(errno)))
		return STEP_READABLE;
	fd_close(&connection->fd); /* a reset has had the line: that is its client's affair */
	return STEP_OVER;
}

void connection_end(struct connection *connection)
{
	if (connection->fd >= 0)
		close_first(connection);
}

int connection_table_open(struct connection_table *table, int size)
{
	*table = (struct connection_table){.size = size, .free = -1, .oldest = -1, .newest = -1};
	table->places = calloc((size_t)size, sizeof(*table->places));
	return table->places ? 0 : -ENOMEM;
}

void connection_table_close(struct connection_table *table)
{
	for (int i = 0; i < table->used; i++)
		connection_end(&table->places[i].connection);
	free(table->places);
	*table = (struct connection_table){.free = -1, .oldest = -1, .newest = -1};
}

/* One that was free already, or one that has never been used. -1: there is none. */
static int take_place(struct connection_table *table)
{
	int place = table->free;

	if (place >= 0)
		table->free = table->places[place].after;
	else if (table->used < table->size)
		place = table->used++;
	return place;
}

struct held_connection *connection_table_add(
	struct connection_table *table, const struct connection *begun, int64_t deadline_ns)
{
	int place = take_place(table);
	struct held_connection *held;

	if (place < 0)
		return NULL;
	held = &table->places[place];
	held->connection = *begun;
	memcpy(held->line, begun->line, begun->length);
	held->connection.line = held->line;
	held->deadline_ns = deadline_ns;
	held->before = table->newest;
	held->after = -1;
	if (table->newest >= 0)
		table->places[table->newest].after = place;
	else
		table->oldest = place;
	table->newest = place;
	table->open++;
	return held;
}

void connection_table_remove(struct connection_table *table, struct held_connection *held)
{
	if (held->before >= 0)
		table->places[held->before].after = held->after;
	else
		table->oldest = held->after;
	if (held->after >= 0)
		table->places[held->after].before = held->before;
	else
		table->newest = held->before;
	held->after = table->free;
	table->free = (int)(held - table->places);
	table->open--;
}
