/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCP_ENDPOINT_H
#define TCP_ENDPOINT_H

/* One end of a connection: an address and a port. Two of them are the tuple that names it. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct endpoint {
	uint16_t family;     /* AF_INET or AF_INET6; 0 for none */
	uint16_t port;       /* host order */
	uint32_t interface;  /* index, for link-local addresses; 0 for any */
	uint8_t address[16]; /* network order; the first 4 for AF_INET, the rest 0 */
};

/* "[ffff:...%4294967295]:65535" and the NUL */
#define ENDPOINT_TEXT_BYTES (INET6_ADDRSTRLEN + 24)

/* The address alone, as inet_ntop() has it, and "address:port" ("[address]:port" for IPv6).
 * Both return `text`. */
const char *endpoint_address(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_BYTES]);
const char *endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_BYTES]);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/* For qsort(): IPv4 before IPv6, by address, port and interface. */
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);

/* All zeroes: bound to any address. */
bool endpoint_is_any(const struct endpoint *endpoint);

/* 127.0.0.0/8 or ::1. */
bool endpoint_is_loopback(const struct endpoint *endpoint);

/* ::ffff:192.0.2.1 becomes 192.0.2.1; every other endpoint is itself. A socket of AF_INET6 that
 * speaks IPv4 has its peer in that form. */
struct endpoint endpoint_unmap(const struct endpoint *endpoint);

/* 0, or -EAFNOSUPPORT with *ret_endpoint untouched. */
int endpoint_from_sockaddr(const struct sockaddr *address, struct endpoint *ret_endpoint);

/* Returns the length of the address written to *ret_address. */
socklen_t endpoint_to_sockaddr(
	const struct endpoint *endpoint, struct sockaddr_storage *ret_address);

#endif
