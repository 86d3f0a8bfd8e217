/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/vocabulary.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"

const struct vocabulary_word *vocabulary_find(enum vocabulary kind, const char *word)
{
	size_t count;
	const struct vocabulary_word *known = vocabulary_words(kind, &count);

	for (; *word && count; count--, known++) {
		if (!strcmp(known->word, word))
			return known;
	}
	return NULL;
}

const struct vocabulary_word *vocabulary_by_id(enum vocabulary kind, int id)
{
	size_t count;
	const struct vocabulary_word *known = vocabulary_words(kind, &count);

	for (; count; count--, known++) {
		if (known->id == id)
			return known;
	}
	return NULL;
}

/* The longest word a suggestion is made for, and how many candidates there can be. */
#define WORD_BYTES     64
#define CANDIDATES_MAX 256

/* The nearest in any case: as it is written, in capitals, in small letters. */
static const char *nearest(const char *word, const char *const *candidates)
{
	char upper[WORD_BYTES] = "", lower[WORD_BYTES] = "";
	const char *const spellings[] = {word, upper, lower};

	if (!*word || strlen(word) >= WORD_BYTES)
		return NULL;
	for (size_t i = 0; word[i]; i++) {
		upper[i] = (char)toupper((unsigned char)word[i]);
		lower[i] = (char)tolower((unsigned char)word[i]);
	}
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		const char *found = text_nearest(spellings[i], candidates);

		/* Of three letters, two that differ leave nothing to recognise it by. */
		if (found && (strlen(word) > 3 || *found == *spellings[i]))
			return found;
	}
	return NULL;
}

const char *vocabulary_nearest(unsigned int kinds, const char *word)
{
	const char *candidates[CANDIDATES_MAX + 1];
	size_t count = 0;

	for (int kind = 0; kind < VOCABULARY_COUNT; kind++) {
		size_t left;
		const struct vocabulary_word *known =
			vocabulary_words((enum vocabulary)kind, &left);

		if (!(kinds & VOCABULARY_BIT(kind)))
			continue;
		for (; left && count < CANDIDATES_MAX; left--, known++) {
			if (*known->word)
				candidates[count++] = known->word;
		}
	}
	candidates[count] = NULL;
	return nearest(word, candidates);
}

/* Names that glibc knows no number by, for another name has it. */
static const struct {
	const char *name;
	int number;
} other_errnos[] = {
	{"EWOULDBLOCK", EWOULDBLOCK},
	{"EDEADLOCK", EDEADLOCK},
	{"ENOTSUP", ENOTSUP},
};

/* Beyond every errno that Linux has. */
#define ERRNO_END 256

int vocabulary_errno(const char *name)
{
	if (*name != 'E')
		return 0;
	for (int number = 1; number < ERRNO_END; number++) {
		const char *known = strerrorname_np(number);

		if (known && !strcmp(known, name))
			return number;
	}
	for (size_t i = 0; i < sizeof(other_errnos) / sizeof(*other_errnos); i++) {
		if (!strcmp(other_errnos[i].name, name))
			return other_errnos[i].number;
	}
	return 0;
}

/* The names that name_of() knows below `end`, into `names`; they end in NULL. */
static const char *const *list_names(
	const char *(*name_of)(int number), int end, const char **names)
{
	size_t count = 0;

	for (int number = 1; number < end; number++) {
		const char *name = name_of(number);

		if (name)
			names[count++] = name;
	}
	names[count] = NULL;
	return names;
}

const char *const *vocabulary_errnos(void)
{
	static const char *names[ERRNO_END + 1];

	return names[0] ? names : list_names(strerrorname_np, ERRNO_END, names);
}

const char *vocabulary_nearest_errno(const char *name)
{
	return nearest(name, vocabulary_errnos());
}

#define SIGNAL_END 65

int vocabulary_signal(const char *name)
{
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int number = 1; number < SIGNAL_END; number++) {
		const char *known = sigabbrev_np(number);

		if (known && !strcmp(known, name))
			return number;
	}
	return 0;
}

const char *const *vocabulary_signals(void)
{
	static const char *names[SIGNAL_END + 1];

	return names[0] ? names : list_names(sigabbrev_np, SIGNAL_END, names);
}

const char *vocabulary_nearest_signal(const char *name)
{
	return nearest(strncmp(name, "SIG", 3) && strncmp(name, "sig", 3) ? name : name + 3,
		vocabulary_signals());
}
