/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_WORKER_H
#define DAYTIME_LOAD_WORKER_H

/*
 * One worker of load_run(): a thread, an epoll loop, a table of slots in each of which one
 * exchange after the other takes place. Nobody but load.c looks here.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "daytime/load.h"
#include "daytime/load_slot.h"
#include "daytime/load_verify.h"

struct load_worker {
	const struct load_plan *plan;
	int index;
	int stop_fd;  /* readable when all is to end; load.c's */
	int ended_fd; /* where the thread says that it is done; load.c's */
	int64_t begin_ns;

	uint64_t count;   /* of exchanges that are this worker's: index, index + workers, ... */
	uint64_t started; /* of them */
	int concurrency;
	int epoll_fd;
	bool is_stopped;
	struct load_slot *slots;
	int free, oldest, newest; /* places in slots, -1 for none */
	struct load_verifier verifier;
	struct load_result result;
	pthread_t thread;
};

/*
 * Makes ready all that may fail. 0 or a negative errno; load_worker_close() is right after
 * either, and frees what the worker has, not the worker.
 */
int load_worker_open(struct load_worker *worker, const struct load_plan *plan, int index);
void load_worker_close(struct load_worker *worker);

/* Does the worker's share from begin_ns on; returns when it is done, or stop_fd is readable. */
void load_worker_run(struct load_worker *worker);

#endif
