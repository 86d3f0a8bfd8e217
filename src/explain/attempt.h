/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_ATTEMPT_H
#define EXPLAIN_ATTEMPT_H

/*
 * bind() and connect() for real, as far as that is harmless: nothing listens, no packet is sent, and the
 * socket is closed at once. While it is there, some microseconds, another program may find the port
 * taken. The network namespace is that of this thread.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "explain/conflict.h"
#include "tcp/endpoint.h"

/*
 * bind() with the options, as `user`: 0, or a negative errno. Another user than the own one takes the
 * right to become it for the moment; attempt_may_be() tells whether it is there.
 */
int attempt_bind(const struct endpoint *at, unsigned int options, uid_t user);

/* 0, or a negative errno: -EPERM, -EINVAL where the user namespace has no such user. */
int attempt_may_be(uid_t user);

/*
 * connect() of a socket under repair (TCP_REPAIR): the kernel chooses a local port by its own rules and
 * believes the connection made, without a packet. 0 with *ret_local; -EADDRNOTAVAIL when no port is left;
 * -EPERM without CAP_NET_ADMIN. Where a TIME_WAIT may be reused the kernel may choose its port, which
 * ends it: not to be called then.
 */
int attempt_connect(const struct endpoint *peer, struct endpoint *ret_local);

#endif
