/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/interactive_history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"

/* Makes every folder on the way to the file. */
static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

char *history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct text path = TEXT_INIT;

	/* "All paths must be absolute. If [one] is relative, [...] ignore it", says the specification. */
	if (state && *state == '/')
		text_printf(&path, "%s/timewait/history", state);
	else if (home && *home == '/')
		text_printf(&path, "%s/.local/state/timewait/history", home);
	else
		return NULL;
	make_folders(path.bytes);
	return text_steal(&path);
}

struct lines {
	char **lines;
	size_t count, room;
};

static void read_lines(FILE *file, struct lines *lines)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line)
			*list_grow(&lines->lines, &lines->count, &lines->room) = text_copy(line);
	}
	free(line);
}

/* A new file in the old one's place, so that there is one whatever happens. */
static void rewrite(const char *path, const struct lines *lines, size_t first)
{
	_cleanup_text_ struct text name = TEXT_INIT;
	_cleanup_fd_ int fd = -1;
	FILE *file;

	text_printf(&name, "%s.new", path);
	unlink(name.bytes);
	fd = open(name.bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return;
	fd_steal(&fd); /* it is the file's */
	for (size_t i = first; i < lines->count; i++)
		fprintf(file, "%s\n", lines->lines[i]);
	if (fclose(file) != 0 || rename(name.bytes, path) != 0)
		unlink(name.bytes);
}

void history_load(const char *path, void (*tell)(const char *line, void *context), void *context)
{
	FILE *file = fopen(path, "re");
	struct lines lines = {0};
	size_t first = 0;

	if (!file)
		return;
	read_lines(file, &lines);
	fclose(file);
	if (lines.count > HISTORY_LINES_MAX)
		first = lines.count - HISTORY_LINES_MAX;
	for (size_t i = first; i < lines.count; i++)
		tell(lines.lines[i], context);
	if (lines.count >= 2 * HISTORY_LINES_MAX)
		rewrite(path, &lines, first);
	for (size_t i = 0; i < lines.count; i++)
		free(lines.lines[i]);
	free(lines.lines);
}

void history_append(const char *path, const char *line)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	_cleanup_text_ struct text words = TEXT_INIT;

	if (fd < 0)
		return;
	text_printf(&words, "%s\n", line);
	/* One write, so that the lines of two laboratories do not mix. */
	if (write(fd, words.bytes, words.length) < 0)
		return;
}
