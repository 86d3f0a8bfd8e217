/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LISTEN_H
#define DAYTIME_LISTEN_H

/* The sockets a server listens on: one for each address, IPv4 apart from IPv6. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define LISTEN_SOCKETS_MAX 16

struct listen_options {
	uint16_t port;
	const char *address;         /* an address or a name of this host; NULL: all addresses */
	bool wants_ipv4, wants_ipv6; /* neither: both, as far as the host has them */
	bool wants_tcp, wants_udp;
};

struct listen_socket {
	int fd;
	int family;
	bool is_datagram;
};

/* Those that are open; initialise with {0}. */
struct listen_set {
	struct listen_socket sockets[LISTEN_SOCKETS_MAX];
	int count;
};

/*
 * Opens them all, non-blocking, TCP with SO_REUSEADDR, UDP such that each datagram tells
 * which of our addresses it came to. A family that the host lacks is passed over unless it
 * was asked for. Ports below ip_unprivileged_port_start need CAP_NET_BIND_SERVICE. A name
 * is looked up, which may block. 0 or a negative errno; on failure none is left open.
 */
int listen_open(struct listen_set *set, const struct listen_options *options, struct error *err);

/* What listen_open() does to a datagram socket after making it; for one that was inherited. */
int listen_want_destination(int fd, int family);

void listen_close(struct listen_set *set);

#endif
