/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "daytime/datagram_batch.h"
#include "daytime/log.h"
#include "daytime/worker.h"

#define ACCEPT_PAUSE_NS       (100 * NS_PER_MS)
#define BATCHES_WHEN_DRAINING 16
#define ACCEPTS_WHEN_DRAINING SOMAXCONN

/*
 * Listeners.
 */

/* 0, or a negative errno: -EAGAIN where nothing waits, or there is no room. */
static int accept_one(struct worker *worker, int listener)
{
	struct crew *crew = worker->crew;
	bool is_limited = crew->rate || (crew->share && crew->options.closing == CLOSING_CLIENT);
	union datagram_address source;
	socklen_t length = sizeof(source);
	int fd;

	if (!worker_take_place(worker))
		return -EAGAIN;
	fd = accept4(listener, is_limited ? &source.any : NULL, is_limited ? &length : NULL,
		SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		int code = errno;

		worker_give_place_back(worker);
		return -code;
	}
	worker_begin(worker, fd, is_limited ? &source : NULL, length);
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
	char more[NOTICE_LEFT_OUT_BYTES];
	uint64_t left_out;

	if (!notice_limit_allows(&crew->refused_datagram, clock_now_ns(), &left_out))
		return;
	datagram_print_source(judgement->refused, source, sizeof(source));
	snprintf(text, sizeof(text), _("left a datagram from %s unanswered: %s%s"), source,
		datagram_reason(judgement->reason), notice_left_out(left_out, more));
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
