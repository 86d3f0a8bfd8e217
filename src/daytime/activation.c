/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "base/text.h"

/* One that was handed over, and what the kernel says of it. */
struct handed {
	int fd;
	char name[64]; /* FileDescriptorName=, for messages; "" without */
	int family, type, protocol;
	int is_listening;
	uint16_t port; /* 0: not bound */
};

void activation_close(struct activation *activation)
{
	listen_close(&activation->listeners);
	fd_close(&activation->connection_fd);
}

/* The index-th of "a:b:c"; what a terminal could take amiss does not get that far. */
static void copy_name(const char *names, int index, char *name, size_t size)
{
	size_t length;

	name[0] = '\0';
	for (; names && index; index--) {
		names = strchr(names, ':');
		if (names)
			names++;
	}
	if (!names)
		return;
	length = strcspn(names, ":");
	if (length >= size)
		return;
	for (size_t i = 0; i < length; i++) {
		if (names[i] <= ' ' || names[i] > '~')
			return;
	}
	snprintf(name, size, "%.*s", (int)length, names);
}

static int cannot_serve(const struct handed *handed, int code, const char *why, struct error *err)
{
	if (handed->name[0])
		return error_set(err, code,
			_("cannot serve descriptor %d (%s), which the service manager passed: %s"),
			handed->fd, handed->name, why);
	return error_set(err, code,
		_("cannot serve descriptor %d, which the service manager passed: %s"), handed->fd,
		why);
}

static int get_option(int fd, int option, int *ret_value)
{
	socklen_t size = sizeof(*ret_value);

	return getsockopt(fd, SOL_SOCKET, option, ret_value, &size) ? -errno : 0;
}

/* Both families keep the port in the same place. */
static uint16_t own_port(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length))
		return 0;
	return ntohs(((const struct sockaddr_in *)&address)->sin_port);
}

static int examine(struct handed *handed, struct error *err)
{
	int fd = handed->fd;
	int result = get_option(fd, SO_DOMAIN, &handed->family);

	if (result == -EBADF)
		return cannot_serve(
			handed, EBADF, _("it is not open (LISTEN_FDS promised more)"), err);
	if (!result)
		result = get_option(fd, SO_TYPE, &handed->type);
	if (!result)
		result = get_option(fd, SO_PROTOCOL, &handed->protocol);
	if (!result)
		result = get_option(fd, SO_ACCEPTCONN, &handed->is_listening);
	if (result)
		return cannot_serve(handed, -result, strerror(-result), err);
	if (handed->family != AF_INET && handed->family != AF_INET6)
		return cannot_serve(handed, EAFNOSUPPORT,
			_("neither IPv4 nor IPv6 (ListenStream= and ListenDatagram= want a port)"),
			err);
	if (handed->protocol != IPPROTO_TCP && handed->protocol != IPPROTO_UDP)
		return cannot_serve(handed, EPROTONOSUPPORT,
			_("neither TCP nor UDP (leave SocketProtocol= out)"), err);
	handed->port = own_port(fd);
	return 0;
}

/* A client that has gone again leaves an error behind, where a fresh socket has none. */
static bool was_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	int code = 0;

	if (!getpeername(fd, (struct sockaddr *)&peer, &length))
		return true;
	return !get_option(fd, SO_ERROR, &code) && code;
}

/* An IPv6 socket that serves IPv4, too, is asked for both, for IPv6's answer does not tell a broadcast. */
static int want_destination(const struct handed *handed)
{
	int v6only = 1;
	socklen_t size = sizeof(v6only);

	if (handed->family == AF_INET6 &&
		!getsockopt(handed->fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &size) && !v6only) {
		int result = listen_want_destination(handed->fd, AF_INET);

		if (result)
			return result;
	}
	return listen_want_destination(handed->fd, handed->family);
}

static int prepare(const struct handed *handed)
{
	int flags = fcntl(handed->fd, F_GETFL);

	if (flags < 0 || fcntl(handed->fd, F_SETFL, flags | O_NONBLOCK))
		return -errno;
	return handed->type == SOCK_DGRAM ? want_destination(handed) : 0;
}

/* The one at first_fd + index becomes the caller's, whatever it is. */
static int take_one(
	struct activation *activation, int index, int count, const char *names, struct error *err)
{
	_cleanup_fd_ int fd = ACTIVATION_FIRST_FD + index;
	struct handed handed = {.fd = fd};
	int result;

	copy_name(names, index, handed.name, sizeof(handed.name));
	result = examine(&handed, err);
	if (result)
		return result;
	result = prepare(&handed);
	if (result)
		return cannot_serve(&handed, -result, strerror(-result), err);
	if (handed.is_listening || (handed.type == SOCK_DGRAM && handed.port)) {
		listen_add(&activation->listeners, (struct listen_socket){
							   .fd = fd_steal(&fd),
							   .family = handed.family,
							   .is_datagram = handed.type == SOCK_DGRAM,
							   .port = handed.port,
							   .lane = LISTEN_SHARED,
						   });
		return 0;
	}
	if (handed.type == SOCK_DGRAM)
		return cannot_serve(&handed, EINVAL, _("it has no port"), err);
	if (!was_connected(handed.fd))
		return cannot_serve(
			&handed, EINVAL, _("it neither listens nor is it connected"), err);
	if (count > 1)
		return cannot_serve(&handed, EINVAL,
			_("a connection comes alone (Accept=yes: one service for each)"), err);
	activation->connection_port = handed.port;
	activation->connection_fd = fd_steal(&fd);
	return 0;
}

/* Close-on-exec first of all, and for all: whatever becomes of them, no child is to have them. */
static void keep_from_children(int count)
{
	for (int i = 0; i < count; i++)
		fcntl(ACTIVATION_FIRST_FD + i, F_SETFD, FD_CLOEXEC);
}

static void close_from(int first, int count)
{
	for (int i = first; i < count; i++)
		close(ACTIVATION_FIRST_FD + i);
}

static int take_all(struct activation *activation, int count, const char *names, struct error *err)
{
	keep_from_children(count);
	for (int i = 0; i < count; i++) {
		int result = take_one(activation, i, count, names, err);

		if (result) {
			close_from(i + 1, count);
			activation_close(activation);
			return result;
		}
	}
	return 0;
}

/* *ret_count is 0 where nothing was handed to this process; variables may come from a parent's. */
static int read_count(int *ret_count, struct error *err)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	uint64_t number;

	*ret_count = 0;
	if (!pid || !fds)
		return 0;
	if (text_to_number(pid, 1, INT32_MAX, &number))
		return error_set(err, EINVAL,
			_("cannot tell whose sockets were passed: LISTEN_PID '%s' is no process "
			  "number"),
			pid);
	if ((pid_t)number != getpid())
		return 0;
	if (text_to_number(fds, 0, INT32_MAX, &number))
		return error_set(err, EINVAL,
			_("cannot tell how many sockets were passed: LISTEN_FDS '%s' is no "
			  "number"),
			fds);
	if (number > ACTIVATION_SOCKETS_MAX)
		return error_set(err, E2BIG,
			_("cannot serve the %s sockets that were passed: %d at most (give the unit "
			  "fewer Listen lines)"),
			fds, ACTIVATION_SOCKETS_MAX);
	*ret_count = (int)number;
	return 0;
}

int activation_take(struct activation *ret_activation, struct error *err)
{
	struct activation activation = {.connection_fd = -1};
	int count;
	int result = read_count(&count, err);

	if (!result)
		result = take_all(&activation, count, getenv("LISTEN_FDNAMES"), err);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!result)
		*ret_activation = activation;
	return result;
}
