/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_DIAGRAM_SVG_H
#define REPORT_DIAGRAM_SVG_H

/*
 * The sequence diagram as an SVG 1.1 picture that stands alone: no script, nothing fetched, light or
 * dark as the reader prefers, and told in words in its <desc> for those who cannot see it. It may
 * also be put into an HTML page as it is. Always UTF-8.
 */

#include <stdio.h>

#include "report/diagram.h"

/* What cannot be written shows in ferror(stream). */
void diagram_svg_print(const struct diagram *diagram, FILE *stream);

#endif
