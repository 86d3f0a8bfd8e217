/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/library.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"

#define SUFFIX ".tcp"

/* "closing/simultaneous-close.tcp": the theme, empty where there is none, and the name. */
struct words {
	const char *theme, *name;
	size_t theme_length, name_length;
};

static struct words split(const char *name)
{
	const char *slash = strrchr(name, '/');
	struct words words = {.theme = name, .name = name};

	if (slash) {
		words.theme_length = (size_t)(slash - name);
		words.name = slash + 1;
	}
	words.name_length = strlen(words.name);
	if (words.name_length > strlen(SUFFIX) &&
		!strcmp(words.name + words.name_length - strlen(SUFFIX), SUFFIX))
		words.name_length -= strlen(SUFFIX);
	return words;
}

static bool is_word(const char *string, const char *word, size_t length)
{
	return strlen(string) == length && !memcmp(string, word, length);
}

const struct library_entry *library_find(const char *name)
{
	struct words words = split(name);

	for (size_t i = 0; i < library_count; i++) {
		const struct library_entry *entry = &library_entries[i];

		if (!is_word(entry->name, words.name, words.name_length))
			continue;
		/* "/name" has a theme, and it is none of ours. */
		if (words.name == name || is_word(entry->theme, words.theme, words.theme_length))
			return entry;
	}
	return NULL;
}

const char *library_nearest(const char *name)
{
	struct words words = split(name);
	_cleanup_free_ char *word = strndup(words.name, words.name_length);
	_cleanup_free_ const char **names = calloc(library_count + 1, sizeof(*names));

	if (!word || !names)
		abort();
	for (size_t i = 0; i < library_count; i++)
		names[i] = library_entries[i].name;
	return text_nearest(word, names);
}
