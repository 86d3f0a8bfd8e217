/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define CHUNK_BYTES 4096

/* What "send N bytes" sends. */
static const uint8_t pattern[CHUNK_BYTES] = {0};

static bool has_nothing_yet(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK;
}

/* Has the handshake ended, well or not? */
static int go_on_connecting(struct lab_socket *socket)
{
	struct pollfd waiting = {.fd = socket->fd, .events = POLLOUT};
	int code = 0;
	socklen_t length = sizeof(code);

	if (poll(&waiting, 1, 0) <= 0)
		return 0;
	if (getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
		return -errno;
	return code ? -code : 1;
}

static int go_on_accepting(struct lab_socket *socket)
{
	int fd = accept4(socket->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return has_nothing_yet(errno) ? 0 : -errno;
	socket->accepted_fd = fd;
	return 1;
}

static int go_on_sending(struct lab_socket *socket)
{
	while (socket->sent < socket->length) {
		size_t left = socket->length - socket->sent;
		const uint8_t *from = socket->bytes ? socket->bytes + socket->sent : pattern;
		ssize_t n;

		if (!socket->bytes && left > CHUNK_BYTES)
			left = CHUNK_BYTES;
		n = send(socket->fd, from, left, MSG_NOSIGNAL);
		if (n < 0)
			return has_nothing_yet(errno) ? 0 : -errno;
		socket->sent += (size_t)n;
	}
	return 1;
}

/* 1 when the wanted bytes, or the end of the stream, have been read. */
static int go_on_receiving(struct lab_socket *socket)
{
	while (socket->received.length < socket->wanted) {
		size_t left = socket->wanted - socket->received.length;
		char chunk[4096];
		ssize_t n = recv(socket->fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk), 0);

		if (n < 0)
			return has_nothing_yet(errno) ? 0 : -errno;
		if (n == 0) {
			socket->is_at_end = true;
			return 1;
		}
		text_append_bytes(&socket->received, chunk, (size_t)n);
		if (socket->wanted == SIZE_MAX)
			return 1; /* bytes where the end was wanted: it will not come any better */
	}
	return 1;
}

static int go_on_closing(struct lab_socket *socket)
{
	int code;

	if (!closer_has_closed(&socket->closer))
		return 0;
	code = closer_finish(&socket->closer);
	return code ? -code : 1;
}

int lab_socket_go_on(struct lab_socket *socket)
{
	int r = 1;

	switch (socket->call) {
	case SOCKET_IDLE: break;
	case SOCKET_CONNECT: r = go_on_connecting(socket); break;
	case SOCKET_ACCEPT: r = go_on_accepting(socket); break;
	case SOCKET_SEND: r = go_on_sending(socket); break;
	case SOCKET_RECEIVE: r = go_on_receiving(socket); break;
	case SOCKET_CLOSE: r = go_on_closing(socket); break;
	}
	if (r)
		socket->call = SOCKET_IDLE;
	return r;
}

static int begin(struct lab_socket *socket, enum socket_call call)
{
	if (socket->fd < 0)
		return -EBADF;
	socket->call = call;
	return lab_socket_go_on(socket);
}

int lab_socket_await_connection(struct lab_socket *socket)
{
	return begin(socket, SOCKET_CONNECT);
}

int lab_socket_accept(struct lab_socket *socket)
{
	return begin(socket, SOCKET_ACCEPT);
}

int lab_socket_send(struct lab_socket *socket, const void *bytes, size_t length)
{
	socket->bytes = bytes;
	socket->length = length;
	socket->sent = 0;
	return begin(socket, SOCKET_SEND);
}

int lab_socket_receive(struct lab_socket *socket, size_t wanted)
{
	text_clear(&socket->received);
	socket->is_at_end = false;
	socket->wanted = wanted;
	return begin(socket, SOCKET_RECEIVE);
}

int lab_socket_drain(struct lab_socket *socket)
{
	char chunk[4096];
	ssize_t n;

	text_clear(&socket->received);
	socket->is_at_end = false;
	if (socket->fd < 0)
		return -EBADF;
	while ((n = recv(socket->fd, chunk, sizeof(chunk), 0)) > 0)
		text_append_bytes(&socket->received, chunk, (size_t)n);
	socket->is_at_end = n == 0;
	return n < 0 && !has_nothing_yet(errno) ? -errno : 1;
}

void lab_socket_abandon(struct lab_socket *socket)
{
	if (socket->call == SOCKET_CLOSE)
		return; /* its thread is in the kernel: nobody can call it back */
	socket->call = SOCKET_IDLE;
}

/* Asked for, not remembered: an accepted socket has it from its listener. */
static bool lingers(int fd)
{
	struct linger linger;
	socklen_t length = sizeof(linger);

	return getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) == 0 && linger.l_onoff &&
	       linger.l_linger > 0;
}

int lab_socket_close(struct lab_socket *socket)
{
	int fd = socket->fd;
	int r;

	lab_socket_abandon(socket);
	if (fd < 0)
		return -EBADF;
	if (!lingers(fd)) {
		socket->fd = -1;
		return close(fd) < 0 ? -errno : 1;
	}
	r = closer_start(&socket->closer, fd);
	if (r < 0)
		return r;
	socket->fd = -1;
	socket->call = SOCKET_CLOSE;
	return lab_socket_go_on(socket);
}

int lab_socket_set(struct lab_socket *socket, const struct socket_options *options)
{
	int r;

	lab_socket_abandon(socket);
	if (socket->fd < 0)
		return -EBADF;
	r = socket_options_apply(options, socket->fd);
	return r < 0 ? r : 1;
}

int lab_socket_shutdown(struct lab_socket *socket, int how)
{
	if (socket->fd < 0)
		return -EBADF;
	return shutdown(socket->fd, how) < 0 ? -errno : 1;
}

void lab_socket_finish(struct lab_socket *socket)
{
	if (socket->call == SOCKET_CLOSE)
		closer_abort(&socket->closer);
	socket->call = SOCKET_IDLE;
	fd_close(&socket->fd);
	fd_close(&socket->accepted_fd);
	text_finish(&socket->received);
}
