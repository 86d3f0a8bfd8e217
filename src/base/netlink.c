/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int netlink_open(struct netlink *netlink, int protocol, struct error *err)
{
	int yes = 1;

	*netlink = (struct netlink){.socket = mnl_socket_open2(protocol, SOCK_CLOEXEC)};
	if (!netlink->socket)
		return error_errno(err, errno, "netlink socket %d", protocol);
	/* Refused by no kernel we support, and only a nicety: words instead of a number. */
	mnl_socket_setsockopt(netlink->socket, NETLINK_EXT_ACK, &yes, sizeof(yes));
	if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int code = errno;

		netlink_close(netlink);
		return error_errno(err, code, "netlink bind");
	}
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

static int find_message(const struct nlattr *attribute, void *context)
{
	const char **message = context;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
		mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		*message = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

/* The kernel's words about a refusal, or NULL where it has none. */
static const char *extended_ack(const struct nlmsghdr *reply)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(reply);
	const char *message = NULL;
	size_t offset = sizeof(*error);

	if (!(reply->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	/* Unless capped, the acknowledgement repeats the whole request before its attributes. */
	if (!(reply->nlmsg_flags & NLM_F_CAPPED))
		offset += error->msg.nlmsg_len - sizeof(error->msg);
	if (mnl_nlmsg_get_payload_len(reply) > offset)
		mnl_attr_parse(reply, (unsigned int)offset, find_message, &message);
	return message;
}

/* libmnl forgets the error that ends a dump: the number behind NLMSG_DONE. */
static int finish_dump(const struct nlmsghdr *done, void *context)
{
	int code = 0;

	(void)context;
	if (mnl_nlmsg_get_payload_len(done) >= sizeof(code))
		memcpy(&code, mnl_nlmsg_get_payload(done), sizeof(code));
	errno = -code;
	return code < 0 ? MNL_CB_ERROR : MNL_CB_STOP;
}

static int finish_request(const struct nlmsghdr *reply, void *context)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(reply);

	(void)context;
	if (mnl_nlmsg_get_payload_len(reply) < sizeof(*error)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	errno = -error->error;
	return error->error ? MNL_CB_ERROR : MNL_CB_STOP;
}

static mnl_cb_t control[NLMSG_MIN_TYPE] = {
	[NLMSG_DONE] = finish_dump,
	[NLMSG_ERROR] = finish_request,
};

/*
 * The kernel makes its replies as large as we have ever had room for, however little it has to say,
 * and a large one costs it a fifth of a short dump. So the room is a page, the kernel's own least
 * (NLMSG_GOODSIZE), until a dump shows that there is much to say.
 */
#define SHORT_REPLIES 4

static size_t room_for_reply(struct netlink *netlink, int replies)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	netlink->has_much |= replies >= SHORT_REPLIES;
	return netlink->has_much || page > NETLINK_REPLY_BYTES ? NETLINK_REPLY_BYTES : page;
}

static int converse(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t each, void *context,
	const char *what, struct error *err)
{
	char buffer[NETLINK_REPLY_BYTES];
	unsigned int port = mnl_socket_get_portid(netlink->socket);
	int more = MNL_CB_OK;
	int replies = 0;

	request->nlmsg_seq = ++netlink->sequence;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return error_errno(err, errno, "%s", what);
	while (more > MNL_CB_STOP) {
		const struct nlmsghdr *reply = (const void *)buffer;
		ssize_t length = mnl_socket_recvfrom(
			netlink->socket, buffer, room_for_reply(netlink, replies++));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return error_errno(err, errno, "%s", what);
		more = mnl_cb_run2(buffer, (size_t)length, netlink->sequence, port, each, context,
			control, NLMSG_MIN_TYPE);
		if (more < 0) {
			int code = errno;
			const char *why =
				reply->nlmsg_type == NLMSG_ERROR ? extended_ack(reply) : NULL;

			if (why)
				return error_set(err, code, "%s: %s", what, why);
			return error_errno(err, code, "%s", what);
		}
	}
	return 0;
}

int netlink_get(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t each, void *context,
	const char *what, struct error *err)
{
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return converse(netlink, request, each, context, what, err);
}

int netlink_request(
	struct netlink *netlink, struct nlmsghdr *request, const char *what, struct error *err)
{
	return netlink_get(netlink, request, NULL, NULL, what, err);
}

int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t each, void *context,
	const char *what, struct error *err)
{
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	return converse(netlink, request, each, context, what, err);
}

int netlink_dump_begin(
	struct netlink *netlink, struct nlmsghdr *request, const char *what, struct error *err)
{
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = ++netlink->sequence;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return error_errno(err, errno, "%s", what);
	return 0;
}

ssize_t netlink_dump_receive(struct netlink *netlink, void *buffer)
{
	ssize_t length;

	do
		length = mnl_socket_recvfrom(netlink->socket, buffer, NETLINK_REPLY_BYTES);
	while (length < 0 && errno == EINTR);
	return length < 0 ? -errno : length;
}

/* What the message that ends a dump says: 0, or a negative errno. */
static int end_of_dump(const struct nlmsghdr *message)
{
	int code = 0;

	/* Both begin with the number, a negative errno. */
	if (mnl_nlmsg_get_payload_len(message) >= sizeof(code))
		memcpy(&code, mnl_nlmsg_get_payload(message), sizeof(code));
	else if (message->nlmsg_type == NLMSG_ERROR)
		code = -EBADMSG;
	return code > 0 ? 0 : code;
}

int netlink_dump_goes_on(const struct netlink *netlink, const void *datagram, size_t length,
	const char *what, struct error *err)
{
	const struct nlmsghdr *message;

	netlink_each(message, datagram, length)
	{
		const char *why;
		int code;

		if (message->nlmsg_seq != netlink->sequence)
			return error_errno(err, EPROTO, "%s", what);
		if (message->nlmsg_type != NLMSG_DONE && message->nlmsg_type != NLMSG_ERROR)
			continue;
		code = end_of_dump(message);
		if (!code)
			return 0;
		why = message->nlmsg_type == NLMSG_ERROR ? extended_ack(message) : NULL;
		if (why)
			return error_set(err, -code, "%s: %s", what, why);
		return error_errno(err, -code, "%s", what);
	}
	return 1;
}
