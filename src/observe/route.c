/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/fd.h"
#include "base/netlink.h"

/* Below these are the ports that want a privilege. */
#define LOWEST_PORT 1024

union route_request {
	struct nlmsghdr header;
	char bytes[256];
};

static size_t address_bytes(const struct endpoint *endpoint)
{
	return endpoint->family == AF_INET6 ? 16 : 4;
}

/* What the kernel says of the route. */
struct answer {
	struct route *route;
	struct endpoint peer; /* of IPv4 where it is mapped into IPv6 */
	unsigned int kind;    /* RTN_UNICAST, RTN_LOCAL...; RTN_UNSPEC where it said nothing */
	uint32_t interface;
};

static int read_attribute(const struct nlattr *attribute, void *context)
{
	struct answer *answer = context;
	struct route *route = answer->route;
	uint16_t length = mnl_attr_get_payload_len(attribute);

	switch (mnl_attr_get_type(attribute)) {
	case RTA_OIF:
		if (length >= sizeof(uint32_t))
			answer->interface = mnl_attr_get_u32(attribute);
		break;
	case RTA_GATEWAY:
		if (length != address_bytes(&answer->peer))
			break;
		route->gateway = (struct endpoint){.family = answer->peer.family};
		memcpy(route->gateway.address, mnl_attr_get_payload(attribute), length);
		break;
	default: break;
	}
	return MNL_CB_OK;
}

static int read_answer(const struct nlmsghdr *message, void *context)
{
	struct answer *answer = context;
	const struct rtmsg *body = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*body))
		return MNL_CB_OK;
	answer->kind = body->rtm_type;
	mnl_attr_parse(message, sizeof(*body), read_attribute, answer);
	return MNL_CB_OK;
}

/* RTM_F_FIB_MATCH: of the entry of the table itself; else of what becomes of it, which is lo for oneself. */
static void ask(struct netlink *netlink, unsigned int flags, struct answer *answer)
{
	union route_request request = {0};
	const struct endpoint *peer = &answer->peer;
	struct rtmsg *body;

	mnl_nlmsg_put_header(&request);
	request.header.nlmsg_type = RTM_GETROUTE;
	body = mnl_nlmsg_put_extra_header(&request.header, sizeof(*body));
	body->rtm_family = (unsigned char)peer->family;
	body->rtm_dst_len = (unsigned char)(8 * address_bytes(peer));
	body->rtm_flags = flags;
	mnl_attr_put(&request.header, RTA_DST, address_bytes(peer), peer->address);
	if (peer->interface)
		mnl_attr_put_u32(&request.header, RTA_OIF, peer->interface);
	answer->interface = 0;
	if (netlink_get(netlink, &request.header, read_answer, answer, "", NULL) < 0)
		answer->kind = RTN_UNSPEC;
}

/* Fills in what only the routing table knows; where it does not answer, that stays unknown. */
static unsigned int ask_table(struct route *route)
{
	struct answer answer = {.route = route, .peer = endpoint_unmap(&route->peer)};
	struct netlink netlink;
	unsigned int kind;

	if (netlink_open(&netlink, NETLINK_ROUTE, NULL) < 0)
		return RTN_UNSPEC;
	ask(&netlink, 0, &answer);
	kind = answer.kind;
	if (answer.interface)
		if_indextoname(answer.interface, route->device);
	if (kind == RTN_LOCAL) {
		ask(&netlink, RTM_F_FIB_MATCH, &answer);
		route->own_interface = answer.interface;
	}
	netlink_close(&netlink);
	return kind;
}

static int read_names(int fd, struct route *route)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);
	int r;

	if (getsockname(fd, (struct sockaddr *)&name, &length) < 0)
		return -errno;
	r = endpoint_from_sockaddr((const struct sockaddr *)&name, &route->source);
	if (r < 0)
		return r;
	route->source.port = 0;
	length = sizeof(name);
	if (getpeername(fd, (struct sockaddr *)&name, &length) < 0)
		return -errno;
	return endpoint_from_sockaddr((const struct sockaddr *)&name, &route->peer);
}

/*
 * All of ip_local_port_range may be reserved, or in use by others' datagram sockets. Then a port beside it will do:
 * no program has it, and nobody will hear of it.
 */
static int bind_to_any_port(int fd, struct endpoint at)
{
	for (at.port = UINT16_MAX; at.port >= LOWEST_PORT; at.port--) {
		struct sockaddr_storage address;
		socklen_t length = endpoint_to_sockaddr(&at, &address);

		if (bind(fd, (const struct sockaddr *)&address, length) == 0)
			return 0;
		if (errno != EADDRINUSE)
			break;
	}
	return -errno;
}

/* A datagram socket that is connected, and says nothing. */
static int connect_datagram(
	const struct endpoint *peer, const struct endpoint *from, struct route *route)
{
	_cleanup_fd_ int fd = socket(peer->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address;
	struct endpoint source = *from;
	socklen_t length;
	int yes = 1, r;

	if (fd < 0)
		return -errno;
	/* A broadcast address would be refused with EACCES, which TCP does not say. */
	if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes)) < 0)
		return -errno;
	source.port = 0;
	length = endpoint_to_sockaddr(&source, &address);
	r = source.family ? bind(fd, (const struct sockaddr *)&address, length) : 0;
	if (r < 0 && (errno != EADDRINUSE || bind_to_any_port(fd, source) < 0))
		return -errno;
	length = endpoint_to_sockaddr(peer, &address);
	r = connect(fd, (const struct sockaddr *)&address, length);
	source.family = peer->family;
	if (r < 0 && errno == EAGAIN && bind_to_any_port(fd, source) == 0)
		r = connect(fd, (const struct sockaddr *)&address, length);
	if (r < 0)
		return -errno;
	return read_names(fd, route);
}

/* Multicast, and 255.255.255.255: where the source is given there may be a route without an entry for it. */
static bool is_many(const struct endpoint *peer)
{
	static const uint8_t everybody[] = {255, 255, 255, 255};
	struct endpoint plain = endpoint_unmap(peer);

	if (plain.family == AF_INET6)
		return plain.address[0] == 0xff;
	return (plain.address[0] & 0xf0) == 0xe0 ||
	       !memcmp(plain.address, everybody, sizeof(everybody));
}

bool route_is_to_many(const struct endpoint *peer)
{
	struct route route = {.peer = *peer};
	unsigned int kind = is_many(peer) ? RTN_MULTICAST : ask_table(&route);

	return kind == RTN_BROADCAST || kind == RTN_MULTICAST;
}

int route_find(const struct endpoint *peer, const struct endpoint *from, struct route *ret_route)
{
	struct route route = {.peer = *peer};
	unsigned int kind;
	int r;

	/* A connection is between two. */
	if (is_many(peer))
		return -ENETUNREACH;
	r = connect_datagram(peer, from, &route);
	if (r < 0)
		return r;
	kind = ask_table(&route);
	if (kind == RTN_BROADCAST || kind == RTN_MULTICAST)
		return -ENETUNREACH;
	route.is_local = kind == RTN_LOCAL;
	*ret_route = route;
	return 0;
}
