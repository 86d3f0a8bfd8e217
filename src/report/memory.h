/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_MEMORY_H
#define REPORT_MEMORY_H

/*
 * A stream into a text, for what is printed by functions that want a stream (diagram_text.h,
 * diagram_svg.h, json.h). Out of memory ends the program, as in text.h.
 *
 *	struct memory memory;
 *	diagram_svg_print(&diagram, memory_open(&memory));
 *	memory_move(&memory, &out);
 */

#include <stdio.h>

#include "base/text.h"

struct memory {
	FILE *stream;
	char *bytes;
	size_t length;
};

/* The stream, which memory_move() closes. */
FILE *memory_open(struct memory *memory);

/* Appends what was printed, and ends the stream. */
void memory_move(struct memory *memory, struct text *out);

#endif
