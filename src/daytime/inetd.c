/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/inetd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/fd.h"
#include "daytime/log.h"

static bool is_socket(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISSOCK(status.st_mode);
}

static bool is_same_file(int fd, int other)
{
	struct stat a, b;

	return !fstat(fd, &a) && !fstat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int replace_by_null(int fd)
{
	_cleanup_fd_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	return null >= 0 && dup2(null, fd) == fd ? 0 : -errno;
}

/* What does not go through the console: how the command is used, say. */
static ssize_t write_to_syslog(void *cookie, const char *bytes, size_t size)
{
	(void)cookie;
	syslog(LOG_NOTICE, "%.*s", (int)size, bytes);
	return (ssize_t)size;
}

void inetd_divert_messages(void)
{
	cookie_io_functions_t functions = {.write = write_to_syslog};
	FILE *stream;

	if (!is_socket(STDIN_FILENO) || !is_same_file(STDIN_FILENO, STDERR_FILENO))
		return;
	log_to_syslog();
	stream = fopencookie(NULL, "w", functions);
	if (stream) {
		setvbuf(stream, NULL, _IOLBF, BUFSIZ);
		stderr = stream;
	}
	replace_by_null(STDERR_FILENO);
}

int inetd_take_socket(void)
{
	_cleanup_fd_ int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int result = 0;

	if (fd < 0)
		return -errno;
	if (is_same_file(fd, STDOUT_FILENO))
		result = replace_by_null(STDOUT_FILENO);
	if (!result)
		result = replace_by_null(STDIN_FILENO);
	return result ? result : fd_steal(&fd);
}
