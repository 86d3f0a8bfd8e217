/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/reply.h"

#include <string.h>

/* NIST's lines begin with a newline; nobody misses those. */
static size_t skip_empty_lines(const char *bytes, size_t length)
{
	size_t start = 0;

	while (start < length && (bytes[start] == '\r' || bytes[start] == '\n'))
		start++;
	return start;
}

static size_t line_length(const char *bytes, size_t length)
{
	const char *newline = memchr(bytes, '\n', length);

	return newline ? (size_t)(newline - bytes) : length;
}

static size_t without_returns(const char *bytes, size_t length)
{
	while (length && bytes[length - 1] == '\r')
		length--;
	return length;
}

bool reply_find_line(const char *bytes, size_t length, size_t *ret_start, size_t *ret_length)
{
	size_t start = skip_empty_lines(bytes, length);
	const char *newline = memchr(bytes + start, '\n', length - start);

	if (!newline)
		return false;
	*ret_start = start;
	*ret_length = without_returns(bytes + start, (size_t)(newline - bytes) - start);
	return true;
}

bool reply_has_line(const struct reply *reply)
{
	size_t start;
	size_t length;

	return reply_find_line(reply->bytes, reply->length, &start, &length);
}

bool reply_is_empty(const struct reply *reply)
{
	return skip_empty_lines(reply->bytes, reply->length) == reply->length;
}

void reply_first_line(const struct reply *reply, struct text *line)
{
	size_t start = skip_empty_lines(reply->bytes, reply->length);
	const char *bytes = reply->bytes + start;
	size_t length = without_returns(bytes, line_length(bytes, reply->length - start));

	text_append_bytes(line, bytes, length);
	for (size_t i = 0; i < length; i++) {
		if (!line->bytes[i])
			line->bytes[i] = '?';
	}
}

void reply_print(const struct reply *reply, bool utf8, struct text *text)
{
	size_t at = skip_empty_lines(reply->bytes, reply->length);
	size_t stop = reply->length;

	if (reply->ending == ENDING_ENDLESS && stop - at > REPLY_SHOWN_WHEN_ENDLESS)
		stop = at + REPLY_SHOWN_WHEN_ENDLESS;
	while (at < stop) {
		size_t length = line_length(reply->bytes + at, stop - at);

		text_append_escaped(
			text, reply->bytes + at, without_returns(reply->bytes + at, length), utf8);
		text_append(text, "\n");
		at += length + 1;
	}
}
