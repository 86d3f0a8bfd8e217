/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/run_inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/list.h"
#include "base/text.h"
#include "scenario/library.h"
#include "scenario/parse.h"

#define SUFFIX ".tcp"

/* No file of scenarios is as big; a device that never ends is. */
#define FILE_BYTES_MAX (64 * 1024 * 1024)

/* Mistakes that are shown, of all files together. */
#define ERRORS_SHOWN 20

static bool has_suffix(const char *word)
{
	size_t length = strlen(word), suffix = strlen(SUFFIX);

	return length > suffix && !strcmp(word + length - suffix, SUFFIX);
}

static bool is_name_taken(const struct run_inputs *inputs, const char *name)
{
	for (size_t i = 0; i < inputs->count; i++) {
		if (inputs->inputs[i].name && !strcmp(inputs->inputs[i].name, name))
			return true;
	}
	return false;
}

/* "closing" of "lab/closing.tcp"; "closing-2" when there is one already. */
static char *name_for(const struct run_inputs *inputs, const char *file)
{
	const char *slash = strrchr(file, '/');
	_cleanup_text_ struct text name = TEXT_INIT;
	size_t length, number = 1;

	if (slash)
		file = slash + 1;
	if (!strcmp(file, "-"))
		file = "stdin";
	length = strlen(file) - (has_suffix(file) ? strlen(SUFFIX) : 0);
	do {
		text_clear(&name);
		text_append_bytes(&name, file, length);
		if (number++ > 1)
			text_printf(&name, "-%zu", number - 1);
	} while (is_name_taken(inputs, name.bytes));
	return text_steal(&name);
}

/* The folder of the file, absolute; the working directory for what is no file. */
static char *here_of(const char *file)
{
	_cleanup_free_ char *path = file ? text_copy(file) : NULL;
	char *here = realpath(path ? dirname(path) : ".", NULL);

	return here ? here : text_copy("/");
}

static void complain_of(struct run_inputs *inputs, const char *file, const struct error *err)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (inputs->error_count >= ERRORS_SHOWN)
		return;
	text_append_escaped(&line, file, strlen(file), console_has_utf8());
	fprintf(stderr, "%s:%d:%d: %s\n", line.bytes, err->line, err->column, err->text);
}

static void parse(
	struct run_inputs *inputs, const char *file, const char *path, const struct text *text)
{
	struct scenario scenario;
	struct parse_errors errors = {.count = 0};
	struct run_input *input;
	char *name;

	if (scenario_parse(&scenario, file, text->bytes, text->length, &errors) < 0) {
		for (size_t i = 0; i < errors.count; i++, inputs->error_count++) {
			if (i < PARSE_ERRORS_MAX)
				complain_of(inputs, file, &errors.errors[i]);
		}
		return;
	}
	name = name_for(inputs, file);
	input = list_grow(&inputs->inputs, &inputs->count, &inputs->room);
	*input = (struct run_input){.name = name, .here = here_of(path), .scenario = scenario};
}

/* All of what is there to be read. 0 or a negative errno. */
static int read_all(int fd, struct text *text)
{
	static char bytes[65536];

	while (true) {
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			text_append_bytes(text, bytes, (size_t)n);
		if (text->length > FILE_BYTES_MAX)
			return -EFBIG;
	}
}

static void complain(struct run_inputs *inputs, const char *file, int code)
{
	_cleanup_text_ struct text name = TEXT_INIT;

	text_append_escaped(&name, file, strlen(file), console_has_utf8());
	console_error(_("cannot read %s: %s"), name.bytes, strerror(code));
	inputs->has_failed = true;
}

static void read_file(struct run_inputs *inputs, const char *file)
{
	_cleanup_fd_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	_cleanup_text_ struct text text = TEXT_INIT;
	int r = fd < 0 ? -errno : read_all(fd, &text);

	if (r < 0)
		complain(inputs, file, -r);
	else
		parse(inputs, file, file, &text);
}

static void read_stdin(struct run_inputs *inputs)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	int r;

	if (inputs->has_stdin) {
		console_error(_("standard input can be read once only"));
		inputs->has_failed = true;
		return;
	}
	inputs->has_stdin = true;
	r = read_all(STDIN_FILENO, &text);
	if (r < 0)
		complain(inputs, "-", -r);
	else
		parse(inputs, "-", NULL, &text);
}

static int compare_entries(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Every scenario below the folder, in the order of their names. */
static void read_folder(struct run_inputs *inputs, char *folder)
{
	char *const paths[] = {folder, NULL};
	FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, compare_entries);
	bool has_any = false;
	FTSENT *entry;

	while (tree && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
			complain(inputs, entry->fts_path, entry->fts_errno);
		} else if (entry->fts_info == FTS_F && has_suffix(entry->fts_name)) {
			read_file(inputs, entry->fts_path);
			has_any = true;
		}
	}
	if (tree)
		fts_close(tree);
	if (!has_any && !inputs->has_failed) {
		_cleanup_text_ struct text name = TEXT_INIT;

		text_append_escaped(&name, folder, strlen(folder), console_has_utf8());
		console_error(_("there are no files *%s below %s"), SUFFIX, name.bytes);
		inputs->has_failed = true;
	}
}

static void read_entry(struct run_inputs *inputs, const struct library_entry *entry)
{
	_cleanup_text_ struct text file = TEXT_INIT, text = TEXT_INIT;

	text_printf(&file, "%s/%s%s", entry->theme, entry->name, SUFFIX);
	text_append_bytes(&text, entry->text, entry->length);
	parse(inputs, file.bytes, NULL, &text);
}

/* All of a theme. False where there is none so called. */
static bool read_theme(struct run_inputs *inputs, const char *theme)
{
	bool has_any = false;

	for (size_t i = 0; i < library_count; i++) {
		if (strcmp(library_entries[i].theme, theme) != 0)
			continue;
		read_entry(inputs, &library_entries[i]);
		has_any = true;
	}
	return has_any;
}

static void complain_of_name(struct run_inputs *inputs, const char *word)
{
	_cleanup_text_ struct text name = TEXT_INIT;
	const char *nearest = library_nearest(word);

	text_append_escaped(&name, word, strlen(word), console_has_utf8());
	if (nearest)
		console_error(
			_("no scenario is called '%s' (did you mean '%s'?)"), name.bytes, nearest);
	else
		console_error(_("no scenario is called '%s' ('timewait scenarios' lists them)"),
			name.bytes);
	inputs->has_failed = true;
}

static void read_word(struct run_inputs *inputs, char *word)
{
	const struct library_entry *entry;
	struct stat status;
	int code;

	if (!strcmp(word, "-")) {
		read_stdin(inputs);
		return;
	}
	if (stat(word, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			read_folder(inputs, word);
		else
			read_file(inputs, word);
		return;
	}
	code = errno;
	entry = library_find(word);
	if (entry)
		read_entry(inputs, entry);
	else if (strchr(word, '/') || has_suffix(word))
		complain(inputs, word, code);
	else if (!read_theme(inputs, word))
		complain_of_name(inputs, word);
}

int run_inputs_read(struct run_inputs *inputs, char **words, size_t count)
{
	*inputs = (struct run_inputs){0};
	for (size_t i = 0; i < count; i++)
		read_word(inputs, words[i]);
	if (inputs->error_count > ERRORS_SHOWN) {
		size_t more = inputs->error_count - ERRORS_SHOWN;

		fprintf(stderr, ngettext("and %zu more error\n", "and %zu more errors\n", more),
			more);
	}
	return inputs->has_failed || inputs->error_count ? EXIT_USAGE : EXIT_OK;
}

void run_inputs_finish(struct run_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		free(inputs->inputs[i].name);
		free(inputs->inputs[i].here);
		scenario_finish(&inputs->inputs[i].scenario);
	}
	free(inputs->inputs);
	*inputs = (struct run_inputs){0};
}
