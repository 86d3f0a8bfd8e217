/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/list.h"
#include "observe/groups_order.h"

void groups_init(struct groups *groups, enum group_by by)
{
	*groups = (struct groups){.by = by};
	hash_init(&groups->index);
}

void groups_finish(struct groups *groups)
{
	hash_finish(&groups->index);
	free(groups->groups);
	groups->groups = NULL;
	groups->count = groups->room = 0;
}

bool groups_need_owner(enum group_by by)
{
	return by == GROUP_BY_PROCESS || by == GROUP_BY_CGROUP;
}

static bool has_peer(const struct diag_socket *socket)
{
	return socket->state != TCP_STATE_LISTEN && socket->state != TCP_STATE_BOUND;
}

static struct group key_of(
	enum group_by by, const struct diag_socket *socket, const struct owner *owner)
{
	struct group key = {0};

	switch (by) {
	case GROUP_BY_STATE: key.state = socket->state; break;
	case GROUP_BY_PEER:
		if (has_peer(socket))
			key.endpoint = endpoint_unmap(&socket->peer);
		key.endpoint.port = 0;
		break;
	case GROUP_BY_LOCAL:
		key.endpoint = endpoint_unmap(&socket->local);
		/* An IPv4 address is written without the device that its socket is bound to. */
		if (key.endpoint.family == AF_INET)
			key.endpoint.interface = 0;
		break;
	case GROUP_BY_PROCESS:
		if (owner) {
			key.owner.pid = owner->pid;
			key.owner.name = owner->comm;
		}
		break;
	case GROUP_BY_CGROUP: key.owner.name = owner ? owner->cgroup : NULL; break;
	}
	return key;
}

static uint32_t hash_of(const struct groups *groups, const struct group *key)
{
	const struct hash *index = &groups->index;

	switch (groups->by) {
	case GROUP_BY_STATE: return hash_bytes(index, &key->state, sizeof(key->state));
	case GROUP_BY_PEER:
	case GROUP_BY_LOCAL: return hash_bytes(index, &key->endpoint, sizeof(key->endpoint));
	case GROUP_BY_PROCESS: return hash_bytes(index, &key->owner.pid, sizeof(key->owner.pid));
	case GROUP_BY_CGROUP: break;
	}
	return key->owner.name ? hash_bytes(index, key->owner.name, strlen(key->owner.name)) : 0;
}

static bool is_same_name(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(enum group_by by, const struct group *a, const struct group *b)
{
	switch (by) {
	case GROUP_BY_STATE: return a->state == b->state;
	case GROUP_BY_PEER:
	case GROUP_BY_LOCAL: return !memcmp(&a->endpoint, &b->endpoint, sizeof(a->endpoint));
	case GROUP_BY_PROCESS: return a->owner.pid == b->owner.pid;
	case GROUP_BY_CGROUP: break;
	}
	return is_same_name(a->owner.name, b->owner.name);
}

static struct group *add(struct groups *groups)
{
	size_t room = groups->room;
	struct group *group = list_grow(&groups->groups, &groups->count, &groups->room);

	if (groups->room > room)
		large_pages(groups->groups, groups->room * sizeof(*groups->groups));
	return group;
}

static void count_one(struct groups *groups, const struct groups_gathered *socket)
{
	struct hash_probe probe = hash_probe(&groups->index, socket->hash);
	struct group *group;
	size_t number;

	while (hash_next(&groups->index, &probe, &number)) {
		group = &groups->groups[number];
		if (is_same(groups->by, group, &socket->key)) {
			group->count++;
			return;
		}
	}
	group = add(groups);
	*group = socket->key;
	group->count = 1;
	hash_add(&groups->index, &probe);
}

void groups_settle(struct groups *groups)
{
	for (size_t i = 0; i < groups->gathered_count; i++)
		count_one(groups, &groups->gathered[i]);
	groups->gathered_count = 0;
}

void groups_count(
	struct groups *groups, const struct diag_socket *socket, const struct owner *owner)
{
	struct groups_gathered *gathered = &groups->gathered[groups->gathered_count++];

	gathered->key = key_of(groups->by, socket, owner);
	gathered->hash = hash_of(groups, &gathered->key);
	hash_prefetch(&groups->index, gathered->hash);
	if (groups->gathered_count == GROUPS_GATHERED)
		groups_settle(groups);
}

void groups_sort(struct groups *groups)
{
	groups_settle(groups);
	hash_finish(&groups->index);
	groups_order(groups->by, groups->groups, groups->count);
}
