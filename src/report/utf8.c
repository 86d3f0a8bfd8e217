/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/utf8.h"

#include <stdint.h>

/* The least character that needs so many bytes: a longer form than needed is invalid. */
static const uint32_t least[] = {0, 0x20, 0x80, 0x800, 0x10000};

size_t utf8_character(const char *string)
{
	const unsigned char *bytes = (const unsigned char *)string;
	size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	uint32_t character = bytes[0];

	if (length > 1) {
		if (bytes[0] < 0xc0 || bytes[0] > 0xf7)
			return 0;
		character &= 0x7fU >> length;
	}
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < least[length] || character > 0x10ffff ||
		(character >= 0x7f && character < 0xa0) ||
		(character >= 0xd800 && character < 0xe000) || (character & 0xfffe) == 0xfffe)
		return 0;
	return length;
}

void utf8_append(struct text *text, const char *string)
{
	while (*string) {
		size_t length = utf8_character(string);

		if (length)
			text_append_bytes(text, string, length);
		else
			text_printf(text, "\\x%02X", (unsigned char)*string);
		string += length ? length : 1;
	}
}
