/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LISTEN_H
#define DAYTIME_LISTEN_H

/*
 * The sockets a server listens on: for each address and protocol one, or a group of them, a lane
 * for each CPU, which share the address by SO_REUSEPORT. IPv4 is apart from IPv6.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* More lanes than this serve no purpose. */
#define LISTEN_LANES_MAX 256

struct listen_options {
	uint16_t port;
	const char *address;         /* an address or a name of this host; NULL: all addresses */
	bool wants_ipv4, wants_ipv6; /* neither: both, as far as the host has them */
	bool wants_tcp, wants_udp;
	int lanes; /* from 1 to LISTEN_LANES_MAX */
};

struct listen_socket {
	int fd; /* -1 once it is closed */
	int family;
	bool is_datagram;
	uint16_t port;
	int lane; /* its number in its group, from 0; LISTEN_SHARED where it is alone */
};

#define LISTEN_SHARED (-1)

/* Those that are open; initialise with {0}. */
struct listen_set {
	struct listen_socket *sockets;
	size_t count, room;
};

/*
 * Opens them all, non-blocking, TCP with SO_REUSEADDR, UDP such that each datagram tells
 * which of our addresses it came to. A family that the host lacks is passed over unless it
 * was asked for. Another server's port is taken even if that server shares it by
 * SO_REUSEPORT: the first socket of a group is bound as if it were to be the only one. Ports below
 * ip_unprivileged_port_start need CAP_NET_BIND_SERVICE. A name is looked up, which may
 * block. 0 or a negative errno; on failure none is left open.
 *
 * Within a group the kernel numbers the sockets as they are opened here, so its number is a lane.
 */
int listen_open(struct listen_set *set, const struct listen_options *options, struct error *err);

/* What listen_open() does to a datagram socket after making it; for one that was inherited. */
int listen_want_destination(int fd, int family);

/* Takes over a socket that somebody else opened. */
void listen_add(struct listen_set *set, struct listen_socket socket);

/* Closes what is open, and frees. */
void listen_close(struct listen_set *set);

#endif
