/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_JSON_LINE_H
#define REPORT_JSON_LINE_H

/* One object a line, as every --json has it. */

#include <jansson.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Appends the object and a newline, and gives the object back (json_decref). Its real numbers have
 * `digits` digits at most, which keeps 59.984000000000002 away; 0: as many as there are. Out of memory ends
 * the program, as in text.h.
 */
void json_line_append(struct text *out, json_t *object, size_t digits);

#endif
