/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/json_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

static bool is_utf8(const char *string)
{
	size_t length = strlen(string);

	while (length) {
		size_t used = utf8_decode(string, length, NULL);

		if (!used)
			return false;
		string += used;
		length -= used;
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
