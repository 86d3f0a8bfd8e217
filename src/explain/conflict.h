/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_CONFLICT_H
#define EXPLAIN_CONFLICT_H

/*
 * When bind() finds another socket in its way: the rules of Linux, as inet_csk_bind_conflict() and
 * inet_rcv_saddr_equal() have them. Pure.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "observe/diag.h"

/* What the program that binds sets before bind(). */
enum bind_option {
	BIND_REUSEADDR = 1 << 0,
	BIND_REUSEPORT = 1 << 1,
	BIND_V6ONLY = 1 << 2,
};

#define BIND_OPTIONS 8 /* so many sets of them */

/* "SO_REUSEADDR, SO_REUSEPORT"; "" for none. Never translated. */
const char *bind_options_name(unsigned int options);

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

/*
 * Do both want the same port of the same address? The wildcard takes every address, [::] that of IPv4 as
 * well unless IPV6_V6ONLY is set; and 0.0.0.0 meets a connection that came through such an [::], whatever its
 * own address (ipv4_rcv_saddr_equal()). bind() to one address of IPv6 sets IPV6_V6ONLY by itself; of a
 * connection sock_diag does not tell whether it is set, so that too many may be taken to overlap. Requests (SYN_RECV that nobody holds) are in nobody's way: they have no
 * place in the table of ports.
 */
bool conflict_overlaps(
	const struct endpoint *wanted, unsigned int options, const struct diag_socket *socket);

/*
 * Where they overlap: does the socket, of which these options are known, let a bind() with `options` by
 * `user` in? ANSWER_UNKNOWN where that depends on what is not known.
 */
enum answer conflict_permits(const struct diag_socket *socket, enum answer reuseaddr,
	enum answer reuseport, unsigned int options, uid_t user);

#endif
