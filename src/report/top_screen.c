/* SPDX-License-Identifier: BSD-2-Clause */

/* The layout: what of it fits, and where. */

#include "report/top_screen.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "report/graph.h"
#include "report/top_head.h"
#include "report/top_words.h"

/* From here on there is room for the states in columns, and the graph beside them. */
#define WHOLE_ROWS    18
#define WHOLE_COLUMNS 64
#define BLOCK_ROWS    6
#define BLOCK_COLUMNS 48
/* And from here on for all tables at once. */
#define PANELS_ROWS    14
#define PANELS_COLUMNS 118
/* Narrower, the tables are not named all at once. */
#define TABS_COLUMNS 56

static const char *series_title(enum top_series series)
{
	switch (series) {
	case TOP_TIME_WAIT: return "TIME_WAIT";
	case TOP_BIRTHS: return _("Born/s");
	case TOP_DEATHS: return _("Died/s");
	case TOP_OPENS: return _("Opened/s");
	case TOP_SERIES: break;
	}
	return "";
}

/* How long the last so many values took: they need not have come at the interval of now. */
static double span_of(const struct top_frame *frame, size_t count)
{
	const double *times_s = history_last(&frame->model->times_s, count, &count);
	double interval_s = (double)frame->view->interval_ns / NS_PER_S;

	return count ? times_s[count - 1] - times_s[0] + interval_s : 0;
}

/* A title over the graph: what, over how long, and what its upper edge stands for. */
static void draw_graph(struct grid *grid, const struct top_frame *frame, struct top_place place)
{
	const struct top_view *view = frame->view;
	const struct history *history = &frame->model->histories[view->series];
	size_t count, most = graph_values(grid, place.columns);
	const double *values = history_last(history, most, &count);
	double top = graph_top(values, count);
	char duration[TOP_WORD_BYTES], edge[TOP_WORD_BYTES];
	int used;

	top_word_duration(span_of(frame, count), duration);
	top_word_count(top, 11, edge);
	used = grid_printf(grid, place.row, place.column, place.columns, GRID_BOLD, "%s",
		series_title(view->series));
	used += grid_printf(grid, place.row, place.column + used, place.columns - used, GRID_DIM,
		_(", the last %s"), duration);
	grid_put_right(
		grid, place.row, place.column + used + 1, place.columns - used - 1, GRID_DIM, edge);
	graph_draw(grid,
		(struct graph_place){place.row + 1, place.column, place.rows - 1, place.columns},
		GRID_GRAPH, values, count, top);
}

/* The tables at once, two by two. */
static void draw_panels(struct grid *grid, const struct top_frame *frame, struct top_place place)
{
	int left = (place.columns - 3) / 2, upper = place.rows / 2;

	for (int by = 0; by < SURVEY_BYS; by++) {
		bool is_right = by & 1, is_lower = by & 2;

		top_panel_draw(grid, frame, (enum survey_by)by,
			(struct top_place){
				.row = place.row + (is_lower ? upper : 0),
				.column = place.column + (is_right ? left + 3 : 0),
				.rows = (is_lower ? place.rows - upper : upper - 1),
				.columns = is_right ? place.columns - left - 3 : left,
			},
			true);
	}
}

/* The tables by name, that of the keys marked; on a narrow screen that one alone. */
static void draw_tabs(struct grid *grid, const struct top_frame *frame, int row)
{
	const struct top_view *view = frame->view;
	int column = 1;

	for (int by = 0; by < SURVEY_BYS; by++) {
		bool has_focus = view->by == (enum survey_by)by;

		if (!has_focus && grid->columns < TABS_COLUMNS)
			continue;
		column += 2 + grid_printf(grid, row, column, grid->columns - column - 1,
				      has_focus ? GRID_FOCUS : GRID_DIM, "%d %s", by + 1,
				      top_table_title((enum survey_by)by));
	}
	if (view->filter[0]) {
		char words[FILTER_BYTES + 2];

		snprintf(words, sizeof(words), "/%s", view->filter);
		grid_put_right(grid, row, column, grid->columns - column - 1, GRID_WARN, words);
	} else {
		top_age_draw(grid, frame->survey,
			(struct top_place){row, column, 1, grid->columns - column - 1});
	}
}

static void draw_tables(struct grid *grid, const struct top_frame *frame, int row, int rows)
{
	bool has_tabs = rows >= 3;

	if (grid->columns >= PANELS_COLUMNS && rows >= PANELS_ROWS && !frame->view->is_zoomed) {
		draw_panels(grid, frame, (struct top_place){row, 1, rows, grid->columns - 2});
		return;
	}
	if (has_tabs)
		draw_tabs(grid, frame, row);
	top_panel_draw(grid, frame, frame->view->by,
		(struct top_place){row + has_tabs, 1, rows - has_tabs, grid->columns - 2}, false);
}

/* Everything: numbers in lines, states in columns, the graph, the tables. */
static void draw_whole(struct grid *grid, const struct top_frame *frame)
{
	int row = 1, end = grid->rows - 1;
	int block = grid->rows >= 36 ? BLOCK_ROWS + 3 : BLOCK_ROWS;

	row += top_head_rates(grid, frame, row, 2);
	row += top_head_causes(grid, frame, row, grid->rows >= 36 ? 3 : 2);
	row += grid->rows >= 22;
	top_head_states(grid, frame, (struct top_place){row, 1, BLOCK_ROWS, BLOCK_COLUMNS - 2});
	draw_graph(grid, frame,
		(struct top_place){row, BLOCK_COLUMNS, block, grid->columns - BLOCK_COLUMNS - 1});
	row += block;
	row += grid->rows >= 22;
	draw_tables(grid, frame, row, end - row);
}

/* As much as there is room for: the numbers first. */
static void draw_part(struct grid *grid, const struct top_frame *frame)
{
	int row = grid->rows >= 4, end = grid->rows - (grid->rows >= 3);
	int rows = end - row;

	row += top_head_numbers(grid, frame, row, rows >= 6 ? rows / 3 : rows);
	if (rows >= 14 && grid->columns >= 24) {
		draw_graph(grid, frame, (struct top_place){row, 1, 4, grid->columns - 2});
		row += 4;
	}
	if (rows >= 6)
		draw_tables(grid, frame, row, end - row);
}

static void draw_foot(struct grid *grid, const struct top_frame *frame)
{
	const struct top_view *view = frame->view;
	int row = grid->rows - 1;

	if (grid->rows < 3)
		return;
	if (view->is_typing)
		grid_printf(grid, row, 1, grid->columns - 1, GRID_BOLD, "/%s_", view->typed);
	else if (frame->note)
		grid_put(grid, row, 1, grid->columns - 1, GRID_WARN, frame->note);
	else
		grid_put(grid, row, 1, grid->columns - 1, GRID_DIM,
			grid->columns >= 79 ? _("q quit  ? help  Space pause  Tab table  s sort  / "
						"filter  g graph  + - interval")
			: grid->columns >= 40 ? _("q quit  ? help  Tab table  s sort  / filter")
					      : _("q quit  ? help"));
}

void top_screen_draw(struct grid *grid, const struct top_frame *frame)
{
	if (grid->rows >= 4)
		top_head_title(grid, frame, true);
	if (grid->rows >= WHOLE_ROWS && grid->columns >= WHOLE_COLUMNS)
		draw_whole(grid, frame);
	else
		draw_part(grid, frame);
	draw_foot(grid, frame);
	if (frame->view->shows_help)
		top_help_draw(grid);
}

void top_screen_print(
	struct text *out, const struct top_frame *frame, int columns, size_t rows, bool utf8)
{
	struct grid grid = {0};
	int row = 1;

	/* As many lines as there may be: blank ones at the end are left away. */
	grid_reset(&grid, GRID_ROWS_MAX, columns, utf8);
	top_head_title(&grid, frame, false);
	row += top_head_rates(&grid, frame, row, 8);
	row += top_head_causes(&grid, frame, row, 8);
	row++;
	top_head_states(&grid, frame, (struct top_place){row, 1, BLOCK_ROWS, columns - 2});
	row += BLOCK_ROWS + 1;
	for (int by = 0; by < SURVEY_BYS; by++) {
		size_t count = frame->survey->groups[by].count;
		int lines = (int)(count < rows ? count : rows);

		lines = lines ? lines : 1;
		/* Of a table that the keys do not act on nothing is scrolled away. */
		top_panel_draw(&grid, frame, (enum survey_by)by,
			(struct top_place){row, 1, lines + 2, columns - 2}, true);
		row += lines + 3;
	}
	for (int i = 0; i < row - 1 && i < grid.rows; i++) {
		grid_row_text(&grid, i, out);
		text_append(out, "\n");
	}
	text_append(out, "\n");
	grid_finish(&grid);
}
