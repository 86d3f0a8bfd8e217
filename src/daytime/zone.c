/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/zone.h"

#include <string.h>

/* No zone has had two changes within so short a time; were there one, its second is found later. */
#define STRIDE_S (INT64_C(12) * 3600)

static bool is_same(const struct zone *a, const struct zone *b)
{
	return a->offset_s == b->offset_s && !strcmp(a->name, b->name);
}

/* The first second after `from_s` at which another zone holds, or `until_s` where none does. */
static int64_t find_change(int64_t from_s, int64_t until_s, const struct zone *zone)
{
	int64_t same_s = from_s, other_s = from_s;
	struct zone found = *zone;

	while (is_same(&found, zone)) {
		same_s = other_s;
		if (same_s >= until_s)
			return until_s;
		other_s = same_s + STRIDE_S < until_s ? same_s + STRIDE_S : until_s;
		format_local_zone(other_s, &found);
	}
	while (other_s - same_s > 1) {
		int64_t middle_s = same_s + (other_s - same_s) / 2;

		format_local_zone(middle_s, &found);
		if (is_same(&found, zone))
			same_s = middle_s;
		else
			other_s = middle_s;
	}
	return other_s;
}

void zone_plan(int64_t time_s, struct zone_plan *ret_plan)
{
	/* Zeroed whole, padding included: it is compared and copied as words. */
	memset(ret_plan, 0, sizeof(*ret_plan));
	format_local_zone(time_s, &ret_plan->now);
	ret_plan->from_s = time_s;
	ret_plan->until_s = find_change(time_s, time_s + ZONE_HORIZON_S, &ret_plan->now);
	format_local_zone(ret_plan->until_s, &ret_plan->next);
	ret_plan->next_until_s =
		find_change(ret_plan->until_s, time_s + 2 * ZONE_HORIZON_S, &ret_plan->next);
}

const struct zone *zone_at(const struct zone_plan *plan, int64_t time_s)
{
	if (time_s < plan->from_s || time_s >= plan->next_until_s)
		return NULL;
	return time_s < plan->until_s ? &plan->now : &plan->next;
}

void zone_board_write(struct zone_board *board, const struct zone_plan *plan)
{
	uint64_t words[sizeof(board->words) / sizeof(board->words[0])] = {0};
	unsigned edition = atomic_load_explicit(&board->edition, memory_order_relaxed);

	memcpy(words, plan, sizeof(*plan));
	atomic_store_explicit(&board->edition, edition + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		atomic_store_explicit(&board->words[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&board->edition, edition + 2, memory_order_release);
}

unsigned zone_board_read(struct zone_board *board, struct zone_plan *ret_plan)
{
	uint64_t words[sizeof(board->words) / sizeof(board->words[0])];
	unsigned before, after;

	do {
		before = atomic_load_explicit(&board->edition, memory_order_acquire);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			words[i] = atomic_load_explicit(&board->words[i], memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&board->edition, memory_order_relaxed);
	} while (before != after || before % 2);
	memcpy(ret_plan, words, sizeof(*ret_plan));
	return before;
}
