/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_WORKER_H
#define DAYTIME_WORKER_H

/*
 * One thread that answers, around one epoll loop, with tables of fixed size and absolute deadlines.
 * Nothing a client does makes it grow or wait.
 *
 * Its system calls for one connection are, in this order and no others: accept4,
 * sendto(MSG_MORE), shutdown(SHUT_WR), recvfrom, close. epoll_wait comes once for as many as were
 * waiting, up to WORKER_BATCH. Without work it sleeps.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daytime/connection.h"
#include "daytime/crew.h"
#include "daytime/datagram.h"
#include "daytime/line.h"
#include "daytime/statistics.h"
#include "daytime/steering.h"

/* Connections accepted before anything else has its turn. */
#define WORKER_BATCH 64

struct worker {
	struct crew *crew;
	int number;
	pthread_t thread;
	bool is_started; /* the thread is to be joined */

	int epoll_fd;
	int bell_fd;                 /* eventfd: look at the crew */
	atomic_uint asked, answered; /* the watchdog's question, and the last that was answered */
	atomic_bool has_drained;     /* serves no listener any more */
	atomic_bool has_ended;
	struct error error; /* why, once it has ended; code 0: it was to end */

	struct steering_place place;
	bool *is_watched; /* which of crew->listeners its epoll has */
	bool is_accepting;
	bool is_rearranged;      /* the owners may have changed */
	int patience;            /* how many connections to expect at one listener, at most */
	int64_t accept_again_ns; /* 0, or until when not to, for want of descriptors */
	int64_t idle_exit_ns;    /* DEADLINE_NEVER unless inetd shall have its listener back */
	int inherited_fd;        /* a connection that inetd accepted, until the loop begins */

	struct connection_table connections; /* those that could not be ended at once */
	struct line line;
	struct statistics statistics;
	struct datagram_batch *datagrams;
};

/* All that the worker will ever need, but no thread yet. 0 or a negative errno; finish it then, too. */
int worker_init(struct worker *worker, struct crew *crew, int number);

/* Ends what is open. The thread must not run. */
void worker_finish(struct worker *worker);

/* Starts its thread. 0 or a negative errno. */
int worker_start(struct worker *worker);

/* Wakes it: something in the crew has changed. */
void worker_ring(struct worker *worker);

/*
 * What the loop (worker.c) asks of those who know connections (worker_connection.c).
 */

/*
 * Takes a place for one more connection; false when there is none. Who answers and closes at once needs
 * none and always gets it. To be given back if there is no connection after all.
 */
bool worker_take_place(struct worker *worker);
void worker_give_place_back(struct worker *worker);

/* Is there room for one more? If not, the worker is rung when there is. */
bool worker_has_room(struct worker *worker);

/* Serves a connection that has been accepted and has its place; owns the descriptor. `source` may be NULL:
 * then no limit of a source applies. */
void worker_begin(struct worker *worker, int fd, const union datagram_address *source,
	socklen_t source_length);

/* Goes on with one that is held, which is ready. */
void worker_continue(struct worker *worker, struct held_connection *held);

/* Ends those whose deadline has passed. */
void worker_end_overdue(struct worker *worker, int64_t now_ns);

/*
 * And of those who know listening sockets (worker_serve.c).
 */

/* Serves what waits at a listener or datagram socket. A negative errno when that is no longer possible. */
int worker_serve(struct worker *worker, const struct listen_socket *socket);

/* Serves all that waits there, to the last. */
void worker_drain(struct worker *worker, const struct listen_socket *socket);

/* What both ask of the loop: epoll_ctl(2) for one that is held. 0 or a negative errno. */
int worker_watch(
	struct worker *worker, int operation, const struct held_connection *held, uint32_t events);

#endif
