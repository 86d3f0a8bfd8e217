/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_TOKEN_H
#define SCENARIO_TOKEN_H

/*
 * One line of a scenario, and the words on it. Words are split at blanks and tabs; what stands in
 * double quotes belongs to the word around it; `#` outside quotes begins a comment.
 *
 * Nothing is copied: a token points into the line, which must outlive it. Errors are told by the
 * line, for it knows where it stands: functions that return int say 0, or -EINVAL with *err set.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "scenario/parse.h"

/* A word, or a part of it where it was cut at one of the `stops`. */
struct token {
	const char *bytes;
	size_t length;
	size_t at;       /* offset in the line */
	bool has_quotes; /* a part of it, at least */
	bool is_text;    /* "...": one pair of quotes and nothing else */
};

struct line {
	const char *bytes; /* not ended by NUL */
	size_t length;
	size_t at;   /* of the cursor */
	size_t end;  /* of what is to be parsed; the comment is behind it */
	size_t hash; /* of the comment; `length` where there is none */
	int number;  /* from 1 */
	struct token
		last[2]; /* the last word and the one before it; of length 0 where there is none */
	struct error *err; /* NULL: nobody wants to know */
};

/*
 * Looks the whole line over once: its length, control characters, UTF-8, quotes, escapes. After
 * that the cursor is before its first word, and tokens are known to be well-formed.
 */
int line_open(struct line *line, int number, const char *bytes, size_t length, struct error *err);

/*
 * The next word, which ends at a blank and at any character of `stops` outside quotes; such a
 * character is a token of its own. False at the end of the line: the token is empty then, and
 * stands where a word is missing.
 */
bool line_peek(const struct line *line, const char *stops, struct token *ret_token);
bool line_take(struct line *line, const char *stops, struct token *ret_token);

/* Takes the next word if it is just this one, without quotes. */
bool line_skip(struct line *line, const char *stops, const char *word);

/* Blanks and words up to the end of the line, without the blanks on either side; takes them. */
struct token line_rest(struct line *line);

/* The comment without its `#`, one blank behind that, and the blanks at its end; NULL where there is
 * none. The caller frees it. */
char *line_comment(const struct line *line);

/* Says what is wrong at this offset of the line; returns -EINVAL. */
int line_error(const struct line *line, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same at the cursor, where something is missing. */
int line_missing(const struct line *line, const char *what);

/* The word is this one, and has no quotes. */
bool token_is(const struct token *token, const char *word);

/* The part of a token from this offset on, of this length at most. */
struct token token_part(const struct token *token, size_t from, size_t length);

/* Where this byte is in the token; its length where it is not there. */
size_t token_find(const struct token *token, char byte);

/* The token as a string, for a look into a table; "" when it is too long for any word of ours. */
#define TOKEN_WORD_BYTES 64
const char *token_word(const struct token *token, char word[TOKEN_WORD_BYTES]);

/* The token for a message: escaped, and cut when it is long. */
#define TOKEN_QUOTE_BYTES 176
const char *token_quote(const struct token *token, char quote[TOKEN_QUOTE_BYTES]);

/* What the token stands for: quotes taken off, escapes within them undone. May hold NULs. The
 * caller frees the bytes. */
struct bytes token_bytes(const struct token *token);

#endif
