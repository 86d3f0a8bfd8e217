/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_SETTINGS_FILES_H
#define OBSERVE_SETTINGS_FILES_H

/*
 * What the files of sysctl.conf(5) and sysctl.d(5) set at boot, of names that are asked for: what an
 * administrator means to be in force, whether or not the kernel still knows it. Lines are in the order in
 * which they are applied: files by name, whatever their folder, and /etc/sysctl.conf last, as sysctl --system
 * does; the last of a name holds. A file hides those of its name in the folders after its own, a link to
 * /dev/null does too. One that this user may not read is counted.
 */

#include <stddef.h>

struct settings_line {
	char *path;     /* "/etc/sysctl.d/99-tuning.conf" */
	unsigned line;  /* from 1 */
	char name[64];  /* the last part: "tcp_tw_recycle" */
	char value[64]; /* cut short where longer; not escaped */
};

struct settings_files {
	struct settings_line *lines;
	size_t count, room;
	size_t unreadable;
};

/* At most so many lines are kept. */
#define SETTINGS_LINES_MAX 64

/*
 * `names` ends in NULL and has last parts ("tcp_tw_recycle"); `root` stands before every path, "" for this
 * host. Replaces *files, which starts zeroed. A folder that is missing is no error.
 */
void settings_files_read(struct settings_files *files, const char *root, const char *const names[]);
void settings_files_finish(struct settings_files *files);

#endif
