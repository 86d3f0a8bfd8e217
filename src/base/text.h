/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/* Text that grows, numbers that are checked, bytes that are made safe to print. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A string that grows. Starts as TEXT_INIT; `bytes` is never NULL and always ends in NUL
 * (it may hold others). Out of memory ends the program: there is nothing better to do in
 * a command, and a server's paths do not use it.
 */
struct text {
	char *bytes;
	size_t length;
	size_t allocated; /* 0 while bytes is the shared empty string */
};

extern char text_empty[1];
#define TEXT_INIT                                                                                  \
	{                                                                                          \
		.bytes = text_empty                                                                \
	}

void text_finish(struct text *text); /* frees, and leaves TEXT_INIT */
void text_clear(struct text *text);  /* length 0, keeps the memory */
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const void *bytes, size_t length);
void text_repeat(struct text *text, const char *string, size_t times);

/*
 * For writers that put characters there by themselves: room for so many more (and the NUL) at the end,
 * until the text grows again. text_commit() takes what was written up to `end`, and puts the NUL there.
 */
char *text_reserve(struct text *text, size_t more);
static inline void text_commit(struct text *text, char *end)
{
	*end = '\0';
	text->length = (size_t)(end - text->bytes);
}

void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* strdup(), which out of memory ends the program, too. The caller frees. */
char *text_copy(const char *string);

/* Hands the bytes to the caller, who frees them; text is TEXT_INIT again. Never NULL. */
char *text_steal(struct text *text);

#define _cleanup_text_ __attribute__((cleanup(text_finish)))

/*
 * A whole decimal number within [least, most]: no sign, no blank, nothing behind it.
 * 0, or -EINVAL (not a number) or -ERANGE, *ret_number untouched.
 */
int text_to_number(const char *string, uint64_t least, uint64_t most, uint64_t *ret_number);

/* Columns that a UTF-8 string takes on a terminal (wcwidth; an invalid byte counts 1). */
size_t text_columns(const char *utf8);

/*
 * Appends bytes so that no terminal can be harmed: printable ASCII and, when `utf8`, valid
 * printable UTF-8 stay; \r \n \t \\ and everything else are escaped (\xNN).
 */
void text_append_escaped(struct text *text, const void *bytes, size_t length, bool utf8);

/*
 * The candidate nearest to a misspelt word, for "did you mean": NULL when none is near
 * (more than a third of its letters differ). `candidates` ends in NULL.
 */
const char *text_nearest(const char *word, const char *const *candidates);

#endif
