/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_TALLY_BPF_H
#define OBSERVE_LIFE_TALLY_BPF_H

/*
 * Part of life.bpf.c: what is counted, exactly, while it happens.
 */

#include "observe/life_identity.bpf.h"

static __always_inline void add_to(
	struct life_group_counts *group, int by, int by_fin_wait2, bool is_birth, bool is_death)
{
	if (by)
		__sync_fetch_and_add(&group->now, (int64_t)by);
	if (by_fin_wait2)
		__sync_fetch_and_add(&group->now_fin_wait2, (int64_t)by_fin_wait2);
	if (is_birth)
		__sync_fetch_and_add(&group->born, 1);
	if (is_death)
		__sync_fetch_and_add(&group->died, 1);
}

/*
 * A group that does not fit is counted among the others, and the entry remembers that, so that it is taken from
 * there in the end. So is what belonged to a group that the reader has removed since.
 */
static __always_inline void count_in_group(void *groups, const struct life_group_key *key,
	struct life_entry *entry, int by, int by_fin_wait2, bool is_birth, bool is_death)
{
	uint8_t bit = (uint8_t)(1 << (key->dimension & 7));
	struct life_group_counts *group = NULL;
	struct life_counts *mine;

	if (!(entry->others & bit)) {
		group = bpf_map_lookup_elem(groups, key);
		if (!group && is_birth) {
			struct life_group_counts fresh = {};

			bpf_map_update_elem(groups, key, &fresh, BPF_NOEXIST);
			group = bpf_map_lookup_elem(groups, key);
		}
	}
	if (group) {
		add_to(group, by, by_fin_wait2, is_birth, is_death);
		return;
	}
	if (is_birth)
		entry->others |= bit;
	mine = my_counts();
	if (mine && key->dimension < LIFE_DIMENSION_COUNT)
		add_to(&mine->others[key->dimension], by, by_fin_wait2, is_birth, is_death);
}

static __always_inline void count_in_groups(const struct identity *id, struct life_entry *entry,
	int by, int by_fin_wait2, bool is_birth, bool is_death)
{
	struct life_group_key key = {.dimension = LIFE_BY_PEER, .family = id->family};

	if (!setup.has_counts)
		return;
	__builtin_memcpy(key.peer, id->peer, sizeof(key.peer));
	count_in_group(&groups_by_peer, &key, entry, by, by_fin_wait2, is_birth, is_death);

	__builtin_memset(&key, 0, sizeof(key));
	key.dimension = LIFE_BY_LOCAL_PORT;
	key.local_port = id->local_port;
	count_in_group(&groups_by_port, &key, entry, by, by_fin_wait2, is_birth, is_death);

	key.dimension = LIFE_BY_PROCESS;
	key.local_port = 0;
	key.pid = entry->pid;
	__builtin_memcpy(key.comm, entry->comm, sizeof(key.comm));
	count_in_group(&groups_by_process, &key, entry, by, by_fin_wait2, is_birth, is_death);

	__builtin_memset(&key, 0, sizeof(key));
	key.dimension = LIFE_BY_CGROUP;
	key.cgroup = entry->cgroup;
	count_in_group(&groups_by_cgroup, &key, entry, by, by_fin_wait2, is_birth, is_death);
}

static __always_inline void count_now(bool is_fin_wait2, int by)
{
	if (is_fin_wait2)
		COUNT(fin_wait2, (int64_t)by);
	else
		COUNT(time_wait, (int64_t)by);
}

/* FIN_WAIT2 is what the table of orphans has. */
static __always_inline bool become_orphan(const struct identity *id, const void *timer)
{
	uint64_t address;

	if (id->substate != FIN_WAIT2)
		return false;
	address = number_of(timer);
	return bpf_map_update_elem(&orphans, &id->cookie, &address, BPF_ANY) == 0;
}

static __always_inline bool was_orphan(const struct identity *id)
{
	return bpf_map_delete_elem(&orphans, &id->cookie) == 0;
}

static __always_inline bool has_been_seen(uint64_t key)
{
	return bpf_map_lookup_elem(&seen, &key);
}

static __always_inline void note_seen(uint64_t key)
{
	uint8_t one = 1;

	if (bpf_map_update_elem(&seen, &key, &one, BPF_ANY))
		COUNT(untracked, 1);
}

/* A full socket's state. SYN_RECV is not counted: what is in it is mostly a request, which nothing tells of. */
static __always_inline void count_state(uint64_t cookie, int from, int to)
{
	struct life_counts *mine = my_counts();
	bool is_counted = from != SYN_RECV && from != CLOSED;

	if (!mine || !setup.has_counts || shared.is_reading == LIFE_STARTS)
		return;
	if (shared.is_reading) {
		is_counted = is_counted && has_been_seen(cookie);
		note_seen(cookie);
	}
	if (is_counted)
		__sync_fetch_and_add(&mine->states[below_16((uint32_t)from)], (int64_t)-1);
	if (to != SYN_RECV && to != CLOSED)
		__sync_fetch_and_add(&mine->states[below_16((uint32_t)to)], (int64_t)1);
	if (to == ESTABLISHED && from == SYN_SENT)
		__sync_fetch_and_add(&mine->opened, 1);
	if (to == ESTABLISHED && from == SYN_RECV)
		__sync_fetch_and_add(&mine->accepted, 1);
}

#endif
