/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_ZONE_H
#define DAYTIME_ZONE_H

/*
 * The zone of this host as a notice that one thread puts up and others read: which zone holds from
 * when until when, and which one after that. So whoever formats a time asks neither libc nor the disk,
 * takes no lock, and is right to the second when daylight time begins.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daytime/format.h"

struct zone_plan {
	int64_t from_s, until_s; /* `now` holds in [from_s, until_s) */
	int64_t next_until_s;    /* and `next` in [until_s, next_until_s) */
	struct zone now, next;
};

/* Looks ahead this far for a change; a plan is to be made anew by then. */
#define ZONE_HORIZON_S (INT64_C(32) * 86400)

/* Asks libc: what holds at `time_s` and until when. */
void zone_plan(int64_t time_s, struct zone_plan *ret_plan);

/* The zone that holds at that moment; NULL where the plan does not reach. */
const struct zone *zone_at(const struct zone_plan *plan, int64_t time_s);

/*
 * The board: one writer, any number of readers, none of whom waits (a sequence lock: who reads
 * while it is written reads again). Begins zeroed, with a plan that reaches nowhere.
 */
struct zone_board {
	atomic_uint edition; /* odd while it is being written */
	_Atomic uint64_t words[(sizeof(struct zone_plan) + 7) / 8];
};

void zone_board_write(struct zone_board *board, const struct zone_plan *plan);

/* Returns the edition that was read. */
unsigned zone_board_read(struct zone_board *board, struct zone_plan *ret_plan);

/* Is this still what the board says? No more than a load: for who asks with every connection. */
static inline bool zone_board_is(const struct zone_board *board, unsigned edition)
{
	return atomic_load_explicit(&board->edition, memory_order_relaxed) == edition;
}

#endif
