/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/connection.h"

#include <errno.h>
#include <stdlib.h>
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
	static char buffer[DISCARD_BYTES];
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

static void reset(struct connection *connection)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	fd_close(&connection->fd);
}

enum connection_step connection_send(struct connection *connection, enum closing closing)
{
	/* With more to come the line waits for the FIN, and they share a segment. A reset
	 * would throw a waiting line away. */
	int flags = closing == CLOSING_SERVER ? MSG_MORE : 0;
	ssize_t n = send(connection->fd, connection->line + connection->sent,
		connection->length - connection->sent, flags | MSG_DONTWAIT);

	if (n < 0 && !is_momentary(errno)) {
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
		reset(connection);
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
	*table = (struct connection_table){.size = size, .oldest = -1, .newest = -1};
	table->places = calloc((size_t)size, sizeof(*table->places));
	if (!table->places)
		return -ENOMEM;
	for (int i = 0; i < size; i++) {
		table->places[i].fd = -1;
		table->places[i].after = i + 1 < size ? i + 1 : -1;
	}
	return 0;
}

void connection_table_close(struct connection_table *table)
{
	for (int i = 0; i < table->size && table->places; i++)
		connection_end(&table->places[i]);
	free(table->places);
	*table = (struct connection_table){.free = -1, .oldest = -1, .newest = -1};
}

struct connection *connection_table_add(struct connection_table *table, int fd, int64_t deadline_ns)
{
	int place = table->free;
	struct connection *connection = &table->places[place];

	table->free = connection->after;
	connection->fd = fd;
	connection->deadline_ns = deadline_ns;
	connection->is_sent = false;
	connection->length = connection->sent = 0;
	connection->before = table->newest;
	connection->after = -1;
	if (table->newest >= 0)
		table->places[table->newest].after = place;
	else
		table->oldest = place;
	table->newest = place;
	table->open++;
	return connection;
}

void connection_table_remove(struct connection_table *table, struct connection *connection)
{
	if (connection->before >= 0)
		table->places[connection->before].after = connection->after;
	else
		table->oldest = connection->after;
	if (connection->after >= 0)
		table->places[connection->after].before = connection->before;
	else
		table->newest = connection->before;
	connection->after = table->free;
	table->free = (int)(connection - table->places);
	table->open--;
}
