/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "observe/checkup_internal.h"
#include "observe/owner.h"
#include "observe/socket_option.h"

static int by_owner(const void *left, const void *right)
{
	const struct checkup_socket *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->silent_ms != b->silent_ms)
		return a->silent_ms > b->silent_ms ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

static void own_sockets(struct checkup *checkup, const struct owner_table *owners)
{
	for (size_t i = 0; i < checkup->socket_count; i++) {
		struct checkup_socket *kept = &checkup->sockets[i];
		const struct owner *owner = owner_table_find(owners, kept->socket.inode);

		checkup->unowned += !owner && kept->socket.inode;
		if (!owner)
			continue;
		kept->pid = owner->pid;
		kept->fd = owner->fd;
		memcpy(kept->comm, owner->comm, sizeof(kept->comm));
	}
}

static void own_listeners(struct checkup *checkup, const struct owner_table *owners)
{
	for (size_t i = 0; i < checkup->listener_count; i++) {
		struct checkup_listener *listener = &checkup->listeners[i];
		uint32_t inode = listener->socket.inode;
		const struct owner *owner = owner_table_find(owners, inode);

		checkup->unowned += !owner && inode;
		if (owner) {
			listener->pid = owner->pid;
			listener->fd = owner->fd;
			memcpy(listener->comm, owner->comm, sizeof(listener->comm));
		}
		/* Of no use to anybody where no connection would be in a restart's way. */
		if (!listener->connections)
			continue;
		if (owner) {
			socket_option_read(owner->pid, owner->fd, inode, SOL_SOCKET, SO_REUSEADDR,
				&listener->reuse_address);
			socket_option_read(owner->pid, owner->fd, inode, SOL_SOCKET, SO_REUSEPORT,
				&listener->reuse_port);
		}
		checkup->unknown_options += listener->reuse_address < 0;
	}
}

void checkup_read_owners(struct checkup *checkup)
{
	struct owner_table owners;

	checkup->has_owners = owner_table_read(&owners) == 0;
	checkup->unreadable = owners.unreadable;
	own_sockets(checkup, &owners);
	own_listeners(checkup, &owners);
	owner_table_finish(&owners);
	if (checkup->socket_count)
		qsort(checkup->sockets, checkup->socket_count, sizeof(*checkup->sockets), by_owner);
}
