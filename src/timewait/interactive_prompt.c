/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/interactive_prompt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "config.h"
#include "timewait/interactive_editor.h"

/* Nobody types a longer line; what does is cut. */
#define LINE_BYTES_MAX 65536

struct prompt {
	const struct prompt_hooks *hooks;
	struct editor *editor; /* NULL: lines are edited by the terminal itself */
	struct text typed;     /* without editor: what has been read, but not handed out */
	bool has_ended;
};

int prompt_wait(const struct prompt_hooks *hooks, int *wait_ms, struct text *news)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = hooks->wake_fd, .events = POLLIN},
	};

	if (interrupt_requested())
		return -EINTR;
	if (poll(fds, 2, *wait_ms) < 0)
		return interrupt_requested() ? -EINTR : 0;
	if (fds[0].revents)
		return 1;
	*wait_ms = hooks->idle(news, hooks->context);
	return 0;
}

static void print_words(const struct prompt_hooks *hooks)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	hooks->words(&words, hooks->context);
	fputs(words.bytes, stdout);
	fflush(stdout);
}

/* Reads what is there. False at the end of the input. */
static bool read_some(struct prompt *prompt)
{
	char bytes[4096];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	if (prompt->typed.length < LINE_BYTES_MAX)
		text_append_bytes(&prompt->typed, bytes, (size_t)n);
	return true;
}

/* Hands out the first line that has been read whole; at the end of the input also the rest. */
static bool take_line(struct prompt *prompt, struct text *ret_line)
{
	struct text *typed = &prompt->typed;
	const char *newline = memchr(typed->bytes, '\n', typed->length);
	size_t length = newline ? (size_t)(newline - typed->bytes) : typed->length;
	size_t used = newline ? length + 1 : length;
	struct text rest = TEXT_INIT;

	if (!newline && !(prompt->has_ended && length))
		return false;
	text_append_bytes(ret_line, typed->bytes, length);
	text_append_bytes(&rest, typed->bytes + used, typed->length - used);
	text_finish(typed);
	*typed = rest;
	return true;
}

static int read_plainly(struct prompt *prompt, struct text *ret_line)
{
	int wait_ms = 0;

	print_words(prompt->hooks);
	while (!take_line(prompt, ret_line)) {
		_cleanup_text_ struct text news = TEXT_INIT;
		int r;

		if (prompt->has_ended)
			return 0;
		r = prompt_wait(prompt->hooks, &wait_ms, &news);
		if (r < 0) {
			text_clear(&prompt->typed);
			return r;
		}
		if (r > 0)
			prompt->has_ended = !read_some(prompt);
		if (!news.length)
			continue;
		printf("\n%s", news.bytes);
		print_words(prompt->hooks);
	}
	return 1;
}

struct prompt *prompt_create(const struct prompt_hooks *hooks, const char *history)
{
	struct prompt *prompt = malloc(sizeof(*prompt));

	if (!prompt)
		abort();
	*prompt = (struct prompt){.hooks = hooks, .typed = TEXT_INIT};
#if HAVE_LIBEDIT
	prompt->editor = editor_create(hooks, history);
#else
	(void)history;
#endif
	return prompt;
}

void prompt_destroy(struct prompt *prompt)
{
	if (!prompt)
		return;
#if HAVE_LIBEDIT
	editor_destroy(prompt->editor);
#endif
	text_finish(&prompt->typed);
	free(prompt);
}

int prompt_read(struct prompt *prompt, struct text *ret_line)
{
	text_clear(ret_line);
#if HAVE_LIBEDIT
	if (prompt->editor)
		return editor_read(prompt->editor, ret_line);
#endif
	return read_plainly(prompt, ret_line);
}
