/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* linux/exportfs.h, FILEID_KERNFS: the handle is the number. */
#define HANDLE_TYPE_KERNFS 0xfe

static void find_mount(char *root, size_t size)
{
	FILE *mounts = fopen("/proc/self/mounts", "re");
	char line[1024];

	root[0] = '\0';
	while (mounts && !root[0] && fgets(line, sizeof(line), mounts)) {
		char *rest = line, *where;

		strsep(&rest, " ");
		where = strsep(&rest, " ");
		if (where && rest && !strncmp(rest, "cgroup2 ", 8) && strlen(where) < size)
			strcpy(root, where);
	}
	if (mounts)
		fclose(mounts);
}

void cgroup_cache_open(struct cgroup_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	cache->mount = -1;
	find_mount(cache->root, sizeof(cache->root));
	if (cache->root[0])
		cache->mount = open(cache->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void cgroup_cache_close(struct cgroup_cache *cache)
{
	for (size_t i = 0; i < CGROUP_CACHE_SLOTS; i++) {
		free(cache->slots[i].path);
		cache->slots[i] = (struct cgroup_slot){0};
	}
	fd_close(&cache->mount);
}

/* The path is what /proc says of the descriptor, less where cgroup2 is mounted. The caller frees. */
static char *look_up(const struct cgroup_cache *cache, uint64_t id)
{
	struct {
		struct file_handle header;
		uint64_t id;
	} handle = {.header = {.handle_bytes = sizeof(id), .handle_type = HANDLE_TYPE_KERNFS}};
	size_t prefix = strlen(cache->root);
	char link[64], path[CGROUP_PATH_BYTES];
	_cleanup_fd_ int fd = -1;
	ssize_t length;

	memcpy(handle.header.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(cache->mount, &handle.header, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < (ssize_t)prefix || strncmp(path, cache->root, prefix) != 0)
		return NULL;
	path[length] = '\0';
	return strdup(path[prefix] ? path + prefix : "/");
}

const char *cgroup_path(struct cgroup_cache *cache, uint64_t id)
{
	/* The low bits count upwards: neighbours do not meet. */
	struct cgroup_slot *slot = &cache->slots[(id ^ id >> 32) % CGROUP_CACHE_SLOTS];

	if (!id || cache->mount < 0)
		return NULL;
	if (slot->id != id) {
		free(slot->path);
		*slot = (struct cgroup_slot){.id = id, .path = look_up(cache, id)};
	}
	return slot->path;
}
