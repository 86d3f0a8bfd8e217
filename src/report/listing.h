/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_LISTING_H
#define REPORT_LISTING_H

/* Names, each with some words beside it, which go on below their first one where they are long. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct listing {
	size_t width;   /* of the widest name, by listing_widen() */
	size_t columns; /* of the terminal; words get 20 of them at least */
	bool has_bold;  /* names */
};

/* Makes room for the name; all of them come before the first line. */
void listing_widen(struct listing *listing, const char *name);

/* Appends "  name   words". */
void listing_line(
	struct text *out, const struct listing *listing, const char *name, const char *words);

#endif
