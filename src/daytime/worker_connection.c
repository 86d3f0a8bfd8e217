/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "daytime/log.h"
#include "daytime/worker.h"

/*
 * Places. Who answers and closes at once needs none; a client that may keep us waiting does.
 */

static bool needs_place(const struct crew *crew)
{
	return crew->options.closing == CLOSING_CLIENT;
}

bool worker_has_room(struct worker *worker)
{
	struct crew *crew = worker->crew;

	if (atomic_load(&crew->open) < crew->options.max_connections)
		return true;
	/* First ask to be told, then look again: one may have ended between. */
	atomic_store(&crew->is_crowded, true);
	return atomic_load(&crew->open) < crew->options.max_connections;
}

bool worker_take_place(struct worker *worker)
{
	struct crew *crew = worker->crew;
	int open, most;

	if (!needs_place(crew))
		return true;
	open = atomic_fetch_add(&crew->open, 1) + 1;
	if (open > crew->options.max_connections) {
		atomic_fetch_sub(&crew->open, 1);
		return false;
	}
	most = atomic_load(&crew->most_open);
	while (open > most && !atomic_compare_exchange_weak(&crew->most_open, &most, open))
		;
	return true;
}

static void give_place_back(struct crew *crew)
{
	atomic_fetch_sub(&crew->open, 1);
	if (atomic_load(&crew->is_crowded) && atomic_exchange(&crew->is_crowded, false))
		crew_ring(crew);
}

void worker_give_place_back(struct worker *worker)
{
	if (needs_place(worker->crew))
		give_place_back(worker->crew);
}

/*
 * Connections.
 */

static void count_end(struct worker *worker, const struct connection *connection, bool is_failed)
{
	struct statistics *statistics = &worker->statistics;

	if (!is_failed) {
		statistics_add(&statistics->answered, 1);
		return;
	}
	statistics_add(&statistics->failed, 1);
	statistics_error(statistics, connection->code);
}

/* What a connection had besides its descriptor. */
static void let_go(struct crew *crew, const struct connection *connection)
{
	if (connection->has_share)
		share_give_back(crew->share, connection->source);
	give_place_back(crew);
}

static void release(struct worker *worker, struct held_connection *held)
{
	connection_table_remove(&worker->connections, held);
	let_go(worker->crew, &held->connection);
}

static void end_held(struct worker *worker, struct held_connection *held, bool is_failed)
{
	count_end(worker, &held->connection, is_failed);
	release(worker, held);
}

/* Without a watch it would sit there for ever. */
static void give_up(struct worker *worker, struct held_connection *held, int code)
{
	connection_end(&held->connection);
	held->connection.code = code;
	end_held(worker, held, true);
}

static uint32_t events_for(enum connection_step step)
{
	return step == STEP_WRITABLE ? EPOLLOUT : EPOLLIN;
}

static void hold(
	struct worker *worker, const struct connection *connection, enum connection_step step)
{
	struct crew *crew = worker->crew;
	struct held_connection *held;
	int result;

	/* That the buffer of a new connection is full is one in a million: it comes on top of the limits. */
	if (!needs_place(crew))
		atomic_fetch_add(&crew->open, 1);
	held = connection_table_add(
		&worker->connections, connection, clock_deadline_ns(crew->options.idle_timeout_ns));
	if (!held) { /* as many as all together may have are held here alone */
		struct connection lost = *connection;

		connection_end(&lost);
		lost.code = ENOBUFS;
		count_end(worker, &lost, true);
		let_go(crew, connection);
		return;
	}
	result = worker_watch(worker, EPOLL_CTL_ADD, held, events_for(step));
	if (result)
		give_up(worker, held, -result);
}

static void say_refused_connection(struct crew *crew, const union datagram_address *source,
	socklen_t length, enum refusal refusal)
{
	struct datagram from = {.source = *source, .source_length = length};
	uint64_t left_out;
	char where[80];
	char more[NOTICE_LEFT_OUT_BYTES];
	char text[256];

	if (!notice_limit_allows(&crew->refused_connection, clock_now_ns(), &left_out))
		return;
	datagram_print_source(&from, where, sizeof(where));
	snprintf(text, sizeof(text), _("refused a connection from %s: %s%s"), where,
		refusal == REFUSAL_RATE ? _("it asks more often than --rate allows")
					: _("it holds as many as --max-per-source allows"),
		notice_left_out(left_out, more));
	log_say(LOG_NOTICE, text);
}

/* By RST: the connection takes nothing of ours from then on, no TIME_WAIT either. */
static void refuse(struct worker *worker, int fd, const union datagram_address *source,
	socklen_t length, enum refusal refusal)
{
	statistics_add(&worker->statistics.refused[refusal], 1);
	connection_reset(fd);
	say_refused_connection(worker->crew, source, length, refusal);
}

/* Do the limits of its source let it in? If not, it has been refused. */
static bool admit(struct worker *worker, struct connection *connection,
	const union datagram_address *source, socklen_t length)
{
	struct crew *crew = worker->crew;

	connection->source = prefix_hash(&crew->key, &source->any, length);
	if (crew->rate && !rate_allows(crew->rate, connection->source, clock_now_ns())) {
		refuse(worker, connection->fd, source, length, REFUSAL_RATE);
		return false;
	}
	if (!crew->share || !needs_place(crew))
		return true;
	connection->has_share = share_take(crew->share, connection->source);
	if (!connection->has_share)
		refuse(worker, connection->fd, source, length, REFUSAL_SHARE);
	return connection->has_share;
}

static void note_latency(struct worker *worker, const struct timespec *from)
{
	struct timespec now;
	int64_t taken_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	taken_ns = (now.tv_sec - from->tv_sec) * NS_PER_S + now.tv_nsec - from->tv_nsec;
	if (taken_ns > 0) /* else the clock was set meanwhile */
		histogram_record(&worker->statistics.latency, taken_ns);
}

void worker_begin(struct worker *worker, int fd, const union datagram_address *source,
	socklen_t source_length)
{
	struct crew *crew = worker->crew;
	struct connection connection = {.fd = fd};
	enum connection_step step;
	struct timespec begun;

	statistics_add(&worker->statistics.accepted, 1);
	if (source && !admit(worker, &connection, source, source_length)) {
		worker_give_place_back(worker);
		return;
	}
	begun = line_refresh(&worker->line);
	connection.line = worker->line.bytes;
	connection.length = worker->line.length;
	step = connection_send(&connection, crew->options.closing);
	note_latency(worker, &begun);
	if (step == STEP_READABLE || step == STEP_WRITABLE) {
		hold(worker, &connection, step);
		return;
	}
	count_end(worker, &connection, step == STEP_FAILED);
	if (needs_place(crew))
		let_go(crew, &connection);
}

void worker_continue(struct worker *worker, struct held_connection *held)
{
	struct connection *connection = &held->connection;
	enum connection_step waited = connection->is_sent ? STEP_READABLE : STEP_WRITABLE;
	enum connection_step step =
		connection->is_sent ? connection_read(connection)
				    : connection_send(connection, worker->crew->options.closing);
	int result;

	if (step == waited)
		return; /* it is watched for that already */
	if (step == STEP_OVER || step == STEP_FAILED) {
		end_held(worker, held, step == STEP_FAILED);
		return;
	}
	result = worker_watch(worker, EPOLL_CTL_MOD, held, events_for(step));
	if (result)
		give_up(worker, held, -result);
}

void worker_end_overdue(struct worker *worker, int64_t now_ns)
{
	struct connection_table *table = &worker->connections;

	while (table->oldest >= 0 && table->places[table->oldest].deadline_ns <= now_ns) {
		struct held_connection *held = &table->places[table->oldest];

		connection_end(&held->connection);
		statistics_add(&worker->statistics.timed_out, 1);
		release(worker, held);
	}
}
