/* SPDX-License-Identifier: BSD-2-Clause */

/* The tables of top_screen.h. */

#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "report/top_screen.h"
#include "report/top_table.h"
#include "report/top_words.h"

#define GAP 2

/* Which columns fit, and how wide each is. */
struct panel {
	enum top_column columns[TOP_COLUMNS];
	int widths[TOP_COLUMNS];
	int count;
	int gauge; /* width of what stands behind them; 0 for none */
};

static int title_columns(enum survey_by by, enum top_column column)
{
	return (int)text_columns(top_column_title(by, column));
}

static int width_of(enum survey_by by, enum top_column column)
{
	int title = title_columns(by, column);
	bool is_large = column == TOP_SOCKETS || column == TOP_WAITING;
	/* There are no more ports than "65,535". */
	int least = is_large && by != SURVEY_BY_DESTINATION ? 9 : 7;

	return title > least ? title : least;
}

/* On a narrow screen a name may keep numbers away while it has less than this. */
#define NAME_CLAIM 28
/* The gauge of a destination: how much of its ports is used. */
#define GAUGE_LEAST 10
#define GAUGE_MOST  24

/* Names are as wide as the widest of so many rows, in steps, so that columns do not dance. */
static int name_columns(enum survey_by by, const struct top_rows *rows, size_t first, int shown)
{
	int most = title_columns(by, TOP_NAME);
	_cleanup_text_ struct text name = TEXT_INIT;

	for (size_t i = first; i < rows->count && i < first + (size_t)shown; i++) {
		int width;

		text_clear(&name);
		top_table_name(by, rows->groups[i], &name);
		width = (int)text_columns(name.bytes);
		most = width > most ? width : most;
	}
	return (most + 3) / 4 * 4;
}

/* Takes columns in their order, the one sorted by in any case, while the name keeps its room. */
static void choose_columns(
	struct panel *panel, enum survey_by by, enum top_column sort, int columns, int name)
{
	const enum top_column *all = top_table_columns(by);
	bool has_sort = sort != TOP_NAME && columns > 12;
	/* So much a name may claim; it has what is left over, too. */
	int most = columns * 2 / 5 > NAME_CLAIM ? columns * 2 / 5 : NAME_CLAIM;
	int left = columns, claim = name > most ? most : name;

	*panel = (struct panel){.columns = {TOP_NAME}, .count = 1};
	if (has_sort)
		left -= width_of(by, sort) + GAP;
	for (int i = 1; all[i] != TOP_COLUMNS; i++) {
		int width = width_of(by, all[i]);

		if (all[i] == sort && !has_sort)
			continue;
		if (all[i] != sort) {
			if (left - width - GAP < claim)
				continue;
			left -= width + GAP;
		}
		panel->columns[panel->count] = all[i];
		panel->widths[panel->count++] = width;
	}
	panel->widths[0] = left < name + 4 || panel->count == 1 ? left : name + 4;
	left -= panel->widths[0] + GAP;
	if (by == SURVEY_BY_DESTINATION && left >= GAUGE_LEAST)
		panel->gauge = left > GAUGE_MOST ? GAUGE_MOST : left;
}

static void draw_heads(struct grid *grid, const struct panel *panel, enum survey_by by,
	enum top_column sort, struct top_place place)
{
	int column = place.column;

	grid_fill(grid, place.row, place.column, place.columns, GRID_HEAD, " ");
	for (int i = 0; i < panel->count; i++) {
		enum grid_look look = panel->columns[i] == sort ? GRID_FOCUS : GRID_HEAD;
		const char *title = top_column_title(by, panel->columns[i]);

		if (panel->columns[i] == TOP_NAME)
			grid_put(grid, place.row, column, panel->widths[i], look, title);
		else
			grid_put_right(grid, place.row, column, panel->widths[i], look, title);
		column += panel->widths[i] + GAP;
	}
}

static const char *word_of(enum top_column column, double value, int width, char *text)
{
	switch (column) {
	case TOP_BORN:
	case TOP_DIED: return top_word_rate(value, text);
	case TOP_FULL_IN: return top_word_duration(value, text);
	default: return top_word_count(value, (size_t)width, text);
	}
}

/* Few ports left, or soon none; a program that does not close. */
static enum grid_look look_of(const struct survey *survey, enum top_column column, double value)
{
	double usable = survey->range.usable;

	if (column == TOP_FREE && value < usable / 20)
		return GRID_BAD;
	if (column == TOP_FREE && value < usable / 5)
		return GRID_WARN;
	if (column == TOP_FULL_IN && value >= 0)
		return value < 60 ? GRID_BAD : value < 600 ? GRID_WARN : GRID_PLAIN;
	if (column == TOP_CLOSE_WAIT && value > 0)
		return GRID_WARN;
	return value > 0 ? GRID_PLAIN : GRID_DIM;
}

/* Ports in TIME_WAIT, ports in use, ports left. */
static void draw_gauge(struct grid *grid, const struct survey *survey,
	const struct tally_group *group, struct top_place place)
{
	double usable = survey->range.usable ? survey->range.usable : 1;
	int used = (int)((double)group->sockets / usable * place.columns + 0.999);
	int waiting = (int)((double)group->time_wait / usable * place.columns + 0.5);
	enum grid_look look = look_of(survey, TOP_FREE, usable - (double)group->sockets);

	used = used > place.columns ? place.columns : used;
	waiting = waiting > used ? used : waiting;
	look = look == GRID_PLAIN || look == GRID_DIM ? GRID_GRAPH : look;
	grid_fill(grid, place.row, place.column, place.columns, GRID_DIM, grid->utf8 ? "░" : ".");
	grid_fill(grid, place.row, place.column, used, look, grid->utf8 ? "█" : "#");
	grid_fill(grid, place.row, place.column, waiting, look, grid->utf8 ? "▓" : "=");
}

static void draw_row(struct grid *grid, const struct top_frame *frame, const struct panel *panel,
	enum survey_by by, const struct tally_group *group, struct top_place place)
{
	_cleanup_text_ struct text name = TEXT_INIT;
	int column = place.column + panel->widths[0] + GAP;

	top_table_name(by, group, &name);
	grid_put(grid, place.row, place.column, panel->widths[0], GRID_PLAIN, name.bytes);
	for (int i = 1; i < panel->count; i++) {
		enum top_column which = panel->columns[i];
		double value = top_table_value(frame->survey, by, group, which);
		char text[TOP_WORD_BYTES];

		grid_put_right(grid, place.row, column, panel->widths[i],
			look_of(frame->survey, which, value),
			word_of(which, value, panel->widths[i], text));
		column += panel->widths[i] + GAP;
	}
	place.column = column;
	place.columns = panel->gauge;
	if (panel->gauge)
		draw_gauge(grid, frame->survey, group, place);
}

/* How far down the table is shown: not below its end. */
static size_t first_row(struct top_view *view, enum survey_by by, size_t count, int page)
{
	int most = (int)count - page;

	if (view->by != by)
		return 0;
	view->page = page;
	if (view->scroll > most)
		view->scroll = most;
	if (view->scroll < 0)
		view->scroll = 0;
	return (size_t)view->scroll;
}

/* Why a table is empty, or what it lacks. */
static const char *remark(const struct top_frame *frame, enum survey_by by, size_t count)
{
	const struct survey *survey = frame->survey;

	if (!count && frame->view->by == by && frame->view->filter[0])
		return _("nothing passes the filter (Esc clears it)");
	if (!count && by == SURVEY_BY_DESTINATION)
		return _("no connection was opened from the local port range");
	if (!count && by == SURVEY_BY_PROCESS && survey->unreadable)
		return _("other users' processes: needs root");
	return count ? NULL : _("none");
}

/* How many there are, how many of how many pass the filter, and as of when ports are used. */
static void draw_count(struct grid *grid, const struct top_frame *frame, enum survey_by by,
	size_t count, struct top_place place)
{
	const struct tally_groups *table = &frame->survey->groups[by];
	int column = place.column, end = place.column + place.columns;

	column += grid_printf(grid, place.row, column, end - column, GRID_DIM, "%zu", count);
	if (count != table->count)
		column += grid_printf(grid, place.row, column, end - column, GRID_DIM, _(" of %zu"),
			table->count);
	if (table->folded)
		column += grid_printf(grid, place.row, column, end - column, GRID_WARN,
			_(", %zu small ones not shown"), table->folded);
	if (by == SURVEY_BY_DESTINATION)
		top_age_draw(grid, frame->survey,
			(struct top_place){place.row, column + GAP, 1, end - column - GAP});
}

/* From here on a dump is said to be old. */
#define OLD_NS (2 * NS_PER_S)

void top_age_draw(struct grid *grid, const struct survey *survey, struct top_place place)
{
	int64_t age_ns = survey->time_ns - survey->dump_ns;
	char age[TOP_WORD_BYTES];
	_cleanup_text_ struct text words = TEXT_INIT;

	if (!survey->dump_ns || age_ns < OLD_NS)
		return;
	text_printf(
		&words, _("dump of %s ago"), top_word_duration((double)(age_ns / NS_PER_S), age));
	if ((int)text_columns(words.bytes) <= place.columns)
		grid_put_right(grid, place.row, place.column, place.columns, GRID_DIM, words.bytes);
}

/* Heads and rows. */
static void draw_rows(struct grid *grid, const struct top_frame *frame, enum survey_by by,
	const struct top_rows *rows, struct top_place place)
{
	struct top_view *view = frame->view;
	enum top_column sort = view->sorts[by];
	bool has_heads = place.rows >= 2;
	int shown = place.rows - has_heads;
	size_t first = first_row(view, by, rows->count, shown);
	const char *words = remark(frame, by, rows->count);
	struct panel panel;

	choose_columns(&panel, by, sort, place.columns, name_columns(by, rows, first, shown));
	if (has_heads)
		draw_heads(grid, &panel, by, sort, place);
	place.row += has_heads;
	for (; shown > 0 && first < rows->count; shown--, first++) {
		draw_row(grid, frame, &panel, by, rows->groups[first], place);
		place.row++;
	}
	if (words && shown > 0)
		grid_put(grid, place.row, place.column, place.columns, GRID_DIM, words);
}

void top_panel_draw(struct grid *grid, const struct top_frame *frame, enum survey_by by,
	struct top_place place, bool has_title)
{
	const struct top_view *view = frame->view;
	bool has_focus = view->by == by;
	struct top_rows rows;
	int used;

	if (place.rows < 1 || place.columns < 1)
		return;
	top_rows_choose(&rows, frame->survey, by, view->sorts[by], has_focus && view->is_upward,
		has_focus ? view->filter : "");
	if (has_title) {
		used = 2 + grid_printf(grid, place.row, place.column, place.columns,
				   has_focus ? GRID_FOCUS : GRID_BOLD, "%d %s", (int)by + 1,
				   top_table_title(by));
		draw_count(grid, frame, by, rows.count,
			(struct top_place){
				place.row, place.column + used, 1, place.columns - used});
		place.row++;
		place.rows--;
	}
	draw_rows(grid, frame, by, &rows, place);
	top_rows_finish(&rows);
}
