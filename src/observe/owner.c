/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"

/* From the kernel's include/linux/sched.h; stands in the ninth field of /proc/PID/stat. */
#define PF_KTHREAD 0x00200000u

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

#define _cleanup_directory_ __attribute__((cleanup(close_directory)))

/* The number that the name begins with and `end` ends; -1 where it is no such number. */
static int64_t read_number(const char *digits, char end)
{
	int64_t number = 0;
	const char *next = digits;

	for (; *next >= '0' && *next <= '9' && number <= UINT32_MAX; next++)
		number = 10 * number + (*next - '0');
	return next == digits || *next != end || number > UINT32_MAX ? -1 : number;
}

static ssize_t read_file_at(int directory, const char *name, char *buffer, size_t size)
{
	_cleanup_fd_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, buffer, size - 1);

	buffer[length < 0 ? 0 : length] = '\0';
	return length;
}

/* The kernel ends it by one newline, and there may be others inside. */
static void read_comm(int process, char comm[16])
{
	char line[32];
	ssize_t length = read_file_at(process, "comm", line, sizeof(line));

	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	snprintf(comm, 16, "%.15s", line);
}

/* The path in cgroup v2, which every kernel since 4.5 tells as hierarchy 0. */
static char *read_cgroup(int process)
{
	char lines[16384];
	char *next = lines;
	char *line;

	if (read_file_at(process, "cgroup", lines, sizeof(lines)) <= 0)
		return NULL;
	while ((line = strsep(&next, "\n"))) {
		if (!strncmp(line, "0::/", 4))
			return strdup(line + 3);
	}
	return NULL;
}

/* Could this process hold sockets that we are not shown? Kernel threads and zombies have none. */
static bool may_hold_sockets(int process)
{
	char stat[512];
	const char *fields;
	unsigned int flags;
	char state;

	if (read_file_at(process, "stat", stat, sizeof(stat)) <= 0)
		return false;
	/* "PID (COMM) STATE PPID PGRP SESSION TTY TPGID FLAGS": COMM may hold anything. */
	fields = strrchr(stat, ')');
	if (!fields || sscanf(fields + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return false;
	return state != 'Z' && !(flags & PF_KTHREAD);
}

/* What is to be read once a process, and only if it holds a socket at all. */
struct process {
	int directory;
	pid_t pid;
	bool is_known;
	char comm[16];
	char *cgroup; /* the table's */
};

static void learn(struct owner_table *table, struct process *process)
{
	process->is_known = true;
	read_comm(process->directory, process->comm);
	process->cgroup = read_cgroup(process->directory);
	if (process->cgroup)
		*list_grow(&table->cgroups, &table->cgroup_count, &table->cgroup_room) =
			process->cgroup;
}

/* Returns 0, or a negative errno: -EACCES when the process may not be looked into. */
static int add_descriptor(
	struct owner_table *table, struct process *process, int fds, const char *name)
{
	static const char prefix[] = "socket:[";
	char target[64];
	ssize_t length = readlinkat(fds, name, target, sizeof(target) - 1);
	struct owner *owner;
	int64_t inode;

	if (length < 0)
		return -errno;
	target[length] = '\0';
	if (strncmp(target, prefix, sizeof(prefix) - 1))
		return 0;
	inode = read_number(target + sizeof(prefix) - 1, ']');
	if (inode <= 0)
		return 0;
	if (!process->is_known)
		learn(table, process);
	owner = list_grow(&table->owners, &table->count, &table->room);
	owner->inode = (uint32_t)inode;
	owner->pid = process->pid;
	owner->fd = (int)read_number(name, '\0');
	owner->cgroup = process->cgroup;
	memcpy(owner->comm, process->comm, sizeof(owner->comm));
	return 0;
}

static DIR *open_directory_at(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *opened = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !opened)
		fd_close(&fd);
	return opened;
}

/* How many descriptors there are in that folder; or a negative errno. */
static int add_descriptors(struct owner_table *table, struct process *process, const char *folder)
{
	_cleanup_directory_ DIR *fds = open_directory_at(process->directory, folder);
	const struct dirent *entry;
	int count = 0;

	if (!fds)
		return -errno;
	while ((entry = readdir(fds))) {
		if (entry->d_name[0] == '.')
			continue;
		/* Listing may be allowed where following is not: then all of them are refused. */
		if (add_descriptor(table, process, dirfd(fds), entry->d_name) == -EACCES)
			return -EACCES;
		count++;
	}
	return count;
}

/* "." and ".." count, too. A kernel thread has none but itself, and there are hundreds of these. */
static bool has_threads(int process)
{
	struct stat status;

	return fstatat(process, "task", &status, 0) == 0 && status.st_nlink > 3;
}

/* The first thread has ended, and its process goes on without it: the others have the descriptors, all the same
 * ones. */
static int add_descriptors_of_threads(struct owner_table *table, struct process *process)
{
	_cleanup_directory_ DIR *threads = open_directory_at(process->directory, "task");
	const struct dirent *entry;
	int count = 0;

	while (threads && !count && (entry = readdir(threads))) {
		char folder[sizeof(entry->d_name) + sizeof("task//fd")];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(folder, sizeof(folder), "task/%s/fd", entry->d_name);
		count = add_descriptors(table, process, folder);
	}
	return count;
}

static void read_process(struct owner_table *table, int proc, const char *name, pid_t pid)
{
	_cleanup_fd_ int directory = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct process process = {.directory = directory, .pid = pid};
	int count;

	if (directory < 0)
		return; /* gone since it was listed */
	count = add_descriptors(table, &process, "fd");
	if (!count && has_threads(directory))
		count = add_descriptors_of_threads(table, &process);
	if (count == -EACCES && may_hold_sockets(directory))
		table->unreadable++;
}

static int by_inode(const void *left, const void *right)
{
	const struct owner *a = left, *b = right;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

int owner_table_read(struct owner_table *table)
{
	_cleanup_directory_ DIR *proc = opendir("/proc");
	const struct dirent *entry;
	bool has_first = false;

	*table = (struct owner_table){0};
	if (!proc)
		return -errno;
	while ((entry = readdir(proc))) {
		int64_t pid = read_number(entry->d_name, '\0');

		if (pid > 0)
			read_process(table, dirfd(proc), entry->d_name, (pid_t)pid);
		has_first |= pid == 1;
	}
	/* There always is a process 1. With hidepid=2 those of others are not even listed. */
	table->unreadable += !has_first;
	if (table->count)
		qsort(table->owners, table->count, sizeof(*table->owners), by_inode);
	return 0;
}

void owner_table_finish(struct owner_table *table)
{
	for (size_t i = 0; i < table->cgroup_count; i++)
		free(table->cgroups[i]);
	free(table->cgroups);
	free(table->owners);
	*table = (struct owner_table){0};
}

const struct owner *owner_table_find(const struct owner_table *table, uint32_t inode)
{
	size_t low = 0, high = table->count;

	/* The first of several: the lowest pid. Inode 0 names no socket. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->owners[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	if (!inode || low == table->count || table->owners[low].inode != inode)
		return NULL;
	return &table->owners[low];
}
