/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_UTF8_H
#define REPORT_UTF8_H

/* UTF-8 for files, whatever the locale says: JSON and SVG are always UTF-8 (RFC 3629). */

#include <stddef.h>

#include "base/text.h"

/*
 * Bytes of the character that the string begins with; 0 where they are no valid UTF-8, or a
 * character that XML 1.0 does not know (control characters, U+FFFE and U+FFFF) and nobody can see.
 */
size_t utf8_character(const char *string);

/* Appends the string as valid UTF-8: every byte that is none of it as \xNN. */
void utf8_append(struct text *text, const char *string);

#endif
