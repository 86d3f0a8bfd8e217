/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_SOURCE_H
#define DAYTIME_LOAD_SOURCE_H

/*
 * Local addresses, taken in turn out of a prefix, so that no pair of addresses runs out of
 * ports: each that is added is worth 28,000 connections a minute.
 */

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

union load_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

struct load_source {
	int family; /* AF_UNSPEC: none, the kernel chooses */
	int prefix_length;
	unsigned char base[16]; /* network order; what is behind the prefix is 0 */
	uint64_t first;         /* of the host numbers that are used */
	uint64_t count;         /* how many, at most 2^32 */
	char text[INET6_ADDRSTRLEN + 4];
};

/*
 * Reads "127.0.0.0/8", "fd00::/64" or a single address. Left out are an IPv4 prefix's first and
 * last address (network and broadcast) and an IPv6 prefix's first (anycast of its routers),
 * where there are others. 0, or -EINVAL with *ret_source untouched. Pure.
 */
int load_source_parse(const char *text, struct load_source *ret_source);

/* The index-th address, round and round, with port 0; its length in *ret_length. Pure. */
void load_source_address(const struct load_source *source, uint64_t index,
	union load_address *ret_address, socklen_t *ret_length);

/*
 * Are the addresses of the prefix this host's? Asks by bind(2) for IPv4, and for IPv6 in
 * /proc/net/ipv6_route; needs no privilege. 0, or -EADDRNOTAVAIL or what a system call said,
 * with *err filled.
 */
int load_source_check(const struct load_source *source, struct error *err);

/*
 * Makes a new socket take an address, and no port before it connects: only then does the kernel
 * know with which peer the port is shared. 0 or a negative errno.
 */
int load_source_prepare(const struct load_source *source, int fd);

#endif
