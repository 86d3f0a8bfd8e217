/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_REPORT_H
#define DAYTIME_LOAD_REPORT_H

/* What a load came to: for people, and for programs. */

#include "base/text.h"
#include "daytime/load.h"

/* A table of a few lines, translated. */
void load_report_text(
	const struct load_plan *plan, const struct load_result *result, struct text *text);

/*
 * One JSON object on one line, nothing translated: {"v":1,"type":"load",...} as daytime(1) has it.
 * Times are in seconds; what is not known is left out. `host` is as it was asked for.
 */
void load_report_json(const char *host, const struct load_plan *plan,
	const struct load_result *result, struct text *text);

#endif
