/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

char text_empty[1];

static void reserve(struct text *text, size_t more)
{
	size_t wanted = text->length + more + 1;
	size_t size = text->allocated ? text->allocated : 64;
	char *bytes;

	if (wanted <= text->allocated)
		return;
	while (size < wanted)
		size *= 2;
	bytes = realloc(text->allocated ? text->bytes : NULL, size);
	if (!bytes)
		abort();
	bytes[text->length] = '\0';
	text->bytes = bytes;
	text->allocated = size;
}

char *text_reserve(struct text *text, size_t more)
{
	reserve(text, more);
	return text->bytes + text->length;
}

void text_finish(struct text *text)
{
	if (text->allocated)
		free(text->bytes);
	*text = (struct text)TEXT_INIT;
}

void text_clear(struct text *text)
{
	text->length = 0;
	if (text->allocated)
		text->bytes[0] = '\0';
}

void text_append_bytes(struct text *text, const void *bytes, size_t length)
{
	if (!length)
		return;
	reserve(text, length);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
	text_append_bytes(text, string, strlen(string));
}

void text_repeat(struct text *text, const char *string, size_t times)
{
	while (times--)
		text_append(text, string);
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
	va_list again;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length > 0) {
		reserve(text, (size_t)length);
		vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	}
	va_end(again);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(text, format, args);
	va_end(args);
}

char *text_steal(struct text *text)
{
	char *bytes;

	reserve(text, 0);
	bytes = text->bytes;
	*text = (struct text)TEXT_INIT;
	return bytes;
}

char *text_copy(const char *string)
{
	char *copy = strdup(string);

	if (!copy)
		abort();
	return copy;
}

int text_to_number(const char *string, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*string)
		return -EINVAL;
	for (const char *c = string; *c; c++) {
		if (*c < '0' || *c > '9')
			return -EINVAL;
	}
	for (const char *c = string; *c; c++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, (uint64_t)(*c - '0'), &number))
			return -ERANGE;
	}
	if (number < least || number > most)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

/* Decodes one character; an invalid or cut-off one is a single byte with *ret_valid false. */
static size_t decode(const char *bytes, size_t length, wchar_t *ret_character, bool *ret_valid)
{
	mbstate_t state = {0};
	size_t used = mbrtowc(ret_character, bytes, length, &state);

	*ret_valid = used != (size_t)-1 && used != (size_t)-2;
	return *ret_valid && used ? used : 1;
}

size_t text_columns(const char *utf8)
{
	size_t length = strlen(utf8);
	size_t columns = 0;

	while (length) {
		wchar_t character;
		bool valid;
		size_t used = decode(utf8, length, &character, &valid);
		int width = valid ? wcwidth(character) : 1;

		columns += width < 0 ? 0 : (size_t)width;
		utf8 += used;
		length -= used;
	}
	return columns;
}

static const char *short_escape(unsigned char byte)
{
	switch (byte) {
	case '\r': return "\\r";
	case '\n': return "\\n";
	case '\t': return "\\t";
	case '\\': return "\\\\";
	default: return NULL;
	}
}

void text_append_escaped(struct text *text, const void *bytes, size_t length, bool utf8)
{
	const char *at = bytes;

	while (length) {
		unsigned char byte = (unsigned char)*at;
		const char *escape = short_escape(byte);
		size_t used = 1;

		if (escape) {
			text_append(text, escape);
		} else if (byte >= 0x20 && byte < 0x7f) {
			text_append_bytes(text, at, 1);
		} else {
			wchar_t character = 0;
			bool valid = false;

			if (utf8 && byte >= 0x80)
				used = decode(at, length, &character, &valid);
			if (valid && iswprint((wint_t)character)) {
				text_append_bytes(text, at, used);
			} else {
				used = 1;
				text_printf(text, "\\x%02X", byte);
			}
		}
		at += used;
		length -= used;
	}
}

#define WORD_MAX 64

/* Levenshtein's distance with transpositions of neighbours, over at most WORD_MAX letters. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3],
		       *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				two_above[j - 2] + 1 < best)
				best = two_above[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_length % 3][b_length];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 + 1;

	for (; *candidates; candidates++) {
		size_t d = distance(word, *candidates);

		if (d < least || (d == least && !nearest && d <= 2 && strlen(word) > 2)) {
			least = d;
			nearest = *candidates;
		}
	}
	return nearest;
}
