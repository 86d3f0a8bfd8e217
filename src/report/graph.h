/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_GRAPH_H
#define REPORT_GRAPH_H

/*
 * Values over time, drawn into a grid: dots of braille where the locale is UTF-8 (two values a
 * column, four levels a row), columns of '#' with '.' for a half elsewhere. Pure.
 */

#include <stddef.h>

#include "report/grid.h"

struct graph_place {
	int row, column; /* the upper left corner */
	int rows, columns;
};

/* How many values a graph of so many columns shows. */
size_t graph_values(const struct grid *grid, int columns);

/*
 * Draws the last values, the newest at the right end; fewer than fit leave the left blank. `top` is the
 * value of the upper edge (at least 1 is taken); values are not below 0. Any value above 0 leaves a dot.
 */
void graph_draw(struct grid *grid, struct graph_place place, enum grid_look look,
	const double *values, size_t count, double top);

/* A round number (1, 2 or 5 times a power of ten) that is not below the greatest value; at least 1. */
double graph_top(const double *values, size_t count);

#endif
