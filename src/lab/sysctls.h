/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_SYSCTLS_H
#define LAB_SYSCTLS_H

/* The sysctls of a host that an experiment has changed, and what they were before. */

#include <stddef.h>

struct sysctls {
	struct sysctl_change {
		char *name, *before;
	} * changes; /* oldest first */
	size_t count, room;
};

/*
 * Both act on the network namespace this thread is in. 0 or a negative errno: -ENOENT where this
 * kernel has no such sysctl, -EINVAL for a value it refuses.
 */
int sysctls_write(struct sysctls *sysctls, const char *name, const char *value);

/* Puts back what was before, and forgets. The first failure is returned, the rest still tried. */
int sysctls_restore(struct sysctls *sysctls);

/* Forgets alone. */
void sysctls_finish(struct sysctls *sysctls);

#endif
