/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_COMPLETION_H
#define SCENARIO_COMPLETION_H

/*
 * What can stand at a place of a line that is being typed: the words of vocabulary.h, errnos, signals, and
 * the connections that there are. It helps, and decides nothing: that is for parse.h. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

struct completion_context {
	const char *const *names;   /* of connections and listeners; ends in NULL */
	const char *const *sysctls; /* "net.ipv4.tcp_fin_timeout"; ends in NULL; may be NULL */
};

struct completion {
	size_t start; /* where in the line the word begins that the candidates replace */
	/* Whole words that begin as the line does there, whatever the case of their letters; each once, in
	 * the order of the vocabulary. */
	char **candidates;
	size_t count, room;
	bool wants_file; /* a file's name may stand there, too */
};

/* `length` bytes of the line stand before the cursor. The caller finishes. */
void completion_find(struct completion *completion, const char *line, size_t length,
	const struct completion_context *context);
void completion_finish(struct completion *completion);

/* Adds a candidate of the caller's own if it begins as the word does. */
void completion_offer(
	struct completion *completion, const char *line, size_t length, const char *candidate);

/* How many bytes all candidates begin with alike; 0 when there are none. */
size_t completion_common(const struct completion *completion);

/* Is the word at an end with it? "connect server:" and "set linger=" go on. */
bool completion_ends_word(const char *candidate);

#endif
