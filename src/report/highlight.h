/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_HIGHLIGHT_H
#define REPORT_HIGHLIGHT_H

/* The text of a scenario for a terminal with colours: comments dim, verbs bold. Pure. */

#include <stddef.h>

#include "base/text.h"

/*
 * Appends the text: without what was added (SGR sequences alone) it is there byte for byte. It need
 * not be a scenario without mistakes; it is not made safe to print.
 */
void highlight_scenario(struct text *out, const char *scenario, size_t length);

#endif
