/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_VIEW_H
#define REPORT_TOP_VIEW_H

/* What of a survey is looked at, and how: what the keys of `timewait top` change. Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "report/top_model.h"
#include "report/top_table.h"

#define FILTER_BYTES 64

struct top_view {
	int64_t interval_ns;
	enum survey_by by;                 /* the table that the keys act on */
	enum top_column sorts[SURVEY_BYS]; /* by what each is sorted */
	bool is_upward;                    /* the least first */
	char filter[FILTER_BYTES];         /* "" for none */
	char typed[FILTER_BYTES];          /* ... while it is being typed */
	bool is_typing, is_paused, is_zoomed, shows_help;
	enum top_series series; /* of the graph */
	int scroll;             /* rows of the table above the screen */
	int page;               /* rows that the table had when last drawn */
};

#define TOP_INTERVAL_LEAST_NS (NS_PER_S / 10)
#define TOP_INTERVAL_MOST_NS  (3600 * NS_PER_S)

/* Keys beyond the characters that they type (1 to 255, bytes of UTF-8 one at a time). */
enum top_key {
	TOP_KEY_TAB = '\t',
	TOP_KEY_ENTER = '\n',
	TOP_KEY_ESCAPE = 27,
	TOP_KEY_BACKSPACE = 127,
	TOP_KEY_UP = 256,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_BACK_TAB,
};

enum top_effect {
	TOP_NOTHING,
	TOP_REDRAW,  /* the view has changed */
	TOP_SURVEY,  /* and a survey is wanted now */
	TOP_COMPARE, /* the kept counts are to be held against a full dump now */
	TOP_QUIT,
};

void top_view_init(struct top_view *view, int64_t interval_ns);

/* Takes a key. */
enum top_effect top_view_key(struct top_view *view, int key);

#endif
