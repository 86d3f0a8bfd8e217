/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_LINK_H
#define LAB_LINK_H

/*
 * Network devices, addresses and routes by rtnetlink, without the `ip` command. Everything acts in
 * the network namespace that `rtnl` was opened in and needs CAP_NET_ADMIN there.
 */

#include <stdint.h>

#include "base/error.h"
#include "base/netlink.h"
#include "tcp/endpoint.h"

#define LINK_MAC_BYTES 6

struct link_veth {
	const char *name;     /* of the near end, here */
	int index;            /* it is to get */
	const char *far_name; /* of the far end, in the namespace of far_netns_fd */
	int far_netns_fd;
	uint8_t mac[LINK_MAC_BYTES], far_mac[LINK_MAC_BYTES];
};

/* Makes the pair, without ARP on either end, and takes the near end up. */
int link_create_veth(struct netlink *rtnl, const struct link_veth *veth, struct error *err);

/* Takes a device up; *ret_index is its index (NULL when not wanted). */
int link_up(struct netlink *rtnl, const char *name, int *ret_index, struct error *err);

/*
 * Waits until the device really sends. The kernel activates the end of a pair that was taken up
 * first only when its link watch gets round to it, and until then drops in silence what it is
 * given. -ETIMEDOUT after five seconds.
 */
int link_await_running(struct netlink *rtnl, int index, struct error *err);

/* Adds a host address (/32, /128) that brings no route, without duplicate address detection. */
int link_add_address(
	struct netlink *rtnl, int index, const struct endpoint *address, struct error *err);

/*
 * Waits until the kernel takes packets to the address for its own. It inserts the local route of
 * an IPv6 address from a work queue, even where there is no duplicate to detect, and refuses until
 * then what arrives. -ETIMEDOUT after five seconds.
 */
int link_await_address(struct netlink *rtnl, const struct endpoint *address, struct error *err);

/*
 * The route to one peer, on this link, with RTAX_QUICKACK: an ACK leaves at once, because a
 * delayed one would ride on the next FIN and hide FIN_WAIT2.
 */
int link_add_route(struct netlink *rtnl, int index, const struct endpoint *peer,
	const struct endpoint *source, struct error *err);

/*
 * Makes the kernel fill in checksums before the device: a veth leaves them to a card that is not
 * there, and the wire would carry wrong ones. In the caller's namespace.
 */
int link_disable_checksum_offload(const char *name, struct error *err);

#endif
