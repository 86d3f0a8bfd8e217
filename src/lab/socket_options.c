/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/socket_options.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* TCP_LINGER2: any negative number ends an orphan at once. */
static int set_number(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_linger(int fd, const struct socket_option_value *value)
{
	struct linger linger = {.l_onoff = !value->is_off, .l_linger = value->value};

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0 ? -errno : 0;
}

static int set_keepalive(int fd, const struct socket_option_value *value)
{
	int r = 0;

	/* The times first: they count from the moment keepalive is turned on. */
	if (!value->is_off) {
		r = set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, value->value);
		if (r == 0)
			r = set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, value->interval);
		if (r == 0)
			r = set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, value->count);
	}
	return r < 0 ? r : set_number(fd, SOL_SOCKET, SO_KEEPALIVE, !value->is_off);
}

static int set_option(int fd, enum socket_option option, const struct socket_option_value *value)
{
	int number = value->is_off ? 0 : value->value;

	switch (option) {
	case OPTION_REUSEADDR: return set_number(fd, SOL_SOCKET, SO_REUSEADDR, !value->is_off);
	case OPTION_REUSEPORT: return set_number(fd, SOL_SOCKET, SO_REUSEPORT, !value->is_off);
	case OPTION_NODELAY: return set_number(fd, IPPROTO_TCP, TCP_NODELAY, !value->is_off);
	/* Of the IP level for IPv6 sockets too. */
	case OPTION_BIND_NO_PORT:
		return set_number(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, !value->is_off);
	case OPTION_LINGER: return set_linger(fd, value);
	case OPTION_LINGER2: return set_number(fd, IPPROTO_TCP, TCP_LINGER2, number);
	case OPTION_KEEPALIVE: return set_keepalive(fd, value);
	case OPTION_USER_TIMEOUT: return set_number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, number);
	case OPTION_RCVBUF: return set_number(fd, SOL_SOCKET, SO_RCVBUF, number);
	case OPTION_SNDBUF: return set_number(fd, SOL_SOCKET, SO_SNDBUF, number);
	case OPTION_COUNT: break;
	}
	return -EINVAL;
}

int socket_options_apply(const struct socket_options *options, int fd)
{
	for (int option = 0; option < OPTION_COUNT; option++) {
		const struct socket_option_value *value = &options->values[option];
		int r = value->is_named ? set_option(fd, (enum socket_option)option, value) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
