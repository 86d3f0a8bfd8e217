/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/*
 * UTF-8 (RFC 3629) where the locale has no say: JSON, SVG and scenarios are always UTF-8. What a terminal can
 * show is another question, and text.h's.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Bytes of the character that begins here; 0 when it is not valid. `length` is not 0; ret_character may be NULL. */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_character);

/*
 * Bytes of the character that the string begins with, 0 where they are no valid UTF-8,
 * or a character that XML 1.0 does not know (control characters, U+FFFE and U+FFFF) and nobody can see.
 */
size_t utf8_character(const char *string);

/* Appends the string as valid UTF-8: every byte that is none of utf8_character() as \xNN. */
void utf8_append(struct text *text, const char *string);

#endif
