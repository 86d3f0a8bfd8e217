/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_CONNECTION_H
#define DAYTIME_CONNECTION_H

/*
 * One accepted connection, from the reply to its end, and the fixed table of all that are
 * open. Who closes first decides who waits in TIME_WAIT:
 *
 *   server  the line and our FIN leave in one segment; then what the client sent is read
 *           and thrown away, for closing over an unread byte would send RST instead
 *   client  the line leaves; we wait for the client's FIN
 *   reset   the line leaves; then RST (linger 0), and nobody waits
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daytime/format.h"

enum closing {
	CLOSING_SERVER,
	CLOSING_CLIENT,
	CLOSING_RESET,
};

/* As they are typed, indexed by enum closing; ends in NULL. */
extern const char *const closing_names[];

struct connection {
	int fd; /* -1 once it is closed */
	bool is_sent;
	int code;        /* after STEP_FAILED: the errno, positive */
	uint64_t source; /* whose it is, and */
	bool has_share;  /* whether it counts among those that they hold: mean nothing here */
	size_t length, sent;
	const char *line; /* belongs to somebody else */
};

/* What is to be waited for next. */
enum connection_step {
	STEP_WRITABLE, /* the socket's buffer is full */
	STEP_READABLE, /* the client has the word */
	STEP_OVER,     /* closed as it should be */
	STEP_FAILED,   /* the client went away before it had the line; closed */
};

/* Sends what is left of the line, then closes or waits, as `closing` says. Never blocks. */
enum connection_step connection_send(struct connection *connection, enum closing closing);

/* Reads on after STEP_READABLE, until the client's FIN. Never blocks. */
enum connection_step connection_read(struct connection *connection);

/* Closes by RST, whatever was to be sent or read. */
void connection_reset(int fd);

/* Ends it now, at its deadline: reads what there is, and closes. */
void connection_end(struct connection *connection);

/* A connection that is not over at once: it has a place, and a copy of the line. */
struct held_connection {
	struct connection connection; /* fd -1: the place is free */
	int64_t deadline_ns; /* by when it must be over; the client's bytes do not move it */
	int before, after;   /* in order of age; -1 at the ends. Free places use `after` alone */
	char line[FORMAT_LINE_BYTES];
};

/*
 * The table. All deadlines are equally far from the start, so the oldest is the first due.
 */
struct connection_table {
	struct held_connection *places; /* `size` of them */
	int size, open;
	int used;           /* places from here on have never been needed, nor touched */
	int free;           /* the first free place below, -1: none */
	int oldest, newest; /* -1: none is open */
};

/* 0 or -ENOMEM. The memory is all that the table will ever use. */
int connection_table_open(struct connection_table *table, int size);
void connection_table_close(struct connection_table *table); /* ends what is open, too */

/* Puts a connection, begun elsewhere, into a place, and owns its descriptor. NULL: there is none free. */
struct held_connection *connection_table_add(
	struct connection_table *table, const struct connection *begun, int64_t deadline_ns);

/* Gives the place of a connection that is over back. */
void connection_table_remove(struct connection_table *table, struct held_connection *held);

#endif
