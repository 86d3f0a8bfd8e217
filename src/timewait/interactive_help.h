/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_INTERACTIVE_HELP_H
#define TIMEWAIT_INTERACTIVE_HELP_H

/* `help` in the interactive laboratory, out of the tables that the parser reads. */

#include <stddef.h>

#include "base/text.h"

/* What the interactive laboratory knows beside the language. */
struct help_command {
	const char *word;
	const char *synopsis;
	const char *meaning; /* N_() */
};

/* Appends what there is, a line each. The commands end with a `word` of NULL. */
void help_overview(struct text *out, const struct help_command *commands, int columns);

/* Appends what the word means, wherever it occurs; or which was meant. */
void help_word(
	struct text *out, const char *word, const struct help_command *commands, int columns);

#endif
