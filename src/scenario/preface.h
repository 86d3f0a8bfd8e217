/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_PREFACE_H
#define SCENARIO_PREFACE_H

#include "lab/timeline.h"
#include "scenario/tree.h"

/*
 * Puts the explanation at the beginning of the record, so that it travels into every picture of it: a
 * comment a paragraph, its lines joined, for whoever draws it breaks them anew. A line that is indented,
 * or begins with "- ", stays one by itself; between two paragraphs there is an empty comment.
 */
void scenario_preface(const struct scenario *scenario, struct timeline *timeline);

#endif
