/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/silence.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/i18n.h"

union silence_request {
	struct nlmsghdr header;
	char bytes[128];
};

struct delivery {
	silence_each *each;
	void *context;
	int result;
};

/* Older kernels have a shorter tcp_info; these two members are as old as it is. */
#define ENOUGH_BYTES (offsetof(struct tcp_info, tcpi_last_ack_recv) + sizeof(uint32_t))

static int find_info(const struct nlattr *attribute, void *context)
{
	const void **ret_info = context;

	if (mnl_attr_get_type(attribute) == INET_DIAG_INFO &&
		mnl_attr_get_payload_len(attribute) >= ENOUGH_BYTES)
		*ret_info = mnl_attr_get_payload(attribute);
	return MNL_CB_OK;
}

static uint32_t read_member(const void *info, size_t offset)
{
	uint32_t value;

	memcpy(&value, (const char *)info + offset, sizeof(value));
	return value;
}

static int deliver(const struct nlmsghdr *message, void *context)
{
	struct delivery *delivery = context;
	const struct inet_diag_msg *row = mnl_nlmsg_get_payload(message);
	const void *info = NULL;
	struct silence silence;

	if (delivery->result < 0 || mnl_nlmsg_get_payload_len(message) < sizeof(*row))
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*row), find_info, &info);
	if (!info)
		return MNL_CB_OK;
	silence = (struct silence){
		.cookie = row->id.idiag_cookie[0] | (uint64_t)row->id.idiag_cookie[1] << 32,
		.last_segment_ms = read_member(info, offsetof(struct tcp_info, tcpi_last_ack_recv)),
		.last_data_ms = read_member(info, offsetof(struct tcp_info, tcpi_last_data_recv)),
	};
	delivery->result = delivery->each(delivery->context, &silence);
	return MNL_CB_OK;
}

int silence_dump(
	struct diag *diag, uint32_t states, silence_each *each, void *context, struct error *err)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct delivery delivery = {.each = each, .context = context};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		union silence_request request = {0};
		struct inet_diag_req_v2 *body;
		int r;

		mnl_nlmsg_put_header(&request);
		request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
		body = mnl_nlmsg_put_extra_header(&request.header, sizeof(*body));
		body->sdiag_family = families[i];
		body->sdiag_protocol = IPPROTO_TCP;
		body->idiag_states = states;
		body->idiag_ext = 1 << (INET_DIAG_INFO - 1);
		r = netlink_dump(&diag->netlink, &request.header, deliver, &delivery,
			_("cannot list the TCP sockets"), err);
		if (r < 0)
			return r;
	}
	if (delivery.result < 0)
		return error_errno(err, -delivery.result, "%s", _("cannot list the TCP sockets"));
	return 0;
}
