/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_PAINTER_H
#define REPORT_PAINTER_H

/*
 * Lines of a sequence diagram in characters: a margin, a lifeline, the lane, a lifeline, a margin,
 * each kept to its width. What diagram_text.c draws with.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "report/diagram.h"

/* Each takes one column. */
struct glyphs {
	const char *lives[3]; /* by enum diagram_life */
	const char *node;     /* on the lifeline, where the state changes */
	const char *line, *double_line;
	const char *heads[HOST_COUNT]; /* by who receives */
	const char *walls[HOST_COUNT]; /* where a held packet stops, by who receives */
	const char *lost, *injected, *pause, *ellipsis;
};

/* How a thing looks, as SGR parameters; "" for plain. */
#define LOOK_PLAIN ""
#define LOOK_BOLD  "1"
#define LOOK_DIM   "2"
#define LOOK_RED   "1;31"
#define LOOK_AMBER "33"

struct painter {
	bool utf8, has_colour;
	const struct glyphs *glyphs;
	size_t time, margins[HOST_COUNT], lane; /* widths; time is 0 without that column */
	enum diagram_life lives[HOST_COUNT];    /* of the lifelines just now */
	struct text out;                        /* what has been drawn */
};

/* One line of the picture. */
struct painter_line {
	const char *time;                /* NULL for nothing, as below */
	const char *margins[HOST_COUNT]; /* never wider than the margin less one */
	const char *looks[HOST_COUNT];   /* of the margins */
	const char *nodes[HOST_COUNT];   /* the look of a node on the lifeline */
	const char *lane;                /* painted, exactly as wide as the lane */
};

/* Begins with nothing drawn and all widths 0; out is the caller's to finish. */
void painter_init(struct painter *painter, bool utf8, bool has_colour);

/* Columns of a whole line. */
size_t painter_columns(const struct painter *painter);

/* Appends the words with their look to `out`, a part of a line. */
void painter_paint(
	const struct painter *painter, struct text *out, const char *look, const char *words);

/* Draws a line; the lifelines look as painter->lives says. */
void painter_put(struct painter *painter, const struct painter_line *line);

/* Draws the line with words in the middle of the lane, the rest of which is filled. */
void painter_put_middle(
	struct painter *painter, struct painter_line line, const char *words, const char *fill);

/* Draws words over the whole width, in as many lines as they take; "" is an empty line. */
void painter_put_prose(struct painter *painter, const char *look, const char *words);

/* Draws words in the host's margin, in at most PAINTER_MARGIN_LINES. */
#define PAINTER_MARGIN_LINES 3
void painter_put_margin(
	struct painter *painter, enum host_id host, const char *look, const char *words);

/* Draws a line of words centred on the lifelines. */
void painter_put_heads(
	struct painter *painter, const char *look, const char *const words[HOST_COUNT]);

#endif
