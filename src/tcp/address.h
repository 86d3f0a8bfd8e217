/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCP_ADDRESS_H
#define TCP_ADDRESS_H

/*
 * Addresses as characters, for output that is too long for inet_ntop(), and said in the same way (IPv6 by
 * RFC 5952). No NUL is written; what is returned is the place behind the last character. Pure.
 */

#include <stdint.h>

#include "tcp/endpoint.h"

/* Room enough for each of these. */
#define ADDRESS_BYTES ENDPOINT_TEXT_BYTES

char *address_put_ipv4(char *at, const uint8_t address[4]);
char *address_put_ipv6(char *at, const uint8_t address[16]);

/* As endpoint_address() and endpoint_format() have it. */
char *address_put(char *at, const struct endpoint *endpoint);
char *address_put_with_port(char *at, const struct endpoint *endpoint);

#endif
