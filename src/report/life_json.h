/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_LIFE_JSON_H
#define REPORT_LIFE_JSON_H

/*
 * Events of life.h as `timewait watch --json` has them: one object a line, written by hand into memory of the
 * caller's, for there may be half a million a second.
 */

#include <stdbool.h>
#include <stdint.h>

#include "observe/cgroup.h"
#include "observe/life.h"

/* No event takes more, here or as text: a cgroup may have the longest of paths, and each byte may be one to be escaped. */
#define LIFE_JSON_BYTES (5 * CGROUP_PATH_BYTES + 1024)

struct life_json {
	struct cgroup_cache *cgroups; /* resolves cgroups; not owned */
	int64_t real_ns;              /* what to add to CLOCK_MONOTONIC to have the time of day */
	bool has_begun;               /* the first object has "v" */
};

/* Returns the place behind the newline. */
char *life_json_put(struct life_json *json, char *at, const struct life_event *event);

#endif
