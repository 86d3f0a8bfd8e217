/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/settings_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"

/* In the order of sysctl.d(5): of files of one name only that of the first folder is read. */
static const char *const folders[] = {"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d",
	"/usr/lib/sysctl.d", "/lib/sysctl.d"};

/* More files than that, or a longer one, are nobody's settings. */
#define FILES_MAX  512
#define FILE_BYTES ((size_t)256 * 1024)

struct reading {
	struct settings_files *files;
	const char *const *names;
	size_t root_length;
	struct stat main_file; /* /etc/sysctl.conf */
	char *bytes;
};

/* A file of one of the folders; those of the folders before it hide it by its name. */
struct candidate {
	char *name, *path;
};

struct candidates {
	struct candidate *candidates;
	size_t count, room;
};

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_asked_for(const struct reading *reading, const char *name)
{
	for (size_t i = 0; reading->names[i]; i++) {
		if (!strcmp(reading->names[i], name))
			return true;
	}
	return false;
}

static char *trim(char *words)
{
	size_t length;

	words += strspn(words, " \t\r");
	length = strlen(words);
	while (length && strchr(" \t\r", words[length - 1]))
		words[--length] = '\0';
	return words;
}

/* "-net.ipv4/tcp_tw_recycle = 1": dots or slashes; a dash before it lets sysctl(8) fail in silence. */
static void read_line(struct reading *reading, const char *path, unsigned number, char *line)
{
	char *value = line;
	char *name = trim(strsep(&value, "="));
	struct settings_line *found;

	if (*name == '#' || *name == ';' || !value || reading->files->count == SETTINGS_LINES_MAX)
		return;
	for (char *c = name; *c; c++) {
		if (*c == '.' || *c == '/')
			name = c + 1;
	}
	if (!is_asked_for(reading, name + (*name == '-')))
		return;
	found = list_grow(&reading->files->lines, &reading->files->count, &reading->files->room);
	found->path = text_copy(path + reading->root_length);
	found->line = number;
	snprintf(found->name, sizeof(found->name), "%s", name + (*name == '-'));
	snprintf(found->value, sizeof(found->value), "%s", trim(value));
}

/* The file's text into reading->bytes; false where it is none: a link to /dev/null hides others. */
static bool read_text(struct reading *reading, const char *path, bool is_main)
{
	/* Somebody's FIFO must not keep us waiting. */
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	ssize_t length;

	if (fd < 0) {
		reading->files->unreadable += errno == EACCES || errno == EPERM;
		return false;
	}
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
		(!is_main && is_same_file(&status, &reading->main_file)))
		return false;
	length = read(fd, reading->bytes, FILE_BYTES - 1);
	reading->bytes[length < 0 ? 0 : length] = '\0';
	return length > 0;
}

static void read_file(struct reading *reading, const char *path, bool is_main)
{
	char *next = reading->bytes;
	char *line;

	if (!read_text(reading, path, is_main))
		return;
	for (unsigned number = 1; (line = strsep(&next, "\n")); number++)
		read_line(reading, path, number, line);
}

static int is_configuration(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && end != entry->d_name && !strcmp(end, ".conf");
}

static bool is_hidden(const struct candidates *candidates, const char *name)
{
	for (size_t i = 0; i < candidates->count; i++) {
		if (!strcmp(candidates->candidates[i].name, name))
			return true;
	}
	return candidates->count == FILES_MAX;
}

static void list_folder(struct reading *reading, struct candidates *candidates, const char *root,
	const char *folder)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	struct dirent **entries;
	int count;

	text_printf(&path, "%s%s", root, folder);
	count = scandir(path.bytes, &entries, is_configuration, NULL);
	if (count < 0) {
		reading->files->unreadable += errno == EACCES || errno == EPERM;
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (!is_hidden(candidates, name)) {
			text_clear(&path);
			text_printf(&path, "%s%s/%s", root, folder, name);
			*list_grow(&candidates->candidates, &candidates->count, &candidates->room) =
				(struct candidate){text_copy(name), text_copy(path.bytes)};
		}
		free(entries[i]);
	}
	free(entries);
}

static int by_name(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void read_folders(struct reading *reading, const char *root)
{
	struct candidates found = {0};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		list_folder(reading, &found, root, folders[i]);
	if (found.count)
		qsort(found.candidates, found.count, sizeof(*found.candidates), by_name);
	for (size_t i = 0; i < found.count; i++) {
		read_file(reading, found.candidates[i].path, false);
		free(found.candidates[i].name);
		free(found.candidates[i].path);
	}
	free(found.candidates);
}

void settings_files_read(struct settings_files *files, const char *root, const char *const names[])
{
	struct reading reading = {.files = files,
		.names = names,
		.root_length = strlen(root),
		.bytes = malloc(FILE_BYTES)};
	_cleanup_text_ struct text main_path = TEXT_INIT;

	if (!reading.bytes)
		abort();
	settings_files_finish(files);
	/* The last to be read; 99-sysctl.conf is a link to it, but people know it by its own name. */
	text_printf(&main_path, "%s/etc/sysctl.conf", root);
	(void)stat(main_path.bytes, &reading.main_file);
	read_folders(&reading, root);
	read_file(&reading, main_path.bytes, true);
	free(reading.bytes);
}

void settings_files_finish(struct settings_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->lines[i].path);
	free(files->lines);
	*files = (struct settings_files){0};
}
