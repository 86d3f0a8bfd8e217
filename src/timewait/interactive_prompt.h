/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_INTERACTIVE_PROMPT_H
#define TIMEWAIT_INTERACTIVE_PROMPT_H

/*
 * Reads lines from a terminal, and lets others work while it waits for the next key: with an editor,
 * completion and history where there is libedit and the terminal can do it, else plainly. The
 * terminal is in its ordinary mode outside prompt_read(), and afterwards as it was.
 */

#include "base/text.h"
#include "scenario/completion.h"

struct prompt_hooks {
	/* Appends what stands before the cursor: one line, plain. */
	void (*words)(struct text *out, void *context);
	/* Called while nothing is typed, and when wake_fd can be read. Appends what is to be said: whole
	 * lines. Returns in how many milliseconds it wants to be called again. */
	int (*idle)(struct text *news, void *context);
	/* What the line could go on with; the prompt finishes it. */
	void (*complete)(
		struct completion *completion, const char *line, size_t length, void *context);
	void *context;
	int wake_fd; /* -1 for none */
};

struct prompt;

/* The hooks must outlive it. `history` is a file's name, or NULL: nothing is remembered then. */
struct prompt *prompt_create(const struct prompt_hooks *hooks, const char *history);
void prompt_destroy(struct prompt *prompt);

/*
 * 1 with a line, without its end; 0 at the end of the input; -EINTR on Ctrl-C or SIGTERM
 * (interrupt.h), with what had been typed so far as far as it is known.
 */
int prompt_read(struct prompt *prompt, struct text *ret_line);

/* For both ways of reading: waits once, for a key, for wake_fd or for the time that is up. 1 when there
 * is something to read, 0 when not, perhaps with news, -EINTR. */
int prompt_wait(const struct prompt_hooks *hooks, int *wait_ms, struct text *news);

#endif
