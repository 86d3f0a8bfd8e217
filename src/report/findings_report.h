/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_FINDINGS_REPORT_H
#define REPORT_FINDINGS_REPORT_H

/* What `timewait doctor` found, for people and for programs. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "explain/findings.h"

struct findings_look {
	bool utf8, has_colour;
	size_t columns; /* words are wrapped to so many */
};

/*
 * A block a finding, the worst first: a mark and what is wrong, the evidence, the sockets, what it means,
 * what to do, which scenario shows it. At the end how many there are of each severity; or, where there is
 * nothing to say, that in one line.
 */
void findings_print(struct text *out, const struct findings *findings,
	const struct checkup *checkup, const struct findings_look *look);

/*
 * The same as one JSON object a line: {"type":"finding",check,severity,title,evidence:{...},sockets:[...],
 * meaning,remedy,scenario,page}, then {"type":"summary",bad,warn,note,sockets,window_s,missing:[...],
 * unreadable_processes,unowned_sockets,unknown_options}, and sockets_left_out and
 * connections_left_out where there were too many. The first begins with "v":1.
 */
void findings_print_json(
	struct text *out, const struct findings *findings, const struct checkup *checkup);

/*
 * What could not be looked at: names for a program ("sockets", "tcp_max_orphans"); `names` has room for
 * FINDINGS_MISSING_MAX. Returns how many.
 */
#define FINDINGS_MISSING_MAX 16
size_t findings_missing(const struct checkup *checkup, const char *names[FINDINGS_MISSING_MAX]);

#endif
