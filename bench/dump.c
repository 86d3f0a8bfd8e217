/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that a look at all TIME_WAITs can cost: the kernel is asked for them, and its answer thrown away.
 */

#include <err.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int main(void)
{
	static char reply[32768] __attribute__((aligned(16)));
	const struct nlmsghdr *header = (const void *)reply;
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 body;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = AF_INET,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = 1u << TCP_TIME_WAIT},
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		err(1, "sock_diag");
	do {
		if (recv(fd, reply, sizeof(reply), 0) <= 0)
			err(1, "sock_diag");
	} while (header->nlmsg_type != NLMSG_DONE && header->nlmsg_type != NLMSG_ERROR);
	return header->nlmsg_type == NLMSG_ERROR;
}
