/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_GROUP_TABLE_H
#define REPORT_GROUP_TABLE_H

/*
 * Counted sockets, a line a group, as groups_sort() left them. Pure.
 *
 *	 Count  Peer Address
 *	300000  192.0.2.1
 *	     2  2001:db8::1
 *
 * As JSON: {"by":"peer","peer":"192.0.2.1","count":300000}; by state `state`, by local `local` and
 * `local_port`, by process `pid` and `comm`, by cgroup `cgroup`. What is not known is left out (in the table: -).
 */

#include <stdbool.h>

#include "base/text.h"
#include "observe/groups.h"

/* "state", "process", "peer", "local", "cgroup": ended by NULL, numbered as enum group_by. */
extern const char *const group_by_names[];

/* Of the numbers, `widest` is the largest. */
void group_table_append_header(struct text *out, enum group_by by, uint64_t widest);
void group_table_append(
	struct text *out, enum group_by by, const struct group *group, uint64_t widest, bool utf8);

/* The first line of an output begins with "v":1. */
void group_json_append(
	struct text *out, enum group_by by, const struct group *group, bool is_first);

#endif
