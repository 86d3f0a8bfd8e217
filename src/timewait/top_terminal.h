/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_TOP_TERMINAL_H
#define TIMEWAIT_TOP_TERMINAL_H

/*
 * The screen and the keyboard, by ncursesw; only where HAVE_NCURSESW. One at a time. The terminal is left as it was: by
 * terminal_close(), when the program leaves by exit(), and when it crashes.
 */

#include <stdbool.h>

#include "base/error.h"
#include "report/grid.h"

/* 0 or -ENOTTY, *err saying what of a terminal is missing. */
int terminal_open(struct error *err);
void terminal_close(void);

void terminal_size(int *ret_rows, int *ret_columns);

/* Puts the grid onto the screen: what has not changed is not sent again. */
void terminal_show(const struct grid *grid);

/* What terminal_key() returns beside enum top_key and characters. */
#define TERMINAL_NO_KEY  (-1)
#define TERMINAL_RESIZED (-2)

/* The next key, without waiting. */
int terminal_key(void);

#endif
