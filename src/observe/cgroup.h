/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_CGROUP_H
#define OBSERVE_CGROUP_H

/*
 * The path of a cgroup by its number, as BPF programs tell it (cgroup v2, bpf_get_current_cgroup_id()): what has been found is
 * kept, in a table of fixed size, so that memory stays flat however many there are. Needs CAP_DAC_READ_SEARCH
 * (open_by_handle_at(2)) and a mounted cgroup2; without, every path is unknown.
 */

#include <stddef.h>
#include <stdint.h>

#define CGROUP_CACHE_SLOTS 1024
/* No path is longer, its end included. */
#define CGROUP_PATH_BYTES 4096

struct cgroup_slot {
	uint64_t id; /* 0 for none */
	char *path;  /* NULL: looked for, and not found */
};

struct cgroup_cache {
	int mount;      /* of cgroup2; -1 for none */
	char root[256]; /* where that is mounted */
	struct cgroup_slot slots[CGROUP_CACHE_SLOTS];
};

/* Cannot fail: without cgroup2 it knows nothing. */
void cgroup_cache_open(struct cgroup_cache *cache);
void cgroup_cache_close(struct cgroup_cache *cache);

/*
 * "/system.slice/nginx.service", "/" for the root; NULL where unknown, or gone before it was asked for. Lives until the
 * next call.
 */
const char *cgroup_path(struct cgroup_cache *cache, uint64_t id);

#endif
