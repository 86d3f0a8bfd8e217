/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/text.h"
#include "daytime/log.h"
#include "daytime/server_internal.h"
#include "daytime/steering.h"
#include "daytime/worker.h"

/* Reads what an eventfd or timerfd has to say. */
static void hush(int fd)
{
	uint64_t times;

	/* ECANCELED, when the clock was set, is news as good as any. */
	if (read(fd, &times, sizeof(times)) < 0)
		return;
}

/*
 * The time zone.
 */

void server_follow_zone(struct server *server)
{
	struct itimerspec timer = {0};
	struct zone_plan plan;

	if (!crew_tells_zone(&server->crew))
		return;
	zone_plan(clock_real_ns() / NS_PER_S, &plan);
	zone_board_write(&server->crew.board, &plan);
	timer.it_value.tv_sec = plan.until_s;
	timerfd_settime(server->zone_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &timer, NULL);
}

/*
 * What the service manager shows of us.
 */

static void print_status(const struct server *server, char status[NOTIFY_STATUS_BYTES])
{
	snprintf(status, NOTIFY_STATUS_BYTES, _("serving; %d open"),
		atomic_load(&server->crew.open));
}

static void say_ready(const struct server *server, const struct notify *notify)
{
	char status[NOTIFY_STATUS_BYTES];

	print_status(server, status);
	notify_ready(notify, status);
}

static void say_status(const struct server *server, const struct notify *notify)
{
	char status[NOTIFY_STATUS_BYTES];

	print_status(server, status);
	notify_status(notify, status);
}

static void reload(struct server *server, const struct notify *notify)
{
	notify_reloading(notify);
	format_reread_zone();
	server_follow_zone(server);
	crew_arrange(&server->crew); /* nobody tells when a cpuset has changed */
	say_ready(server, notify);
}

/*
 * Statistics.
 */

static void log_lines(char *lines)
{
	char *next;

	for (; *lines; lines = next) {
		next = lines + strcspn(lines, "\n");
		if (*next)
			*next++ = '\0';
		log_say(LOG_INFO, lines);
	}
}

static void report_statistics(const struct server *server)
{
	const struct server_options *options = &server->crew.options;
	struct statistics_moment moment;
	_cleanup_free_ struct statistics *sum = crew_statistics(&server->crew, &moment);
	_cleanup_text_ struct text out = TEXT_INIT;

	if (!sum)
		return;
	moment.up_ns = clock_now_ns() - server->started_ns;
	if (options->is_reporting && options->form == STATISTICS_JSON)
		statistics_print_json(sum, &moment, &out);
	else
		statistics_print(sum, &moment, &out);
	if (options->is_reporting) {
		fputs(out.bytes, stdout);
		fflush(stdout);
	} else if (out.length) {
		log_lines(out.bytes);
	}
}

/*
 * The end.
 */

static void begin_to_stop(struct server *server, const struct notify *notify)
{
	struct crew *crew = &server->crew;

	if (server->is_stopping) {
		atomic_store(&crew->is_over, true);
	} else {
		server->is_stopping = true;
		notify_stopping(notify, crew->options.idle_timeout_ns + 5 * NS_PER_S, NULL);
		atomic_store(&crew->is_draining, true);
	}
	crew_ring(crew);
}

static void say_waiting(const struct server *server)
{
	int64_t most_ns = server->crew.options.idle_timeout_ns;
	int open = atomic_load(&server->crew.open);
	char text[256];

	if (!open || !server->is_stopping)
		return;
	snprintf(text, sizeof(text),
		ngettext("ending; waiting for %d connection, %lld s at most (another signal ends "
			 "at once)",
			"ending; waiting for %d connections, %lld s at most (another signal ends "
			"at once)",
			(unsigned long)open),
		open, (long long)((most_ns + NS_PER_S - 1) / NS_PER_S));
	log_say(LOG_NOTICE, text);
}

/* Only when nobody serves them any more: a number that is closed may soon be another socket's. */
static void close_listeners(struct server *server)
{
	if (server->has_closed || !atomic_load(&server->crew.is_draining) ||
		!crew_has_drained(&server->crew))
		return;
	server->has_closed = true;
	listen_close(&server->crew.listeners);
	say_waiting(server);
}

static bool has_a_worker_failed(const struct server *server)
{
	for (int i = 0; i < server->crew.worker_count; i++) {
		const struct worker *worker = &server->crew.workers[i];

		if (worker->is_started && atomic_load(&worker->has_ended) && worker->error.code)
			return true;
	}
	return false;
}

/* Without it, what it was to serve would wait for ever. */
static void hear_workers(struct server *server)
{
	hush(server->crew.report_fd);
	close_listeners(server);
	if (has_a_worker_failed(server)) {
		atomic_store(&server->crew.is_over, true);
		crew_ring(&server->crew);
	}
}

/*
 * The loop.
 */

static void take_signal(struct server *server, const struct notify *notify)
{
	struct signalfd_siginfo signal;

	if (read(server->signal_fd, &signal, sizeof(signal)) != sizeof(signal))
		return;
	switch (signal.ssi_signo) {
	case SIGHUP: reload(server, notify); break;
	case SIGUSR1: report_statistics(server); break;
	default: begin_to_stop(server, notify);
	}
}

/* Says that all is well only if every worker has said so since the last time. */
static void watch_over(struct server *server, const struct notify *notify)
{
	hush(server->watchdog_fd);
	if (crew_is_alive(&server->crew))
		notify_watchdog(notify);
	if (!server->is_stopping)
		say_status(server, notify);
	crew_ask(&server->crew);
}

static int start_watchdog(struct server *server, const struct notify *notify)
{
	struct timespec every = {
		.tv_sec = notify->watchdog_every_ns / NS_PER_S,
		.tv_nsec = notify->watchdog_every_ns % NS_PER_S,
	};
	struct itimerspec timer = {.it_interval = every, .it_value = every};

	if (!notify->watchdog_every_ns)
		return 0;
	server->watchdog_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (server->watchdog_fd < 0 || timerfd_settime(server->watchdog_fd, 0, &timer, NULL))
		return -errno;
	return 0;
}

enum source { SOURCE_SIGNAL, SOURCE_WORKER, SOURCE_ZONE, SOURCE_WATCHDOG, SOURCE_CPU, SOURCES };

static void serve_sources(
	struct server *server, const struct pollfd *sources, const struct notify *notify)
{
	if (sources[SOURCE_SIGNAL].revents)
		take_signal(server, notify);
	if (sources[SOURCE_WORKER].revents)
		hear_workers(server);
	if (sources[SOURCE_ZONE].revents) {
		hush(server->zone_fd);
		server_follow_zone(server);
	}
	if (sources[SOURCE_WATCHDOG].revents)
		watch_over(server, notify);
	if (sources[SOURCE_CPU].revents && steering_read_news(server->news_fd) &&
		!server->is_stopping)
		crew_arrange(&server->crew);
}

int server_start(struct server *server, struct error *err)
{
	int result = crew_arrange(&server->crew);

	if (result)
		return error_errno(err, -result, _("cannot start a worker thread"));
	return 0;
}

int server_run(struct server *server, const struct notify *notify, struct error *err)
{
	struct pollfd sources[SOURCES] = {
		[SOURCE_SIGNAL] = {.fd = server->signal_fd, .events = POLLIN},
		[SOURCE_WORKER] = {.fd = server->crew.report_fd, .events = POLLIN},
		[SOURCE_ZONE] = {.fd = server->zone_fd, .events = POLLIN},
		[SOURCE_CPU] = {.fd = server->news_fd, .events = POLLIN},
	};
	int result = start_watchdog(server, notify);

	if (result)
		return error_errno(err, -result, _("cannot set the watchdog's timer"));
	sources[SOURCE_WATCHDOG] = (struct pollfd){.fd = server->watchdog_fd, .events = POLLIN};
	say_ready(server, notify);
	/* A worker may have ended before anybody listened. */
	while (!crew_has_ended(&server->crew)) {
		if (poll(sources, SOURCES, -1) < 0 && errno != EINTR)
			return error_errno(err, errno, _("cannot wait for events"));
		serve_sources(server, sources, notify);
	}
	if (server->crew.options.is_reporting)
		report_statistics(server);
	return crew_join(&server->crew, err);
}
