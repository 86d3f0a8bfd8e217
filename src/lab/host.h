/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_HOST_H
#define LAB_HOST_H

/*
 * One of the two hosts: a network namespace with a loopback and one device, eth0, whose other
 * end lies in the base namespace, on the wire. Nothing routes, resolves or configures itself: what
 * a host sends is what its TCP wants to send.
 */

#include "base/error.h"
#include "lab/sandbox.h"
#include "lab/timeline.h"
#include "observe/diag.h"

struct host {
	int netns_fd;
	struct diag diag;
	struct endpoint address; /* its own; port 0 */
	int wire_index;          /* of the veth's end in the base namespace */
};

#define HOST_NONE                                                                                  \
	{                                                                                          \
		.netns_fd = -1                                                                     \
	}

/* Both hosts have this hardware address, and the wire's ends too: nobody asks for it by ARP. */
extern const uint8_t host_mac[6];

/* The address of a host: RFC 5737's 192.0.2.0/24 or RFC 3849's 2001:db8::/32. */
struct endpoint host_address(enum host_id id, bool is_ipv6);

/* Leaves the thread in the base namespace. On failure nothing is left open. */
int host_open(struct host *host, enum host_id id, bool is_ipv6, const struct sandbox *sandbox,
	struct error *err);
void host_close(struct host *host);

/* A socket that lives on the host, non-blocking and close-on-exec; the thread stays in the base. */
int host_socket(
	const struct host *host, const struct sandbox *sandbox, int type, struct error *err);

#endif
