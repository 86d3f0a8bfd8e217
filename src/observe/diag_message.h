/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_DIAG_MESSAGE_H
#define OBSERVE_DIAG_MESSAGE_H

/* The messages of sock_diag, for diag.c and diag_stream.c alone. */

#include "observe/diag.h"

/* Writes the request into zeroed room for it: NLMSG_HDRLEN and 64 bytes. For both families at once, or
 * for one where that is refused. */
void diag_put_legacy_request(struct nlmsghdr *request, uint32_t states);
void diag_put_family_request(struct nlmsghdr *request, uint8_t family, uint32_t states);

/* False when the message has no socket that was asked for. */
bool diag_read_message(const struct nlmsghdr *message, uint32_t states, struct diag_socket *socket);

#endif
