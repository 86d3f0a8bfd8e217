/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "lab/link.h"

#define DEVICE "eth0"

/* Locally administered, unicast. */
const uint8_t host_mac[6] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01};

/*
 * Every host behaves the same on every machine: what the distribution or the boot
 * configuration changed is set back, and what would blur an exact observation is turned off. A
 * sysctl that this kernel lacks is passed over.
 */
static const struct {
	const char *name, *value;
} sysctls[] = {
	/* IPv6 that configures nothing by itself */
	{"net.ipv6.conf.default.addr_gen_mode", "1"},
	{"net.ipv6.conf.default.accept_ra", "0"},
	{"net.ipv6.conf.default.router_solicitations", "0"},
	/* bbr would pace: timers where there should be none */
	{"net.ipv4.tcp_congestion_control", "reno"},
	/* derived from the size of the socket table, which is tiny here */
	{"net.ipv4.tcp_max_tw_buckets", "65536"},
	{"net.ipv4.tcp_max_syn_backlog", "1024"},
	/* the challenge ACKs of RFC 5961 one by one, each of them seen */
	{"net.ipv4.tcp_invalid_ratelimit", "0"},
	/* SYNs at 1, 3, 7 s, as in every book */
	{"net.ipv4.tcp_syn_linear_timeouts", "0"},
	/* one connection must not learn from the last */
	{"net.ipv4.tcp_no_metrics_save", "1"},
};

struct endpoint host_address(enum host_id id, bool is_ipv6)
{
	struct endpoint endpoint = {.family = is_ipv6 ? AF_INET6 : AF_INET};
	const char *const texts[HOST_COUNT][2] = {
		[HOST_SERVER] = {"192.0.2.1", "2001:db8::1"},
		[HOST_CLIENT] = {"192.0.2.2", "2001:db8::2"},
	};

	inet_pton(endpoint.family, texts[id][is_ipv6], endpoint.address);
	return endpoint;
}

/* From the base again, when the far end is up: nothing may be lost on a link half awake. */
static int await_wire(const struct host *host, struct error *err)
{
	struct netlink rtnl;
	int r = netlink_open(&rtnl, NETLINK_ROUTE, err);

	if (r < 0)
		return r;
	r = link_await_running(&rtnl, host->wire_index, err);
	netlink_close(&rtnl);
	return r;
}

/* From the base: the pair whose far end is the host's eth0. */
static int connect_to_wire(struct host *host, enum host_id id, struct error *err)
{
	struct netlink rtnl;
	struct link_veth veth = {
		.name = host_name(id),
		.index = host->wire_index,
		.far_name = DEVICE,
		.far_netns_fd = host->netns_fd,
	};
	int r = netlink_open(&rtnl, NETLINK_ROUTE, err);

	if (r < 0)
		return r;
	for (int i = 0; i < LINK_MAC_BYTES; i++)
		veth.mac[i] = veth.far_mac[i] = host_mac[i];
	r = link_create_veth(&rtnl, &veth, err);
	netlink_close(&rtnl);
	return r;
}

/* From inside the host: devices up, its address, the route to the other host. */
static int configure(struct host *host, enum host_id id, struct error *err)
{
	struct endpoint peer = host_address(host_other(id), host->address.family == AF_INET6);
	struct netlink rtnl;
	int index;
	int r = netlink_open(&rtnl, NETLINK_ROUTE, err);

	if (r < 0)
		return r;
	r = link_up(&rtnl, "lo", NULL, err);
	if (r == 0)
		r = link_disable_checksum_offload(DEVICE, err);
	if (r == 0)
		r = link_up(&rtnl, DEVICE, &index, err);
	if (r == 0)
		r = link_await_running(&rtnl, index, err);
	if (r == 0)
		r = link_add_address(&rtnl, index, &host->address, err);
	if (r == 0)
		r = link_add_route(&rtnl, index, &peer, &host->address, err);
	if (r == 0)
		r = link_await_address(&rtnl, &host->address, err);
	netlink_close(&rtnl);
	return r;
}

static int furnish(
	struct host *host, enum host_id id, const struct sandbox *sandbox, struct error *err)
{
	int r = sandbox_new_netns(sandbox, &host->netns_fd, err);

	if (r == 0)
		r = sandbox_switch(host->netns_fd, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(sysctls) / sizeof(*sysctls); i++) {
		r = sandbox_sysctl(sysctls[i].name, sysctls[i].value);
		if (r == -EROFS || r == -EACCES)
			return error_errno(err, -r,
				_("cannot write %s (a container mounts /proc/sys read-only: run "
				  "it with --privileged or outside)"),
				sysctls[i].name);
	}
	r = sandbox_switch(sandbox->base_netns_fd, err);
	if (r == 0)
		r = connect_to_wire(host, id, err);
	if (r == 0)
		r = sandbox_switch(host->netns_fd, err);
	if (r == 0)
		r = configure(host, id, err);
	if (r == 0)
		r = diag_open(&host->diag, err);
	return r;
}

int host_open(struct host *host, enum host_id id, bool is_ipv6, const struct sandbox *sandbox,
	struct error *err)
{
	int back;
	int r;

	*host = (struct host)HOST_NONE;
	host->address = host_address(id, is_ipv6);
	host->wire_index = 10 + (int)id;
	r = furnish(host, id, sandbox, err);
	back = sandbox_switch(sandbox->base_netns_fd, r < 0 ? NULL : err);
	if (r == 0)
		r = back;
	if (r == 0)
		r = await_wire(host, err);
	if (r < 0)
		host_close(host);
	return r;
}

void host_close(struct host *host)
{
	if (host->diag.netlink.socket)
		diag_close(&host->diag);
	fd_close(&host->netns_fd);
}

int host_socket(const struct host *host, const struct sandbox *sandbox, int type, struct error *err)
{
	int fd;
	int r = sandbox_switch(host->netns_fd, err);

	if (r < 0)
		return r;
	fd = socket(host->address.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	r = fd < 0 ? error_errno(err, errno, "socket") : fd;
	if (sandbox_switch(sandbox->base_netns_fd, r < 0 ? NULL : err) < 0 && r >= 0) {
		close(fd);
		return -EPERM;
	}
	return r;
}
