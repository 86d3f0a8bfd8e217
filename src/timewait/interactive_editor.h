/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_INTERACTIVE_EDITOR_H
#define TIMEWAIT_INTERACTIVE_EDITOR_H

/* The line editor of interactive_prompt.h, by libedit; only where HAVE_LIBEDIT. */

#include "timewait/interactive_prompt.h"

struct editor;

/* NULL where the terminal cannot do it (TERM=dumb). */
struct editor *editor_create(const struct prompt_hooks *hooks, const char *history);
void editor_destroy(struct editor *editor);

/* As prompt_read(). */
int editor_read(struct editor *editor, struct text *ret_line);

#endif
