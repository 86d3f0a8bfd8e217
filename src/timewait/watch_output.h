/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_WATCH_OUTPUT_H
#define TIMEWAIT_WATCH_OUTPUT_H

/* What `timewait watch` prints: gathered, and written to standard output in large pieces. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/cgroup.h"
#include "observe/life.h"
#include "report/life_json.h"
#include "report/life_text.h"

struct watch_output {
	bool json;
	struct cgroup_cache cgroups;
	struct life_json as_json;
	struct life_text as_text;
	struct text line; /* of as_text */
	char *buffer;
	size_t length;
	int failure;        /* errno of a write that failed; EPIPE where the reader has gone */
	bool has_given_up;  /* after Ctrl-C, of a reader that does not read */
	uint64_t unwritten; /* events, since */
};

void watch_output_open(struct watch_output *output, bool json, bool has_netns);
void watch_output_close(struct watch_output *output);

/* The columns' names, unless it is JSON. */
void watch_output_header(struct watch_output *output);

/* Before events, from time to time: the time of day may be set while we watch. */
void watch_output_look_at_clock(struct watch_output *output);

/* A life_each, of a struct watch_output. Writes when there is much. */
int watch_output_put(void *context, const struct life_event *event);

/*
 * Writes what there is, and blocks until that is done; from Ctrl-C on for as long as the reader reads. 0, or -errno of
 * `failure`.
 */
int watch_output_flush(struct watch_output *output);

/* Has whoever read our output gone? `failure` says so then. Tells it while there is nothing to write. */
void watch_output_look_at_reader(struct watch_output *output);

#endif
