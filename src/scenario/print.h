/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_PRINT_H
#define SCENARIO_PRINT_H

/*
 * From tree to text, in one spelling: what was left to a default and what was said in another way read
 * the same. scenario_parse() of the text gives an equal tree (scenario_equal()), unless the longer
 * spelling takes a line or the file beyond the parser's limits.
 */

#include "base/text.h"
#include "scenario/tree.h"

/* Appends the whole text: the title, the explanation, an empty line, and a line a step. */
void scenario_print(const struct scenario *scenario, struct text *out);

/* Appends one line, its comment included, without newline. */
void step_print(const struct step *step, struct text *out);

#endif
