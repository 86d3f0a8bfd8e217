/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

/*
 * A screen as a grid of cells: what a full-screen view draws on before anything reaches a terminal,
 * so that a frame can be looked at by a test, printed as text, or put onto ncurses. Pure. Whatever is
 * put outside of the grid, or does not fit, is left out: drawing never fails.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* How a cell looks; the terminal chooses the colours. */
enum grid_look {
	GRID_PLAIN,
	GRID_BOLD,
	GRID_DIM,
	GRID_TITLE, /* a bar across the screen */
	GRID_HEAD,  /* titles of columns */
	GRID_FOCUS, /* what the keys act on */
	GRID_GOOD,
	GRID_WARN,
	GRID_BAD,
	GRID_GRAPH,
	GRID_LOOKS,
};

struct grid_cell {
	char bytes[7]; /* one character, NUL-terminated; "" for the right half of a wide one */
	uint8_t look;  /* enum grid_look */
};

struct grid {
	int rows, columns;
	bool utf8; /* else every cell is ASCII */
	struct grid_cell *cells;
	size_t room;
};

/* The largest screen that is drawn; a larger terminal keeps a blank margin. */
#define GRID_ROWS_MAX    400
#define GRID_COLUMNS_MAX 1000

/* Makes the grid so large (within the bounds above) and blank. It starts zeroed; the caller finishes it. */
void grid_reset(struct grid *grid, int rows, int columns, bool utf8);
void grid_finish(struct grid *grid);

/*
 * Puts the words at (row, column), over at most `width` columns; what is longer ends in an ellipsis.
 * Bytes that no terminal should see are escaped; characters that take no column (accents that
 * combine, marks of direction) are left out. Returns the columns taken.
 */
int grid_put(
	struct grid *grid, int row, int column, int width, enum grid_look look, const char *words);

/* The same, ending at the right end of the `width` columns. */
void grid_put_right(
	struct grid *grid, int row, int column, int width, enum grid_look look, const char *words);

/* The same, formatted. */
int grid_printf(struct grid *grid, int row, int column, int width, enum grid_look look,
	const char *format, ...) __attribute__((format(printf, 6, 7)));

/* One character of our own that takes one column (not escaped), `times` times to the right. */
void grid_fill(struct grid *grid, int row, int column, int times, enum grid_look look,
	const char *character);

/* Gives `width` cells another look and leaves their characters. */
void grid_paint(struct grid *grid, int row, int column, int width, enum grid_look look);

/* Appends the row without blanks at its end and without a newline. */
void grid_row_text(const struct grid *grid, int row, struct text *out);

/* Appends all rows, a line each. */
void grid_text(const struct grid *grid, struct text *out);

#endif
