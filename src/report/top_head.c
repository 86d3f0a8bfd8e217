/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/top_head.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "observe/life.h"
#include "report/top_flow.h"
#include "report/top_words.h"

void top_head_title(struct grid *grid, const struct top_frame *frame, bool has_time)
{
	const struct top_view *view = frame->view;
	char source[96];
	int used, width = grid->columns;

	grid_fill(grid, 0, 0, width, GRID_TITLE, " ");
	used = 1 + grid_put(grid, 0, 1, width - 1, GRID_TITLE, "timewait top");
	if (view->is_paused)
		used += 2 + grid_put(grid, 0, used + 2, width - used - 2, GRID_FOCUS, _("PAUSED"));
	snprintf(source, sizeof(source), _("%s, every %g s"), frame->survey->source,
		(double)view->interval_ns / NS_PER_S);
	/* What does not fit is left out as a whole, the time last. */
	if (has_time && used + 10 <= width) {
		grid_put_right(grid, 0, width - 9, 8, GRID_TITLE, frame->time);
		width -= 10;
	}
	if (used + 4 + (int)text_columns(frame->netns) <= width)
		used += 2 + grid_put(grid, 0, used + 2, width - used - 2, GRID_TITLE, frame->netns);
	if (used + 2 + (int)text_columns(source) <= width)
		grid_put_right(grid, 0, used + 2, width - used - 3, GRID_TITLE, source);
}

static void add_rate(struct flow *flow, bool is_known, const char *label, double value)
{
	char text[TOP_WORD_BYTES];

	if (is_known)
		flow_add(flow, GRID_BOLD, label, "%s/s", top_word_rate(value, text));
	else
		flow_add(flow, GRID_DIM, label, "-");
}

static void add_drift(struct flow *flow, const struct survey *survey)
{
	if (survey->has_drift)
		flow_add(flow, survey->drift ? GRID_WARN : GRID_GOOD, _("drift"), "%" PRId64,
			survey->drift);
}

static void add_rates(struct flow *flow, const struct top_frame *frame)
{
	const struct survey *survey = frame->survey;
	const struct top_rates *rates = &frame->model->rates;
	bool is_known = frame->model->has_rates;
	char active[TOP_WORD_BYTES], passive[TOP_WORD_BYTES];

	add_rate(flow, is_known, _("Born"), rates->born);
	add_rate(flow, is_known, _("Died"), rates->died);
	if (rates->restarted > 0)
		add_rate(flow, is_known, _("Restarted"), rates->restarted);
	if (is_known)
		flow_add(flow, GRID_BOLD, _("Opened"), _("%s/s out, %s/s in"),
			top_word_rate(rates->active_opens, active),
			top_word_rate(rates->passive_opens, passive));
	else
		flow_add(flow, GRID_DIM, _("Opened"), "-");
	flow_add(flow, survey->totals.dropped ? GRID_BAD : GRID_GOOD, _("dropped"), "%" PRIu64,
		survey->totals.dropped);
	add_drift(flow, survey);
}

int top_head_rates(struct grid *grid, const struct top_frame *frame, int row, int lines)
{
	struct flow flow = {.count = 0};

	add_rates(&flow, frame);
	return flow_draw(grid, row, lines, &flow);
}

/* Every cause that has been seen: how often since the start, and how often now. */
static void add_causes(
	struct flow *flow, const uint64_t *counts, const double *rates, enum grid_look look)
{
	for (int cause = 0; cause < LIFE_CAUSE_COUNT; cause++) {
		char count[TOP_WORD_BYTES], rate[TOP_WORD_BYTES];

		if (!counts[cause])
			continue;
		top_word_count((double)counts[cause], 9, count);
		if (rates[cause] > 0)
			flow_add(flow, look, life_cause_name((enum life_cause)cause), "%s (%s/s)",
				count, top_word_rate(rates[cause], rate));
		else
			flow_add(flow, look, life_cause_name((enum life_cause)cause), "%s", count);
	}
}

static void add_all_causes(struct flow *flow, const struct top_frame *frame)
{
	const struct survey *survey = frame->survey;
	const struct top_rates *rates = &frame->model->rates;
	size_t before = flow->count;

	add_causes(flow, survey->totals.died_by, rates->died_by, GRID_BOLD);
	if (survey->knows_causes && flow->count == before)
		flow_add(flow, GRID_DIM, "", "%s", _("none since the start"));
	before = flow->count;
	flow_add(flow, GRID_DIM, "", "%s", _("Not born:"));
	add_causes(flow, survey->totals.not_born_by, rates->not_born_by, GRID_WARN);
	if (flow->count == before + 1)
		flow->count = before;
}

int top_head_causes(struct grid *grid, const struct top_frame *frame, int row, int lines)
{
	struct flow flow = {.count = 0};
	int behind;

	flow_add(&flow, GRID_DIM, "", "%s", _("Ended by:"));
	behind = flow_columns(&flow);
	if (!frame->survey->knows_causes)
		flow_add(&flow, GRID_DIM, "?", "%s", "");
	add_all_causes(&flow, frame);
	lines = flow_draw(grid, row, lines, &flow);
	if (frame->survey->lacks) {
		int column =
			frame->survey->totals.not_born_by[LIFE_BUCKET_OVERFLOW] ? 1 : behind + 2;

		/* Behind the question mark, or in a line of its own. */
		lines += column == 1;
		grid_printf(grid, row + lines - 1, column, grid->columns - column, GRID_WARN,
			"(%s)", frame->survey->lacks);
	}
	return lines;
}

/* In the order in which they are worth a look; the first six to the left. */
static const struct {
	enum tcp_state state;
	bool is_timed; /* the minisockets */
} shown_states[] = {
	{TCP_STATE_TIME_WAIT, false},
	{TCP_STATE_FIN_WAIT2, true},
	{TCP_STATE_FIN_WAIT2, false},
	{TCP_STATE_FIN_WAIT1, false},
	{TCP_STATE_CLOSING, false},
	{TCP_STATE_LAST_ACK, false},
	{TCP_STATE_ESTABLISHED, false},
	{TCP_STATE_CLOSE_WAIT, false},
	{TCP_STATE_SYN_SENT, false},
	{TCP_STATE_SYN_RECV, false},
	{TCP_STATE_LISTEN, false},
	{TCP_STATE_BOUND, false},
};

#define SHOWN_STATES ((int)(sizeof(shown_states) / sizeof(*shown_states)))

static uint64_t count_of(const struct survey *survey, int i)
{
	return shown_states[i].is_timed ? survey->fin_wait2_timed
					: survey->states[shown_states[i].state];
}

/* The FIN_WAIT2 of a minisocket ends by a timer; that of a socket that a process holds, by nothing. */
static const char *name_of(int i)
{
	return shown_states[i].is_timed ? _("FIN_WAIT2 timed")
					: tcp_state_name(shown_states[i].state);
}

static enum grid_look look_of(int i, uint64_t count)
{
	if (!count)
		return GRID_DIM;
	return shown_states[i].state == TCP_STATE_CLOSE_WAIT ? GRID_WARN : GRID_BOLD;
}

void top_head_states(struct grid *grid, const struct top_frame *frame, struct top_place place)
{
	int half = SHOWN_STATES / 2;

	for (int i = 0; i < SHOWN_STATES; i++) {
		uint64_t count = count_of(frame->survey, i);
		int column = place.column + (i < half ? 0 : 27);
		int row = place.row + i % half;
		char text[TOP_WORD_BYTES];

		grid_put(grid, row, column, 15, count ? GRID_PLAIN : GRID_DIM, name_of(i));
		grid_put_right(grid, row, column + (i < half ? 15 : 11), i < half ? 10 : 8,
			look_of(i, count), top_word_count((double)count, i < half ? 10 : 8, text));
	}
}

int top_head_numbers(struct grid *grid, const struct top_frame *frame, int row, int lines)
{
	struct flow flow = {.count = 0};

	for (int i = 0; i < SHOWN_STATES; i++) {
		uint64_t count = count_of(frame->survey, i);
		char text[TOP_WORD_BYTES];

		if (count || i == 0)
			flow_add(&flow, look_of(i, count), name_of(i), "%s",
				top_word_count((double)count, 10, text));
		if (i == 0)
			add_rates(&flow, frame);
	}
	if (frame->survey->knows_causes)
		add_all_causes(&flow, frame);
	return flow_draw(grid, row, lines, &flow);
}
