/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "daytime/datagram_batch.h"
#include "daytime/log.h"
#include "daytime/worker.h"

#define ACCEPT_PAUSE_NS       (100 * NS_PER_MS)
#define BATCHES_WHEN_DRAINING 16
#define ACCEPTS_WHEN_DRAINING SOMAXCONN

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

static bool take_place(struct crew *crew)
{
	int open = atomic_fetch_add(&crew->open, 1) + 1;
	int most = atomic_load(&crew->most_open);

	if (open > crew->options.max_connections) {
		atomic_fetch_sub(&crew->open, 1);
		return false;
	}
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
	if (crew->share)
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
	if (!needs_place(crew)) {
		atomic_fetch_add(&crew->open, 1);
		if (crew->share)
			share_take(crew->share, connection->source);
	}
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
	char more[64] = "";
	char text[256];

	if (!notice_limit_allows(&crew->refused_connection, clock_now_ns(), &left_out))
		return;
	datagram_print_source(&from, where, sizeof(where));
	if (left_out)
		snprintf(more, sizeof(more), _(" (%llu others since the last such note)"),
			(unsigned long long)left_out);
	snprintf(text, sizeof(text), _("refused a connection from %s: %s%s"), where,
		refusal == REFUSAL_RATE ? _("it asks more often than --rate allows")
					: _("it holds as many as --max-per-source allows"),
		more);
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

/* Do the limits of its source let it in? If not, it has been refused, and its place given back. */
static bool admit(struct worker *worker, struct connection *connection,
	const union datagram_address *source, socklen_t length)
{
	struct crew *crew = worker->crew;

	connection->source = prefix_hash(&crew->key, &source->any, length);
	if (crew->rate && !rate_allows(crew->rate, connection->source, clock_now_ns()))
		refuse(worker, connection->fd, source, length, REFUSAL_RATE);
	else if (needs_place(crew) && !share_take(crew->share, connection->source))
		refuse(worker, connection->fd, source, length, REFUSAL_SHARE);
	else
		return true;
	if (needs_place(crew))
		give_place_back(crew);
	return false;
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

/* Its place, if it needs one, is taken. `source` may be NULL: then no limit of a source applies. */
static void begin(struct worker *worker, int fd, const union datagram_address *source,
	socklen_t source_length)
{
	struct crew *crew = worker->crew;
	struct connection connection = {.fd = fd};
	enum connection_step step;
	struct timespec begun;

	statistics_add(&worker->statistics.accepted, 1);
	if (source && !admit(worker, &connection, source, source_length))
		return;
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

void worker_adopt(struct worker *worker, int fd)
{
	/* It is the only one there will be. */
	if (needs_place(worker->crew))
		take_place(worker->crew);
	begin(worker, fd, NULL, 0);
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

/*
 * Listeners.
 */

/* 0, or a negative errno: -EAGAIN where nothing waits, or there is no room. */
static int accept_one(struct worker *worker, int listener)
{
	struct crew *crew = worker->crew;
	bool is_limited = crew->rate || (crew->share && needs_place(crew));
	union datagram_address source;
	socklen_t length = sizeof(source);
	int fd;

	if (needs_place(crew) && !take_place(crew))
		return -EAGAIN;
	fd = accept4(listener, is_limited ? &source.any : NULL, is_limited ? &length : NULL,
		SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		int code = errno;

		if (needs_place(crew))
			give_place_back(crew);
		return -code;
	}
	begin(worker, fd, is_limited ? &source : NULL, length);
	return 0;
}

static void say_exhausted(struct worker *worker, int code)
{
	int64_t now_ns = clock_now_ns();
	uint64_t left_out;
	char text[256];

	worker->accept_again_ns = now_ns + ACCEPT_PAUSE_NS;
	statistics_add(&worker->statistics.exhausted, 1);
	statistics_error(&worker->statistics, code);
	if (!notice_limit_allows(&worker->crew->exhausted, now_ns, &left_out))
		return;
	snprintf(text, sizeof(text),
		_("cannot accept: %s (connections wait until some end; 'ulimit -n' is the limit "
		  "of open files)"),
		strerror(code));
	log_say(LOG_WARNING, text);
}

/*
 * Takes as many as `patience` says, and learns from it how many to expect: asking once more than there
 * are costs a call, asking less often than there are costs an epoll_wait() each.
 */
static int serve_listener(struct worker *worker, int listener)
{
	int taken = 0;
	int code = 0;

	while (!code && taken < worker->patience && worker_has_room(worker)) {
		code = -accept_one(worker, listener);
		taken += !code;
	}
	if (taken == worker->patience && worker->patience < WORKER_BATCH)
		worker->patience *= 2;
	else if (code == EAGAIN)
		worker->patience = taken ? taken : 1;
	switch (code) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM: say_exhausted(worker, code); return 0;
	case EINVAL:
	case EBADF:
	case ENOTSOCK:
	case EOPNOTSUPP: return -code;
	default: return 0; /* fine, or the client or its network went away meanwhile */
	}
}

/*
 * Datagrams.
 */

static void say_refused_datagram(struct crew *crew, const struct datagram_judgement *judgement)
{
	char source[80];
	char text[384];
	char more[64] = "";
	uint64_t left_out;

	if (!notice_limit_allows(&crew->refused_datagram, clock_now_ns(), &left_out))
		return;
	datagram_print_source(judgement->refused, source, sizeof(source));
	if (left_out)
		snprintf(more, sizeof(more), _(" (%llu others since the last such note)"),
			(unsigned long long)left_out);
	snprintf(text, sizeof(text), _("left a datagram from %s unanswered: %s%s"), source,
		datagram_reason(judgement->reason), more);
	log_say(LOG_NOTICE, text);
}

static void count_datagrams(struct worker *worker, const struct datagram_judgement *judgement,
	const struct datagram_outcome *outcome)
{
	struct statistics *statistics = &worker->statistics;

	for (int i = DATAGRAM_ANSWER + 1; i < DATAGRAM_VERDICTS; i++)
		statistics_add(&statistics->datagrams[i], judgement->counts[i]);
	statistics_add(&statistics->datagrams[DATAGRAM_ANSWER], (uint64_t)outcome->answered);
	statistics_add(&statistics->datagrams_failed, (uint64_t)outcome->failed);
	for (int i = 0; i < outcome->failed; i++)
		statistics_error(statistics, outcome->errors[i]);
}

/* Returns how many waited, or a negative errno: -EAGAIN when none did. */
static int serve_datagrams(struct worker *worker, const struct listen_socket *socket)
{
	struct crew *crew = worker->crew;
	struct datagram_rules rules = {
		.own_port = socket->port,
		.least_bytes = crew->options.udp_min_request,
		.key = &crew->key,
		.rate = crew->rate,
	};
	struct datagram_judgement judgement;
	struct datagram_outcome outcome = {0};
	int count = datagram_batch_receive(worker->datagrams, socket->fd);

	if (count < 0)
		return count;
	datagram_batch_judge(worker->datagrams, &rules, clock_now_ns(), &judgement);
	if (judgement.counts[DATAGRAM_ANSWER]) {
		line_refresh(&worker->line);
		datagram_batch_answer(worker->datagrams, socket->fd, worker->line.bytes,
			worker->line.length, &outcome);
	}
	count_datagrams(worker, &judgement, &outcome);
	if (judgement.refused)
		say_refused_datagram(crew, &judgement);
	return count;
}

int worker_serve(struct worker *worker, const struct listen_socket *socket)
{
	if (socket->is_datagram) {
		serve_datagrams(worker, socket);
		return 0;
	}
	/* An event of the same round may have taken the last place. */
	if (worker->accept_again_ns || !worker_has_room(worker))
		return 0;
	return serve_listener(worker, socket->fd);
}

void worker_drain(struct worker *worker, const struct listen_socket *socket)
{
	if (socket->is_datagram) {
		for (int i = 0; i < BATCHES_WHEN_DRAINING; i++) {
			if (serve_datagrams(worker, socket) == -EAGAIN)
				return;
		}
		return;
	}
	/* These clients are connected already: closing the listener would reset them. */
	for (int i = 0; i < ACCEPTS_WHEN_DRAINING; i++) {
		if (!worker_has_room(worker) || accept_one(worker, socket->fd))
			return;
	}
}
