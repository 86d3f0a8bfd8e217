/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/escape.h"

#include <string.h>

#include "base/utf8.h"

bool escape_is_control(const char *bytes, size_t used)
{
	unsigned char first = (unsigned char)bytes[0];

	if (used == 1)
		return (first < 0x20 && first != '\t') || first == 0x7f;
	return used == 2 && first == 0xc2 && (unsigned char)bytes[1] < 0xa0;
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

int escape_read(const char *bytes, size_t length, size_t *at)
{
	int high, low;

	if (*at + 1 >= length)
		return -1;
	*at += 2;
	switch (bytes[*at - 1]) {
	case 'r': return '\r';
	case 'n': return '\n';
	case 't': return '\t';
	case '0': return '\0';
	case '\\': return '\\';
	case '"': return '"';
	case 'x': break;
	default: return -1;
	}
	if (*at + 2 > length)
		return -1;
	high = hex_digit(bytes[*at]);
	low = hex_digit(bytes[*at + 1]);
	*at += 2;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool escape_is_needless(const char *string, const char *blanks)
{
	size_t length = strlen(string);

	for (size_t at = 0; at < length;) {
		size_t used = utf8_decode(string + at, length - at, NULL);

		if (!used || escape_is_control(string + at, used) || strchr("\"#", string[at]))
			return false;
		if ((string[at] == ' ' || string[at] == '\t') && !strchr(blanks, string[at]))
			return false;
		at += used;
	}
	return true;
}

/* One byte as an escape. */
static void append_escape(struct text *out, char byte)
{
	switch (byte) {
	case '\r': text_append(out, "\\r"); break;
	case '\n': text_append(out, "\\n"); break;
	case '\t': text_append(out, "\\t"); break;
	case '\0': text_append(out, "\\0"); break;
	case '\\': text_append(out, "\\\\"); break;
	case '"': text_append(out, "\\\""); break;
	default: text_printf(out, "\\x%02X", (unsigned char)byte); break;
	}
}

void escape_append_text(struct text *out, const char *bytes, size_t length)
{
	text_append(out, "\"");
	while (length) {
		size_t used = utf8_decode(bytes, length, NULL);

		if (!used || escape_is_control(bytes, used) || *bytes == '\t' || *bytes == '\\' ||
			*bytes == '"') {
			used = 1;
			append_escape(out, *bytes);
		} else {
			text_append_bytes(out, bytes, used);
		}
		bytes += used;
		length -= used;
	}
	text_append(out, "\"");
}
