/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

char *wrap_printable(const char *words, bool utf8)
{
	struct text safe = TEXT_INIT;

	for (;;) {
		size_t length = strcspn(words, "\\");

		text_append_escaped(&safe, words, length, utf8);
		if (!words[length])
			return text_steal(&safe);
		text_append(&safe, "\\");
		words += length + 1;
	}
}

/* Bytes of the first character, and its columns. */
static size_t step(const char *words, size_t *ret_columns)
{
	mbstate_t state = {0};
	wchar_t character;
	size_t used = mbrtowc(&character, words, strlen(words), &state);
	int width = 1;

	if (used == (size_t)-1 || used == (size_t)-2)
		used = 1;
	else
		width = wcwidth(character);
	*ret_columns = width < 0 ? 0 : (size_t)width;
	return used;
}

/*
 * How many bytes go into so many columns; *ret_blank is the last blank among them, rather not one
 * within a call's parentheses: "send(26 bytes)" is one word.
 */
static size_t fitting(const char *words, size_t columns, size_t *ret_blank)
{
	size_t at = 0, taken = 0, width, inner_blank = 0;
	bool is_call = false;

	*ret_blank = 0;
	while (words[at]) {
		size_t used = step(words + at, &width);

		if (words[at] == ' ')
			*(is_call ? &inner_blank : ret_blank) = at;
		else if (words[at] == '(' && at && words[at - 1] != ' ')
			is_call = true;
		else if (words[at] == ')')
			is_call = false;
		if (taken + width > columns)
			break;
		taken += width;
		at += used;
	}
	if (!*ret_blank)
		*ret_blank = inner_blank;
	return at;
}

char *wrap_line(const char **words, size_t columns)
{
	size_t blank, width;
	size_t length = fitting(*words, columns, &blank);
	char *line;

	if (!**words)
		return NULL;
	if ((*words)[length] && blank)
		length = blank;
	if (!length)
		length = step(*words, &width);
	line = strndup(*words, length);
	if (!line)
		abort();
	*words += length;
	*words += strspn(*words, " ");
	return line;
}

char *wrap_fit(const char *words, size_t columns, const char *ellipsis)
{
	struct text cut = TEXT_INIT;
	size_t blank;

	if (text_columns(words) <= columns || !columns) {
		text_append(&cut, words);
	} else {
		text_append_bytes(&cut, words, fitting(words, columns - 1, &blank));
		text_append(&cut, ellipsis);
	}
	return text_steal(&cut);
}
