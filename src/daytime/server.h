/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_SERVER_H
#define DAYTIME_SERVER_H

/*
 * The daytime server: workers that answer (worker.h), one for each CPU, and one thread around them
 * that sees to signals, the time zone, CPUs that come and go, and the service manager. It says what
 * happens through log.h.
 *
 *     server_create()    sockets are opened        as root, if the port needs it
 *     (the caller gives up its privileges)
 *     server_start()     the workers serve
 *     server_run()       until a signal ends it
 *     server_destroy()
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "daytime/connection.h"
#include "daytime/format.h"
#include "daytime/listen.h"
#include "daytime/notify.h"
#include "daytime/statistics_report.h"

struct server_options {
	struct listen_options listen; /* `lanes` is set by server_create() */
	enum format format;
	bool is_utc;
	enum closing closing;
	int workers;             /* 0: one for each CPU that we may use */
	int max_connections;     /* that are held at once, over all workers */
	uint32_t max_per_source; /* of these, for each source prefix; 0: no limit */
	uint32_t rate;           /* answers a second to each source prefix; 0: no limit */
	int64_t idle_timeout_ns; /* for the whole of a connection, from accept on */
	size_t udp_min_request;  /* bytes */
	/* Statistics go to stdout, in this form, when asked for by SIGUSR1 and at the end. Otherwise
	 * SIGUSR1 has them logged as text. */
	bool is_reporting;
	enum statistics_form form;
};

struct server;

/*
 * Opens the sockets and takes over SIGTERM, SIGINT, SIGHUP and SIGUSR1, which are blocked from
 * here on. Reads the time zone, so that it is known whatever privileges go, and turns the
 * process to SCHED_BATCH (see steering.h). `options` is copied, the strings in it must live
 * on. Low ports need CAP_NET_BIND_SERVICE. On failure: a negative errno, *err filled,
 * *ret_server untouched.
 */
int server_create(
	struct server **ret_server, const struct server_options *options, struct error *err);

/* The same with sockets that a service manager opened, which the server then owns; *listeners is
 * empty afterwards, also on failure. */
int server_create_with(struct server **ret_server, const struct server_options *options,
	struct listen_set *listeners, struct error *err);

/*
 * The same around one socket that somebody else opened, which the server then owns (also on
 * failure): a connection is answered; a datagram socket is answered as long as something
 * waits; a listening one is served until idle_timeout_ns passes without a connection.
 */
int server_create_around(struct server **ret_server, const struct server_options *options, int fd,
	struct error *err);

/* Starts the workers: from here on clients are answered. 0, or a negative errno with *err filled. */
int server_start(struct server *server, struct error *err);

/*
 * Serves until SIGTERM or SIGINT, then answers what already waits and lets open connections
 * come to their end; the second such signal ends at once. The service manager is told what it
 * wants to know; `notify` may be closed. 0, or a negative errno when serving is no longer possible.
 */
int server_run(struct server *server, const struct notify *notify, struct error *err);

void server_destroy(struct server *server); /* takes NULL */

#endif
