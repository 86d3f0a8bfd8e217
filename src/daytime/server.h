/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_SERVER_H
#define DAYTIME_SERVER_H

/*
 * The daytime server: one thread, one epoll loop, tables of fixed size, absolute deadlines.
 * Nothing a client does makes it grow or wait.
 *
 * Its system calls for one connection are, in this order and no others: epoll_wait, accept4,
 * sendto(MSG_MORE), shutdown(SHUT_WR), recvfrom, close. Without work it sleeps.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "daytime/connection.h"
#include "daytime/format.h"
#include "daytime/listen.h"

struct server_options {
	struct listen_options listen;
	enum format format;
	bool is_utc;
	enum closing closing;
	int max_connections;
	int64_t idle_timeout_ns;          /* for the whole of a connection, from accept on */
	size_t udp_min_request;           /* bytes */
	void (*notice)(const char *text); /* says what happens: a translated line, no newline */
};

struct server;

/*
 * Opens the sockets and takes over SIGTERM, SIGINT, SIGHUP and SIGUSR1, which are blocked from
 * here on. Reads the time zone, so that it is known whatever privileges go. `options` is
 * copied, the strings in it must live on. Low ports need CAP_NET_BIND_SERVICE. On failure:
 * a negative errno, *err filled, *ret_server untouched.
 */
int server_create(
	struct server **ret_server, const struct server_options *options, struct error *err);

/*
 * The same around one socket that somebody else opened, which the server then owns (also on
 * failure): a connection is answered; a datagram socket is answered as long as something
 * waits; a listening one is served until idle_timeout_ns passes without a connection.
 */
int server_create_around(struct server **ret_server, const struct server_options *options, int fd,
	struct error *err);

/*
 * Serves until SIGTERM or SIGINT, then answers what already waits and lets open connections
 * come to their end; the second such signal ends at once. 0, or a negative errno when
 * serving is no longer possible.
 */
int server_run(struct server *server, struct error *err);

void server_destroy(struct server *server); /* takes NULL */

#endif
