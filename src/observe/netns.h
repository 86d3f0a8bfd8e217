/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_NETNS_H
#define OBSERVE_NETNS_H

/* Which network namespace this is. See network_namespaces(7). */

#include <stdint.h>

/*
 * The number of the caller's network namespace, as in "net:[4026531840]": the inode of
 * /proc/thread-self/ns/net. 0 where it cannot be told.
 */
uint64_t netns_number(void);

#endif
