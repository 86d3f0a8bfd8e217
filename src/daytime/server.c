/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daytime/datagram.h"
#include "daytime/server_internal.h"

#define EVENTS_AT_ONCE          64
#define ACCEPT_PAUSE_NS         (100 * NS_PER_MS)
#define DATAGRAMS_WHEN_DRAINING 1024

int server_watch(struct server *server, int operation, int fd, uint32_t events, enum source source,
	int index)
{
	struct epoll_event event = {
		.events = events,
		.data.u64 = (uint64_t)source << 32 | (uint32_t)index,
	};

	return epoll_ctl(server->epoll_fd, operation, fd, &event) ? -errno : 0;
}

/*
 * Connections.
 */

static void finish(struct server *server, struct connection *connection, bool is_failed)
{
	if (is_failed)
		server->statistics.failed++;
	else
		server->statistics.answered++;
	connection_table_remove(&server->connections, connection);
}

static void follow(struct server *server, struct connection *connection, enum connection_step step,
	bool is_watched)
{
	int place = (int)(connection - server->connections.places);
	uint32_t events = step == STEP_WRITABLE ? EPOLLOUT : EPOLLIN;

	if (step == STEP_OVER || step == STEP_FAILED) {
		finish(server, connection, step == STEP_FAILED);
		return;
	}
	if (server_watch(server, is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection->fd, events,
		    SOURCE_CONNECTION, place)) {
		/* Without a watch it would sit there for ever. */
		connection_end(connection);
		finish(server, connection, true);
	}
}

static void begin(struct server *server, int fd)
{
	int64_t deadline_ns = clock_deadline_ns(server->options.idle_timeout_ns);
	struct connection *connection = connection_table_add(&server->connections, fd, deadline_ns);

	statistics_accepted(&server->statistics, server->connections.open);
	line_refresh(&server->line);
	memcpy(connection->line, server->line.bytes, server->line.length);
	connection->length = server->line.length;
	follow(server, connection, connection_send(connection, server->options.closing), false);
}

static void continue_connection(struct server *server, struct connection *connection)
{
	enum connection_step waited = connection->is_sent ? STEP_READABLE : STEP_WRITABLE;
	enum connection_step step = connection->is_sent
					    ? connection_read(connection)
					    : connection_send(connection, server->options.closing);

	if (step != waited) /* else it is watched for that already */
		follow(server, connection, step, true);
}

static void end_overdue(struct server *server, int64_t now_ns)
{
	struct connection_table *table = &server->connections;

	while (table->oldest >= 0 && table->places[table->oldest].deadline_ns <= now_ns) {
		struct connection *connection = &table->places[table->oldest];

		connection_end(connection);
		server->statistics.timed_out++;
		connection_table_remove(table, connection);
	}
}

/*
 * Listeners.
 */

static bool has_room(const struct server *server)
{
	return server->connections.open < server->options.max_connections;
}

/* 0, or a negative errno. There must be room. */
static int accept_one(struct server *server, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	begin(server, fd);
	return 0;
}

static void say_exhausted(struct server *server, int code)
{
	int64_t now_ns = clock_now_ns();
	uint64_t left_out;
	char text[256];

	server->accept_again_ns = now_ns + ACCEPT_PAUSE_NS;
	server->statistics.exhausted++;
	if (!notice_limit_allows(&server->exhausted, now_ns, &left_out))
		return;
	snprintf(text, sizeof(text),
		_("cannot accept: %s (connections wait until some end; 'ulimit -n' is the limit "
		  "of open files)"),
		strerror(code));
	server->options.notice(text);
}

/* One connection for each readiness: asking for more costs a call to hear that there is none. */
static int serve_listener(
	struct server *server, const struct listen_socket *socket, struct error *err)
{
	int code;

	/* An event of the same round may have taken the last place. */
	if (server->accept_again_ns || !has_room(server))
		return 0;
	code = -accept_one(server, socket->fd);
	switch (code) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM: say_exhausted(server, code); return 0;
	case EINVAL:
	case EBADF:
	case ENOTSOCK:
	case EOPNOTSUPP: return error_errno(err, code, _("cannot accept connections any more"));
	default: return 0; /* fine, or the client or its network went away meanwhile */
	}
}

static void say_refused(
	struct server *server, const struct datagram *datagram, enum datagram_verdict verdict)
{
	char source[80];
	char text[384];
	char more[64] = "";
	uint64_t left_out;

	if (!notice_limit_allows(&server->refused, clock_now_ns(), &left_out))
		return;
	datagram_print_source(datagram, source, sizeof(source));
	if (left_out)
		snprintf(more, sizeof(more), _(" (%llu others since the last such note)"),
			(unsigned long long)left_out);
	snprintf(text, sizeof(text), _("left a datagram from %s unanswered: %s%s"), source,
		datagram_reason(verdict), more);
	server->options.notice(text);
}

/* Returns false when no datagram waits. */
static bool serve_datagram(struct server *server, int fd)
{
	struct datagram datagram;
	enum datagram_verdict verdict;
	int result = datagram_receive(fd, &datagram);

	if (result == -EAGAIN)
		return false;
	if (result)
		return true; /* an ICMP error for an earlier answer, which is no concern of ours */
	verdict = datagram_judge(&datagram, server->own_port, server->options.udp_min_request);
	if (verdict != DATAGRAM_ANSWER) {
		server->statistics.datagrams_refused++;
		say_refused(server, &datagram, verdict);
		return true;
	}
	line_refresh(&server->line);
	if (!datagram_answer(fd, &datagram, server->line.bytes, server->line.length))
		server->statistics.datagrams_answered++;
	else
		server->statistics.datagrams_failed++;
	return true;
}

/* Polls the TCP listeners as long as there is room for a connection. */
static void update_accepting(struct server *server, int64_t now_ns)
{
	bool wanted;

	if (server->accept_again_ns && server->accept_again_ns <= now_ns)
		server->accept_again_ns = 0;
	wanted = !server->accept_again_ns && has_room(server);
	if (wanted == server->is_accepting)
		return;
	server->is_accepting = wanted;
	for (int i = 0; i < server->listeners.count; i++) {
		const struct listen_socket *socket = &server->listeners.sockets[i];

		if (!socket->is_datagram)
			server_watch(server, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, socket->fd,
				EPOLLIN, SOURCE_LISTENER, i);
	}
}

/*
 * The end.
 */

static void say_draining(struct server *server)
{
	int64_t left_ns;
	char text[256];

	if (!server->connections.open || server->is_single)
		return;
	left_ns =
		server->connections.places[server->connections.newest].deadline_ns - clock_now_ns();
	snprintf(text, sizeof(text),
		ngettext("ending; waiting for %d connection, %lld s at most (another signal ends "
			 "at once)",
			"ending; waiting for %d connections, %lld s at most (another signal ends "
			"at once)",
			(unsigned long)server->connections.open),
		server->connections.open, (long long)((left_ns + NS_PER_S - 1) / NS_PER_S));
	server->options.notice(text);
}

static void drain_socket(struct server *server, const struct listen_socket *socket)
{
	if (socket->is_datagram) {
		for (int i = 0; i < DATAGRAMS_WHEN_DRAINING; i++) {
			if (!serve_datagram(server, socket->fd))
				return;
		}
		return;
	}
	/* These clients are connected already: closing the listener would reset them. */
	for (int i = 0; i < SOMAXCONN; i++) {
		if (!has_room(server) || accept_one(server, socket->fd))
			return;
	}
}

static void drain(struct server *server)
{
	server->is_draining = true;
	for (int i = 0; i < server->listeners.count; i++)
		drain_socket(server, &server->listeners.sockets[i]);
	listen_close(&server->listeners);
	server->accept_again_ns = 0;
	server->idle_exit_ns = DEADLINE_NEVER;
	say_draining(server);
}

static void take_signal(struct server *server)
{
	struct signalfd_siginfo signal;
	char text[512];

	if (read(server->signal_fd, &signal, sizeof(signal)) != sizeof(signal))
		return;
	switch (signal.ssi_signo) {
	case SIGHUP: line_reread_zone(&server->line); break;
	case SIGUSR1:
		statistics_print(&server->statistics, server->connections.open, text, sizeof(text));
		server->options.notice(text);
		break;
	default:
		if (server->is_draining)
			server->is_over = true;
		else
			drain(server);
	}
}

/*
 * The loop.
 */

static int serve_event(struct server *server, const struct epoll_event *event, struct error *err)
{
	int index = (int)(uint32_t)event->data.u64;
	const struct listen_socket *socket;

	switch ((enum source)(event->data.u64 >> 32)) {
	case SOURCE_SIGNAL: take_signal(server); return 0;
	case SOURCE_CONNECTION:
		continue_connection(server, &server->connections.places[index]);
		return 0;
	case SOURCE_LISTENER: break;
	}
	if (index >= server->listeners.count)
		return 0; /* draining began earlier in this round */
	socket = &server->listeners.sockets[index];
	if (socket->is_datagram) {
		serve_datagram(server, socket->fd);
		return 0;
	}
	if (server->idle_exit_ns != DEADLINE_NEVER)
		server->idle_exit_ns = clock_deadline_ns(server->options.idle_timeout_ns);
	return serve_listener(server, socket, err);
}

static int64_t next_deadline(const struct server *server)
{
	const struct connection_table *table = &server->connections;
	int64_t next_ns = server->idle_exit_ns;

	if (table->oldest >= 0)
		next_ns = table->places[table->oldest].deadline_ns;
	if (server->accept_again_ns && server->accept_again_ns < next_ns)
		next_ns = server->accept_again_ns;
	return next_ns;
}

static bool is_finished(const struct server *server, int64_t now_ns)
{
	if (server->is_over || (server->is_draining && !server->connections.open))
		return true;
	return !server->connections.open && server->idle_exit_ns <= now_ns;
}

int server_run(struct server *server, struct error *err)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	if (server->inherited_fd >= 0)
		begin(server, fd_steal(&server->inherited_fd));
	if (server->is_single)
		drain(server);
	while (true) {
		int64_t now_ns = clock_now_ns();
		int count;

		end_overdue(server, now_ns);
		update_accepting(server, now_ns);
		if (is_finished(server, now_ns))
			return 0;
		count = epoll_wait(server->epoll_fd, events, EVENTS_AT_ONCE,
			clock_poll_ms(next_deadline(server)));
		if (count < 0 && errno != EINTR)
			return error_errno(err, errno, _("cannot wait for events"));
		for (int i = 0; i < count; i++) {
			int result = serve_event(server, &events[i], err);

			if (result)
				return result;
		}
	}
}
