/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

/*
 * SVG elements, appended to a text. Coordinates are whole pixels, so that no locale's decimal comma
 * gets in; how things look is left to classes.
 */

#include "base/text.h"

/* Words as XML character data: escaped, and valid UTF-8 whatever they were. */
void svg_escape(struct text *out, const char *words);

/* `more` is attributes as they are written, with a blank before each; "" for none. */
void svg_line(struct text *out, const char *class, int x1, int y1, int x2, int y2);
void svg_box(struct text *out, const char *class, int x, int y, int width, int height, int round);
void svg_circle(struct text *out, const char *class, int x, int y, int radius);
void svg_text(
	struct text *out, const char *class, int x, int y, const char *more, const char *words);

#define SVG_START  " text-anchor=\"start\""
#define SVG_MIDDLE " text-anchor=\"middle\""
#define SVG_END    " text-anchor=\"end\""

#endif
