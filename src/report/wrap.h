/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_WRAP_H
#define REPORT_WRAP_H

/* Words into lines. Widths are columns of a terminal, in the locale's character set. */

#include <stdbool.h>
#include <stddef.h>

/*
 * The words safe to print, as text_append_escaped() makes them, but with a backslash left alone:
 * for what a person wrote with escapes in it. The caller frees.
 */
char *wrap_printable(const char *words, bool utf8);

/*
 * The next line of *words, at most `columns` wide: to a blank, or cut within a word that is longer.
 * *words moves on. The caller frees; NULL at the end.
 */
char *wrap_line(const char **words, size_t columns);

/* The words, cut short with the ellipsis (of one column) where wider. The caller frees. */
char *wrap_fit(const char *words, size_t columns, const char *ellipsis);

#endif
