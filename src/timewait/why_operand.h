/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_WHY_OPERAND_H
#define TIMEWAIT_WHY_OPERAND_H

/*
 * ADDR:PORT as it stands on a command line: "0.0.0.0:80", "*:http", ":80", "[::1]:80", "[fe80::1%eth0]:80",
 * "localhost:13".
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "tcp/endpoint.h"

/* A name may have several addresses; more are left out. */
#define WHY_ADDRESSES 16

struct why_operand {
	char host[256]; /* "" for the wildcard */
	uint16_t port;
};

/*
 * Takes the text apart. Where `has_default_port`, the port may be missing, and is 0 then. 0, or -EINVAL and
 * what is wrong.
 */
int why_operand_split(const char *text, bool has_default_port, struct why_operand *ret_operand,
	struct error *err);

/* An address that names an interface: to be looked up in the network namespace that is meant. */
bool why_operand_has_scope(const struct why_operand *operand);

/*
 * The addresses, of `family` or, with AF_UNSPEC, of both; the wildcard is 0.0.0.0 then. A name that is not
 * an address is looked up as the host does it, which may ask a name server. 0 or a negative errno.
 */
int why_operand_resolve(const struct why_operand *operand, int family,
	struct endpoint ret_endpoints[WHY_ADDRESSES], size_t *ret_count, struct error *err);

#endif
