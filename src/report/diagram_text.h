/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_DIAGRAM_TEXT_H
#define REPORT_DIAGRAM_TEXT_H

/* The sequence diagram on a terminal. */

#include <stdbool.h>
#include <stdio.h>

#include "report/diagram.h"

struct diagram_text_options {
	int columns; /* of the terminal: kept to from 44 on, used up to about 110 */
	bool utf8;   /* else plain ASCII */
	bool colour;
	bool times; /* a column of them on the left, where columns >= DIAGRAM_TEXT_TIMES_COLUMNS */
};

#define DIAGRAM_TEXT_TIMES_COLUMNS 90

/* What cannot be written shows in ferror(stream). */
void diagram_text_print(
	const struct diagram *diagram, FILE *stream, struct diagram_text_options options);

/*
 * The same for a picture that grows: the head, and later rows below rows (diagram_build_since()).
 * Their columns are as wide as `columns` alone makes them, so that they stay in line.
 */
void diagram_text_print_head(
	const struct diagram *diagram, FILE *stream, struct diagram_text_options options);
void diagram_text_print_rows(
	const struct diagram *diagram, FILE *stream, struct diagram_text_options options);

#endif
