/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daytime/server_internal.h"

#define DESCRIPTORS_BESIDES 32 /* listeners, epoll, what libc opens */

/* As many descriptors as the table may need, as far as we may raise the limit ourselves. */
static void raise_descriptor_limit(rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_signals(struct server *server, struct error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	server->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (server->signal_fd < 0)
		return error_errno(err, errno, _("cannot take signals"));
	return 0;
}

/* All but the listeners. */
static int create(
	struct server **ret_server, const struct server_options *options, struct error *err)
{
	struct server *server = calloc(1, sizeof(*server));
	int result;

	if (!server)
		return error_errno(err, ENOMEM, _("cannot start the server"));
	server->options = *options;
	server->line.format = options->format;
	server->line.is_utc = options->is_utc;
	server->epoll_fd = server->signal_fd = server->inherited_fd = -1;
	server->own_port = options->listen.port;
	server->idle_exit_ns = DEADLINE_NEVER;
	server->statistics.started_ns = clock_now_ns();
	tzset();
	raise_descriptor_limit((rlim_t)options->max_connections + DESCRIPTORS_BESIDES);
	result = connection_table_open(&server->connections, options->max_connections);
	if (result)
		error_errno(
			err, -result, _("no memory for %d connections"), options->max_connections);
	else
		result = open_signals(server, err);
	if (!result) {
		server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (server->epoll_fd < 0)
			result = error_errno(err, errno, _("cannot poll"));
	}
	if (result)
		server_destroy(server);
	else
		*ret_server = server;
	return result;
}

/* Signals and datagrams are watched from the first moment to the last. */
static int watch_all(struct server *server, struct error *err)
{
	int result =
		server_watch(server, EPOLL_CTL_ADD, server->signal_fd, EPOLLIN, SOURCE_SIGNAL, 0);

	for (int i = 0; !result && i < server->listeners.count; i++) {
		if (server->listeners.sockets[i].is_datagram)
			result = server_watch(server, EPOLL_CTL_ADD,
				server->listeners.sockets[i].fd, EPOLLIN, SOURCE_LISTENER, i);
	}
	return result ? error_errno(err, -result, _("cannot poll")) : 0;
}

int server_create(
	struct server **ret_server, const struct server_options *options, struct error *err)
{
	struct server *server;
	int result = create(&server, options, err);

	if (result)
		return result;
	result = listen_open(&server->listeners, &options->listen, err);
	if (!result)
		result = watch_all(server, err);
	if (result)
		server_destroy(server);
	else
		*ret_server = server;
	return result;
}

struct inherited {
	int type, family;
	int is_listening;
	uint16_t port; /* 0 where there are none */
};

static int examine(int fd, struct inherited *ret_inherited, struct error *err)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);
	socklen_t size = sizeof(int);

	*ret_inherited = (struct inherited){0};
	if (getsockname(fd, (struct sockaddr *)&address, &length) ||
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &ret_inherited->type, &size) ||
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &ret_inherited->is_listening, &size))
		return error_errno(err, errno,
			_("cannot serve standard input (with --inetd it must be a socket)"));
	ret_inherited->family = address.ss_family;
	if (address.ss_family == AF_INET || address.ss_family == AF_INET6)
		ret_inherited->port = ntohs(((const struct sockaddr_in *)&address)->sin_port);
	return 0;
}

static void adopt(struct server *server, const struct inherited *inherited, int fd)
{
	bool is_datagram = inherited->type == SOCK_DGRAM;

	server->own_port = inherited->port;
	if (!is_datagram && !inherited->is_listening) {
		server->inherited_fd = fd;
		server->is_single = true;
		return;
	}
	server->listeners.sockets[server->listeners.count++] =
		(struct listen_socket){fd, inherited->family, is_datagram};
	if (is_datagram) {
		listen_want_destination(fd, inherited->family);
		server->is_single = true;
	} else {
		/* A client that goes away between poll and accept must not hold us up. */
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		server->idle_exit_ns = clock_deadline_ns(server->options.idle_timeout_ns);
	}
}

int server_create_around(
	struct server **ret_server, const struct server_options *options, int fd, struct error *err)
{
	_cleanup_fd_ int owned = fd;
	struct inherited inherited;
	struct server *server;
	int result = examine(fd, &inherited, err);

	if (!result)
		result = create(&server, options, err);
	if (result)
		return result;
	adopt(server, &inherited, fd_steal(&owned));
	result = watch_all(server, err);
	if (result)
		server_destroy(server);
	else
		*ret_server = server;
	return result;
}

void server_destroy(struct server *server)
{
	if (!server)
		return;
	connection_table_close(&server->connections);
	listen_close(&server->listeners);
	fd_close(&server->inherited_fd);
	fd_close(&server->epoll_fd);
	fd_close(&server->signal_fd);
	free(server);
}
