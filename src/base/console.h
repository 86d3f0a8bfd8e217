/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_CONSOLE_H
#define BASE_CONSOLE_H

/*
 * The person at the other end: what the terminal can show, and how a program speaks.
 * Results go to stdout by ordinary stdio; everything else goes through here to stderr, as
 * "program: what failed: why (what to do)".
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/*
 * The exit codes every program of ours uses.
 */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,        /* what was tried failed; an expectation or finding is bad */
	EXIT_USAGE = 2,         /* the command line or an input cannot be understood */
	EXIT_UNAVAILABLE = 77,  /* the environment lacks what the whole command needs */
	EXIT_INTERRUPTED = 130, /* Ctrl-C */
};

/*
 * First thing in main(): locale, message catalogue, SIGPIPE ignored, descriptors 0 to 2
 * open. `program` is the name that stands before every message; it must outlive the program.
 */
void console_init(const char *program);

const char *console_program(void);

/* One line on stderr. console_error() is for what ends the command, console_note() for the rest. */
void console_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void console_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * For daemons: from now on `write` gets these lines, in place of stderr, without program and newline;
 * LOG_ERR what console_error() says, LOG_NOTICE what console_note() does (syslog(3)).
 */
void console_divert(void (*write)(int level, const char *text));

/* Prints err->text as console_error() does, "line:column: " before it when it has them. */
void console_print(const struct error *err);

/*
 * Flushes stdout and tells whether everything written there arrived: EXIT_OK, or EXIT_FAILED
 * with a message (disk full). A reader that went away (EPIPE) is no error worth a word.
 */
int console_flush(void);

/* Says the same of a write to stdout, past stdio, that failed with this errno. Returns EXIT_FAILED. */
int console_lost(int code);

bool console_has_colour(FILE *stream); /* a terminal, TERM not dumb, NO_COLOR unset or empty */
bool console_has_utf8(void);           /* the locale's character set is UTF-8 */

/* Columns of the terminal behind stream: COLUMNS if set, else what the terminal says, else 80. */
int console_columns(FILE *stream);

#endif
