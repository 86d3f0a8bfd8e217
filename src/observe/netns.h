/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_NETNS_H
#define OBSERVE_NETNS_H

/* Which network namespace this is, and which others there are. See network_namespaces(7). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct netns {
	int fd;          /* -1: the caller's own, which needs no privilege */
	uint64_t number; /* as in "net:[4026531840]"; 0 where it cannot be told */
};

struct netns_list {
	struct netns *spaces; /* by number */
	size_t count, room;
	size_t unreadable; /* processes whose namespace this user may not see */
};

/*
 * The number of the caller's network namespace, as in "net:[4026531840]": the inode of
 * /proc/thread-self/ns/net. 0 where it cannot be told.
 */
uint64_t netns_number(void);

/*
 * Finds one by the pid of a process in it, by its name (`ip netns`), or by a path, which has a slash. 0 or a
 * negative errno. The caller closes it.
 */
int netns_open(const char *name, struct netns *ret_netns, struct error *err);
void netns_close(struct netns *netns);

/*
 * All that processes are in or that have a name, the caller's own included; each once. The caller finishes
 * the list, which starts zeroed, whatever comes back. Looks into /proc: as root all of them.
 */
int netns_list_read(struct netns_list *list, struct error *err);
void netns_list_finish(struct netns_list *list);

/*
 * Moves the calling thread there, and back: *ret_home is what netns_leave() needs, and -1 when there is
 * nothing to leave. Needs CAP_SYS_ADMIN there and here, but for the caller's own. 0 or a negative errno.
 */
int netns_enter(const struct netns *netns, int *ret_home, struct error *err);
/* The same by a name, as netns_open() takes it. NULL: stays here. */
int netns_enter_named(const char *name, int *ret_home, struct error *err);
int netns_leave(int *home, struct error *err);

#endif
