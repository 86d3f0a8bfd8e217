/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_CREW_H
#define DAYTIME_CREW_H

/*
 * The workers of a server, and what they have in common. Written by the thread that runs the server
 * (server.c), read by all; where workers write, too, it is atomic, and never on the way of a
 * connection that is answered at once. No locks.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daytime/listen.h"
#include "daytime/notice_limit.h"
#include "daytime/prefix.h"
#include "daytime/rate.h"
#include "daytime/server.h"
#include "daytime/share.h"
#include "daytime/zone.h"

/* An owner of a socket that is none of the workers in particular. */
#define CREW_EVERYONE (-1)

struct crew {
	struct server_options options;
	struct listen_set listeners;
	atomic_int *owners; /* of listeners.sockets[i]: the worker who serves it, or everyone */
	struct zone_board board; /* the zone of this host */
	struct prefix_key key;   /* for the next two */
	struct rate *rate;       /* NULL: a source may ask as often as it likes */
	struct share *share;     /* NULL: and hold as many connections as it likes */

	atomic_int open, most_open; /* connections that are held for a while */
	atomic_bool is_crowded;     /* a worker waits for one of them to end */
	atomic_bool is_draining;    /* no more connections but those that wait already */
	atomic_bool is_over;        /* end at once */

	struct notice_limit exhausted, refused_datagram, refused_connection;

	struct worker
		*workers; /* all that there may be; those that are not needed have no thread */
	int worker_count;
	int report_fd; /* eventfd: a worker has drained its sockets, or ended */
};

/*
 * Makes the workers, without threads, for these sockets, which the crew then owns (also on failure).
 * options.listen.lanes is how many sockets share an address. 0, or a negative errno with *err filled;
 * crew_finish() takes a crew in either case.
 */
int crew_init(struct crew *crew, const struct server_options *options, struct listen_set *listeners,
	struct error *err);

/* Ends all that is open. No thread may run. */
void crew_finish(struct crew *crew);

/*
 * Gives each socket to a worker, starts and pins those that are needed, and steers connections their
 * way, as the CPUs are that we have now. 0, or a negative errno if a thread could not be started and
 * none runs; if others run, they do its work.
 */
int crew_arrange(struct crew *crew);

/* Wakes every worker, to look what has changed here. */
void crew_ring(struct crew *crew);

/* Asks each worker for a sign of life; and have all given one since the last time? */
void crew_ask(struct crew *crew);
bool crew_is_alive(const struct crew *crew);

/* Of those that were started. */
bool crew_has_drained(const struct crew *crew);
bool crew_has_ended(const struct crew *crew);

/* Waits for the threads, all of which have ended. Returns the error of the first that had one, else 0. */
int crew_join(struct crew *crew, struct error *err);

/* All counts, added up. The caller frees. NULL: no memory. */
struct statistics *crew_statistics(const struct crew *crew, struct statistics_moment *ret_moment);

/* Does the line depend on where we are? */
bool crew_tells_zone(const struct crew *crew);

#endif
