/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_JSON_TEXT_H
#define REPORT_JSON_TEXT_H

/* JSON by hand, for output of so many objects that a tree of each would cost more than all the rest. */

#include "base/text.h"

/*
 * Appends the string in its quotes (RFC 8259 section 7). JSON is UTF-8, and a process may call itself
 * anything: in a string that is not UTF-8, every byte beyond ASCII stands as \xNN, as it would in a table.
 */
void json_text_append_string(struct text *out, const char *string);

#endif
