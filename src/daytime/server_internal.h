/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_SERVER_INTERNAL_H
#define DAYTIME_SERVER_INTERNAL_H

/* What server.c (the loop) and server_setup.c (its making) share. Nobody else looks here. */

#include "daytime/crew.h"
#include "daytime/server.h"

struct server {
	struct crew crew;
	int64_t started_ns;
	int signal_fd;
	int zone_fd;     /* timerfd: the zone changes now, or the clock has been set; -1 for UTC */
	int watchdog_fd; /* timerfd; -1: nobody watches us */
	int news_fd;     /* of CPUs; -1: the kernel does not tell */
	bool is_stopping;
	bool has_closed; /* the listeners, once all workers have drained them */
};

/* Plans the zone anew, from this moment on, and sets the timer for its end. */
void server_follow_zone(struct server *server);

#endif
