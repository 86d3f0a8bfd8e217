/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_ROUTE_H
#define OBSERVE_ROUTE_H

/*
 * The way from this host to a destination, found without a packet: connect() of a datagram socket looks
 * the route up as that of TCP does, and the routing table is asked by rtnetlink(7) for the rest. The
 * network namespace is that of this thread. Needs no privilege.
 */

#include <net/if.h>
#include <stdbool.h>

#include "tcp/endpoint.h"

struct route {
	struct endpoint source;   /* the address that connect() would choose; port 0 */
	struct endpoint peer;     /* who is meant: 0.0.0.0 is 127.0.0.1, [::] is [::1] */
	struct endpoint gateway;  /* family 0 where the peer is a neighbour */
	char device[IF_NAMESIZE]; /* "" where unknown */
	bool is_local;            /* the peer is this host */
	uint32_t own_interface;   /* then: the index of the one that has the address; 0 unknown */
};

/*
 * From `from` (its address; family 0 for any) to `peer`. 0, or the negative errno that connect() of TCP
 * would give: -ENETUNREACH (no route, or not to one host), -EHOSTUNREACH, -EACCES, -EINVAL (routes of
 * the types unreachable, prohibit and blackhole), -EADDRNOTAVAIL (no source address).
 */
int route_find(const struct endpoint *peer, const struct endpoint *from, struct route *ret_route);

/* Does it stand for many hosts (broadcast, multicast)? Then no route makes it one. */
bool route_is_to_many(const struct endpoint *peer);

#endif
