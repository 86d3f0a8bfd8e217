/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/painter.h"

#include "base/fd.h"
#include "report/wrap.h"

static const struct glyphs drawn = {
	.lives = {"┊", "│", "║"},
	.node = "●",
	.line = "─",
	.double_line = "═",
	.heads = {"◄", "►"},
	.walls = {"├", "┤"},
	.lost = "╳",
	.injected = "○",
	.pause = "┄",
	.ellipsis = "…",
};

static const struct glyphs typed = {
	.lives = {":", "|", "#"},
	.node = "*",
	.line = "-",
	.double_line = "=",
	.heads = {"<", ">"},
	.walls = {"|", "|"},
	.lost = "X",
	.injected = "o",
	.pause = ".",
	.ellipsis = "~",
};

void painter_init(struct painter *painter, bool utf8, bool has_colour)
{
	*painter = (struct painter){
		.utf8 = utf8,
		.has_colour = has_colour,
		.glyphs = utf8 ? &drawn : &typed,
		.out = TEXT_INIT,
	};
}

size_t painter_columns(const struct painter *painter)
{
	return painter->time + painter->margins[HOST_SERVER] + painter->lane +
	       painter->margins[HOST_CLIENT] + 2;
}

void painter_paint(
	const struct painter *painter, struct text *out, const char *look, const char *words)
{
	if (painter->has_colour && *look && *words)
		text_printf(out, "\033[%sm%s\033[0m", look, words);
	else
		text_append(out, words);
}

static void put_lifeline(struct painter *painter, enum host_id host, const char *node)
{
	enum diagram_life life = painter->lives[host];

	if (node)
		painter_paint(painter, &painter->out, node, painter->glyphs->node);
	else
		painter_paint(painter, &painter->out,
			life == DIAGRAM_LIFE_WAITING ? LOOK_AMBER : LOOK_DIM,
			painter->glyphs->lives[life]);
}

void painter_put(struct painter *painter, const struct painter_line *line)
{
	const char *left = line->margins[HOST_SERVER], *right = line->margins[HOST_CLIENT];
	size_t margin = painter->margins[HOST_SERVER] - 1, width = left ? text_columns(left) : 0;
	struct text *out = &painter->out;

	if (painter->time)
		text_printf(out, "%*s", (int)painter->time, line->time ? line->time : "");
	text_repeat(out, " ", width < margin ? margin - width : 0);
	if (left)
		painter_paint(painter, out, line->looks[HOST_SERVER], left);
	text_append(out, " ");
	put_lifeline(painter, HOST_SERVER, line->nodes[HOST_SERVER]);
	if (line->lane)
		text_append(out, line->lane);
	else
		text_repeat(out, " ", painter->lane);
	put_lifeline(painter, HOST_CLIENT, line->nodes[HOST_CLIENT]);
	if (right) {
		text_append(out, " ");
		painter_paint(painter, out, line->looks[HOST_CLIENT], right);
	}
	text_append(out, "\n");
}

void painter_put_middle(
	struct painter *painter, struct painter_line line, const char *words, const char *fill)
{
	_cleanup_free_ char *safe = wrap_printable(words, painter->utf8);
	_cleanup_free_ char *cut = wrap_fit(safe, painter->lane - 2, painter->glyphs->ellipsis);
	_cleanup_text_ struct text middle = TEXT_INIT, lane = TEXT_INIT;
	size_t beside = painter->lane - text_columns(cut) - 2;

	text_repeat(&middle, fill, beside / 2);
	text_printf(&middle, " %s ", cut);
	text_repeat(&middle, fill, beside - beside / 2);
	painter_paint(painter, &lane, LOOK_DIM, middle.bytes);
	line.lane = lane.bytes;
	painter_put(painter, &line);
}

void painter_put_prose(struct painter *painter, const char *look, const char *words)
{
	_cleanup_free_ char *safe = wrap_printable(words, painter->utf8);
	const char *rest = safe;

	if (!*rest)
		text_append(&painter->out, "\n");
	while (*rest) {
		_cleanup_free_ char *line = wrap_line(&rest, painter_columns(painter));

		painter_paint(painter, &painter->out, look, line);
		text_append(&painter->out, "\n");
	}
}

void painter_put_margin(
	struct painter *painter, enum host_id host, const char *look, const char *words)
{
	_cleanup_free_ char *safe = wrap_printable(words, painter->utf8);
	size_t columns = painter->margins[host] - 1;
	const char *rest = safe;

	for (int i = 1; *rest; i++) {
		bool is_last = i == PAINTER_MARGIN_LINES;
		_cleanup_free_ char *piece =
			is_last ? wrap_fit(rest, columns, painter->glyphs->ellipsis)
				: wrap_line(&rest, columns);
		struct painter_line line = {0};

		line.looks[host] = look;
		line.margins[host] = piece;
		painter_put(painter, &line);
		if (is_last)
			return;
	}
}

void painter_put_heads(
	struct painter *painter, const char *look, const char *const words[HOST_COUNT])
{
	size_t left = painter->time + painter->margins[HOST_SERVER];
	size_t middles[HOST_COUNT] = {left, left + 1 + painter->lane};
	size_t columns = painter_columns(painter), half = left + 1 + painter->lane / 2, at = 0;

	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		size_t least = host == HOST_SERVER ? 0 : half + 1;
		size_t most = host == HOST_SERVER ? half : columns;
		_cleanup_free_ char *cut =
			wrap_fit(words[host], most - least, painter->glyphs->ellipsis);
		size_t width = text_columns(cut), start = least;

		if (!width)
			continue;
		if (middles[host] > least + width / 2)
			start = middles[host] - width / 2;
		if (start + width > most)
			start = most - width;
		text_repeat(&painter->out, " ", start - at);
		painter_paint(painter, &painter->out, look, cut);
		at = start + width;
	}
	text_append(&painter->out, "\n");
}
