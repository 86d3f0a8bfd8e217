/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_SOCKET_JSON_H
#define REPORT_SOCKET_JSON_H

/*
 * A socket as one JSON object on one line:
 * {state,local,local_port,peer,peer_port,recv_q,send_q,timer,timer_s,uid,inode,cookie,netns,pid,
 * comm,fd,cgroup}. What is not known, or does not exist for such a socket, is left out.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/diag.h"
#include "observe/owner.h"

/*
 * Appends the object and a newline. `owner` is NULL and `netns` 0 where unknown. The first line of
 * an output begins with "v":1.
 */
void socket_json_print(struct text *out, const struct diag_socket *socket,
	const struct owner *owner, uint64_t netns, bool is_first);

#endif
