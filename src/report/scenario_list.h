/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_SCENARIO_LIST_H
#define REPORT_SCENARIO_LIST_H

/* The scenarios that timewait comes with, as `timewait scenarios` lists them. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "scenario/library.h"

/*
 * Appends all of them by theme, with their titles, the slow ones marked. Titles are wrapped to `columns`;
 * 0 for no limit: one line each.
 */
void scenario_list_print(struct text *out, size_t columns, bool has_colour);

/* Appends all of them as JSON, one object a line; the first carries "v":1. */
void scenario_list_print_json(struct text *out);

/* Appends one as JSON, with its explanation and its text. */
void scenario_list_print_one_json(struct text *out, const struct library_entry *entry);

#endif
