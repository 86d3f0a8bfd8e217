/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_ACTIVATION_H
#define DAYTIME_ACTIVATION_H

/*
 * Sockets that a service manager opened and left to us: descriptors 3 and up, as many as
 * LISTEN_FDS says, if LISTEN_PID names this process, their names in LISTEN_FDNAMES. The protocol is
 * that of sd_listen_fds(3), which invites others to write it anew.
 *
 * And so it is here, in place of libsystemd: that library brings six others (compression,
 * cryptography) into a process which faces the network, and costs a third of a millisecond at
 * each start, which under inetd is each connection.
 */

#include <stdint.h>

#include "base/error.h"
#include "daytime/listen.h"

#define ACTIVATION_FIRST_FD    3
#define ACTIVATION_SOCKETS_MAX 64

struct activation {
	/* Listening TCP sockets and bound UDP sockets, in the order in which they came. There may
	 * be several of one family and port (ReusePort=yes), and IPv6 ones may serve IPv4, too. */
	struct listen_set listeners;
	int connection_fd;        /* one accepted connection (Accept=yes); else -1 */
	uint16_t connection_port; /* ours; 0 without a connection */
};

/*
 * Takes what was handed over. Nothing was: 0, no listeners, connection_fd -1. Otherwise there are
 * listeners or one connection, never both: all are non-blocking and close-on-exec, datagram sockets
 * tell where a datagram came to (listen_want_destination()), and the caller owns them. The three
 * variables are removed from the environment, so call it before there are threads.
 *
 * What cannot be served is an error: a descriptor that is not open or no socket; a socket of
 * another family or protocol than TCP and UDP over IPv4 and IPv6; one that neither listens nor is
 * connected or bound; more than ACTIVATION_SOCKETS_MAX; a connection beside others; a variable that is
 * no number. A negative errno then, *err filled, and every descriptor taken so far is closed.
 *
 * Blocks never; needs no privilege, whatever the port.
 */
int activation_take(struct activation *ret_activation, struct error *err);

/* Closes what is there; takes one that is closed already, or {.connection_fd = -1}. */
void activation_close(struct activation *activation);

#endif
