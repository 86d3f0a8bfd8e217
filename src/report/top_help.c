/* SPDX-License-Identifier: BSD-2-Clause */

/* What the keys do, of top_screen.h. */

#include "base/i18n.h"
#include "report/top_screen.h"

static const struct {
	const char *keys; /* not translated: they are what is on the keyboard */
	const char *what;
} lines[] = {
	{"q  Ctrl-C", N_("quit")},
	{"?  h", N_("this help; any key closes it")},
	{"Space  p", N_("pause and go on")},
	{"1 2 3 4  Tab", N_("which table the keys act on")},
	{"z", N_("that table alone, or all of them")},
	{"s  S", N_("sort by the next column, by the one before")},
	{"r", N_("turn the order around")},
	{"/", N_("show only names that contain this; Esc shows all")},
	{"Up Down PgUp PgDn", N_("scroll; Home and End go to the ends")},
	{"g", N_("the graph: TIME_WAIT, births, deaths, connections")},
	{"+  -", N_("look less often, more often")},
	{"d", N_("hold the kept counts against a full dump: drift")},
};

#define LINES       ((int)(sizeof(lines) / sizeof(*lines)))
#define KEY_COLUMNS 20

void top_help_draw(struct grid *grid)
{
	/* Short of columns, the keys by their first names. */
	int keys = grid->columns < 60 ? 8 : KEY_COLUMNS;
	int row = grid->rows >= LINES + 6 ? 3 : 1;
	int last = grid->rows - 1;

	for (int i = 1; i < last; i++)
		grid_fill(grid, i, 0, grid->columns, GRID_PLAIN, " ");
	if (row == 3)
		grid_put(grid, 1, 3, grid->columns - 4, GRID_FOCUS, _("The keys"));
	for (int i = 0; i < LINES && row < last; i++, row++) {
		grid_put(grid, row, 3, keys - 1, GRID_BOLD, lines[i].keys);
		grid_put(grid, row, 3 + keys, grid->columns - keys - 4, GRID_PLAIN,
			_(lines[i].what));
	}
}
