/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/top_model.h"

#include <string.h>

#include "base/clock.h"

void history_add(struct history *history, double value)
{
	if (history->count == 2 * HISTORY_VALUES) {
		memcpy(history->values, history->values + HISTORY_VALUES,
			HISTORY_VALUES * sizeof(*history->values));
		history->count = HISTORY_VALUES;
	}
	history->values[history->count++] = value;
}

const double *history_last(const struct history *history, size_t most, size_t *ret_count)
{
	size_t count = history->count;

	if (count > HISTORY_VALUES)
		count = HISTORY_VALUES;
	if (count > most)
		count = most;
	*ret_count = count;
	return history->values + history->count - count;
}

/* A count that went back (the source was replaced) is no rate. */
static double rate(uint64_t now, uint64_t before, int64_t over_ns)
{
	if (now <= before || over_ns <= 0)
		return 0;
	return (double)(now - before) * (double)NS_PER_S / (double)over_ns;
}

static void find_rates(struct top_model *model, const struct survey_totals *now)
{
	const struct survey_totals *before = &model->totals;
	struct top_rates *rates = &model->rates;
	int64_t over_ns = model->over_ns;

	rates->born = rate(now->born, before->born, over_ns);
	rates->died = rate(now->died, before->died, over_ns);
	rates->restarted = rate(now->restarted, before->restarted, over_ns);
	rates->active_opens = rate(now->active_opens, before->active_opens, over_ns);
	rates->passive_opens = rate(now->passive_opens, before->passive_opens, over_ns);
	for (int i = 0; i < LIFE_CAUSE_COUNT; i++) {
		rates->died_by[i] = rate(now->died_by[i], before->died_by[i], over_ns);
		rates->not_born_by[i] = rate(now->not_born_by[i], before->not_born_by[i], over_ns);
	}
}

void top_model_add(struct top_model *model, const struct survey *survey)
{
	struct history *histories = model->histories;

	if (model->surveys++) {
		model->over_ns = survey->time_ns - model->time_ns;
		find_rates(model, &survey->totals);
		model->has_rates = true;
		history_add(&histories[TOP_BIRTHS], model->rates.born);
		history_add(&histories[TOP_DEATHS], model->rates.died);
		history_add(&histories[TOP_OPENS],
			model->rates.active_opens + model->rates.passive_opens);
	}
	history_add(&histories[TOP_TIME_WAIT], (double)survey->states[TCP_STATE_TIME_WAIT]);
	history_add(&model->times_s, (double)survey->time_ns / NS_PER_S);
	model->time_ns = survey->time_ns;
	model->totals = survey->totals;
}
