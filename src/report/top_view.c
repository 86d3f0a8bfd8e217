/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/top_view.h"

#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

void top_view_init(struct top_view *view, int64_t interval_ns)
{
	*view = (struct top_view){.interval_ns = interval_ns};
	for (int by = 0; by < SURVEY_BYS; by++)
		view->sorts[by] = TOP_SOCKETS;
}

/* Takes the last character away, all of its bytes. */
static void erase(char *text)
{
	size_t length = strlen(text);

	while (length && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
		length--;
	text[length ? length - 1 : 0] = '\0';
}

static enum top_effect type_key(struct top_view *view, int key)
{
	size_t length = strlen(view->typed);

	switch (key) {
	case TOP_KEY_ESCAPE: view->is_typing = false; return TOP_REDRAW;
	case '\r':
	case TOP_KEY_ENTER:
		memcpy(view->filter, view->typed, sizeof(view->filter));
		view->is_typing = false;
		view->scroll = 0;
		return TOP_REDRAW;
	case '\b':
	case TOP_KEY_BACKSPACE: erase(view->typed); return TOP_REDRAW;
	case 'U' & 0x1f: view->typed[0] = '\0'; return TOP_REDRAW;
	default: break;
	}
	if (key < ' ' || key > 255 || length + 1 >= sizeof(view->typed))
		return TOP_NOTHING;
	view->typed[length] = (char)key;
	view->typed[length + 1] = '\0';
	return TOP_REDRAW;
}

static void choose_table(struct top_view *view, int by)
{
	view->by = (enum survey_by)((by + SURVEY_BYS) % SURVEY_BYS);
	view->scroll = 0;
}

/* The interval steps through 1, 2 and 5 times powers of ten, as a ruler does. */
static const int64_t steps_ms[] = {100, 200, 500, 1000, 2000, 5000, 10000, 20000, 60000};

#define STEPS (sizeof(steps_ms) / sizeof(*steps_ms))

static void change_interval(struct top_view *view, bool longer)
{
	int64_t now_ms = view->interval_ns / NS_PER_MS;
	int64_t chosen_ms = 0;

	for (size_t i = 0; i < STEPS; i++) {
		if (longer && steps_ms[i] > now_ms) {
			chosen_ms = steps_ms[i];
			break;
		}
		if (!longer && steps_ms[i] < now_ms)
			chosen_ms = steps_ms[i];
	}
	if (chosen_ms)
		view->interval_ns = chosen_ms * NS_PER_MS;
}

static void scroll_by(struct top_view *view, int rows)
{
	view->scroll += rows;
	if (view->scroll < 0)
		view->scroll = 0;
}

static enum top_effect move_key(struct top_view *view, int key)
{
	int page = view->page > 1 ? view->page - 1 : 1;

	switch (key) {
	case TOP_KEY_UP:
	case 'k': scroll_by(view, -1); return TOP_REDRAW;
	case TOP_KEY_DOWN:
	case 'j': scroll_by(view, 1); return TOP_REDRAW;
	case TOP_KEY_PAGE_UP: scroll_by(view, -page); return TOP_REDRAW;
	case TOP_KEY_PAGE_DOWN: scroll_by(view, page); return TOP_REDRAW;
	case TOP_KEY_HOME: view->scroll = 0; return TOP_REDRAW;
	/* As far as there is: drawing brings it back to the last page. */
	case TOP_KEY_END: view->scroll = 2 * TALLY_GROUPS_MAX; return TOP_REDRAW;
	case TOP_KEY_TAB:
	case TOP_KEY_RIGHT: choose_table(view, (int)view->by + 1); return TOP_REDRAW;
	case TOP_KEY_BACK_TAB:
	case TOP_KEY_LEFT: choose_table(view, (int)view->by - 1); return TOP_REDRAW;
	default: return TOP_NOTHING;
	}
}

static enum top_effect toggle(bool *flag)
{
	*flag = !*flag;
	return TOP_REDRAW;
}

static void start_typing(struct top_view *view)
{
	memcpy(view->typed, view->filter, sizeof(view->typed));
	view->is_typing = true;
}

static void next_sort(struct top_view *view, int step)
{
	view->sorts[view->by] = top_table_next_column(view->by, view->sorts[view->by], step);
	view->scroll = 0;
}

enum top_effect top_view_key(struct top_view *view, int key)
{
	if (view->is_typing)
		return type_key(view, key);
	if (view->shows_help && key != 'q' && key != 'Q')
		return toggle(&view->shows_help);
	switch (key) {
	case 'q':
	case 'Q': return TOP_QUIT;
	case '?':
	case 'h': return toggle(&view->shows_help);
	case ' ':
	case 'p': toggle(&view->is_paused); return view->is_paused ? TOP_REDRAW : TOP_SURVEY;
	case 'z': return toggle(&view->is_zoomed);
	case 'r': return toggle(&view->is_upward);
	case 's': next_sort(view, 1); return TOP_REDRAW;
	case 'S': next_sort(view, -1); return TOP_REDRAW;
	case 'g':
		view->series = (enum top_series)((view->series + 1) % TOP_SERIES);
		return TOP_REDRAW;
	case 'd': return TOP_COMPARE;
	case '/': start_typing(view); return TOP_REDRAW;
	case TOP_KEY_ESCAPE: view->filter[0] = '\0'; return TOP_REDRAW;
	case '+':
	case '=': change_interval(view, true); return TOP_REDRAW;
	case '-': change_interval(view, false); return TOP_REDRAW;
	case '1':
	case '2':
	case '3':
	case '4': choose_table(view, key - '1'); return TOP_REDRAW;
	default: return move_key(view, key);
	}
}
