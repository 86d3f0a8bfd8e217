/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_verify.h"

#include <string.h>

#include "daytime/load_result.h"
#include "daytime/parse.h"

/* NIST's lines begin with a newline. */
static size_t skip_empty_lines(const char *bytes, size_t length)
{
	size_t start = 0;

	while (start < length && (bytes[start] == '\r' || bytes[start] == '\n'))
		start++;
	return start;
}

static const char *find_end(const char *bytes, size_t length, size_t start)
{
	return memchr(bytes + start, '\n', length - start);
}

bool load_has_line(const char *bytes, size_t length)
{
	return find_end(bytes, length, skip_empty_lines(bytes, length));
}

int load_verify(struct load_verifier *verifier, const char *bytes, size_t length)
{
	char line[LOAD_REPLY_BYTES];
	size_t start;
	size_t line_length;
	const char *end;

	if (length && length == verifier->known_length && !memcmp(bytes, verifier->known, length))
		return 0;
	start = skip_empty_lines(bytes, length);
	end = find_end(bytes, length, start);
	if (length >= LOAD_REPLY_BYTES)
		return LOAD_WRONG_REPLY;
	if (!end)
		return LOAD_NO_LINE;
	line_length = (size_t)(end - bytes) - start;
	while (line_length && bytes[start + line_length - 1] == '\r')
		line_length--;
	memcpy(line, bytes + start, line_length);
	line[line_length] = '\0';
	if (memchr(line, '\0', line_length) || !parse_recognises(line))
		return LOAD_WRONG_REPLY;
	memcpy(verifier->known, bytes, length);
	verifier->known_length = length;
	return 0;
}
