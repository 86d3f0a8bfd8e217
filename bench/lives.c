/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Reads the counts that observe/life.h keeps, again and again, and says how long that took beside a full dump:
 * what bench/watch.sh asks at a million TIME_WAITs. Prints KEY=VALUE, separated by tabs. Ctrl-C, or SIGTERM, is the
 * sign that the sockets are there.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "observe/life.h"
#include "observe/netns.h"

#define READINGS 21

static int ignore_group(
	void *context, const struct life_group_key *key, const struct life_group_counts *counts)
{
	(void)key;
	*(int64_t *)context += counts->now;
	return 0;
}

static int ignore_event(void *context, const struct life_event *event)
{
	(void)context;
	(void)event;
	return 0;
}

/* The median, of a reading of totals and of all groups. */
static int64_t time_readings(struct life *life)
{
	int64_t took[READINGS];

	for (int i = 0; i < READINGS; i++) {
		int64_t start = clock_now_ns(), sum = 0;
		struct life_totals totals;
		int at = i;

		life_totals(life, &totals);
		for (int by = 0; by < LIFE_DIMENSION_COUNT; by++)
			life_groups(life, (enum life_dimension)by, ignore_group, &sum, NULL);
		start = clock_now_ns() - start;
		for (; at > 0 && took[at - 1] > start; at--)
			took[at] = took[at - 1];
		took[at] = start;
	}
	return took[READINGS / 2];
}

int main(void)
{
	const struct life_options options = {.netns = netns_number(), .has_counts = true};
	int64_t opened_ns = clock_now_ns();
	struct life_losses losses = {0};
	struct life_drift drift;
	struct error err;
	struct life *life;

	interrupt_watch();
	if (life_open(&life, &options, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	opened_ns = clock_now_ns() - opened_ns;
	fprintf(stderr, "ready\n");
	while (!interrupt_requested())
		life_poll(life, ignore_event, NULL, 1000);
	printf("open_us=%" PRId64 "\tread_us=%" PRId64, opened_ns / NS_PER_US,
		time_readings(life) / NS_PER_US);
	if (life_drift(life, &drift, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	life_losses(life, &losses);
	printf("\tmissed=%" PRIu64 "\tuntracked=%" PRIu64 "\tslack=%" PRId64, losses.missed,
		losses.untracked, drift.slack);
	printf("\tkept=%" PRId64 "\tdumped=%" PRId64 "\tdrift=%" PRId64 "\tdump_us=%" PRId64 "\n",
		drift.kept, drift.dumped, drift.kept - drift.dumped, drift.took_ns / NS_PER_US);
	life_close(life);
	return 0;
}
