/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "base/i18n.h"
#include "observe/diag_message.h"

/* Room for a header and any of the request bodies, without attributes. */
union diag_request {
	struct nlmsghdr header;
	char bytes[128];
};

const char *diag_timer_name(enum diag_timer timer)
{
	switch (timer) {
	case DIAG_TIMER_NONE: break;
	case DIAG_TIMER_ON: return "on";
	case DIAG_TIMER_KEEPALIVE: return "keepalive";
	case DIAG_TIMER_TIMEWAIT: return "timewait";
	case DIAG_TIMER_PERSIST: return "persist";
	}
	return "none";
}

int diag_open(struct diag *diag, struct error *err)
{
	*diag = (struct diag){0};
	return netlink_open(&diag->netlink, NETLINK_SOCK_DIAG, err);
}

void diag_close(struct diag *diag)
{
	netlink_close(&diag->netlink);
}

static struct endpoint read_endpoint(
	const struct inet_diag_msg *row, const __be32 *address, __be16 port)
{
	bool is_ipv6 = row->idiag_family == AF_INET6;
	struct endpoint endpoint = {.family = row->idiag_family, .port = ntohs(port)};

	/* Two copies of known length, which need no call: there may be millions of rows. */
	if (!is_ipv6) {
		memcpy(endpoint.address, address, 4);
		return endpoint;
	}
	memcpy(endpoint.address, address, 16);
	if (IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)address))
		endpoint.interface = row->id.idiag_if;
	return endpoint;
}

static void read_row(const struct inet_diag_msg *row, struct diag_socket *socket)
{
	*socket = (struct diag_socket){
		.local = read_endpoint(row, row->id.idiag_src, row->id.idiag_sport),
		.peer = read_endpoint(row, row->id.idiag_dst, row->id.idiag_dport),
		.state = tcp_state_fold((enum tcp_state)row->idiag_state),
		.retransmissions = row->idiag_retrans,
		.receive_queue = row->idiag_rqueue,
		.send_queue = row->idiag_wqueue,
		.uid = row->idiag_uid,
		.inode = row->idiag_inode,
		.cookie = row->id.idiag_cookie[0] | (uint64_t)row->id.idiag_cookie[1] << 32,
	};
	/* The socket may be bound to a device: without it, SOCK_DESTROY would not find it. */
	socket->local.interface = row->id.idiag_if;
	if (row->idiag_timer <= DIAG_TIMER_PERSIST)
		socket->timer = (enum diag_timer)row->idiag_timer;
	if (socket->timer != DIAG_TIMER_NONE)
		socket->timer_ms = row->idiag_expires;
}

static int read_attribute(const struct nlattr *attribute, void *context)
{
	struct diag_socket *socket = context;

	if (mnl_attr_get_type(attribute) == INET_DIAG_SKV6ONLY &&
		mnl_attr_get_payload_len(attribute) >= sizeof(uint8_t))
		socket->is_v6only = mnl_attr_get_u8(attribute);
	return MNL_CB_OK;
}

bool diag_read_message(const struct nlmsghdr *message, uint32_t states, struct diag_socket *socket)
{
	if (message->nlmsg_type < NLMSG_MIN_TYPE ||
		message->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		return false;
	read_row((const void *)((const char *)message + NLMSG_HDRLEN), socket);
	if (socket->state == TCP_STATE_CLOSED) {
		/* The kernel has no number for BOUND but its bit in the mask. Without that bit,
		 * the socket died while its row was being written. */
		if (!(states & DIAG_STATE(TCP_STATE_BOUND)) || !socket->local.port)
			return false;
		socket->state = TCP_STATE_BOUND;
	}
	if (socket->local.family == AF_INET6 &&
		(socket->state == TCP_STATE_LISTEN || socket->state == TCP_STATE_BOUND))
		mnl_attr_parse(message, sizeof(struct inet_diag_msg), read_attribute, socket);
	return true;
}

struct delivery {
	diag_each *each;
	void *context;
	uint32_t states;
	bool has_rows;
	int result;
};

static int deliver(const struct nlmsghdr *message, void *context)
{
	struct delivery *delivery = context;
	struct diag_socket socket;

	/* A reader that has had enough: still drain the dump, or the next one would be refused. */
	if (delivery->result < 0)
		return MNL_CB_OK;
	delivery->has_rows = true;
	if (diag_read_message(message, delivery->states, &socket))
		delivery->result = delivery->each(delivery->context, &socket);
	return MNL_CB_OK;
}

void diag_put_family_request(struct nlmsghdr *request, uint8_t family, uint32_t states)
{
	struct inet_diag_req_v2 *body;

	mnl_nlmsg_put_header(request);
	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->sdiag_family = family;
	body->sdiag_protocol = IPPROTO_TCP;
	body->idiag_states = states;
}

/*
 * The request from before SOCK_DIAG_BY_FAMILY asks for no family, so that one walk over the
 * kernel's tables yields both.
 */
void diag_put_legacy_request(struct nlmsghdr *request, uint32_t states)
{
	struct inet_diag_req *body;

	mnl_nlmsg_put_header(request);
	request->nlmsg_type = TCPDIAG_GETSOCK;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->idiag_family = AF_INET;
	body->idiag_states = states;
}

static int dump_family(
	struct diag *diag, uint8_t family, struct delivery *delivery, struct error *err)
{
	union diag_request request = {0};

	diag_put_family_request(&request.header, family, delivery->states);
	return netlink_dump(&diag->netlink, &request.header, deliver, delivery,
		_("cannot list the TCP sockets"), err);
}

static int dump_both(struct diag *diag, struct delivery *delivery, struct error *err)
{
	union diag_request request = {0};

	diag_put_legacy_request(&request.header, delivery->states);
	return netlink_dump(&diag->netlink, &request.header, deliver, delivery,
		_("cannot list the TCP sockets"), err);
}

int diag_dump(struct diag *diag, uint32_t states, diag_each *each, void *context, struct error *err)
{
	struct delivery delivery = {.each = each, .context = context, .states = states};
	struct error refusal;
	int r;

	if (!diag->has_no_legacy) {
		r = dump_both(diag, &delivery, &refusal);
		if (r < 0 && delivery.has_rows)
			return error_set(err, -r, "%s", refusal.text);
		diag->has_no_legacy = r < 0;
	}
	if (diag->has_no_legacy) {
		r = dump_family(diag, AF_INET, &delivery, err);
		if (r == 0)
			r = dump_family(diag, AF_INET6, &delivery, err);
		if (r < 0)
			return r;
	}
	if (delivery.result < 0)
		return error_errno(err, -delivery.result, "%s", _("cannot list the TCP sockets"));
	return 0;
}

static void name_socket(const struct diag_socket *socket, struct inet_diag_sockid *id)
{
	id->idiag_sport = htons(socket->local.port);
	id->idiag_dport = htons(socket->peer.port);
	memcpy(id->idiag_src, socket->local.address, sizeof(id->idiag_src));
	memcpy(id->idiag_dst, socket->peer.address, sizeof(id->idiag_dst));
	id->idiag_if = socket->local.interface;
	id->idiag_cookie[0] = (uint32_t)socket->cookie;
	id->idiag_cookie[1] = (uint32_t)(socket->cookie >> 32);
}

static int explain_refusal(int code, struct error *err)
{
	if (code == EPERM)
		return error_set(err, code,
			_("cannot destroy a socket: %s (CAP_NET_ADMIN is needed in its network "
			  "namespace: run as root)"),
			strerror(code));
	if (code == EOPNOTSUPP)
		return error_set(err, code,
			_("cannot destroy a socket: this kernel was built without "
			  "CONFIG_INET_DIAG_DESTROY"));
	return error_errno(err, code, "%s", _("cannot destroy a socket"));
}

int diag_destroy(struct diag *diag, const struct diag_socket *socket, struct error *err)
{
	union diag_request request = {0};
	struct inet_diag_req_v2 *body;
	int r;

	mnl_nlmsg_put_header(&request);
	request.header.nlmsg_type = SOCK_DESTROY;
	body = mnl_nlmsg_put_extra_header(&request.header, sizeof(*body));
	body->sdiag_family = (uint8_t)socket->local.family;
	body->sdiag_protocol = IPPROTO_TCP;
	body->idiag_states = UINT32_MAX;
	name_socket(socket, &body->id);
	r = netlink_request(&diag->netlink, &request.header, "", NULL);
	return r < 0 ? explain_refusal(-r, err) : 0;
}
