/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_CLIENT_H
#define DAYTIME_CLIENT_H

/* Asking a server for the time, and saying in words what went wrong. */

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "daytime/exchange.h"
#include "daytime/reply.h"

struct client_request {
	const char *host;
	uint16_t port;
	int family; /* AF_UNSPEC, AF_INET, AF_INET6 */
	bool is_datagram;
	enum leaving leaving;
	int64_t timeout_ns;  /* what the user set, for messages */
	int64_t deadline_ns; /* by when all must be over */
};

/*
 * The port for a number from 1 to 65535 or a name in /etc/services; `daytime` is 13 even
 * where that file lacks it. 0, or -EINVAL or -ERANGE (a number out of range).
 */
int client_service_port(const char *service, bool is_datagram, uint16_t *ret_port);

/*
 * Looks the host up. May block for longer than the deadline, for libc's resolver knows none:
 * the caller guards it. The result is freed by freeaddrinfo(). 0 or a negative errno.
 */
int client_resolve(
	const struct client_request *request, struct addrinfo **ret_addresses, struct error *err);

/*
 * Asks one address after the other, until one can be talked to. 0 with *ret_reply filled (it
 * may still be no good: see client_judge()), or a negative errno.
 */
int client_ask(const struct client_request *request, const struct addrinfo *addresses,
	struct reply *ret_reply, struct error *err);

/*
 * Is the reply what was asked for? 0, with *err saying what is worth a note (code 0 and an
 * empty text when nothing is), or a negative errno with *err saying what is wrong.
 */
int client_judge(
	const struct client_request *request, const struct reply *reply, struct error *err);

#endif
