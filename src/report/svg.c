/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/svg.h"

#include <string.h>

#include "base/utf8.h"

static const char *entity(char character)
{
	switch (character) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	default: return NULL;
	}
}

void svg_escape(struct text *out, const char *words)
{
	_cleanup_text_ struct text valid = TEXT_INIT;

	utf8_append(&valid, words);
	for (const char *c = valid.bytes; *c; c++) {
		const char *escape = entity(*c);

		if (escape)
			text_append(out, escape);
		else
			text_append_bytes(out, c, 1);
	}
}

void svg_line(struct text *out, const char *class, int x1, int y1, int x2, int y2)
{
	text_printf(out, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", class,
		x1, y1, x2, y2);
}

void svg_box(struct text *out, const char *class, int x, int y, int width, int height, int round)
{
	text_printf(out,
		"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n",
		class, x, y, width, height, round);
}

void svg_circle(struct text *out, const char *class, int x, int y, int radius)
{
	text_printf(
		out, "<circle class=\"%s\" cx=\"%d\" cy=\"%d\" r=\"%d\"/>\n", class, x, y, radius);
}

void svg_text(
	struct text *out, const char *class, int x, int y, const char *more, const char *words)
{
	text_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\"%s>", class, x, y, more);
	svg_escape(out, words);
	text_append(out, "</text>\n");
}
