/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/interactive_editor.h"

#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/console.h"
#include "base/interrupt.h"
#include "timewait/interactive_history.h"

struct editor {
	const struct prompt_hooks *hooks;
	EditLine *line;
	History *history;
	char *history_path;
	struct text words;       /* the prompt, as libedit last asked for it */
	struct termios ordinary; /* as the terminal was */
	mbstate_t half;          /* of a character whose first bytes have come */
	int wait_ms, columns;
};

/* Ctrl-Z: the terminal has to be made ordinary first, which no signal handler may do. */
static volatile sig_atomic_t is_stop_requested;

static void request_stop(int signal_number)
{
	(void)signal_number;
	is_stop_requested = 1;
}

static struct editor *editor_of(EditLine *line)
{
	struct editor *editor = NULL;

	el_get(line, EL_CLIENTDATA, &editor);
	return editor;
}

static char *prompt_words(EditLine *line)
{
	struct editor *editor = editor_of(line);

	text_clear(&editor->words);
	editor->hooks->words(&editor->words, editor->hooks->context);
	return editor->words.bytes;
}

/* Which line of the screen the cursor is on, from the prompt's first. */
static size_t cursor_row(struct editor *editor)
{
	const LineInfo *info = el_line(editor->line);
	_cleanup_text_ struct text before = TEXT_INIT;

	text_append_bytes(&before, info->buffer, (size_t)(info->cursor - info->buffer));
	return (text_columns(editor->words.bytes) + text_columns(before.bytes)) /
	       (size_t)editor->columns;
}

/* Takes prompt and line away, says something in their place, and shows them again below. */
static void print_above(struct editor *editor, const struct text *news)
{
	size_t row = cursor_row(editor);

	printf("\r");
	if (row)
		printf("\033[%zuA", row);
	printf("\033[J%s", news->bytes);
	fflush(stdout);
	el_set(editor->line, EL_REFRESH);
}

static void follow_size(struct editor *editor)
{
	int columns = console_columns(stdout);

	if (columns == editor->columns)
		return;
	editor->columns = columns;
	el_resize(editor->line);
}

/* Stops as the shell expects it, and shows the line again when it goes on. */
static void stop(struct editor *editor)
{
	struct sigaction ordinary = {.sa_handler = SIG_DFL}, ours;
	sigset_t just_this;

	is_stop_requested = 0;
	el_set(editor->line, EL_PREP_TERM, 0);
	sigaction(SIGTSTP, &ordinary, &ours);
	sigemptyset(&just_this);
	sigaddset(&just_this, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &just_this, NULL);
	kill(getpid(), SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	el_set(editor->line, EL_PREP_TERM, 1);
	printf("\n");
	fflush(stdout);
	el_set(editor->line, EL_REFRESH);
}

/* Until there is a byte: 1, 0 at the end of the input, or -1 with errno. */
static int read_byte(struct editor *editor, char *ret_byte)
{
	while (true) {
		_cleanup_text_ struct text news = TEXT_INIT;
		int r = prompt_wait(editor->hooks, &editor->wait_ms, &news);
		ssize_t n;

		if (r < 0) {
			errno = -r;
			return -1;
		}
		follow_size(editor);
		if (news.length)
			print_above(editor, &news);
		if (is_stop_requested)
			stop(editor);
		if (r == 0)
			continue;
		n = read(STDIN_FILENO, ret_byte, 1);
		if (n > 0)
			return 1;
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return 0;
	}
}

static int read_character(EditLine *line, wchar_t *ret_character)
{
	struct editor *editor = editor_of(line);
	char byte;

	while (true) {
		int r = read_byte(editor, &byte);

		if (r <= 0)
			return r;
		switch (mbrtowc(ret_character, &byte, 1, &editor->half)) {
		case (size_t)-2: continue; /* more bytes are to come */
		case (size_t)-1: /* none of this character set: as if it had not been typed */
			memset(&editor->half, 0, sizeof(editor->half));
			continue;
		default: return 1;
		}
	}
}

/* The candidates in columns, below the line. */
static void list_candidates(struct editor *editor, const struct completion *completion)
{
	size_t width = 1, across;

	for (size_t i = 0; i < completion->count; i++) {
		size_t columns = text_columns(completion->candidates[i]) + 2;

		if (columns > width)
			width = columns;
	}
	across = (size_t)editor->columns / width;
	if (!across)
		across = 1;
	for (size_t i = 0; i < completion->count; i++) {
		_cleanup_text_ struct text candidate = TEXT_INIT;

		text_append_escaped(&candidate, completion->candidates[i],
			strlen(completion->candidates[i]), console_has_utf8());
		if (i % across == 0)
			printf("\n");
		printf("%s%*s", candidate.bytes,
			(int)(width - text_columns(completion->candidates[i])), "");
	}
	printf("\n");
	fflush(stdout);
	el_set(editor->line, EL_REFRESH);
}

static size_t count_characters(const char *bytes, size_t length)
{
	_cleanup_text_ struct text copy = TEXT_INIT;
	size_t count;

	text_append_bytes(&copy, bytes, length);
	count = mbstowcs(NULL, copy.bytes, 0);
	return count == (size_t)-1 ? length : count;
}

/* Puts in what all candidates begin with. False where that is there already. */
static bool extend(
	struct editor *editor, const struct completion *completion, const char *word, size_t length)
{
	const char *candidate = completion->candidates[0];
	size_t common = completion_common(completion);
	_cleanup_text_ struct text words = TEXT_INIT;

	text_append_bytes(&words, candidate, common);
	if (completion->count == 1 && completion_ends_word(candidate))
		text_append(&words, " ");
	if (words.length == length && !memcmp(words.bytes, word, length))
		return false;
	/* Letters may have been typed in another case than the word has: then they are put right. */
	if (words.length < length)
		return false;
	el_deletestr(editor->line, (int)count_characters(word, length));
	el_insertstr(editor->line, words.bytes);
	return true;
}

static unsigned char complete(EditLine *line, int key)
{
	struct editor *editor = editor_of(line);
	const LineInfo *info = el_line(line);
	size_t length = (size_t)(info->cursor - info->buffer);
	struct completion completion;
	unsigned char answer = CC_ERROR;

	(void)key;
	editor->hooks->complete(&completion, info->buffer, length, editor->hooks->context);
	if (completion.count && extend(editor, &completion, info->buffer + completion.start,
					length - completion.start)) {
		answer = CC_REFRESH;
	} else if (completion.count > 1) {
		list_candidates(editor, &completion);
		answer = CC_NORM;
	}
	completion_finish(&completion);
	return answer;
}

static void remember(const char *words, void *context)
{
	struct editor *editor = context;
	HistEvent event;

	history(editor->history, &event, H_ENTER, words);
}

static void open_history(struct editor *editor, const char *path)
{
	HistEvent event;

	editor->history = history_init();
	if (!editor->history)
		abort();
	history(editor->history, &event, H_SETSIZE, HISTORY_LINES_MAX);
	history(editor->history, &event, H_SETUNIQUE, 1);
	if (!path)
		return;
	editor->history_path = text_copy(path);
	history_load(path, remember, editor);
}

static void set_up(struct editor *editor)
{
	EditLine *line = editor->line;

	el_set(line, EL_CLIENTDATA, editor);
	el_set(line, EL_PROMPT, prompt_words);
	el_set(line, EL_EDITOR, "emacs");
	el_set(line, EL_HIST, history, editor->history);
	el_set(line, EL_GETCFN, read_character);
	/* Given narrow words, libedit makes wide ones that nobody frees. */
	el_wset(line, EL_ADDFN, L"timewait-complete", L"Complete the word", complete);
	el_set(line, EL_BIND, "^I", "timewait-complete", NULL);
	el_set(line, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_source(line, NULL); /* the person's own ~/.editrc */
}

struct editor *editor_create(const struct prompt_hooks *hooks, const char *path)
{
	const char *term = getenv("TERM");
	struct editor *editor;

	if (!term || !*term || !strcmp(term, "dumb"))
		return NULL;
	editor = malloc(sizeof(*editor));
	if (!editor)
		abort();
	*editor = (struct editor){.hooks = hooks, .words = TEXT_INIT};
	if (tcgetattr(STDIN_FILENO, &editor->ordinary) == 0)
		editor->line = el_init(console_program(), stdin, stdout, stderr);
	if (!editor->line) {
		free(editor);
		return NULL;
	}
	editor->columns = console_columns(stdout);
	open_history(editor, path);
	set_up(editor);
	return editor;
}

void editor_destroy(struct editor *editor)
{
	if (!editor)
		return;
	el_end(editor->line);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &editor->ordinary);
	history_end(editor->history);
	free(editor->history_path);
	text_finish(&editor->words);
	free(editor);
}

static void keep(struct editor *editor, const struct text *line)
{
	if (line->bytes[strspn(line->bytes, " \t")] == '\0')
		return;
	remember(line->bytes, editor);
	if (editor->history_path)
		history_append(editor->history_path, line->bytes);
}

/* What stood in the line when Ctrl-C was pressed. */
static void take_typed(struct editor *editor, struct text *ret_line)
{
	const LineInfo *info = el_line(editor->line);

	text_append_bytes(ret_line, info->buffer, (size_t)(info->lastchar - info->buffer));
}

int editor_read(struct editor *editor, struct text *ret_line)
{
	struct sigaction ours = {.sa_handler = request_stop}, before;
	const char *words;
	int count = 0, code;

	sigaction(SIGTSTP, &ours, &before);
	editor->wait_ms = 0;
	errno = 0;
	words = el_gets(editor->line, &count);
	code = errno;
	sigaction(SIGTSTP, &before, NULL);
	if (words && count > 0) {
		text_append_bytes(ret_line, words, strcspn(words, "\r\n"));
		keep(editor, ret_line);
		return 1;
	}
	if (count < 0 && code == EINTR) {
		take_typed(editor, ret_line);
		if (interrupt_forget())
			printf("^C"); /* as the terminal itself would show it */
		return -EINTR;
	}
	return 0;
}
