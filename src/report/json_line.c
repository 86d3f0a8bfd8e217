/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/json_line.h"

#include <stdlib.h>

#include "base/fd.h"

void json_line_append(struct text *out, json_t *object, size_t digits)
{
	_cleanup_free_ char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(digits));

	if (!line)
		abort();
	text_append(out, line);
	text_append(out, "\n");
	json_decref(object);
}
