/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/token.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/utf8.h"
#include "scenario/escape.h"

/* Bytes of input that a message quotes. */
#define QUOTED_BYTES_MAX 40

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

int line_error(const struct line *line, size_t at, const char *format, ...)
{
	va_list args;

	if (!line->err)
		return -EINVAL;
	*line->err = (struct error){
		.code = EINVAL,
		.line = line->number,
		.column = (int)at + 1,
	};
	va_start(args, format);
	vsnprintf(line->err->text, sizeof(line->err->text), format, args);
	va_end(args);
	return -EINVAL;
}

int line_missing(const struct line *line, const char *what)
{
	struct token token;

	line_peek(line, "", &token);
	return line_error(line, token.at, "%s", what);
}

/* Steps over one character, if it may stand in a scenario at all. */
static int scan_character(const struct line *line, size_t *at)
{
	const char *bytes = line->bytes + *at;
	size_t used = utf8_decode(bytes, line->length - *at, NULL);

	if (!*bytes)
		return line_error(line, *at, _("a NUL byte (in a text it is written \\0)"));
	if (!used)
		return line_error(line, *at,
			_("byte 0x%02X is not UTF-8 (in a text any byte may be written \\xNN)"),
			(unsigned char)*bytes);
	if (escape_is_control(bytes, used))
		return line_error(line, *at,
			_("control character U+%04X (in a text it is written \\xNN)"),
			(unsigned char)bytes[used - 1]);
	*at += used;
	return 0;
}

/* Steps over a quoted text. */
static int scan_text(const struct line *line, size_t *at)
{
	size_t open = (*at)++;

	while (*at < line->length && line->bytes[*at] != '"') {
		size_t start = *at;
		int result = 0;

		if (line->bytes[start] != '\\') {
			result = scan_character(line, at);
		} else if (escape_read(line->bytes, line->length, at) < 0) {
			result = line_error(line, start,
				_("unknown escape (a text knows \\r \\n \\t \\0 \\\\ \\\" and "
				  "\\xNN)"));
		}
		if (result)
			return result;
	}
	if (*at == line->length)
		return line_error(
			line, open, _("a text without an end (its closing \" is missing)"));
	(*at)++;
	return 0;
}

/* Steps over a word, and remembers it as the last. */
static int scan_word(struct line *line, size_t *at)
{
	size_t start = *at;
	struct token word = {.bytes = line->bytes + start, .at = start};

	while (*at < line->length && !is_blank(line->bytes[*at]) && line->bytes[*at] != '#') {
		bool is_quote = line->bytes[*at] == '"';
		int result = is_quote ? scan_text(line, at) : scan_character(line, at);

		if (result)
			return result;
		word.has_quotes |= is_quote;
	}
	word.length = *at - start;
	line->last[1] = line->last[0];
	line->last[0] = word;
	return 0;
}

int line_open(struct line *line, int number, const char *bytes, size_t length, struct error *err)
{
	size_t at = 0;
	int result = 0;

	*line = (struct line){
		.bytes = bytes, .length = length, .hash = length, .number = number, .err = err};
	if (length > PARSE_LINE_BYTES_MAX)
		return line_error(line, PARSE_LINE_BYTES_MAX,
			_("a line of %zu bytes (at most %d are read)"), length,
			PARSE_LINE_BYTES_MAX);
	while (!result && at < length && bytes[at] != '#') {
		if (is_blank(bytes[at]))
			at++;
		else
			result = scan_word(line, &at);
	}
	line->hash = line->end = at;
	while (!result && at < length)
		result = scan_character(line, &at);
	return result;
}

/* Behind the word that starts here; quotes are known to be closed. */
static size_t word_end(const struct line *line, size_t at, const char *stops, struct token *word)
{
	bool is_quoted = false;

	for (; at < line->end; at++) {
		char byte = line->bytes[at];

		if (byte == '"') {
			is_quoted = !is_quoted;
			word->has_quotes = true;
		} else if (is_quoted) {
			at += byte == '\\';
		} else if (is_blank(byte) || strchr(stops, byte)) {
			break;
		}
	}
	return at;
}

/* Where a text that begins at the token's start ends: at the token's end? */
static bool is_one_text(const struct token *token)
{
	size_t at = 1;

	if (token->length < 2 || token->bytes[0] != '"')
		return false;
	while (token->bytes[at] != '"')
		at += token->bytes[at] == '\\' ? 2 : 1;
	return at == token->length - 1;
}

bool line_peek(const struct line *line, const char *stops, struct token *ret_token)
{
	size_t at = line->at;

	while (at < line->end && is_blank(line->bytes[at]))
		at++;
	*ret_token = (struct token){.bytes = line->bytes + at, .at = at};
	if (at == line->end) {
		/* What is missing is missing behind the last word. */
		ret_token->at = line->at;
		return false;
	}
	if (strchr(stops, line->bytes[at])) {
		ret_token->length = 1;
		return true;
	}
	ret_token->length = word_end(line, at, stops, ret_token) - at;
	ret_token->is_text = is_one_text(ret_token);
	return true;
}

bool line_take(struct line *line, const char *stops, struct token *ret_token)
{
	if (!line_peek(line, stops, ret_token))
		return false;
	line->at = ret_token->at + ret_token->length;
	return true;
}

bool line_skip(struct line *line, const char *stops, const char *word)
{
	struct token token;

	if (!line_peek(line, stops, &token) || !token_is(&token, word))
		return false;
	line->at = token.at + token.length;
	return true;
}

struct token line_rest(struct line *line)
{
	size_t end = line->end;
	struct token rest;

	while (line->at < end && is_blank(line->bytes[line->at]))
		line->at++;
	while (end > line->at && is_blank(line->bytes[end - 1]))
		end--;
	rest = (struct token){
		.bytes = line->bytes + line->at, .length = end - line->at, .at = line->at};
	rest.has_quotes = rest.length && memchr(rest.bytes, '"', rest.length);
	line->at = end;
	return rest;
}

char *line_comment(const struct line *line)
{
	_cleanup_text_ struct text comment = TEXT_INIT;
	size_t start = line->hash + 1, end = line->length;

	if (line->hash == line->length)
		return NULL;
	if (start < end && line->bytes[start] == ' ')
		start++;
	while (end > start && is_blank(line->bytes[end - 1]))
		end--;
	text_append_bytes(&comment, line->bytes + start, end - start);
	return text_steal(&comment);
}

bool token_is(const struct token *token, const char *word)
{
	return token->length == strlen(word) && !memcmp(token->bytes, word, token->length);
}

struct token token_part(const struct token *token, size_t from, size_t length)
{
	struct token part = *token;

	part.bytes += from;
	part.at += from;
	part.length = length < token->length - from ? length : token->length - from;
	part.is_text = false;
	return part;
}

size_t token_find(const struct token *token, char byte)
{
	const char *found = memchr(token->bytes, byte, token->length);

	return found ? (size_t)(found - token->bytes) : token->length;
}

const char *token_word(const struct token *token, char word[TOKEN_WORD_BYTES])
{
	size_t length = token->length < TOKEN_WORD_BYTES ? token->length : 0;

	memcpy(word, token->bytes, length);
	word[length] = '\0';
	return word;
}

const char *token_quote(const struct token *token, char quote[TOKEN_QUOTE_BYTES])
{
	_cleanup_text_ struct text escaped = TEXT_INIT;
	size_t length = 0;

	/* Whole characters alone. */
	while (length < token->length && length < QUOTED_BYTES_MAX) {
		size_t used = utf8_decode(token->bytes + length, token->length - length, NULL);

		length += used ? used : 1;
	}
	text_append_escaped(&escaped, token->bytes, length, true);
	snprintf(quote, TOKEN_QUOTE_BYTES, "%s%s", escaped.bytes,
		length < token->length ? "..." : "");
	return quote;
}

struct bytes token_bytes(const struct token *token)
{
	struct bytes result = {.bytes = malloc(token->length + 1)};
	bool is_quoted = false;
	size_t at = 0;

	if (!result.bytes)
		abort();
	while (at < token->length) {
		char byte = token->bytes[at];

		if (byte == '"') {
			is_quoted = !is_quoted;
			at++;
			continue;
		}
		if (is_quoted && byte == '\\')
			byte = (char)escape_read(token->bytes, token->length, &at);
		else
			at++;
		result.bytes[result.length++] = byte;
	}
	result.bytes[result.length] = '\0';
	return result;
}
