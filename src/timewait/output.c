/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/output.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"

int output_write(const struct text *out)
{
	fwrite(out->bytes, 1, out->length, stdout);
	return console_flush();
}

/* Somebody may have made our output non-blocking. */
static void await_room(void)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

	poll(&output, 1, -1);
}

/* A write() that Ctrl-C meets in its middle says how much it has written, and not that it was met. */
int output_write_through(struct text *out)
{
	size_t written = 0;

	while (written < out->length) {
		ssize_t length;

		if (interrupt_requested())
			return EXIT_INTERRUPTED;
		length = write(STDOUT_FILENO, out->bytes + written, out->length - written);
		if (length >= 0)
			written += (size_t)length;
		else if (errno == EAGAIN)
			await_room();
		else if (errno != EINTR)
			return console_lost(errno);
	}
	text_clear(out);
	return EXIT_OK;
}

/* 0 or an errno. What closing says comes second: it may well succeed where writing did not. */
static int write_and_close(const struct text *contents, FILE *file)
{
	int code = 0;

	errno = 0;
	if (fwrite(contents->bytes, 1, contents->length, file) != contents->length ||
		fflush(file) != 0)
		code = errno ? errno : EIO;
	if (fclose(file) != 0 && !code)
		code = errno;
	return code;
}

int output_save(const struct text *contents, const char *path, bool is_new, struct error *err)
{
	FILE *file = fopen(path, is_new ? "wxe" : "we");
	int code = file ? 0 : errno;
	_cleanup_text_ struct text safe = output_safe(path);

	if (!file)
		return error_errno(err, code, _("cannot create %s"), safe.bytes);
	code = write_and_close(contents, file);
	return code ? error_errno(err, code, _("cannot write %s"), safe.bytes) : 0;
}

struct text output_safe(const char *name)
{
	struct text safe = TEXT_INIT;

	text_append_escaped(&safe, name, strlen(name), console_has_utf8());
	return safe;
}
