/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_SOCKET_H
#define LAB_SOCKET_H

/*
 * A TCP socket that the laboratory itself holds on one of its hosts. Its calls never block the
 * laboratory: what a blocking socket would wait for stays pending here, and is tried again whenever
 * the wire has come to rest. One call at a time, as in a program of one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "lab/closer.h"
#include "lab/socket_options.h"
#include "lab/timeline.h"

enum socket_call {
	SOCKET_IDLE,
	SOCKET_CONNECT,
	SOCKET_ACCEPT,
	SOCKET_SEND,
	SOCKET_RECEIVE,
	SOCKET_CLOSE, /* with SO_LINGER */
};

struct lab_socket {
	int fd; /* -1 once closed */
	enum host_id host;
	int connection; /* index into the timeline's; a listener's own */

	enum socket_call call; /* that is pending */

	/* SOCKET_SEND */
	const uint8_t *bytes; /* the caller's, while it is pending; NULL: a pattern */
	size_t length, sent;

	/* SOCKET_RECEIVE */
	size_t wanted;        /* bytes; SIZE_MAX: until the end of the stream */
	struct text received; /* of the last call */
	bool is_at_end;       /* the peer's FIN has been read */

	int accepted_fd; /* SOCKET_ACCEPT: the new socket, until lab_note_call(); else -1 */
	struct closer closer;

	size_t action; /* the timeline's, of the last call */
	int outcome;   /* what the last call came to: see below */
};

/* What a call came to: 1 it has completed; 0 it is pending; else a negative errno, completed too. */

/* Carries on with the pending call. */
int lab_socket_go_on(struct lab_socket *socket);

/* Each begins a call on an idle socket and carries it as far as it gets. -EBADF once closed. */
int lab_socket_accept(struct lab_socket *socket);
int lab_socket_send(struct lab_socket *socket, const void *bytes, size_t length);
int lab_socket_receive(struct lab_socket *socket, size_t wanted);

/* Reads what is there: never pending, and an empty queue is no failure. */
int lab_socket_drain(struct lab_socket *socket);

/* Begins to wait for connect(), which was called and said EINPROGRESS. */
int lab_socket_await_connection(struct lab_socket *socket);

/* Forgets the pending call, though the kernel may still be about it. */
void lab_socket_abandon(struct lab_socket *socket);

/* Abandons what is pending. May itself be pending where the socket lingers. */
int lab_socket_close(struct lab_socket *socket);
int lab_socket_set(struct lab_socket *socket, const struct socket_options *options);

int lab_socket_shutdown(struct lab_socket *socket, int how);

/* Closes what is open and frees what the struct holds. A close() that still waits is called off. */
void lab_socket_finish(struct lab_socket *socket);

#endif
