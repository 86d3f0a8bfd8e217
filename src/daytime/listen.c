/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/listen.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "base/list.h"

#define WISHES_MAX 8

/* One address, and whether the user insists on it. */
struct wish {
	struct sockaddr_storage address;
	socklen_t length;
	bool is_required;
};

struct wishes {
	struct wish all[WISHES_MAX];
	int count;
};

static int set_flag(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) ? -errno : 0;
}

/*
 * An answer fits into any packet, so it needs no path MTU, and no IP identification in case somebody
 * has to cut it in two (RFC 6864, 4.1): choosing one costs 2 % of a query. Nor does a forged
 * "fragmentation needed" concern us then.
 */
static void forbid_fragments(int fd, int family)
{
	int probe = IP_PMTUDISC_PROBE;

	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
}

int listen_want_destination(int fd, int family)
{
	if (family == AF_INET)
		return set_flag(fd, IPPROTO_IP, IP_PKTINFO);
	return set_flag(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
}

static int prepare(int fd, int family, bool is_datagram)
{
	int result = 0;

	/* One IPv6 socket for both families would hide which one the host lacks. */
	if (family == AF_INET6)
		result = set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (result)
		return result;
	if (is_datagram) {
		forbid_fragments(fd, family);
		return listen_want_destination(fd, family);
	}
	return set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
}

/*
 * Returns the descriptor or a negative errno. The first socket of a group asks for the address
 * alone and shares it only once it has it: with SO_REUSEPORT from the start a second server of
 * the same user would be given half of the first one's clients instead of "Address already in use".
 */
static int open_socket(const struct wish *wish, bool is_datagram, int lane, int lanes)
{
	int family = wish->address.ss_family;
	int type = is_datagram ? SOCK_DGRAM : SOCK_STREAM;
	_cleanup_fd_ int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return -errno;
	result = prepare(fd, family, is_datagram);
	if (!result && lane > 0)
		result = set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
	if (result)
		return result;
	if (bind(fd, (const struct sockaddr *)&wish->address, wish->length))
		return -errno;
	if (lane == 0 && lanes > 1)
		result = set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
	if (result)
		return result;
	/* As long a queue as net.core.somaxconn allows; libc's SOMAXCONN is the default of that, and no more. */
	if (!is_datagram && listen(fd, INT_MAX))
		return -errno;
	return fd_steal(&fd);
}

static const char *remedy(int code, bool is_datagram)
{
	switch (code) {
	case EADDRINUSE:
		return is_datagram
			       ? _(" (another program has it: 'ss -lunp' names it; or choose "
				   "another port, such as daytimed 1313, or --tcp alone)")
			       : _(" (another program has it: 'timewait list' or "
				   "'ss -ltnp' names it; or choose another port, such as daytimed "
				   "1313)");
	case EACCES:
		return _(" (such a low port needs root: run as root, choose a port above 1023, "
			 "such as daytimed 1313, or lower net.ipv4.ip_unprivileged_port_start)");
	case EADDRNOTAVAIL:
		return _(" (this host does not have that address: 'ip address' shows those it "
			 "has)");
	case EAFNOSUPPORT: return _(" (this host lacks that family: try -4 or -6)");
	default: return "";
	}
}

static int cannot_listen(const struct listen_options *options, const struct wish *wish,
	bool is_datagram, int code, struct error *err)
{
	char where[NI_MAXHOST + 8] = "";
	const char *protocol = is_datagram ? "UDP " : "";
	char host[NI_MAXHOST];

	if (options->address && !getnameinfo((const struct sockaddr *)&wish->address, wish->length,
					host, sizeof(host), NULL, 0, NI_NUMERICHOST))
		snprintf(where, sizeof(where), _(" of %s"), host);
	return error_set(err, code, _("cannot listen on %sport %u%s: %s%s"), protocol,
		options->port, where, strerror(code), remedy(code, is_datagram));
}

static bool is_family_missing(int code)
{
	return code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
}

/* Both families keep it in the same place. */
static uint16_t port_of(const struct sockaddr_storage *address)
{
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

/* 0 or a negative errno; what was opened is in the set then, too. */
static int open_group(struct listen_set *set, const struct wish *wish, bool is_datagram, int lanes)
{
	for (int lane = 0; lane < lanes; lane++) {
		int fd = open_socket(wish, is_datagram, lane, lanes);

		if (fd < 0)
			return fd;
		listen_add(set, (struct listen_socket){
					.fd = fd,
					.family = wish->address.ss_family,
					.is_datagram = is_datagram,
					.port = port_of(&wish->address),
					.lane = lanes > 1 ? lane : LISTEN_SHARED,
				});
	}
	return 0;
}

static int open_all(struct listen_set *set, const struct listen_options *options,
	const struct wishes *wishes, bool is_datagram, struct error *err)
{
	int opened = 0;

	for (int i = 0; i < wishes->count; i++) {
		const struct wish *wish = &wishes->all[i];
		bool is_last_hope = !opened && i == wishes->count - 1;
		int result = open_group(set, wish, is_datagram, options->lanes);

		if (result && is_family_missing(-result) && !wish->is_required && !is_last_hope)
			continue;
		if (result)
			return cannot_listen(options, wish, is_datagram, -result, err);
		opened++;
	}
	return 0;
}

static void wish_any_address(const struct listen_options *options, struct wishes *ret_wishes)
{
	bool both = options->wants_ipv4 == options->wants_ipv6;
	struct sockaddr_in any4 = {
		.sin_family = AF_INET,
		.sin_port = htons(options->port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(options->port),
		.sin6_addr = IN6ADDR_ANY_INIT,
	};

	ret_wishes->count = 0;
	if (both || options->wants_ipv4) {
		struct wish *wish = &ret_wishes->all[ret_wishes->count++];

		*wish = (struct wish){.length = sizeof(any4), .is_required = options->wants_ipv4};
		memcpy(&wish->address, &any4, sizeof(any4));
	}
	if (both || options->wants_ipv6) {
		struct wish *wish = &ret_wishes->all[ret_wishes->count++];

		*wish = (struct wish){.length = sizeof(any6), .is_required = options->wants_ipv6};
		memcpy(&wish->address, &any6, sizeof(any6));
	}
}

/* /etc/hosts likes to name one address twice. */
static bool is_wished(const struct wishes *wishes, const struct addrinfo *found)
{
	for (int i = 0; i < wishes->count; i++) {
		if (wishes->all[i].length == found->ai_addrlen &&
			!memcmp(&wishes->all[i].address, found->ai_addr, found->ai_addrlen))
			return true;
	}
	return false;
}

static int wish_address(
	const struct listen_options *options, struct wishes *ret_wishes, struct error *err)
{
	bool both = options->wants_ipv4 == options->wants_ipv6;
	struct addrinfo hints = {
		.ai_family = both                  ? AF_UNSPEC
			     : options->wants_ipv4 ? AF_INET
						   : AF_INET6,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *found;
	char port[8];
	int result;

	snprintf(port, sizeof(port), "%u", options->port);
	result = getaddrinfo(options->address, port, &hints, &found);
	if (result)
		return error_set(err, result == EAI_SYSTEM ? errno : EADDRNOTAVAIL,
			_("cannot listen on '%s': %s (give an IPv4 or IPv6 address of this host; "
			  "'ip address' shows them)"),
			options->address,
			result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
	ret_wishes->count = 0;
	for (struct addrinfo *each = found; each; each = each->ai_next) {
		struct wish *wish = &ret_wishes->all[ret_wishes->count];

		if (ret_wishes->count == WISHES_MAX)
			break;
		if (is_wished(ret_wishes, each))
			continue;
		/* A literal gives one address; of a name's, some may be of a missing family. */
		*wish = (struct wish){
			.length = each->ai_addrlen,
			.is_required = !both || !found->ai_next,
		};
		memcpy(&wish->address, each->ai_addr, each->ai_addrlen);
		ret_wishes->count++;
	}
	freeaddrinfo(found);
	return 0;
}

int listen_open(struct listen_set *set, const struct listen_options *options, struct error *err)
{
	struct wishes wishes;
	int result = 0;

	*set = (struct listen_set){0};
	if (options->address)
		result = wish_address(options, &wishes, err);
	else
		wish_any_address(options, &wishes);
	if (!result && options->wants_tcp)
		result = open_all(set, options, &wishes, false, err);
	if (!result && options->wants_udp)
		result = open_all(set, options, &wishes, true, err);
	if (result)
		listen_close(set);
	return result;
}

void listen_add(struct listen_set *set, struct listen_socket socket)
{
	*list_grow(&set->sockets, &set->count, &set->room) = socket;
}

void listen_close(struct listen_set *set)
{
	while (set->count)
		fd_close(&set->sockets[--set->count].fd);
	free(set->sockets);
	*set = (struct listen_set){0};
}
