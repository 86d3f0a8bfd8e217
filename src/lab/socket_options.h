/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_SOCKET_OPTIONS_H
#define LAB_SOCKET_OPTIONS_H

/*
 * Socket options as the laboratory sets them: only those that were named, each to a value or off.
 * See socket(7), tcp(7), ip(7).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum socket_option {
	OPTION_REUSEADDR,    /* SO_REUSEADDR */
	OPTION_REUSEPORT,    /* SO_REUSEPORT */
	OPTION_NODELAY,      /* TCP_NODELAY */
	OPTION_BIND_NO_PORT, /* IP_BIND_ADDRESS_NO_PORT: bind() leaves the port to connect() */
	OPTION_LINGER,       /* SO_LINGER, seconds; 0: close() sends RST */
	OPTION_LINGER2,      /* TCP_LINGER2, seconds an orphan stays in FIN_WAIT2; -1: not at all */
	OPTION_KEEPALIVE,    /* SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT */
	OPTION_USER_TIMEOUT, /* TCP_USER_TIMEOUT, milliseconds (RFC 5482) */
	OPTION_RCVBUF,       /* SO_RCVBUF, bytes (the kernel doubles it) */
	OPTION_SNDBUF,       /* SO_SNDBUF, likewise */
	OPTION_COUNT,
};

struct socket_options {
	struct socket_option_value {
		bool is_named;
		bool is_off;
		int value;           /* in the unit above; flags: 1; keepalive: seconds idle */
		int interval, count; /* keepalive alone */
	} values[OPTION_COUNT];
};

/*
 * Sets what is named on a TCP socket: 0, or the negative errno of the first that the kernel refused
 * (SO_RCVBUF and the like are limited in silence, as everywhere).
 */
int socket_options_apply(const struct socket_options *options, int fd);

#endif
