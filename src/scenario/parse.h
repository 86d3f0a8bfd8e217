/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_PARSE_H
#define SCENARIO_PARSE_H

/*
 * From text to tree. In linear time and bounded memory whatever the text is, binary junk included;
 * nothing is acted upon.
 */

#include <stddef.h>

#include "base/error.h"
#include "scenario/tree.h"

/* What is longer was written by no person: it is refused, and said so. */
#define PARSE_BYTES_MAX      (1u << 20) /* of the file */
#define PARSE_LINES_MAX      100000
#define PARSE_LINE_BYTES_MAX 4096 /* of a line, its end not counted */

/* Errors kept; further ones are only counted. */
#define PARSE_ERRORS_MAX 20

struct parse_errors {
	struct error errors[PARSE_ERRORS_MAX]; /* line and column set; code EINVAL */
	size_t count;                          /* all of them */
};

/*
 * Parses the text of a file. 0; or -EINVAL with *ret_errors filled (in the order of the lines) and
 * nothing left to finish. `file` is what messages call it.
 */
int scenario_parse(struct scenario *ret_scenario, const char *file, const char *text, size_t length,
	struct parse_errors *ret_errors);

/*
 * Parses one line that follows those already in the tree, as the interactive lab reads it: appends its
 * step (none for an empty line). Titles do not exist here: a comment is a comment. 0 or -EINVAL.
 */
int scenario_parse_line(struct scenario *scenario, int line, const char *text, size_t length,
	struct error *ret_error);

#endif
