/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/graph.h"

/* Levels of a column of cells, from the bottom: 4 a cell of braille, 2 a cell of ASCII. */
static int levels_of(double value, double top, int most)
{
	int levels;

	if (!(value > 0))
		return 0;
	levels = value >= top ? most : (int)(value / top * most + 0.5);
	return levels ? levels : 1;
}

size_t graph_values(const struct grid *grid, int columns)
{
	if (columns <= 0)
		return 0;
	return (size_t)columns * (grid->utf8 ? 2 : 1);
}

/* Dots of a half column of braille, by how many from the bottom are set (Unicode block U+2800). */
static const unsigned char left_dots[] = {0x00, 0x40, 0x44, 0x46, 0x47};
static const unsigned char right_dots[] = {0x00, 0x80, 0xa0, 0xb0, 0xb8};

static int within_cell(int levels, int below)
{
	int inside = levels - below;

	if (inside < 0)
		return 0;
	return inside > 4 ? 4 : inside;
}

static void put_braille(
	struct grid *grid, int row, int column, enum grid_look look, unsigned int dots)
{
	char bytes[4] = {(char)0xe2, (char)(0xa0 | dots >> 6), (char)(0x80 | (dots & 0x3f)), '\0'};

	if (dots)
		grid_fill(grid, row, column, 1, look, bytes);
}

static void draw_braille(struct grid *grid, struct graph_place place, enum grid_look look,
	int column, int left, int right)
{
	for (int i = 0; i < place.rows; i++) {
		unsigned int dots =
			left_dots[within_cell(left, 4 * i)] | right_dots[within_cell(right, 4 * i)];

		put_braille(grid, place.row + place.rows - 1 - i, column, look, dots);
	}
}

static void draw_ascii(
	struct grid *grid, struct graph_place place, enum grid_look look, int column, int levels)
{
	for (int i = 0; i < place.rows && levels > 2 * i; i++)
		grid_fill(grid, place.row + place.rows - 1 - i, column, 1, look,
			levels - 2 * i >= 2 ? "#" : ".");
}

/* The value so many places before the newest; 0 where there is none. */
static double value_before(const double *values, size_t count, size_t before)
{
	return before < count ? values[count - 1 - before] : 0;
}

void graph_draw(struct grid *grid, struct graph_place place, enum grid_look look,
	const double *values, size_t count, double top)
{
	if (top < 1)
		top = 1;
	for (int i = 0; i < place.columns; i++) {
		int column = place.column + place.columns - 1 - i;
		size_t at = (size_t)i;

		if (grid->utf8)
			draw_braille(grid, place, look, column,
				levels_of(value_before(values, count, 2 * at + 1), top,
					4 * place.rows),
				levels_of(
					value_before(values, count, 2 * at), top, 4 * place.rows));
		else
			draw_ascii(grid, place, look, column,
				levels_of(value_before(values, count, at), top, 2 * place.rows));
	}
}

double graph_top(const double *values, size_t count)
{
	double greatest = 1, power = 1;

	for (size_t i = 0; i < count; i++)
		greatest = values[i] > greatest ? values[i] : greatest;
	while (10 * power <= greatest && power < 1e18)
		power *= 10;
	if (greatest <= power)
		return power;
	if (greatest <= 2 * power)
		return 2 * power;
	return greatest <= 5 * power ? 5 * power : 10 * power;
}
