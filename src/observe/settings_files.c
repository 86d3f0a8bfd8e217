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

/* In the order of sysctl.d(5); on many systems some are links to others. */
static const char *const folders[] = {"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d",
	"/usr/lib/sysctl.d", "/lib/sysctl.d"};

/* A folder with more than that, or a longer file, is nobody's settings. */
#define FILES_MAX  512
#define FILE_BYTES ((size_t)256 * 1024)

struct reading {
	struct settings_files *files;
	const char *const *names;
	size_t root_length;
	struct {
		dev_t device;
		ino_t inode;
	} seen[FILES_MAX];
	size_t seen_count;
	char *bytes;
};

static bool was_seen(struct reading *reading, const struct stat *status)
{
	for (size_t i = 0; i < reading->seen_count; i++) {
		if (reading->seen[i].device == status->st_dev &&
			reading->seen[i].inode == status->st_ino)
			return true;
	}
	if (reading->seen_count == FILES_MAX)
		return true;
	reading->seen[reading->seen_count].device = status->st_dev;
	reading->seen[reading->seen_count++].inode = status->st_ino;
	return false;
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

/* The file's text into reading->bytes; false where it is none, or was read before. */
static bool read_text(struct reading *reading, const char *path)
{
	/* Somebody's FIFO must not keep us waiting. */
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	ssize_t length;

	if (fd < 0) {
		reading->files->unreadable += errno == EACCES || errno == EPERM;
		return false;
	}
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || was_seen(reading, &status))
		return false;
	length = read(fd, reading->bytes, FILE_BYTES - 1);
	reading->bytes[length < 0 ? 0 : length] = '\0';
	return length > 0;
}

static void read_file(struct reading *reading, const char *path)
{
	char *next = reading->bytes;
	char *line;

	if (!read_text(reading, path))
		return;
	for (unsigned number = 1; (line = strsep(&next, "\n")); number++)
		read_line(reading, path, number, line);
}

static int is_configuration(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && end != entry->d_name && !strcmp(end, ".conf");
}

static void read_folder(struct reading *reading, const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_configuration, alphasort);

	if (count < 0) {
		reading->files->unreadable += errno == EACCES || errno == EPERM;
		return;
	}
	for (int i = 0; i < count; i++) {
		_cleanup_text_ struct text path = TEXT_INIT;

		text_printf(&path, "%s/%s", folder, entries[i]->d_name);
		read_file(reading, path.bytes);
		free(entries[i]);
	}
	free(entries);
}

void settings_files_read(struct settings_files *files, const char *root, const char *const names[])
{
	struct reading reading = {.files = files,
		.names = names,
		.root_length = strlen(root),
		.bytes = malloc(FILE_BYTES)};
	_cleanup_text_ struct text path = TEXT_INIT;

	if (!reading.bytes)
		abort();
	settings_files_finish(files);
	/* First, for 99-sysctl.conf is a link to it: people know it by this name. */
	text_printf(&path, "%s/etc/sysctl.conf", root);
	read_file(&reading, path.bytes);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		text_clear(&path);
		text_printf(&path, "%s%s", root, folders[i]);
		read_folder(&reading, path.bytes);
	}
	free(reading.bytes);
}

void settings_files_finish(struct settings_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->lines[i].path);
	free(files->lines);
	*files = (struct settings_files){0};
}
