/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daytime/datagram_batch.h"

#define EVENTS_AT_ONCE 64

/* What an epoll event is about: the kind in the upper half, an index in the lower. */
enum source { SOURCE_BELL, SOURCE_LISTENER, SOURCE_CONNECTION };

static int watch(struct worker *worker, int operation, int fd, uint32_t events, enum source source,
	int index)
{
	struct epoll_event event = {
		.events = events,
		.data.u64 = (uint64_t)source << 32 | (uint32_t)index,
	};

	return epoll_ctl(worker->epoll_fd, operation, fd, &event) ? -errno : 0;
}

int worker_watch(
	struct worker *worker, int operation, const struct held_connection *held, uint32_t events)
{
	return watch(worker, operation, held->connection.fd, events, SOURCE_CONNECTION,
		(int)(held - worker->connections.places));
}

/*
 * The bell: an eventfd that everybody may add to.
 */

void worker_ring(struct worker *worker)
{
	uint64_t one = 1;

	/* It can only fail when it has been rung 2^64 times, and is heard then, too. */
	if (write(worker->bell_fd, &one, sizeof(one)) < 0)
		return;
}

static void hear(struct worker *worker)
{
	uint64_t times;

	if (read(worker->bell_fd, &times, sizeof(times)) < 0)
		return;
	worker->is_rearranged = true;
	steering_go(&worker->place);
	atomic_store(&worker->answered, atomic_load(&worker->asked));
}

static void report(struct worker *worker)
{
	uint64_t one = 1;

	if (write(worker->crew->report_fd, &one, sizeof(one)) < 0)
		return;
}

/*
 * Listeners.
 */

static bool is_mine(const struct worker *worker, size_t socket)
{
	int owner = atomic_load(&worker->crew->owners[socket]);

	return owner == worker->number || owner == CREW_EVERYONE;
}

/* With one that is everyone's only one of us is woken for a client. */
static uint32_t listener_events(const struct worker *worker, size_t socket)
{
	bool is_shared = atomic_load(&worker->crew->owners[socket]) == CREW_EVERYONE;

	return is_shared && worker->crew->worker_count > 1 ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN;
}

/* Has its epoll watch what it is to serve now, and nothing else. */
static int update_watches(struct worker *worker, bool is_accepting)
{
	const struct listen_set *listeners = &worker->crew->listeners;
	int result = 0;

	for (size_t i = 0; i < listeners->count && !result; i++) {
		const struct listen_socket *socket = &listeners->sockets[i];
		bool wanted = is_mine(worker, i) && (socket->is_datagram || is_accepting);

		if (wanted == worker->is_watched[i])
			continue;
		result = watch(worker, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, socket->fd,
			listener_events(worker, i), SOURCE_LISTENER, (int)i);
		worker->is_watched[i] = wanted;
	}
	worker->is_accepting = is_accepting;
	worker->is_rearranged = false;
	return result;
}

/* TCP listeners are watched as long as there is room for a connection. */
static int follow(struct worker *worker, int64_t now_ns)
{
	bool is_accepting;

	if (atomic_load_explicit(&worker->has_drained, memory_order_relaxed))
		return 0;
	if (worker->accept_again_ns && worker->accept_again_ns <= now_ns)
		worker->accept_again_ns = 0;
	is_accepting = !worker->accept_again_ns && worker_has_room(worker);
	if (is_accepting == worker->is_accepting && !worker->is_rearranged)
		return 0;
	return update_watches(worker, is_accepting);
}

/* Serves what waits at the listeners, for the last time, and has nothing to do with them any more. */
static void drain(struct worker *worker)
{
	const struct crew *crew = worker->crew;

	for (size_t i = 0; i < crew->listeners.count; i++) {
		const struct listen_socket *socket = &crew->listeners.sockets[i];
		int owner = atomic_load(&crew->owners[i]);

		if (worker->is_watched[i])
			watch(worker, EPOLL_CTL_DEL, socket->fd, 0, SOURCE_LISTENER, (int)i);
		worker->is_watched[i] = false;
		if (owner == worker->number || (owner == CREW_EVERYONE && !worker->number))
			worker_drain(worker, socket);
	}
	worker->accept_again_ns = 0;
	worker->idle_exit_ns = DEADLINE_NEVER;
	atomic_store(&worker->has_drained, true);
	report(worker);
}

/*
 * The loop.
 */

static int serve_event(struct worker *worker, const struct epoll_event *event)
{
	int index = (int)(uint32_t)event->data.u64;

	switch ((enum source)(event->data.u64 >> 32)) {
	case SOURCE_BELL: hear(worker); return 0;
	case SOURCE_CONNECTION:
		worker_continue(worker, &worker->connections.places[index]);
		return 0;
	case SOURCE_LISTENER: break;
	}
	if (worker->idle_exit_ns != DEADLINE_NEVER)
		worker->idle_exit_ns = clock_deadline_ns(worker->crew->options.idle_timeout_ns);
	return worker_serve(worker, &worker->crew->listeners.sockets[index]);
}

static int64_t next_deadline(const struct worker *worker)
{
	const struct connection_table *table = &worker->connections;
	int64_t next_ns = worker->idle_exit_ns;

	if (table->oldest >= 0)
		next_ns = table->places[table->oldest].deadline_ns;
	if (worker->accept_again_ns && worker->accept_again_ns < next_ns)
		next_ns = worker->accept_again_ns;
	return next_ns;
}

static bool is_finished(const struct worker *worker, int64_t now_ns)
{
	if (atomic_load_explicit(&worker->crew->is_over, memory_order_relaxed))
		return true;
	if (worker->connections.open)
		return false;
	return atomic_load_explicit(&worker->has_drained, memory_order_relaxed) ||
	       worker->idle_exit_ns <= now_ns;
}

static int serve(struct worker *worker)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int result = 0;

	while (!result) {
		int64_t now_ns = clock_now_ns();
		int count;

		worker_end_overdue(worker, now_ns);
		if (atomic_load_explicit(&worker->crew->is_draining, memory_order_relaxed) &&
			!worker->has_drained)
			drain(worker);
		result = follow(worker, now_ns);
		if (result || is_finished(worker, now_ns))
			break;
		count = epoll_wait(worker->epoll_fd, events, EVENTS_AT_ONCE,
			clock_poll_ms(next_deadline(worker)));
		if (count < 0 && errno != EINTR)
			result = -errno;
		for (int i = 0; i < count && !result; i++)
			result = serve_event(worker, &events[i]);
	}
	return result;
}

/* The connection that inetd accepted: the only one there will be. */
static void adopt(struct worker *worker)
{
	worker_take_place(worker);
	worker_begin(worker, fd_steal(&worker->inherited_fd), NULL, 0);
}

static void *run(void *context)
{
	struct worker *worker = context;
	int result;

	if (worker->inherited_fd >= 0)
		adopt(worker);
	result = serve(worker);
	if (result)
		error_errno(&worker->error, -result, _("cannot serve any more"));
	atomic_store(&worker->has_drained, true);
	atomic_store(&worker->has_ended, true);
	report(worker);
	return NULL;
}

int worker_init(struct worker *worker, struct crew *crew, int number)
{
	const struct server_options *options = &crew->options;
	int result;

	*worker = (struct worker){
		.crew = crew,
		.number = number,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.inherited_fd = -1,
		.patience = 1,
		.is_rearranged = true,
		.idle_exit_ns = DEADLINE_NEVER,
		.line.format = options->format,
		.line.board = crew_tells_zone(crew) ? &crew->board : NULL,
	};
	if (worker->epoll_fd < 0 || worker->bell_fd < 0)
		return -errno;
	worker->is_watched = calloc(crew->listeners.count + 1, sizeof(*worker->is_watched));
	if (!worker->is_watched)
		return -ENOMEM;
	result = connection_table_open(&worker->connections, options->max_connections);
	if (!result)
		result = datagram_batch_open(&worker->datagrams);
	if (!result)
		result = watch(worker, EPOLL_CTL_ADD, worker->bell_fd, EPOLLIN, SOURCE_BELL, 0);
	return result;
}

void worker_finish(struct worker *worker)
{
	connection_table_close(&worker->connections);
	datagram_batch_close(worker->datagrams);
	free(worker->is_watched);
	fd_close(&worker->inherited_fd);
	fd_close(&worker->bell_fd);
	fd_close(&worker->epoll_fd);
}

int worker_start(struct worker *worker)
{
	int result = -pthread_create(&worker->thread, NULL, run, worker);

	worker->is_started = !result;
	return result;
}
