/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_FINDER_H
#define SCENARIO_FINDER_H

/*
 * The tools of completion.c: a line cut into words, questions to the words before the cursor, and
 * candidates that are kept where they begin with what stands at the cursor.
 */

#include "scenario/completion.h"
#include "scenario/vocabulary.h"

/* No line that makes sense has more; of a longer one nothing is completed. */
#define WORDS_MAX  64
#define WORD_BYTES 64

struct finder {
	struct completion *completion;
	const struct completion_context *context;
	char words[WORDS_MAX][WORD_BYTES]; /* whole ones before the cursor's; a long one is cut */
	size_t count;
	char prefix[WORD_BYTES];
};

/* Cuts the line into words. False within a text or a comment, where nothing is to be completed. */
bool finder_split(struct finder *finder, const char *line, size_t length);

/* The last whole word, "" when there is none; and questions to it, and to all from `from` on. */
const char *finder_last(const struct finder *finder);
bool finder_last_is(const struct finder *finder, const char *word);
bool finder_last_is_number(const struct finder *finder);
bool finder_last_is_clause(const struct finder *finder, enum vocabulary_clause clause);
bool finder_has_word(const struct finder *finder, size_t from, const char *word);

/* Which host's end a word means, "server.conn"; HOST_COUNT when none's. */
enum host_id finder_host_of(const char *word);

/* Keeps the candidate if it fits and is new. */
void finder_offer(struct finder *finder, const char *candidate);
void finder_offer_list(struct finder *finder, const char *const *words);

/* A clause that is not on the line yet. */
void finder_offer_clause(struct finder *finder, enum vocabulary_clause clause);

/* The words of a table; those for a whole host do not suit one end of a connection. */
void finder_offer_words(struct finder *finder, enum vocabulary kind, bool suits_end);

void finder_offer_options(struct finder *finder); /* "linger=", "nodelay" */
void finder_offer_errnos(struct finder *finder);
void finder_offer_signals(struct finder *finder);

/* Both hosts; and their connections by name, once the dot is there. */
void finder_offer_ends(struct finder *finder);

#endif
