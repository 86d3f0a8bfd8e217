/* SPDX-License-Identifier: BSD-2-Clause */

/* Why bind() refuses where no socket is in the way: the address, the port, the right to it. */

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "explain/attempt.h"
#include "explain/verdict_internal.h"
#include "observe/settings.h"

/* From the kernel's include/uapi/linux/if_addr.h, as /proc/net/if_inet6 has them. */
#define IFA_F_DADFAILED  0x08u
#define IFA_F_TENTATIVE  0x40u

#define LISTED_ADDRESSES 8

/* Port 1024 is the first that everybody may have, where the kernel does not say otherwise. */
static unsigned int first_unprivileged_port(void)
{
	char text[32];
	unsigned int port;

	if (fd_read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", text, sizeof(text)) <=
			0 ||
		sscanf(text, "%u", &port) != 1)
		return 1024;
	return port;
}

static void explain_forbidden(struct verdict *verdict, const struct endpoint *at)
{
	unsigned int first = first_unprivileged_port();
	struct endpoint elsewhere = *at;
	bool is_free = true;
	int code;

	if (at->port >= first) {
		verdict_set_reason(
			verdict, _("A policy of this host forbids it (SELinux, AppArmor, a BPF "
				   "program of the cgroup): the rules of TCP do not."));
		return;
	}
	verdict_set_reason(verdict,
		_("Ports below %u (net.ipv4.ip_unprivileged_port_start) take CAP_NET_BIND_SERVICE "
		  "in the user namespace that owns this network namespace; user %u has not got "
		  "it."),
		first, verdict->question.user);
	elsewhere.port = 0;
	code = -attempt_bind(&elsewhere, verdict->question.options, verdict->question.user);
	if (code && code != EADDRINUSE) {
		verdict_note(verdict,
			_("the right to it is not enough: the address is refused besides (%s)"),
			strerror(code));
		is_free = false;
	}
	for (size_t i = 0; i < verdict->blocker_count; i++)
		is_free &= verdict->blockers[i].permits == ANSWER_YES;
	if (verdict->blocker_count && !is_free)
		verdict_note(verdict, _("the right to it is not enough: the port is taken besides, "
					"and bind() would give EADDRINUSE"));
	verdict_add_remedy(verdict, REMEDY_SERVICE_MANAGER, is_free, NULL);
	verdict_add_remedy(verdict, REMEDY_CAPABILITY, is_free,
		_("setcap cap_net_bind_service=+ep PROGRAM; or AmbientCapabilities= in its unit"));
	verdict_add_remedy(verdict, REMEDY_UNPRIVILEGED_PORTS, is_free,
		"sysctl -w net.ipv4.ip_unprivileged_port_start=%u", at->port);
	verdict_add_remedy(
		verdict, REMEDY_OTHER_PORT, true, _("from %u on everybody may have them"), first);
}

/* The flags of an IPv6 address of this host: is it in use yet? 0 where it is, or is not there. */
static unsigned int ipv6_flags(const struct endpoint *wanted)
{
	char lines[16384], digits[33];
	char *next = lines, *line;

	if (fd_read_file("/proc/thread-self/net/if_inet6", lines, sizeof(lines)) <= 0)
		return 0;
	for (size_t i = 0; i < 16; i++)
		snprintf(digits + 2 * i, 3, "%02x", wanted->address[i]);
	while ((line = strsep(&next, "\n"))) {
		unsigned int flags;

		if (!strncmp(line, digits, 32) && sscanf(line + 32, " %*x %*x %*x %x", &flags) == 1)
			return flags;
	}
	return 0;
}

struct search {
	struct endpoint wanted;
	const char *device; /* which has the address, but is down; NULL */
	bool is_up;         /* or is up */
	bool is_lo_down;
	struct text others; /* "127.0.0.1, 192.0.2.1" */
	size_t other_count;
};

static void look_at(struct search *search, const struct ifaddrs *entry)
{
	struct endpoint endpoint;
	char text[ENDPOINT_TEXT_BYTES];

	if (entry->ifa_flags & IFF_LOOPBACK && !(entry->ifa_flags & IFF_UP))
		search->is_lo_down = true;
	if (!entry->ifa_addr || endpoint_from_sockaddr(entry->ifa_addr, &endpoint) < 0 ||
		endpoint.family != search->wanted.family)
		return;
	if (!memcmp(endpoint.address, search->wanted.address, sizeof(endpoint.address))) {
		search->is_up |= entry->ifa_flags & IFF_UP;
		search->device = entry->ifa_name;
	} else if (search->other_count++ < LISTED_ADDRESSES) {
		text_printf(&search->others, "%s%s", search->others.length ? ", " : "",
			endpoint_address(&endpoint, text));
	}
}

static void explain_tentative(struct verdict *verdict, const char *address, unsigned int flags)
{
	if (flags & IFA_F_DADFAILED) {
		verdict_set_reason(verdict,
			_("Another host of the link has %s: duplicate address detection failed, "
			  "and the address is not used."),
			address);
		return;
	}
	verdict_set_reason(verdict,
		_("%s is new here, and the kernel still asks whether another host of the link has "
		  "it (duplicate address detection): until that is done nobody can bind to it."),
		address);
	verdict_add_remedy(verdict, REMEDY_WAIT_DAD, false, NULL);
}

static void explain_foreign(struct verdict *verdict, const char *address, struct search *search)
{
	unsigned int flags = search->wanted.family == AF_INET6 ? ipv6_flags(&search->wanted) : 0;
	const char *device = search->device;

	if (!device && search->is_lo_down && endpoint_is_loopback(&search->wanted))
		device = "lo";
	if (device && !search->is_up) {
		verdict_set_reason(verdict, _("%s belongs to the interface %s, which is down."),
			address, device);
		verdict_add_remedy(verdict, REMEDY_BRING_UP, true, "ip link set %s up", device);
	} else if (flags & (IFA_F_DADFAILED | IFA_F_TENTATIVE)) {
		explain_tentative(verdict, address, flags);
	} else {
		verdict_set_reason(verdict,
			_("No interface of this host (of this network namespace) has the address "
			  "%s: bind() takes only addresses that are the host's own."),
			address);
		verdict_add_remedy(verdict, REMEDY_OWN_ADDRESS, true,
			search->other_count ? _("this host has %s%s") : NULL, search->others.bytes,
			search->other_count > LISTED_ADDRESSES ? ", ..." : "");
	}
	verdict_add_remedy(verdict, REMEDY_FREEBIND, true, NULL);
}

static void explain_address(struct verdict *verdict, const struct endpoint *at)
{
	struct search search = {.wanted = endpoint_unmap(at), .others = TEXT_INIT};
	struct ifaddrs *addresses = NULL;
	char address[ENDPOINT_TEXT_BYTES];

	if (getifaddrs(&addresses) == 0) {
		for (const struct ifaddrs *entry = addresses; entry; entry = entry->ifa_next)
			look_at(&search, entry);
	}
	explain_foreign(verdict, endpoint_address(at, address), &search);
	if (addresses)
		freeifaddrs(addresses);
	text_finish(&search.others);
}

void verdict_explain_bind(struct verdict *verdict, const struct endpoint *at, int code)
{
	switch (code) {
	case EADDRINUSE: verdict_explain_inuse(verdict, at); break;
	case EADDRNOTAVAIL: explain_address(verdict, at); break;
	case EACCES: explain_forbidden(verdict, at); break;
	case EAFNOSUPPORT:
		verdict_set_reason(verdict, _("This kernel does without IPv%c."),
			at->family == AF_INET6 ? '6' : '4');
		break;
	case EINVAL:
		if (endpoint_unmap(at).family == AF_INET) {
			verdict_set_reason(
				verdict, _("An address of IPv4 in a socket of IPv6 does not go "
					   "together with IPV6_V6ONLY, which the program sets or "
					   "net.ipv6.bindv6only=1 sets for it."));
			break;
		}
		verdict_set_reason(verdict, _("A link-local address alone says too little: name "
					      "the interface, as in [fe80::1%%eth0]:80."));
		break;
	case ENODEV: verdict_set_reason(verdict, _("There is no such interface here.")); break;
	default:
		verdict_set_reason(verdict, _("The kernel refuses for a reason of its own: %s."),
			strerror(code));
	}
}
