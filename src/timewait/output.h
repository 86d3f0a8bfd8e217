/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_OUTPUT_H
#define TIMEWAIT_OUTPUT_H

/* What a command has made, on its way out: to standard output, or into a file. */

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* To standard output, and flushes it: EXIT_OK, or EXIT_FAILED after having said why. */
int output_write(const struct text *out);

/*
 * A part of more to come, straight to the descriptor, past stdio; the text is empty afterwards. EXIT_OK;
 * EXIT_FAILED after having said why (a reader that left is not worth a word); EXIT_INTERRUPTED.
 */
int output_write_through(struct text *out);

/*
 * Into the file, which is replaced; where `is_new`, it must not be there yet. 0 or a negative errno, of
 * what failed first; the file may be there in part then.
 */
int output_save(const struct text *contents, const char *path, bool is_new, struct error *err);

/* A name from outside (a command line, a file) as it may stand in a message. The caller finishes it. */
struct text output_safe(const char *name);

#endif
