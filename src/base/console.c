/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/console.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/text.h"
#include "config.h"

static const char *program_name = "timewait";
static void (*divert)(int level, const char *text);

/*
 * A closed 0, 1 or 2 would be handed to the next socket, and messages written into it. What stands
 * in for it is open the wrong way round: its use still fails, as it should.
 */
static void open_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", mode) < 0)
			_exit(EXIT_FAILED);
	}
}

void console_init(const char *program)
{
	program_name = program;
	open_standard_descriptors();
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* options and JSON have decimal points, wherever we are */
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
}

const char *console_program(void)
{
	return program_name;
}

void console_divert(void (*write)(int level, const char *text))
{
	divert = write;
}

static void __attribute__((format(printf, 2, 0))) say(int level, const char *format, va_list args)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	fflush(stdout);
	if (divert) {
		text_vprintf(&line, format, args);
		divert(level, line.bytes);
		return;
	}
	/* One write, so that lines of several processes do not mix. */
	text_printf(&line, "%s: ", program_name);
	text_vprintf(&line, format, args);
	text_append(&line, "\n");
	fputs(line.bytes, stderr);
}

void console_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_ERR, format, args);
	va_end(args);
}

void console_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_NOTICE, format, args);
	va_end(args);
}

void console_print(const struct error *err)
{
	if (err->line)
		console_error("%d:%d: %s", err->line, err->column, err->text);
	else
		console_error("%s", err->text);
}

/* Has the reader of our output left, as `head` does when it has enough? */
static bool has_no_reader(void)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&output, 1, 0) > 0 && (output.revents & POLLERR);
}

/* What an earlier write failed with, so far as errno still tells. */
static int earlier_failure(int code)
{
	switch (code) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EBADF: return code;
	default: return EIO;
	}
}

int console_lost(int code)
{
	if (code != EPIPE && !has_no_reader())
		console_error(_("cannot write the output: %s"), strerror(code));
	return EXIT_FAILED;
}

int console_flush(void)
{
	int before = errno;
	int code = fflush(stdout) != 0 ? errno : 0;

	if (!code && !ferror(stdout))
		return EXIT_OK;
	return console_lost(code ? code : earlier_failure(before));
}

bool console_has_colour(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no_color && *no_color) && term && strcmp(term, "dumb");
}

bool console_has_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

int console_columns(FILE *stream)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (columns && !text_to_number(columns, 20, 1000, &number))
		return (int)number;
	if (!ioctl(fileno(stream), TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return 80;
}
