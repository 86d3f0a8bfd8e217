/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_NETLINK_H
#define BASE_NETLINK_H

/*
 * Netlink conversations over libmnl: one request, its acknowledgement or its dump, and the
 * kernel's own words when it refuses. A socket keeps the network namespace it was opened
 * in. Blocking: the kernel answers within the system call.
 */

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct netlink {
	struct mnl_socket *socket; /* NULL when closed */
	uint32_t sequence;
	bool has_much; /* the kernel has had more to say than fits into a few short replies */
};

/* The kernel never sends more than 32 KiB at once. */
#define NETLINK_REPLY_BYTES 32768

/* Opens in the caller's network namespace. 0 or a negative errno. */
int netlink_open(struct netlink *netlink, int protocol, struct error *err);
void netlink_close(struct netlink *netlink);

/*
 * Sends the request (flags get NLM_F_REQUEST | NLM_F_ACK) and waits for the answer. `what`
 * begins the error's text, the kernel's extended acknowledgement ends it.
 */
int netlink_request(
	struct netlink *netlink, struct nlmsghdr *request, const char *what, struct error *err);

/* The same for a question: hands the answer to `each`, which returns MNL_CB_OK. */
int netlink_get(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t each, void *context,
	const char *what, struct error *err);

/*
 * Sends the request as a dump and hands every message to `each`, which returns MNL_CB_OK.
 * A dump is no snapshot: rows may be missed or doubled when things change meanwhile.
 */
int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t each, void *context,
	const char *what, struct error *err);

/*
 * The same in pieces, for who wants the bytes themselves: begin, then receive datagrams and ask of each
 * whether the dump goes on. Begin and receive may happen on different threads, one at a time.
 */
int netlink_dump_begin(
	struct netlink *netlink, struct nlmsghdr *request, const char *what, struct error *err);

/* One datagram: its length, or a negative errno. Room for NETLINK_REPLY_BYTES. EINTR is not returned. */
ssize_t netlink_dump_receive(struct netlink *netlink, void *buffer);

/* Walks the messages of a datagram; inline, for there may be millions. */
#define netlink_each(message, bytes, length)                                                       \
	for (size_t netlink_left_ = ((message) = (const void *)(bytes), (length));                 \
		NLMSG_OK((message), netlink_left_);                                                \
		(message) = netlink_next((message), &netlink_left_))

static inline const struct nlmsghdr *netlink_next(const struct nlmsghdr *message, size_t *left)
{
	size_t length = NLMSG_ALIGN(message->nlmsg_len);

	*left -= length < *left ? length : *left;
	return (const void *)((const char *)message + length);
}

/* Of a datagram: 1, there is more to come; 0, it was the last; or a negative errno, in words as above. */
int netlink_dump_goes_on(const struct netlink *netlink, const void *datagram, size_t length,
	const char *what, struct error *err);

#endif
