/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_SCREEN_H
#define REPORT_TOP_SCREEN_H

/*
 * A frame of `timewait top`: what is known, as it is looked at, drawn into the cells of a screen of any
 * size. The smaller the screen, the less it shows: first the graph goes, then the tables, at last all but the
 * numbers themselves. Pure.
 */

#include <stdint.h>

#include "report/grid.h"
#include "report/top_model.h"
#include "report/top_view.h"

struct top_frame {
	const struct survey *survey;
	const struct top_model *model;
	struct top_view *view; /* page is set, and scroll brought back to what there is */
	const char *netns;     /* whose sockets these are: "net:[4026531840]" */
	const char *time;      /* "12:34:56" */
	const char *note;      /* something to be said instead of the keys; NULL */
};

/* Draws over the whole grid, which has been reset. */
void top_screen_draw(struct grid *grid, const struct top_frame *frame);

/* The same without what only a person at the keyboard needs, and tables as long as they are (`rows` each at most):
 * for --batch. Appended as text. */
void top_screen_print(
	struct text *out, const struct top_frame *frame, int columns, size_t rows, bool utf8);

/*
 * Draws one table: a title where it `has_title`, heads, and as many rows as there is room for. Of the table that the
 * keys act on it keeps view->scroll and view->page.
 */
struct top_place {
	int row, column, rows, columns;
};
void top_panel_draw(struct grid *grid, const struct top_frame *frame, enum survey_by by,
	struct top_place place, bool has_title);

/* Says, at the right end of the place, how old the last dump is, where that is worth a word. */
void top_age_draw(struct grid *grid, const struct survey *survey, struct top_place place);

/* Draws what the keys do, over all but the first row and the last. */
void top_help_draw(struct grid *grid);

#endif
