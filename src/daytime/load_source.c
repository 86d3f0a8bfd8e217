/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "base/text.h"

#define ADDRESSES_MAX (UINT64_C(1) << 32)

static int address_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* Clears what stands behind the prefix. */
static void mask(unsigned char *bytes, int size, int prefix_length)
{
	for (int i = 0; i < size; i++) {
		int kept = prefix_length - 8 * i;

		if (kept <= 0)
			bytes[i] = 0;
		else if (kept < 8)
			bytes[i] &= (unsigned char)(0xff << (8 - kept));
	}
}

static void choose_range(struct load_source *source)
{
	int host_bits = address_bits(source->family) - source->prefix_length;
	bool has_all = host_bits > 32;

	source->first = host_bits >= 2;
	source->count = (has_all ? ADDRESSES_MAX : UINT64_C(1) << host_bits) - source->first;
	if (host_bits >= 2 && source->family == AF_INET)
		source->count--;
}

int load_source_parse(const char *text, struct load_source *ret_source)
{
	struct load_source source = {0};
	char address[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "/");
	uint64_t prefix_length;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	source.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(source.family, address, source.base) != 1)
		return -EINVAL;
	prefix_length = (uint64_t)address_bits(source.family);
	if (text[length] && text_to_number(text + length + 1, 0, prefix_length, &prefix_length))
		return -EINVAL;
	source.prefix_length = (int)prefix_length;
	mask(source.base, address_bits(source.family) / 8, source.prefix_length);
	choose_range(&source);
	inet_ntop(source.family, source.base, address, sizeof(address));
	snprintf(source.text, sizeof(source.text), "%s/%d", address, source.prefix_length);
	*ret_source = source;
	return 0;
}

/* Adds to the last 32 bits or, of an IPv4 address, to all of it: a range of 2^32 never carries. */
static void add(unsigned char last[4], uint32_t number)
{
	uint32_t word;

	memcpy(&word, last, sizeof(word));
	word = htonl(ntohl(word) + number);
	memcpy(last, &word, sizeof(word));
}

void load_source_address(const struct load_source *source, uint64_t index,
	union load_address *ret_address, socklen_t *ret_length)
{
	uint32_t number = (uint32_t)(source->first + index % source->count);

	memset(ret_address, 0, sizeof(*ret_address));
	if (source->family == AF_INET) {
		ret_address->ipv4.sin_family = AF_INET;
		memcpy(&ret_address->ipv4.sin_addr, source->base, 4);
		add((unsigned char *)&ret_address->ipv4.sin_addr, number);
		*ret_length = sizeof(ret_address->ipv4);
	} else {
		ret_address->ipv6.sin6_family = AF_INET6;
		memcpy(&ret_address->ipv6.sin6_addr, source->base, 16);
		add(ret_address->ipv6.sin6_addr.s6_addr + 12, number);
		*ret_length = sizeof(ret_address->ipv6);
	}
}

int load_source_prepare(const struct load_source *source, int fd)
{
	const int on = 1;

	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)))
		return -errno;
	/* To IPv6 an address is local when an interface has it; a route alone does not do. */
	if (source->family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)))
		return -errno;
	return 0;
}

static int not_local(
	const struct load_source *source, const union load_address *address, struct error *err)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(source->family,
		source->family == AF_INET ? (const void *)&address->ipv4.sin_addr
					  : (const void *)&address->ipv6.sin6_addr,
		text, sizeof(text));
	return error_set(err, EADDRNOTAVAIL,
		_("--source %s: %s is no address of this host ('ip %sroute add local %s dev lo' "
		  "makes them all its own)"),
		source->text, text, source->family == AF_INET ? "" : "-6 ", source->text);
}

static int check_by_bind(const struct load_source *source, uint64_t index, struct error *err)
{
	_cleanup_fd_ int fd = socket(source->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	union load_address address;
	socklen_t length;

	load_source_address(source, index, &address, &length);
	if (fd >= 0 && !bind(fd, &address.any, length))
		return 0;
	if (errno == EADDRNOTAVAIL)
		return not_local(source, &address, err);
	return error_errno(err, errno, _("--source %s"), source->text);
}

/* One line of /proc/net/ipv6_route: is it a route to ourselves that covers the prefix? */
static bool covers(const char *line, const struct load_source *source)
{
	unsigned char route[16];
	unsigned char base[16];
	unsigned int prefix_length, flags;
	int at = 0;

	for (int i = 0; i < 16; i++) {
		if (sscanf(line + 2 * i, "%2hhx", &route[i]) != 1)
			return false;
	}
	if (sscanf(line + 32, " %x %*s %*s %*s %*s %*s %*s %x%n", &prefix_length, &flags, &at) != 2)
		return false;
	if (!(flags & 0x80000000U) || (int)prefix_length > source->prefix_length) /* RTF_LOCAL */
		return false;
	memcpy(base, source->base, sizeof(base));
	mask(base, 16, (int)prefix_length);
	return !memcmp(base, route, sizeof(base));
}

static int check_by_routes(const struct load_source *source, struct error *err)
{
	FILE *routes = fopen("/proc/net/ipv6_route", "re");
	union load_address address;
	socklen_t length;
	char line[256];
	bool is_covered = false;

	if (!routes) {
		if (errno == ENOENT)
			return error_set(err, EAFNOSUPPORT, _("--source %s: this host lacks IPv6"),
				source->text);
		return error_errno(err, errno, "/proc/net/ipv6_route");
	}
	while (!is_covered && fgets(line, sizeof(line), routes))
		is_covered = strlen(line) > 32 && covers(line, source);
	fclose(routes);
	load_source_address(source, 0, &address, &length);
	return is_covered ? 0 : not_local(source, &address, err);
}

int load_source_check(const struct load_source *source, struct error *err)
{
	int result;

	if (source->family == AF_INET6)
		return check_by_routes(source, err);
	result = check_by_bind(source, 0, err);
	return result ? result : check_by_bind(source, source->count - 1, err);
}
