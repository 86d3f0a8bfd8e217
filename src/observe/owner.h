/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_OWNER_H
#define OBSERVE_OWNER_H

/*
 * Which process holds a socket: /proc/PID/fd read once, in one pass, into a table from inode to
 * owner. An ordinary user sees its own processes alone; TIME_WAIT has no owner at all.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct owner {
	uint32_t inode;
	pid_t pid;
	int fd;
	char comm[16]; /* not escaped: a process may call itself anything */
	char *cgroup;  /* "/system.slice/nginx.service"; NULL where unknown. Owned by the table */
};

struct owner_table {
	struct owner *owners; /* sorted by inode, then pid */
	size_t count, room;
	/* Processes whose descriptors this user may not see; one for all that /proc hides (hidepid=2). */
	size_t unreadable;
	char **cgroups; /* what owners[].cgroup points to */
	size_t cgroup_count, cgroup_room;
};

/* 0, or a negative errno where /proc cannot be read at all. */
int owner_table_read(struct owner_table *table);
void owner_table_finish(struct owner_table *table);

/* The first owner of the socket (the lowest pid), or NULL; those of its other holders follow it. */
const struct owner *owner_table_find(const struct owner_table *table, uint32_t inode);

#endif
