/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_EXCHANGE_H
#define DAYTIME_EXCHANGE_H

/* The exchange itself, once there is an address: over a connection, or by datagrams. */

#include <stdint.h>
#include <sys/socket.h>

#include "daytime/reply.h"

/* How the client ends its connection. */
enum leaving {
	LEAVING_AFTER_FIN,  /* as RFC 867 has it: the server closes first */
	LEAVING_AFTER_LINE, /* close() after the first line that is not empty */
	LEAVING_NOW,        /* shutdown(SHUT_WR) at once, then read to the end */
	LEAVING_RESET,      /* RST after the first line that is not empty, or the FIN */
};

/* A datagram as long as any answer of ours: no server that minds amplification refuses it. */
#define EXCHANGE_REQUEST_BYTES 64

/*
 * Connects by connect_by_ns and reads until deadline_ns. Returns 0 with *ret_reply filled, its
 * `ending` telling the rest, or the negative errno with which connecting failed.
 */
int exchange_stream(const struct sockaddr *address, socklen_t length, int64_t connect_by_ns,
	int64_t deadline_ns, enum leaving leaving, struct reply *ret_reply);

/*
 * Asks by datagram, again after 1, 3, 7... seconds, until an answer comes. Returns 0, or a
 * negative errno: -ETIMEDOUT when none came until the deadline.
 */
int exchange_datagram(const struct sockaddr *address, socklen_t length, int64_t deadline_ns,
	struct reply *ret_reply);

#endif
