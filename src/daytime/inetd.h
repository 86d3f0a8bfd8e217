/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_INETD_H
#define DAYTIME_INETD_H

/*
 * Being started by inetd: descriptors 0, 1 and 2 may all be the client's connection. What
 * goes to stderr must not go there, and a connection ends only with its last descriptor.
 */

/* Before anything is said: if stderr is the socket on stdin, messages go to syslog instead. */
void inetd_divert_messages(void);

/*
 * Moves what is on descriptor 0 to a new one, which the caller owns, and puts /dev/null in
 * its place, and in that of 1 where that is the same. A negative errno on failure.
 */
int inetd_take_socket(void);

#endif
