/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_PROCESS_H
#define LAB_PROCESS_H

/* Whether a process does something, as /proc/PID/task/TID/stat tells: see proc(5). */

#include <stdbool.h>
#include <sys/types.h>

/*
 * Is any thread of the process, of its children or theirs, on a processor or about to be? False when
 * all of them sleep, and when there is no such process. A snapshot: who else might wake them is
 * the caller's business.
 */
bool process_is_moving(pid_t pid);

/* The same of one thread alone. */
bool thread_is_moving(pid_t pid, pid_t thread);

/* The process that the thread belongs to, whose descriptors it uses; itself where that is not to be
 * found out. */
pid_t process_of_thread(pid_t thread);

#endif
