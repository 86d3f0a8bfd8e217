/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"

#define REQUEST_BYTES 512

#define AWAIT_NS      (5 * NS_PER_S)

/* IF_OPER_UNKNOWN and IF_OPER_UP of <linux/if.h>, which cannot stand beside <net/if.h>. */
enum { OPERATION_UNKNOWN = 0, OPERATION_UP = 6 };

static struct nlmsghdr *begin(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = flags;
	return request;
}

static size_t address_length(const struct endpoint *endpoint)
{
	return endpoint->family == AF_INET6 ? 16 : 4;
}

int link_create_veth(struct netlink *rtnl, const struct link_veth *veth, struct error *err)
{
	char buffer[REQUEST_BYTES];
	struct nlmsghdr *request = begin(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *near = mnl_nlmsg_put_extra_header(request, sizeof(*near));
	struct ifinfomsg *far;
	struct nlattr *info, *data, *peer;

	near->ifi_index = veth->index;
	near->ifi_flags = IFF_UP | IFF_NOARP;
	near->ifi_change = IFF_UP | IFF_NOARP;
	mnl_attr_put_strz(request, IFLA_IFNAME, veth->name);
	mnl_attr_put(request, IFLA_ADDRESS, LINK_MAC_BYTES, veth->mac);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(request, VETH_INFO_PEER);
	far = mnl_nlmsg_put_extra_header(request, sizeof(*far));
	far->ifi_flags = IFF_NOARP;
	far->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(request, IFLA_IFNAME, veth->far_name);
	mnl_attr_put(request, IFLA_ADDRESS, LINK_MAC_BYTES, veth->far_mac);
	mnl_attr_put_u32(request, IFLA_NET_NS_FD, (uint32_t)veth->far_netns_fd);
	mnl_attr_nest_end(request, peer);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return netlink_request(rtnl, request, "cannot create a veth pair", err);
}

int link_up(struct netlink *rtnl, const char *name, int *ret_index, struct error *err)
{
	char buffer[REQUEST_BYTES];
	struct nlmsghdr *request = begin(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	unsigned int index = if_nametoindex(name);

	if (!index)
		return error_errno(err, errno, "device %s", name);
	link->ifi_index = (int)index;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	if (ret_index)
		*ret_index = (int)index;
	return netlink_request(rtnl, request, "cannot take a device up", err);
}

static int read_attribute(const struct nlattr *attribute, void *context)
{
	uint8_t *state = context;

	if (mnl_attr_get_type(attribute) == IFLA_OPERSTATE &&
		mnl_attr_validate(attribute, MNL_TYPE_U8) == 0)
		*state = mnl_attr_get_u8(attribute);
	return MNL_CB_OK;
}

static int read_state(const struct nlmsghdr *reply, void *context)
{
	return mnl_attr_parse(reply, sizeof(struct ifinfomsg), read_attribute, context);
}

int link_await_running(struct netlink *rtnl, int index, struct error *err)
{
	int64_t deadline_ns = clock_deadline_ns(AWAIT_NS);
	uint8_t state = OPERATION_UNKNOWN;

	/* Not IFF_RUNNING: a device that the link watch has not seen yet is "unknown" to the kernel, which counts
	 * as running, and still drops what it is given. */
	for (; state != OPERATION_UP; sched_yield()) {
		char buffer[REQUEST_BYTES];
		struct nlmsghdr *request = begin(buffer, RTM_GETLINK, 0);
		struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
		int r;

		/* Answered under the lock that the link watch holds while it activates. */
		link->ifi_index = index;
		r = netlink_get(rtnl, request, read_state, &state, "cannot ask for a device", err);
		if (r < 0)
			return r;
		if (clock_now_ns() > deadline_ns)
			return error_set(err, ETIMEDOUT, _("a network device does not come up"));
	}
	return 0;
}

int link_add_address(
	struct netlink *rtnl, int index, const struct endpoint *address, struct error *err)
{
	char buffer[REQUEST_BYTES];
	struct nlmsghdr *request = begin(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(request, sizeof(*message));
	size_t length = address_length(address);

	message->ifa_family = (uint8_t)address->family;
	message->ifa_prefixlen = (uint8_t)(8 * length);
	message->ifa_index = (uint32_t)index;
	mnl_attr_put(request, IFA_LOCAL, length, address->address);
	mnl_attr_put(request, IFA_ADDRESS, length, address->address);
	mnl_attr_put_u32(request, IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD | IFA_F_PERMANENT);
	return netlink_request(rtnl, request, "cannot add an address", err);
}

static int read_route_type(const struct nlmsghdr *reply, void *context)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(reply);
	uint8_t *type = context;

	*type = route->rtm_type;
	return MNL_CB_OK;
}

int link_await_address(struct netlink *rtnl, const struct endpoint *address, struct error *err)
{
	int64_t deadline_ns = clock_deadline_ns(AWAIT_NS);
	uint8_t type = RTN_UNSPEC;

	for (; type != RTN_LOCAL; sched_yield()) {
		char buffer[REQUEST_BYTES];
		struct nlmsghdr *request = begin(buffer, RTM_GETROUTE, 0);
		struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
		int r;

		route->rtm_family = (uint8_t)address->family;
		route->rtm_dst_len = (uint8_t)(8 * address_length(address));
		mnl_attr_put(request, RTA_DST, address_length(address), address->address);
		r = netlink_get(
			rtnl, request, read_route_type, &type, "cannot ask for a route", err);
		/* No route at all is an answer too: not yet. */
		if (r < 0 && r != -ENETUNREACH)
			return r;
		if (clock_now_ns() > deadline_ns)
			return error_set(err, ETIMEDOUT, _("an address does not come up"));
	}
	return 0;
}

int link_add_route(struct netlink *rtnl, int index, const struct endpoint *peer,
	const struct endpoint *source, struct error *err)
{
	char buffer[REQUEST_BYTES];
	struct nlmsghdr *request = begin(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	size_t length = address_length(peer);
	struct nlattr *metrics;

	route->rtm_family = (uint8_t)peer->family;
	route->rtm_dst_len = (uint8_t)(8 * length);
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_LINK;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put(request, RTA_DST, length, peer->address);
	mnl_attr_put(request, RTA_PREFSRC, length, source->address);
	mnl_attr_put_u32(request, RTA_OIF, (uint32_t)index);
	metrics = mnl_attr_nest_start(request, RTA_METRICS);
	mnl_attr_put_u32(request, RTAX_QUICKACK, 1);
	mnl_attr_nest_end(request, metrics);
	return netlink_request(rtnl, request, "cannot add a route", err);
}

int link_disable_checksum_offload(const char *name, struct error *err)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_value off = {.cmd = ETHTOOL_STXCSUM, .data = 0};
	struct ifreq request = {.ifr_data = (void *)&off};

	if (fd < 0)
		return error_errno(err, errno, "socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		return error_errno(err, errno, "cannot turn off checksum offload of %s", name);
	return 0;
}
