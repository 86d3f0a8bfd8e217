/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_SOCKETS_H
#define OBSERVE_SOCKETS_H

/*
 * All TCP sockets of a network namespace at once: a dump kept in memory, each socket once, in an
 * order that does not change from one look to the next.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "observe/diag.h"

struct socket_list {
	struct diag_socket *sockets;
	size_t count, room;
};

#define SOCKET_LIST_INIT                                                                           \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * Replaces the list by what diag_dump() tells: listeners first, then bound sockets, then by local
 * endpoint and peer. On failure the list is empty. The caller finishes it.
 */
int socket_list_read(
	struct socket_list *list, struct diag *diag, uint32_t states, struct error *err);
void socket_list_finish(struct socket_list *list);

#define _cleanup_socket_list_ __attribute__((cleanup(socket_list_finish)))

/* The order of the list, for qsort(): 0 for two sockets that the eye cannot tell apart. */
int socket_compare(const struct diag_socket *a, const struct diag_socket *b);

#endif
