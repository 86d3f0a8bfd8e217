/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_SELFCHECK_REPORT_H
#define REPORT_SELFCHECK_REPORT_H

/* What `timewait doctor --self` found out, for people and for programs. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "explain/selfcheck.h"

struct selfcheck_look {
	bool utf8, has_colour;
	size_t columns; /* reasons are wrapped to so many */
};

/*
 * A line a check, a mark before it: works; does not, and a command needs it; does not, and none
 * does. Below what does not work, why and what to do. At the end, which commands work.
 */
void selfcheck_print(
	struct text *out, const struct selfcheck *check, const struct selfcheck_look *look);

/*
 * The same as one JSON object a line: {"type":"check",name,works,tried,needed_by,purpose,reason,
 * remedy}, then {"type":"command",name,works}. The first begins with "v":1.
 */
void selfcheck_print_json(struct text *out, const struct selfcheck *check);

#endif
