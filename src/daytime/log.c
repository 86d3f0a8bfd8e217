/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/console.h"

#define LINE_BYTES 1024

static enum { TO_STDERR, TO_JOURNAL, TO_SYSLOG } way = TO_STDERR;

/* JOURNAL_STREAM is inherited by whoever is started from a service, stderr perhaps not. */
static int is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;
	char end;

	return stream && sscanf(stream, "%llu:%llu%c", &device, &inode, &end) == 2 &&
	       !fstat(fd, &status) && status.st_dev == device && status.st_ino == inode;
}

void log_init(void)
{
	if (!is_journal(STDERR_FILENO))
		return;
	way = TO_JOURNAL;
	console_divert(log_say);
}

void log_to_syslog(void)
{
	openlog(console_program(), LOG_PID | LOG_NDELAY, LOG_DAEMON);
	way = TO_SYSLOG;
	console_divert(log_say);
}

void log_say(int level, const char *text)
{
	int shown = (int)strcspn(text, "\n");
	char line[LINE_BYTES];
	int length;

	if (way == TO_SYSLOG) {
		syslog(level, "%.*s", shown, text);
		return;
	}
	if (shown > LINE_BYTES - 64)
		shown = LINE_BYTES - 64;
	if (way == TO_JOURNAL)
		length = snprintf(line, sizeof(line), "<%d>%.*s\n", LOG_PRI(level), shown, text);
	else
		length = snprintf(
			line, sizeof(line), "%.40s: %.*s\n", console_program(), shown, text);
	/* What cannot be said, nobody can be told either. */
	if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}
