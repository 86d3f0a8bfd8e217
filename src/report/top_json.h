/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_JSON_H
#define REPORT_TOP_JSON_H

/*
 * A frame of `timewait top` as one JSON object on one line. What is not known is left out. Tables have their
 * largest `rows` groups at most.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "report/top_model.h"

struct top_json {
	const struct survey *survey;
	const struct top_model *model;
	uint64_t netns; /* 0 where unknown */
	double time_s;  /* since 1970 */
	size_t rows;
	bool is_first; /* it begins with "v":1 */
};

/* Appends the object and a newline. */
void top_json_print(struct text *out, const struct top_json *frame);

#endif
