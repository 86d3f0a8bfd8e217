/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

/* 'R' running, 'S' asleep, 'D' in the disk, 'Z' dead...; '\0' when there is no such thread. */
static char thread_state(pid_t pid, pid_t thread)
{
	char path[64], line[512];
	char *name_end;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, thread);
	if (fd_read_file(path, line, sizeof(line)) <= 0)
		return '\0';
	/* The name, in parentheses, may hold anything but ends at the last of them. */
	name_end = strrchr(line, ')');
	return name_end && name_end[1] ? name_end[2] : '\0';
}

pid_t process_of_thread(pid_t thread)
{
	char path[64], text[4096];
	const char *found;

	snprintf(path, sizeof(path), "/proc/%d/status", thread);
	if (fd_read_file(path, text, sizeof(text)) <= 0)
		return thread;
	found = strstr(text, "\nTgid:");
	return found ? (pid_t)atoi(found + strlen("\nTgid:")) : thread;
}

bool thread_is_moving(pid_t pid, pid_t thread)
{
	char state = thread_state(pid, thread);

	return state == 'R' || state == 'D';
}

static bool is_moving(pid_t pid, int depth);

/* CONFIG_PROC_CHILDREN; where it is missing, only the first process is watched. */
static bool children_are_moving(pid_t pid, pid_t thread, int depth)
{
	char path[64], list[4096];
	char *at = list;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, thread);
	if (fd_read_file(path, list, sizeof(list)) <= 0)
		return false;
	while (*at) {
		char *end;
		long child = strtol(at, &end, 10);

		if (end == at)
			return false;
		if (is_moving((pid_t)child, depth))
			return true;
		at = end;
	}
	return false;
}

#define PROCESS_TREE_DEPTH 8

static bool is_moving(pid_t pid, int depth)
{
	char path[64];
	bool moves = false;
	DIR *threads;
	struct dirent *entry;

	if (depth > PROCESS_TREE_DEPTH)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	if (!threads)
		return false;
	while (!moves && (entry = readdir(threads))) {
		pid_t thread = (pid_t)atoi(entry->d_name);

		if (thread <= 0)
			continue;
		moves = thread_is_moving(pid, thread) ||
			children_are_moving(pid, thread, depth + 1);
	}
	closedir(threads);
	return moves;
}

bool process_is_moving(pid_t pid)
{
	return is_moving(pid, 0);
}
