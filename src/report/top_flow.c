/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/top_flow.h"

#include <stdarg.h>
#include <stdio.h>

#define MARGIN 1
#define GAP    2

void flow_add(struct flow *flow, enum grid_look look, const char *label, const char *format, ...)
{
	struct flow_item *item;
	va_list args;

	if (flow->count == FLOW_ITEMS_MAX)
		return;
	item = &flow->items[flow->count++];
	*item = (struct flow_item){.label = label, .look = look};
	va_start(args, format);
	vsnprintf(item->value, sizeof(item->value), format, args);
	va_end(args);
}

static int columns_of(const struct flow_item *item)
{
	return (int)(text_columns(item->label) + text_columns(item->value)) +
	       (*item->label && *item->value ? 1 : 0);
}

int flow_columns(const struct flow *flow)
{
	int columns = MARGIN;

	for (size_t i = 0; i < flow->count; i++)
		columns += columns_of(&flow->items[i]) + GAP;
	return columns;
}

static void draw_item(struct grid *grid, int row, int column, const struct flow_item *item)
{
	int room = grid->columns - column;
	int used = grid_put(grid, row, column, room, GRID_PLAIN, item->label);

	if (used && *item->value)
		used++;
	grid_put(grid, row, column + used, room - used, item->look, item->value);
}

int flow_draw(struct grid *grid, int row, int lines, const struct flow *flow)
{
	int column = MARGIN, line = 0;

	if (lines <= 0 || !flow->count)
		return 0;
	for (size_t i = 0; i < flow->count; i++) {
		int columns = columns_of(&flow->items[i]);

		if (column > MARGIN && column + columns > grid->columns) {
			if (line + 1 == lines) {
				grid_put(grid, row + line, grid->columns - 1, 1, GRID_DIM,
					grid->utf8 ? "…" : "~");
				break;
			}
			line++;
			column = MARGIN;
		}
		draw_item(grid, row + line, column, &flow->items[i]);
		column += columns + GAP;
	}
	return line + 1;
}
