/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_MYTHS_REPORT_H
#define REPORT_MYTHS_REPORT_H

/* Claims and what became of them, for people, for a page in Markdown and for programs. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "scenario/myth.h"

struct myths_look {
	bool utf8, has_colour;
	size_t columns; /* words are wrapped to so many */
};

/*
 * A block of lines, without an empty one behind it:
 *
 *	time-wait-exactly-60
 *	  claimed   "TIME_WAIT lasts exactly 60 seconds"
 *	  measured  ... (server 61.30 s in TIME_WAIT)
 *	  verdict   false. ...
 */
void myth_print(
	struct text *out, const char *name, const struct myth *myth, const struct myths_look *look);

/* The table's head, with the kernel's release; then a row a claim. GitHub's Markdown. */
void myths_print_markdown_head(struct text *out, const char *kernel);
void myth_print_markdown(struct text *out, const char *name, const struct myth *myth);

/*
 * {"type":"myth",name,claimed,measured,verdict,answer,kernel,background,figures}: verdict is "false",
 * "true", "half_true", "otherwise" or "untried"; answer the words of it; figures a list of
 * {what,time_s} or {what,packets}. The first carries "v":1.
 */
void myth_print_json(struct text *out, const char *name, const struct myth *myth,
	const char *kernel, bool is_first);

#endif
