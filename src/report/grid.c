/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/grid.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

static int clamp(int value, int most)
{
	if (value < 0)
		return 0;
	return value > most ? most : value;
}

void grid_reset(struct grid *grid, int rows, int columns, bool utf8)
{
	size_t count;

	grid->rows = clamp(rows, GRID_ROWS_MAX);
	grid->columns = clamp(columns, GRID_COLUMNS_MAX);
	grid->utf8 = utf8;
	count = (size_t)grid->rows * (size_t)grid->columns;
	if (count > grid->room) {
		free(grid->cells);
		grid->cells = calloc(count, sizeof(*grid->cells));
		if (!grid->cells)
			abort();
		grid->room = count;
	}
	for (size_t i = 0; i < count; i++)
		grid->cells[i] = (struct grid_cell){.bytes = " "};
}

void grid_finish(struct grid *grid)
{
	free(grid->cells);
	*grid = (struct grid){0};
}

static struct grid_cell *cell_at(struct grid *grid, int row, int column)
{
	if (row < 0 || row >= grid->rows || column < 0 || column >= grid->columns)
		return NULL;
	return &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
}

/* Half of a wide character that is overwritten leaves a blank in its other half. */
static void separate(struct grid *grid, int row, int column)
{
	struct grid_cell *cell = cell_at(grid, row, column);
	struct grid_cell *before = cell_at(grid, row, column - 1);
	struct grid_cell *after = cell_at(grid, row, column + 1);

	if (cell && !cell->bytes[0] && before)
		strcpy(before->bytes, " ");
	else if (cell && after && !after->bytes[0])
		strcpy(after->bytes, " ");
}

static void set_cell(struct grid *grid, int row, int column, enum grid_look look, const char *bytes,
	size_t length)
{
	struct grid_cell *cell = cell_at(grid, row, column);

	if (!cell || length >= sizeof(cell->bytes))
		return;
	separate(grid, row, column);
	memcpy(cell->bytes, bytes, length);
	cell->bytes[length] = '\0';
	cell->look = (uint8_t)look;
}

/* One character of a string: how many bytes and how many columns. */
struct glyph {
	size_t length;
	int columns;
};

static struct glyph glyph_at(const char *string, bool utf8)
{
	mbstate_t state = {0};
	struct glyph glyph = {1, 1};
	wchar_t character;
	int columns;

	if (!utf8 || (unsigned char)*string < 0x80)
		return glyph;
	glyph.length = utf8_character(string);
	if (!glyph.length)
		return (struct glyph){1, 0};
	if (mbrtowc(&character, string, glyph.length, &state) != glyph.length)
		return (struct glyph){glyph.length, 0};
	columns = wcwidth(character);
	glyph.columns = columns > 0 ? columns : 0;
	return glyph;
}

static int columns_of(const char *string, bool utf8)
{
	int columns = 0;

	while (*string) {
		struct glyph glyph = glyph_at(string, utf8);

		columns += glyph.columns;
		string += glyph.length;
	}
	return columns;
}

/* Puts escaped words that fit into `width` columns or are cut there. */
static int put_escaped(
	struct grid *grid, int row, int column, int width, enum grid_look look, const char *words)
{
	bool is_cut = columns_of(words, grid->utf8) > width;
	int room = is_cut ? width - 1 : width;
	int used = 0;

	while (*words) {
		struct glyph glyph = glyph_at(words, grid->utf8);

		if (used + glyph.columns > room)
			break;
		/* A wide character of which the screen has but the left half is left out. */
		if (glyph.columns && column + used + glyph.columns <= grid->columns) {
			set_cell(grid, row, column + used, look, words, glyph.length);
			if (glyph.columns == 2)
				set_cell(grid, row, column + used + 1, look, "", 0);
		}
		used += glyph.columns;
		words += glyph.length;
	}
	if (is_cut && width > 0) {
		set_cell(grid, row, column + used, look, grid->utf8 ? "…" : "~",
			grid->utf8 ? strlen("…") : 1);
		used++;
	}
	return used;
}

int grid_put(
	struct grid *grid, int row, int column, int width, enum grid_look look, const char *words)
{
	_cleanup_text_ struct text safe = TEXT_INIT;

	if (width <= 0)
		return 0;
	text_append_escaped(&safe, words, strlen(words), grid->utf8);
	return put_escaped(grid, row, column, width, look, safe.bytes);
}

void grid_put_right(
	struct grid *grid, int row, int column, int width, enum grid_look look, const char *words)
{
	_cleanup_text_ struct text safe = TEXT_INIT;
	int columns;

	if (width <= 0)
		return;
	text_append_escaped(&safe, words, strlen(words), grid->utf8);
	columns = columns_of(safe.bytes, grid->utf8);
	if (columns < width) {
		column += width - columns;
		width = columns;
	}
	put_escaped(grid, row, column, width, look, safe.bytes);
}

int grid_printf(struct grid *grid, int row, int column, int width, enum grid_look look,
	const char *format, ...)
{
	_cleanup_text_ struct text words = TEXT_INIT;
	va_list args;

	va_start(args, format);
	text_vprintf(&words, format, args);
	va_end(args);
	return grid_put(grid, row, column, width, look, words.bytes);
}

void grid_fill(struct grid *grid, int row, int column, int times, enum grid_look look,
	const char *character)
{
	size_t length = strlen(character);

	if (times > GRID_COLUMNS_MAX)
		times = GRID_COLUMNS_MAX;
	for (int i = 0; i < times; i++)
		set_cell(grid, row, column + i, look, character, length);
}

void grid_paint(struct grid *grid, int row, int column, int width, enum grid_look look)
{
	if (width > GRID_COLUMNS_MAX)
		width = GRID_COLUMNS_MAX;
	for (int i = 0; i < width; i++) {
		struct grid_cell *cell = cell_at(grid, row, column + i);

		if (cell)
			cell->look = (uint8_t)look;
	}
}

void grid_row_text(const struct grid *grid, int row, struct text *out)
{
	const struct grid_cell *cells;
	int end = grid->columns;

	if (row < 0 || row >= grid->rows)
		return;
	cells = &grid->cells[(size_t)row * (size_t)grid->columns];
	while (end > 0 && !strcmp(cells[end - 1].bytes, " "))
		end--;
	for (int i = 0; i < end; i++)
		text_append(out, cells[i].bytes);
}

void grid_text(const struct grid *grid, struct text *out)
{
	for (int row = 0; row < grid->rows; row++) {
		grid_row_text(grid, row, out);
		text_append(out, "\n");
	}
}
