/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/finder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/text.h"

void finder_offer(struct finder *finder, const char *candidate)
{
	struct completion *completion = finder->completion;

	if (!*candidate || strncasecmp(candidate, finder->prefix, strlen(finder->prefix)) != 0)
		return;
	for (size_t i = 0; i < completion->count; i++) {
		if (!strcmp(completion->candidates[i], candidate))
			return;
	}
	*list_grow(&completion->candidates, &completion->count, &completion->room) =
		text_copy(candidate);
}

const char *finder_last(const struct finder *finder)
{
	return finder->count ? finder->words[finder->count - 1] : "";
}

bool finder_last_is(const struct finder *finder, const char *word)
{
	return !strcmp(finder_last(finder), word);
}

bool finder_last_is_number(const struct finder *finder)
{
	return finder->count &&
	       finder_last(finder)[strspn(finder_last(finder), "0123456789")] == '\0';
}

bool finder_has_word(const struct finder *finder, size_t from, const char *word)
{
	for (size_t i = from; i < finder->count; i++) {
		if (!strcmp(finder->words[i], word))
			return true;
	}
	return false;
}

void finder_offer_clause(struct finder *finder, enum vocabulary_clause clause)
{
	const char *word = vocabulary_by_id(VOCABULARY_CLAUSE, (int)clause)->word;

	if (!finder_has_word(finder, 1, word))
		finder_offer(finder, word);
}

bool finder_last_is_clause(const struct finder *finder, enum vocabulary_clause clause)
{
	return finder_last_is(finder, vocabulary_by_id(VOCABULARY_CLAUSE, (int)clause)->word);
}

void finder_offer_words(struct finder *finder, enum vocabulary kind, bool suits_end)
{
	size_t count;
	const struct vocabulary_word *words = vocabulary_words(kind, &count);

	for (size_t i = 0; i < count; i++) {
		if (!suits_end || words[i].subject != SUBJECT_HOST)
			finder_offer(finder, words[i].word);
	}
}

void finder_offer_options(struct finder *finder)
{
	size_t count;
	const struct vocabulary_word *words = vocabulary_words(VOCABULARY_OPTION, &count);

	for (size_t i = 0; i < count; i++) {
		char word[WORD_BYTES];
		bool has_value = strchr(words[i].synopsis, '=');

		snprintf(word, sizeof(word), "%s%s", words[i].word, has_value ? "=" : "");
		finder_offer(finder, word);
	}
}

void finder_offer_errnos(struct finder *finder)
{
	finder_offer_list(finder, vocabulary_errnos());
}

void finder_offer_signals(struct finder *finder)
{
	/* Both spellings are right; the shorter one is offered unless the longer was begun. */
	bool is_long = !strncasecmp(finder->prefix, "SIG", 3);

	for (const char *const *name = vocabulary_signals(); *name; name++) {
		char word[WORD_BYTES];

		snprintf(word, sizeof(word), "%s%s", is_long ? "SIG" : "", *name);
		finder_offer(finder, word);
	}
}

void finder_offer_ends(struct finder *finder)
{
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		const char *name = host_name(host);

		finder_offer(finder, name);
		if (strncasecmp(finder->prefix, name, strlen(name)) != 0 ||
			finder->prefix[strlen(name)] != '.')
			continue;
		for (size_t i = 0; finder->context->names[i]; i++) {
			char word[WORD_BYTES];

			snprintf(word, sizeof(word), "%s.%s", name, finder->context->names[i]);
			finder_offer(finder, word);
		}
	}
}

void finder_offer_list(struct finder *finder, const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		finder_offer(finder, words[i]);
}

enum host_id finder_host_of(const char *word)
{
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		size_t length = strlen(host_name(host));

		if (!strncmp(word, host_name(host), length) &&
			(word[length] == '.' || !word[length]))
			return host;
	}
	return HOST_COUNT;
}

/* In a list of states every comma stands for itself; in "SYN,ACK" it does not. */
static bool is_in_states(const struct finder *finder)
{
	return finder->count > 1 && !strcmp(finder->words[0], "expect") &&
	       strcmp(finder->words[1], "wire") != 0 && strcmp(finder->words[1], "no") != 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool finder_split(struct finder *finder, const char *line, size_t length)
{
	size_t at = 0;

	while (finder->count < WORDS_MAX) {
		bool is_quoted = false;
		size_t start;

		while (at < length && is_blank(line[at]))
			at++;
		for (start = at; at < length && (is_quoted || !is_blank(line[at])); at++) {
			if (line[at] == '#' && !is_quoted)
				return false;
			if (line[at] == '\\' && is_quoted)
				at++;
			else if (line[at] == '"')
				is_quoted = !is_quoted;
			else if (line[at] == ',' && !is_quoted && is_in_states(finder))
				break;
		}
		if (is_quoted || at > length)
			return false;
		if (at == start && at < length)
			at++; /* a comma, by itself */
		if (at == length && (at == start || line[at - 1] != ',' || !is_in_states(finder))) {
			finder->completion->start = start;
			snprintf(finder->prefix, WORD_BYTES, "%.*s", (int)(at - start),
				line + start);
			return at - start < WORD_BYTES;
		}
		snprintf(finder->words[finder->count++], WORD_BYTES, "%.*s", (int)(at - start),
			line + start);
	}
	return false;
}
