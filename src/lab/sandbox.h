/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_SANDBOX_H
#define LAB_SANDBOX_H

/*
 * The room the laboratory stands in: a user namespace where the caller is no root, a base network
 * namespace that only the wire is in, and further network namespaces, one a host. A process enters
 * once and stays; everything vanishes with it, however it ends. See user_namespaces(7).
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct sandbox {
	int base_netns_fd; /* where the wire's ends are; -1 when not entered */
	int home_netns_fd; /* where we came from; of use to real root alone */
};

#define SANDBOX_NONE                                                                               \
	{                                                                                          \
		.base_netns_fd = -1, .home_netns_fd = -1                                           \
	}

/*
 * Enters a fresh base network namespace, through a new user namespace when the process lacks
 * CAP_SYS_ADMIN. Single-threaded callers only. On refusal the error says what is missing and how
 * to get it, and its code is EPERM, ENOSPC or what the kernel said (EINVAL in a chroot).
 */
int sandbox_enter(struct sandbox *sandbox, struct error *err);

/* Closes the descriptors. Real root returns to the namespace it came from; others stay. */
void sandbox_leave(struct sandbox *sandbox);

/* Makes a network namespace from within the base and returns to the base. *ret_fd is the caller's. */
int sandbox_new_netns(const struct sandbox *sandbox, int *ret_fd, struct error *err);

/* Moves this thread into the namespace; what it opens there stays there. */
int sandbox_switch(int netns_fd, struct error *err);

/*
 * Writes a sysctl ("net.ipv4.tcp_fin_timeout") of the namespace this thread is in. -ENOENT when the
 * kernel has no such sysctl: not an error where it is a mere refinement.
 */
int sandbox_sysctl(const char *name, const char *value);

/* Reads one, as it stands in /proc/sys, into a NUL-terminated buffer: its length, or a negative errno. */
ssize_t sandbox_read_sysctl(const char *name, char *buffer, size_t size);

#endif
