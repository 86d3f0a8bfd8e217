/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/motion.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "observe/counters.h"

static int64_t value_of(const struct counters *counters, const char *name)
{
	const struct counter *counter = counters_find(counters, name);

	return counter ? counter->value : 0;
}

/* "TCP: inuse 5 orphan 0 tw 3 alloc 9 mem 2": what follows the word. */
static int64_t field_of(const char *line, const char *word)
{
	const char *at = line ? strstr(line, word) : NULL;

	return at ? strtoll(at + strlen(word), NULL, 10) : 0;
}

void motion_read(struct motion *motion)
{
	struct counters counters = {0};
	char text[1024];

	*motion = (struct motion){0};
	if (counters_read(&counters) == 0)
		motion->opened = value_of(&counters, "ActiveOpens") +
				 value_of(&counters, "PassiveOpens") + value_of(&counters, "TW");
	counters_finish(&counters);
	if (fd_read_file("/proc/thread-self/net/sockstat", text, sizeof(text)) > 0) {
		const char *line = strstr(text, "TCP:");

		motion->in_use = field_of(line, " inuse ");
		motion->waiting = field_of(line, " tw ");
	}
}

bool motion_differs(const struct motion *before, const struct motion *after)
{
	return before->opened != after->opened || before->in_use != after->in_use ||
	       before->waiting != after->waiting;
}
