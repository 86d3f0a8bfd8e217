/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_verify.h"

#include <string.h>

#include "daytime/load_result.h"
#include "daytime/parse.h"
#include "daytime/reply.h"

int load_verify(struct load_verifier *verifier, const char *bytes, size_t length)
{
	char line[LOAD_REPLY_BYTES];
	size_t start;
	size_t line_length;

	if (length && length == verifier->known_length && !memcmp(bytes, verifier->known, length))
		return 0;
	if (length >= LOAD_REPLY_BYTES)
		return LOAD_WRONG_REPLY;
	if (!reply_find_line(bytes, length, &start, &line_length))
		return LOAD_NO_LINE;
	memcpy(line, bytes + start, line_length);
	line[line_length] = '\0';
	if (memchr(line, '\0', line_length) || !parse_recognises(line))
		return LOAD_WRONG_REPLY;
	memcpy(verifier->known, bytes, length);
	verifier->known_length = length;
	return 0;
}
