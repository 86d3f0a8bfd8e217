/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_TELL_BPF_H
#define OBSERVE_LIFE_TELL_BPF_H

/*
 * Part of life.bpf.c: events, on their way to the reader.
 */

#include "observe/life_identity.bpf.h"
#include "observe/life_process.bpf.h"

/* The reader sleeps until it is told: once, for the first event after a pause. */
static __always_inline uint64_t wake_up(void)
{
	if (!shared.is_sleeping)
		return BPF_RB_NO_WAKEUP;
	shared.is_sleeping = 0;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void fill(struct life_event *event, const struct identity *id, uint8_t kind,
	uint8_t from, uint8_t to, uint8_t cause)
{
	event->time_ns = bpf_ktime_get_ns();
	event->cookie = id->cookie;
	event->netns = id->netns;
	event->local_port = id->local_port;
	event->peer_port = id->peer_port;
	event->family = id->family;
	event->kind = kind;
	event->from = from;
	event->to = to;
	event->cause = cause;
	event->flags = 0;
	event->restarts = 0;
	__builtin_memcpy(event->local, id->local, sizeof(event->local));
	__builtin_memcpy(event->peer, id->peer, sizeof(event->peer));
}

/* What most events are: the first part of a life_event alone. */
static __always_inline void tell_brief(const struct identity *id, uint8_t from, uint8_t to)
{
	struct life_event *event = bpf_ringbuf_reserve(&ring, LIFE_BRIEF_BYTES, 0);

	if (!event) {
		COUNT(lost, 1);
		return;
	}
	fill(event, id, LIFE_STATE, from, to, 0);
	bpf_ringbuf_submit(event, wake_up());
}

static __always_inline void tell(const struct identity *id, const struct life_entry *entry,
	uint8_t kind, uint8_t from, uint8_t cause, uint32_t ended_by)
{
	struct life_event *event;

	if (!is_cause_wanted(cause))
		return;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		COUNT(lost, 1);
		return;
	}
	fill(event, id, kind, from, id->substate, cause);
	event->flags = entry->flags & LIFE_FLAGS_TOLD;
	event->restarts = entry->restarts;
	event->cgroup = entry->cgroup;
	event->lifetime_ns =
		kind == LIFE_BORN || !entry->born_ns ? 0 : event->time_ns - entry->born_ns;
	event->pid = entry->pid;
	event->ended_by = ended_by;
	__builtin_memcpy(event->comm, entry->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, wake_up());
}

/* The process, by the name that ps and list have: a thread may have another. */
static __always_inline void take_current(struct life_entry *entry)
{
	struct task_struct *task = bpf_get_current_task_btf();

	entry->pid = current_process();
	entry->cgroup = bpf_get_current_cgroup_id();
	bpf_probe_read_kernel_str(entry->comm, sizeof(entry->comm), task->group_leader->comm);
	entry->flags |= LIFE_HAS_CLOSER;
}

#endif
