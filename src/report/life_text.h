/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_LIFE_TEXT_H
#define REPORT_LIFE_TEXT_H

/*
 * Events of life.h as people read them: time of day, both ends, what happened and by whom; one a line, in columns
 * that grow with what they hold.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/cgroup.h"
#include "observe/life.h"

struct life_text {
	struct cgroup_cache *cgroups; /* not owned */
	int64_t real_ns;              /* what to add to CLOCK_MONOTONIC to have the time of day */
	bool has_colour, utf8;
	bool has_netns;                     /* events of several namespaces: say which */
	size_t local_columns, peer_columns; /* so far; start as 0 */
};

/* Appends the line that stands above the columns. */
void life_text_put_header(struct life_text *look, struct text *out);

/* Appends a line. */
void life_text_put(struct life_text *look, struct text *out, const struct life_event *event);

#endif
