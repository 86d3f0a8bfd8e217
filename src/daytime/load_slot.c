/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_slot.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"

static int watch(int epoll_fd, int fd, int place, const struct load_plan *plan)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
		.data.u32 = (uint32_t)place,
	};

	if (plan->leaving == LEAVING_NOW)
		event.events |= EPOLLOUT;
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* A new socket with all that does not change from one exchange to the next. */
static int prepare(const struct load_plan *plan)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	int type = plan->is_datagram ? SOCK_DGRAM : SOCK_STREAM;
	int result = 0;
	int fd = socket(plan->address.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (plan->source.family)
		result = load_source_prepare(&plan->source, fd);
	if (!result && plan->leaving == LEAVING_RESET &&
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)))
		result = -errno;
	if (result)
		fd_close(&fd);
	return result ? result : fd;
}

static int take_source(const struct load_plan *plan, int fd, uint64_t index)
{
	union load_address address;
	socklen_t length;

	if (!plan->source.family)
		return 0;
	load_source_address(&plan->source, index, &address, &length);
	return bind(fd, &address.any, length) ? -errno : 0;
}

static int reach(struct load_slot *slot, const struct load_plan *plan, uint64_t source_index)
{
	int result = take_source(plan, slot->fd, source_index);

	if (result)
		return result;
	if (connect(slot->fd, &plan->address.any, plan->address_length) && errno != EINPROGRESS)
		return -errno;
	return 0;
}

static int ask(struct load_slot *slot)
{
	static const char request[EXCHANGE_REQUEST_BYTES];

	return send(slot->fd, request, sizeof(request), 0) < 0 ? -errno : 0;
}

static int open_and_reach(struct load_slot *slot, const struct load_plan *plan, int epoll_fd,
	int place, uint64_t source_index)
{
	int result;

	slot->fd = prepare(plan);
	if (slot->fd < 0)
		return slot->fd;
	result = reach(slot, plan, source_index);
	if (!result)
		result = watch(epoll_fd, slot->fd, place, plan);
	return result;
}

int load_slot_start(struct load_slot *slot, const struct load_plan *plan, int epoll_fd, int place,
	uint64_t source_index)
{
	int result = 0;

	slot->length = 0;
	slot->is_half_closed = false;
	if (slot->fd < 0)
		result = open_and_reach(slot, plan, epoll_fd, place, source_index);
	else if (!plan->is_datagram)
		result = reach(slot, plan, source_index);
	if (!result && plan->is_datagram)
		result = ask(slot);
	if (!result)
		return LOAD_WAITING;
	fd_close(&slot->fd);
	return -result;
}

static bool has_line(const struct load_slot *slot)
{
	size_t start;
	size_t length;

	return reply_find_line(slot->bytes, slot->length, &start, &length);
}

/* Need no more be read, whatever the server may yet send? */
static bool is_enough(const struct load_slot *slot, const struct load_plan *plan)
{
	if (plan->is_datagram || slot->length == sizeof(slot->bytes))
		return true;
	if (plan->leaving != LEAVING_AFTER_LINE && plan->leaving != LEAVING_RESET)
		return false;
	return has_line(slot);
}

/*
 * The FIN that was told of (EPOLLRDHUP) stands behind all the data there is: a read that leaves
 * room has come to it, and needs no second one to be told so.
 */
int load_slot_read(struct load_slot *slot, const struct load_plan *plan, uint32_t events)
{
	bool has_ended = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	ssize_t n;

	/* Where there is no connection after all, the read tells why. */
	if (plan->leaving == LEAVING_NOW && !slot->is_half_closed && (events & EPOLLOUT))
		slot->is_half_closed = !shutdown(slot->fd, SHUT_WR);
	if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return LOAD_WAITING;
	n = recv(slot->fd, slot->bytes + slot->length, sizeof(slot->bytes) - slot->length, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return LOAD_WAITING;
	if (n < 0) /* a reset after a whole line has had the line: that is for the reply to tell */
		return has_line(slot) ? 0 : errno;
	slot->length += (size_t)n;
	if (n == 0 || is_enough(slot, plan))
		return 0;
	return has_ended ? 0 : LOAD_WAITING;
}

/*
 * Has our FIN been acknowledged, so that nothing is left of the connection? Then the socket can
 * make the next. While it is in LAST_ACK it must not be touched: the acknowledgement would find
 * nobody, and the answer to it, RST, would end the server's TIME_WAIT.
 */
static bool is_free_for_another(int fd)
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	int unacknowledged;

	if (shutdown(fd, SHUT_WR) || ioctl(fd, SIOCOUTQ, &unacknowledged) || unacknowledged)
		return false;
	return !connect(fd, &nobody, sizeof(nobody));
}

void load_slot_end(struct load_slot *slot, const struct load_plan *plan, bool is_whole)
{
	bool is_reusable = is_whole && plan->is_datagram && !plan->source.family;

	if (is_whole && !plan->is_datagram && plan->leaving == LEAVING_AFTER_FIN)
		is_reusable = is_free_for_another(slot->fd);
	if (!is_reusable)
		fd_close(&slot->fd);
}

void load_slot_close(struct load_slot *slot)
{
	fd_close(&slot->fd);
}
