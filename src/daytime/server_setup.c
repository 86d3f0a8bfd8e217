/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daytime/server_internal.h"
#include "daytime/steering.h"
#include "daytime/worker.h"

#define DESCRIPTORS_BESIDES    32 /* epoll, eventfds, what libc opens */
#define SOCKETS_A_LANE         4  /* TCP and UDP, IPv4 and IPv6 */
#define DESCRIPTORS_PER_WORKER 2

/* As many descriptors as the tables may need, as far as we may raise the limit ourselves. */
static void raise_descriptor_limit(const struct server_options *options)
{
	int lanes = options->listen.lanes;
	rlim_t wanted = (rlim_t)options->max_connections + DESCRIPTORS_BESIDES +
			(rlim_t)lanes * (SOCKETS_A_LANE + DESCRIPTORS_PER_WORKER);
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

static int open_zone(struct server *server, struct error *err)
{
	tzset();
	if (!crew_tells_zone(&server->crew))
		return 0;
	server->zone_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (server->zone_fd < 0)
		return error_errno(err, errno, _("cannot follow the clock"));
	server_follow_zone(server);
	return 0;
}

/* Owns the listeners at once; `options->listen.lanes` says how they are grouped. */
static int create(struct server **ret_server, const struct server_options *options,
	struct listen_set *listeners, struct error *err)
{
	struct server *server = calloc(1, sizeof(*server));
	int result;

	if (!server) {
		listen_close(listeners);
		return error_errno(err, ENOMEM, _("cannot start the server"));
	}
	server->signal_fd = server->zone_fd = server->watchdog_fd = server->news_fd = -1;
	server->started_ns = clock_now_ns();
	steering_be_patient();
	result = crew_init(&server->crew, options, listeners, err);
	if (!result)
		result = open_signals(server, err);
	if (!result)
		result = open_zone(server, err);
	if (result) {
		server_destroy(server);
		return result;
	}
	server->news_fd = steering_open_news();
	if (server->news_fd < 0)
		server->news_fd = -1; /* then SIGHUP has us look */
	*ret_server = server;
	return 0;
}

int server_create(
	struct server **ret_server, const struct server_options *options, struct error *err)
{
	struct server_options ours = *options;
	struct listen_set listeners = {0};
	int result;

	ours.listen.lanes = options->workers ? options->workers : steering_count_lanes();
	raise_descriptor_limit(&ours);
	result = listen_open(&listeners, &ours.listen, err);
	return result ? result : create(ret_server, &ours, &listeners, err);
}

int server_create_with(struct server **ret_server, const struct server_options *options,
	struct listen_set *listeners, struct error *err)
{
	struct server_options ours = *options;

	ours.listen.lanes = 1;
	raise_descriptor_limit(&ours);
	return create(ret_server, &ours, listeners, err);
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

/* Puts a listening or datagram socket into the set; a connection is for the worker itself. */
static void sort_in(struct listen_set *listeners, const struct inherited *inherited, int *fd)
{
	bool is_datagram = inherited->type == SOCK_DGRAM;

	if (!is_datagram && !inherited->is_listening)
		return;
	/* A client that goes away between poll and accept must not hold us up. */
	fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK);
	if (is_datagram)
		listen_want_destination(*fd, inherited->family);
	listen_add(listeners, (struct listen_socket){
				      .fd = fd_steal(fd),
				      .family = inherited->family,
				      .is_datagram = is_datagram,
				      .port = inherited->port,
				      .lane = LISTEN_SHARED,
			      });
}

int server_create_around(
	struct server **ret_server, const struct server_options *options, int fd, struct error *err)
{
	struct server_options ours = *options;
	struct listen_set listeners = {0};
	_cleanup_fd_ int owned = fd;
	struct inherited inherited;
	struct server *server;
	int result = examine(fd, &inherited, err);

	if (result)
		return result;
	ours.workers = ours.listen.lanes = 1;
	sort_in(&listeners, &inherited, &owned);
	result = create(&server, &ours, &listeners, err);
	if (result)
		return result;
	server->crew.workers[0].inherited_fd = fd_steal(&owned);
	if (inherited.is_listening)
		server->crew.workers[0].idle_exit_ns = clock_deadline_ns(ours.idle_timeout_ns);
	else /* answer what is there, then end: inetd has the socket */
		atomic_store(&server->crew.is_draining, true);
	*ret_server = server;
	return 0;
}

void server_destroy(struct server *server)
{
	if (!server)
		return;
	crew_finish(&server->crew);
	fd_close(&server->signal_fd);
	fd_close(&server->zone_fd);
	fd_close(&server->watchdog_fd);
	fd_close(&server->news_fd);
	free(server);
}
