/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_LIBRARY_H
#define SCENARIO_LIBRARY_H

/*
 * The scenarios that timewait comes with: the files scenarios/THEME/NAME.tcp, compiled into the
 * program, so that a name works from anywhere. They are text here; parse.h makes trees of them.
 */

#include <stddef.h>

struct library_entry {
	const char *theme; /* "closing" */
	const char *name;  /* "simultaneous-close"; no other entry has it, whatever its theme */
	const char *text;  /* the file, byte for byte; one more NUL stands behind it */
	size_t length;
};

/* All of them: themes in the order in which one learns, names in that of the alphabet. Static data,
 * made by scripts/embed when the program is built. */
extern const struct library_entry library_entries[];
extern const size_t library_count;

/* The themes in the order of the entries; ends in NULL. */
extern const char *const library_themes[];

/* By "simultaneous-close", "closing/simultaneous-close", either with ".tcp" behind it. NULL if there
 * is none. */
const struct library_entry *library_find(const char *name);

/* The name nearest to a misspelt one, for "did you mean"; NULL when none is near. */
const char *library_nearest(const char *name);

#endif
