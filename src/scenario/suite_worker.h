/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_SUITE_WORKER_H
#define SCENARIO_SUITE_WORKER_H

/*
 * A process of a suite that runs scenarios, one after the other, in a laboratory of its own, and
 * writes what came of them into a pipe. What is to be run next the workers settle among themselves, on a
 * board that all of them see: nobody waits for an answer.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "scenario/suite.h"

/* In memory shared by all processes of a suite. A task is one run of one scenario, numbered
 * from 0: first the first run of all, then the second of all. */
struct suite_board {
	_Atomic uint64_t *next;  /* task that nobody has taken yet */
	_Atomic uint64_t *doing; /* one a worker's place: its task + 1; 0 while it has none */
	_Atomic uint32_t *failures_shown; /* one an item, as SUITE_FAILURES_SHOWN bounds them */
	void *memory;
	size_t memory_bytes;
};

/* -ENOMEM, or 0 with a board that is all zero. */
int suite_board_make(struct suite_board *board, size_t places, size_t items);
void suite_board_finish(struct suite_board *board);

struct suite_worker_order {
	const struct suite_item *items;
	const struct suite_setting *setting;
	const struct suite_board *board;
	size_t place;
	/* What it chooses its tasks from: the indices of items that are not slow; or one slow item,
	 * which nobody else runs. */
	const size_t *choice;
	size_t choice_count;
	bool is_alone;
};

/*
 * Starts one. It ends when nothing is left to do, when interrupted, or when its laboratory
 * broke; and dies with the calling process. *ret_fd is where to read from (suite_message.h), without
 * blocking. 0 or a negative errno.
 */
int suite_worker_start(const struct suite_worker_order *order, pid_t *ret_pid, int *ret_fd);

#endif
