/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_PROCESS_BPF_H
#define OBSERVE_LIFE_PROCESS_BPF_H

/*
 * Part of life.bpf.c: which process acts, by the number that it has where the observer is, in whose /proc it is looked for.
 */

#include "observe/life_maps.bpf.h"

/* PID namespaces inside each other; the kernel allows 32. */
#define LEVELS_MOST 8

/* The number that a process has in the observer's PID namespace; 0 for one that is not in there. */
static __always_inline uint32_t number_here(const struct task_struct *task)
{
	const struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	uint32_t level = BPF_CORE_READ(pid, level);
	struct upid upid;

	for (uint32_t i = 0; i < LEVELS_MOST && i <= level; i++) {
		bpf_probe_read_kernel(&upid, sizeof(upid), &pid->numbers[i]);
		if (BPF_CORE_READ(upid.ns, ns.inum) == setup.pid_namespace)
			return (uint32_t)upid.nr;
	}
	return 0;
}

static __always_inline uint32_t current_process(void)
{
	if (setup.pid_namespace)
		return number_here(bpf_get_current_task_btf());
	return (uint32_t)(bpf_get_current_pid_tgid() >> 32);
}

#endif
