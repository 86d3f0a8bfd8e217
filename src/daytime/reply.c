/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/reply.h"

#include <string.h>

/* NIST's lines begin with a newline; nobody misses those. */
static size_t skip_empty_lines(const struct reply *reply)
{
	size_t start = 0;

	while (start < reply->length && strchr("\r\n", reply->bytes[start]) && reply->bytes[start])
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

bool reply_has_line(const struct reply *reply)
{
	size_t start = skip_empty_lines(reply);

	return memchr(reply->bytes + start, '\n', reply->length - start);
}

bool reply_is_empty(const struct reply *reply)
{
	return skip_empty_lines(reply) == reply->length;
}

void reply_first_line(const struct reply *reply, struct text *line)
{
	size_t start = skip_empty_lines(reply);
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
	size_t at = skip_empty_lines(reply);
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
