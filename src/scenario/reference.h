/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_REFERENCE_H
#define SCENARIO_REFERENCE_H

/*
 * The vocabulary as a reference for people: what docs/scenario.md and timewait-scenario(5) have
 * between their marks. scripts/reference puts it there. In English, whatever the locale.
 */

#include "base/text.h"

void reference_markdown(struct text *out);
void reference_scdoc(struct text *out);

#endif
