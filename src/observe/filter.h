/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_FILTER_H
#define OBSERVE_FILTER_H

/*
 * Which sockets a dump is to have, by address and port, as a program that the kernel runs over each of
 * them (INET_DIAG_REQ_BYTECODE, linux/inet_diag.h): what is not wanted never leaves it. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcp/endpoint.h"

/* How many alternatives one filter_add() may have; and how long the program of a filter may get. */
#define FILTER_MOST_ALTERNATIVES 64
#define FILTER_BYTES             8192

/* Starts zeroed: every socket. */
struct filter {
	size_t length; /* of bytes, from `first` on: it grows towards the front */
	uint8_t bytes[FILTER_BYTES] __attribute__((aligned(4)));
};

enum filter_side { FILTER_LOCAL, FILTER_PEER };

struct filter_condition {
	enum filter_side side;
	/* With prefix.family 0: the port is from least_port to most_port. */
	uint16_t least_port, most_port;
	/* Else the address begins with so many bits of this. An IPv4 prefix takes IPv4-mapped IPv6
	 * addresses, too. The rest of the address, port and interface do not count. */
	struct endpoint prefix;
	uint8_t prefix_bits;
};

/*
 * From now on a socket must also meet one of these alternatives. 0, or -E2BIG when there are too many (the
 * filter is as before).
 */
int filter_add(struct filter *filter, const struct filter_condition *alternatives, size_t count);

/* The program, 4-aligned; *ret_length 0 when the filter takes every socket. */
const void *filter_program(const struct filter *filter, size_t *ret_length);

/*
 * Reads "192.0.2.0/24", "2001:db8::/32", or an address alone. An IPv4-mapped prefix becomes the IPv4 one.
 * 0, or -EINVAL with the outputs untouched.
 */
int filter_parse_prefix(const char *text, struct endpoint *ret_prefix, uint8_t *ret_bits);

#endif
