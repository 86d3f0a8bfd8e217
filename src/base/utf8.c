/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

/* As the first byte has it; 0 for one that cannot be the first. */
static size_t announced_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc0 || first > 0xf7)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Neither longer than need be, nor half of a pair of UTF-16, nor beyond Unicode. */
static bool is_valid(uint32_t character, size_t length)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	return character >= least[length] && character <= 0x10ffff &&
	       (character < 0xd800 || character > 0xdfff);
}

size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_character)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t used = announced_length(at[0]);
	uint32_t character = at[0];

	if (!used || used > length)
		return 0;
	if (used > 1)
		character &= 0x7fU >> used;
	for (size_t i = 1; i < used; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (!is_valid(character, used))
		return 0;
	if (ret_character)
		*ret_character = character;
	return used;
}

size_t utf8_character(const char *string)
{
	uint32_t character;
	size_t used = utf8_decode(string, strnlen(string, 4) + 1, &character);

	if (!used || character < 0x20 || (character >= 0x7f && character < 0xa0) ||
		(character & 0xfffe) == 0xfffe)
		return 0;
	return used;
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
