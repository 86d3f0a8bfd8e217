/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * What went wrong, in words.
 *
 * Functions return 0 or a negative errno. Where a number is not enough (a kernel
 * message, a parser, a system call among ten) they also fill a struct error, whose text
 * reads "what failed: why (what to do)". Libraries never print: the command prints once.
 *
 * A caller that does not care passes NULL. Nothing here allocates.
 */

struct error {
	int code;         /* errno, positive; 0 when nothing is wrong */
	int line, column; /* from 1; 0 where there is no text to point at */
	char text[512];   /* never empty once code is set; no newline at the end */
};

/* Fills *err (when not NULL) and returns -code, so that `return error_set(...)` reads well. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with ": strerror(code)" behind the text. */
int error_errno(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "EADDRINUSE": the errno's name, never translated; "E9999" for a number that has none. */
#define ERROR_NAME_BYTES 24
const char *error_name(int code, char text[ERROR_NAME_BYTES]);

#endif
