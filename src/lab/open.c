/* SPDX-License-Identifier: BSD-2-Clause */

/* How the laboratory's own sockets come to be: passive open, active open, accept. */

#include "lab/lab.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length);
	return cookie;
}

static struct endpoint local_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct endpoint endpoint = {0};

	if (getsockname(fd, (struct sockaddr *)&address, &length) == 0)
		endpoint_from_sockaddr((struct sockaddr *)&address, &endpoint);
	return endpoint;
}

static struct lab_socket *add_socket(struct lab *lab, enum host_id host, int connection, int fd)
{
	struct lab_socket *socket = malloc(sizeof(*socket));

	if (!socket)
		abort();
	*socket = (struct lab_socket){
		.fd = fd,
		.host = host,
		.connection = connection,
		.accepted_fd = -1,
		.received = TEXT_INIT,
	};
	*list_grow(&lab->sockets, &lab->socket_count, &lab->socket_room) = socket;
	return socket;
}

/* bind() to the port on every address of the host, as most servers and clients do. */
static int bind_port(int fd, int family, uint16_t port)
{
	struct endpoint any = {.family = family, .port = port};
	struct sockaddr_storage address;
	socklen_t length = endpoint_to_sockaddr(&any, &address);

	return bind(fd, (struct sockaddr *)&address, length) < 0 ? -errno : 0;
}

/* A socket on the host with its options, bound where a port (0 included) is asked for. */
static int prepare(struct lab *lab, enum host_id id, const struct socket_options *options,
	int from_port, int *ret_fd)
{
	const struct host *host = &lab->hosts[id];
	_cleanup_fd_ int fd = host_socket(host, &lab->sandbox, SOCK_STREAM, NULL);
	int r = fd < 0 ? fd : 0;

	if (r == 0)
		r = socket_options_apply(options, fd);
	if (r == 0 && from_port >= 0)
		r = bind_port(fd, host->address.family, (uint16_t)from_port);
	if (r == 0)
		*ret_fd = fd_steal(&fd);
	return r;
}

int lab_listen(struct lab *lab, enum host_id host, const char *name, uint16_t port, int backlog,
	const struct socket_options *options, struct lab_socket **ret_socket)
{
	_cleanup_fd_ int fd = -1;
	struct endpoint local;
	int connection;
	int r = prepare(lab, host, options, port, &fd);

	if (r == 0 && listen(fd, backlog >= 0 ? backlog : SOMAXCONN) < 0)
		r = -errno;
	if (r < 0)
		return r;
	local = local_of(fd);
	connection = census_introduce(
		&lab->census, &lab->timeline, host, cookie_of(fd), name, &local, NULL);
	*ret_socket = add_socket(lab, host, connection, fd_steal(&fd));
	return 1;
}

int lab_connect(struct lab *lab, enum host_id host, const char *name, uint16_t port, int from_port,
	const struct socket_options *options, struct lab_socket **ret_socket)
{
	struct endpoint peer = lab->hosts[host_other(host)].address;
	struct sockaddr_storage address;
	_cleanup_fd_ int fd = -1;
	struct endpoint local;
	socklen_t length;
	int connection;
	int r = prepare(lab, host, options, from_port, &fd);

	peer.port = port;
	length = endpoint_to_sockaddr(&peer, &address);
	if (r == 0 && connect(fd, (struct sockaddr *)&address, length) < 0 && errno != EINPROGRESS)
		r = -errno;
	if (r < 0)
		return r;
	local = local_of(fd);
	connection = census_introduce(
		&lab->census, &lab->timeline, host, cookie_of(fd), name, &local, &peer);
	*ret_socket = add_socket(lab, host, connection, fd_steal(&fd));
	return lab_socket_await_connection(*ret_socket);
}

struct lab_socket *lab_socket_at(const struct lab *lab, enum host_id host, int connection)
{
	for (size_t i = lab->socket_count; i-- > 0 && connection >= 0;) {
		if (lab->sockets[i]->host == host && lab->sockets[i]->connection == connection)
			return lab->sockets[i];
	}
	return NULL;
}

/* The accepted socket has been in the census since its SYN; it only gets a holder now. */
static void adopt(struct lab *lab, struct lab_socket *listener)
{
	int fd = fd_steal(&listener->accepted_fd);
	int connection = census_find(&lab->census, listener->host, cookie_of(fd));

	/* It went away at the very moment it was accepted. */
	if (connection == CONNECTION_NONE) {
		close(fd);
		listener->outcome = -ECONNABORTED;
		timeline_complete(&lab->timeline, listener->action, ECONNABORTED);
		return;
	}
	lab->timeline.events[listener->action].connection = connection;
	add_socket(lab, listener->host, connection, fd);
}

void lab_note_call(struct lab *lab, struct lab_socket *socket, size_t action, int outcome)
{
	/* accept() leaves its listener as it is. */
	lab->touched |=
		lab->timeline.connections[socket->connection].is_listener && socket->accepted_fd < 0
			? CENSUS_LISTENERS(socket->host)
			: CENSUS_HOST(socket->host);
	socket->action = action;
	socket->outcome = outcome;
	if (outcome)
		timeline_complete(&lab->timeline, action, outcome < 0 ? -outcome : 0);
	if (socket->accepted_fd >= 0)
		adopt(lab, socket);
}
