/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_INTERACTIVE_GROWTH_H
#define TIMEWAIT_INTERACTIVE_GROWTH_H

/* The diagram that grows with the experiment, and what programs print meanwhile. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "lab/lab.h"
#include "report/diagram.h"

struct growth {
	struct diagram_extent shown;
	int columns;     /* that the last head was drawn for; 0 before there was one */
	size_t *waiting; /* actions that waited when they were shown: events of the timeline */
	size_t waiting_count, waiting_room;
	size_t *heard; /* bytes of each program's output that were shown */
	size_t heard_count, heard_room;
};

/* Appends what has happened since the last time, as rows of the diagram; nothing if nothing has. */
void growth_show(struct growth *growth, const struct lab *lab, struct text *out);

/* Appends the whole diagram, as `timewait run` draws it. */
void growth_show_all(const struct lab *lab, struct text *out);

/* For a new record: the head will be drawn again. */
void growth_finish(struct growth *growth);

#endif
