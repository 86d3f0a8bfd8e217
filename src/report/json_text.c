/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/json_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The least character that needs so many bytes: a longer form than needed is invalid. */
static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

/* Bytes of the character, or 0 where it is none (RFC 3629). */
static size_t character_bytes(const unsigned char *bytes)
{
	size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	uint32_t character = bytes[0];

	if (length == 1)
		return 1;
	if (bytes[0] < 0xc0 || bytes[0] > 0xf7)
		return 0;
	character &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < least[length] || character > 0x10ffff ||
		(character >= 0xd800 && character < 0xe000))
		return 0;
	return length;
}

static bool is_utf8(const char *string)
{
	const unsigned char *at = (const unsigned char *)string;

	while (*at) {
		size_t length = character_bytes(at);

		if (!length)
			return false;
		at += length;
	}
	return true;
}

static bool is_plain(const char *string)
{
	for (; *string; string++) {
		if (*string < ' ' || *string > '~' || *string == '"' || *string == '\\')
			return false;
	}
	return true;
}

static void append_character(struct text *out, char character)
{
	const char pair[] = {'\\', character};

	if (character == '"' || character == '\\')
		text_append_bytes(out, pair, sizeof(pair));
	else if ((unsigned char)character < ' ' || character == 0x7f)
		text_printf(out, "\\u%04x", (unsigned int)character);
	else
		text_append_bytes(out, &character, 1);
}

static void append_contents(struct text *out, const char *string)
{
	for (; *string; string++)
		append_character(out, *string);
}

void json_text_append_string(struct text *out, const char *string)
{
	text_append(out, "\"");
	if (is_plain(string)) {
		text_append(out, string);
	} else if (is_utf8(string)) {
		append_contents(out, string);
	} else {
		_cleanup_text_ struct text escaped = TEXT_INIT;

		text_append_escaped(&escaped, string, strlen(string), false);
		append_contents(out, escaped.bytes);
	}
	text_append(out, "\"");
}
