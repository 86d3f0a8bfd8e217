/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_FLOW_H
#define REPORT_TOP_FLOW_H

/* Pairs of a label and a value, one after the other, in as many lines as they take. Pure. */

#include <stddef.h>

#include "report/grid.h"

struct flow_item {
	const char *label; /* must live as long as the flow */
	char value[48];
	enum grid_look look; /* of the value */
};

#define FLOW_ITEMS_MAX 48

struct flow {
	struct flow_item items[FLOW_ITEMS_MAX];
	size_t count;
};

/* One more; beyond FLOW_ITEMS_MAX it is left out. */
void flow_add(struct flow *flow, enum grid_look look, const char *label, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Where the next would begin if all were in one line. */
int flow_columns(const struct flow *flow);

/*
 * Draws them over the whole width from `row`, in `lines` lines at most; what does not fit is left out, and a mark
 * says so. Returns how many lines were taken.
 */
int flow_draw(struct grid *grid, int row, int lines, const struct flow *flow);

#endif
