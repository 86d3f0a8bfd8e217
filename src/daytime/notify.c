/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/notify.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/text.h"

#define PATIENCE_NS NS_PER_S

/* A message: lines NAME=VALUE. What does not fit is left out. */
struct message {
	char bytes[NOTIFY_STATUS_BYTES + 128];
	size_t length;
};

static void __attribute__((format(printf, 2, 3)))
add(struct message *message, const char *format, ...)
{
	size_t left = sizeof(message->bytes) - message->length;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(message->bytes + message->length, left, format, args);
	va_end(args);
	if (length > 0)
		message->length += (size_t)length < left ? (size_t)length : left - 1;
}

static void add_status(struct message *message, const char *status)
{
	size_t length;

	if (!status)
		return;
	length = strcspn(status, "\n");
	if (length > NOTIFY_STATUS_BYTES)
		length = NOTIFY_STATUS_BYTES;
	add(message, "STATUS=%.*s\n", (int)length, status);
}

static bool may_wait(int fd, int64_t deadline_ns)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	return clock_now_ns() < deadline_ns && poll(&room, 1, clock_poll_ms(deadline_ns)) >= 0;
}

/* deadline_ns 0: now or never. */
static int send_message(
	const struct notify *notify, const struct message *message, int64_t deadline_ns)
{
	do {
		if (send(notify->fd, message->bytes, message->length,
			    MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	} while (may_wait(notify->fd, deadline_ns));
	return -EAGAIN;
}

static int send_surely(const struct notify *notify, const struct message *message)
{
	return send_message(notify, message, clock_deadline_ns(PATIENCE_NS));
}

/* 0, or a negative errno: -EINVAL where the name is neither a path nor abstract. */
static int read_address(const char *name, struct sockaddr_un *ret_address, socklen_t *ret_length)
{
	size_t length = strlen(name);

	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((name[0] != '/' && name[0] != '@') || length < 2)
		return -EINVAL;
	if (length >= sizeof(ret_address->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret_address->sun_path, name, length);
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (name[0] == '@')
		ret_address->sun_path[0] = '\0';
	else
		++*ret_length; /* a path ends in NUL, an abstract name where it ends */
	return 0;
}

/* The descriptor, or a negative errno. */
static int connect_to(const char *name)
{
	struct sockaddr_un address;
	socklen_t length;
	_cleanup_fd_ int fd = -1;
	int result = read_address(name, &address, &length);

	if (result)
		return result;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, length))
		return -errno;
	return fd_steal(&fd);
}

static int read_watchdog(int64_t *ret_every_ns, struct error *err)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t number;

	*ret_every_ns = 0;
	if (!usec)
		return 0;
	if (pid && (text_to_number(pid, 1, INT32_MAX, &number) || (pid_t)number != getpid()))
		return 0; /* somebody else's */
	if (text_to_number(usec, 2, INT64_MAX / 1000, &number))
		return error_set(err, EINVAL,
			_("cannot keep the watchdog quiet: WATCHDOG_USEC '%s' is no number of "
			  "microseconds"),
			usec);
	*ret_every_ns = (int64_t)(number / 2) * NS_PER_US;
	return 0;
}

int notify_open(struct notify *ret_notify, struct error *err)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct notify notify = NOTIFY_CLOSED;
	int result;

	*ret_notify = notify;
	if (!name || !*name)
		return 0;
	result = read_watchdog(&notify.watchdog_every_ns, err);
	if (result)
		return result;
	notify.fd = connect_to(name);
	if (notify.fd < 0)
		return error_errno(err, -notify.fd,
			_("cannot tell the service manager how things are, at '%s'"), name);
	*ret_notify = notify;
	return 0;
}

void notify_close(struct notify *notify)
{
	fd_close(&notify->fd);
	notify->watchdog_every_ns = 0;
}

int notify_ready(const struct notify *notify, const char *status)
{
	struct message message = {0};

	if (notify->fd < 0)
		return 0;
	add(&message, "READY=1\n");
	add_status(&message, status);
	return send_surely(notify, &message);
}

int notify_reloading(const struct notify *notify)
{
	struct message message = {0};

	if (notify->fd < 0)
		return 0;
	/* Type=notify-reload (systemd 253) compares the time with that of its signal. */
	add(&message, "RELOADING=1\nMONOTONIC_USEC=%lld\n",
		(long long)(clock_now_ns() / NS_PER_US));
	return send_surely(notify, &message);
}

int notify_stopping(const struct notify *notify, int64_t at_most_ns, const char *status)
{
	struct message message = {0};

	if (notify->fd < 0)
		return 0;
	add(&message, "STOPPING=1\n");
	if (at_most_ns > 0)
		add(&message, "EXTEND_TIMEOUT_USEC=%lld\n", (long long)(at_most_ns / NS_PER_US));
	add_status(&message, status);
	return send_surely(notify, &message);
}

int notify_status(const struct notify *notify, const char *status)
{
	struct message message = {0};

	if (notify->fd < 0 || !status)
		return 0;
	add_status(&message, status);
	return send_message(notify, &message, 0);
}

int notify_watchdog(const struct notify *notify)
{
	struct message message = {0};

	if (notify->fd < 0 || !notify->watchdog_every_ns)
		return 0;
	add(&message, "WATCHDOG=1\n");
	return send_message(notify, &message, 0);
}
