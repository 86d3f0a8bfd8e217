/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_ESCAPE_H
#define SCENARIO_ESCAPE_H

/*
 * How bytes are written in the language: UTF-8 as it is, everything else within quotes and with a
 * backslash: \r \n \t \0 \\ \" \xNN. Does not depend on the locale.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Is the character of so many bytes one of U+0000 to U+001F but the tab, or U+007F to U+009F? */
bool escape_is_control(const char *bytes, size_t used);

/* The byte that an escape stands for, whose backslash is at *at, which moves behind it; -1, with
 * *at anywhere, where it is none of ours. */
int escape_read(const char *bytes, size_t length, size_t *at);

/* Can a string stand without quotes, these blanks allowed? */
bool escape_is_needless(const char *string, const char *blanks);

/* Appends bytes as a text of the language, with its quotes: read back they are the same. */
void escape_append_text(struct text *out, const char *bytes, size_t length);

#endif
