/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define RESEND_FIRST_NS NS_PER_S

/* 0, -ETIMEDOUT, or another negative errno. */
static int wait_for(int fd, short events, int64_t deadline_ns)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};

	while (true) {
		int count = poll(&poll_fd, 1, clock_poll_ms(deadline_ns));

		if (count > 0)
			return 0;
		if (count == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* Has an established connection been taken down by RST? EPIPE if the FIN had come before. */
static bool is_reset(int code)
{
	return code == ECONNRESET || code == EPIPE;
}

/*
 * 0 once connected. A connection that was made and reset before we looked counts as made,
 * and *ret_was_reset tells: what the server sent can still be read.
 */
static int connect_until(int fd, const struct sockaddr *address, socklen_t length,
	int64_t deadline_ns, bool *ret_was_reset)
{
	int code = 0;
	socklen_t size = sizeof(code);
	int result;

	*ret_was_reset = false;
	if (!connect(fd, address, length))
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return -errno;
	result = wait_for(fd, POLLOUT, deadline_ns);
	if (result)
		return result;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size))
		return -errno;
	*ret_was_reset = is_reset(code);
	return is_reset(code) ? 0 : -code;
}

static void note_arrival(struct reply *reply, ssize_t n)
{
	if (!reply->length && n > 0)
		clock_gettime(CLOCK_REALTIME, &reply->received);
	reply->length += (size_t)n;
}

static enum ending read_stream(int fd, int64_t deadline_ns, bool until_line, struct reply *reply)
{
	while (reply->length < sizeof(reply->bytes)) {
		ssize_t n;

		if (wait_for(fd, POLLIN, deadline_ns))
			return ENDING_DEADLINE;
		n = recv(fd, reply->bytes + reply->length, sizeof(reply->bytes) - reply->length, 0);
		if (n == 0)
			return ENDING_FIN;
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return is_reset(errno) ? ENDING_RESET : ENDING_DEADLINE;
		note_arrival(reply, n);
		if (until_line && reply_has_line(reply))
			return ENDING_OURS;
	}
	return ENDING_ENDLESS;
}

static void leave(int *fd, enum leaving leaving)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (leaving == LEAVING_RESET)
		setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	fd_close(fd);
}

int exchange_stream(const struct sockaddr *address, socklen_t length, int64_t connect_by_ns,
	int64_t deadline_ns, enum leaving leaving, struct reply *ret_reply)
{
	bool until_line = leaving == LEAVING_AFTER_LINE || leaving == LEAVING_RESET;
	_cleanup_fd_ int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool was_reset;
	int result;

	if (fd < 0)
		return -errno;
	result = connect_until(fd, address, length, connect_by_ns, &was_reset);
	if (result)
		return result;
	ret_reply->length = 0;
	if (leaving == LEAVING_NOW)
		shutdown(fd, SHUT_WR);
	ret_reply->ending = read_stream(fd, deadline_ns, until_line, ret_reply);
	/* The error was told once, at connecting; what follows the data then looks like a FIN. */
	if (was_reset && ret_reply->ending == ENDING_FIN)
		ret_reply->ending = ENDING_RESET;
	leave(&fd, leaving);
	return 0;
}

/* Returns 0, -ETIMEDOUT when the answer has not come by then, or what an ICMP error said. */
static int receive_datagram(int fd, int64_t deadline_ns, struct reply *reply)
{
	while (true) {
		int result = wait_for(fd, POLLIN, deadline_ns);
		ssize_t n;

		if (result)
			return result;
		n = recv(fd, reply->bytes, sizeof(reply->bytes), 0);
		if (n >= 0) {
			reply->length = 0;
			note_arrival(reply, n);
			reply->ending = ENDING_FIN;
			return 0;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

int exchange_datagram(const struct sockaddr *address, socklen_t length, int64_t deadline_ns,
	struct reply *ret_reply)
{
	static const char request[EXCHANGE_REQUEST_BYTES];
	int64_t patience_ns = RESEND_FIRST_NS;
	/* Connected, so that the kernel passes on what the server alone sends, and ICMP. */
	_cleanup_fd_ int fd =
		socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, address, length))
		return -errno;
	while (true) {
		int64_t resend_ns = clock_deadline_ns(patience_ns);
		int result;

		if (send(fd, request, sizeof(request), 0) < 0 && errno != EAGAIN &&
			errno != ENOBUFS && errno != EINTR)
			return -errno;
		result = receive_datagram(
			fd, resend_ns < deadline_ns ? resend_ns : deadline_ns, ret_reply);
		if (result != -ETIMEDOUT || resend_ns >= deadline_ns)
			return result;
		patience_ns *= 2;
	}
}
