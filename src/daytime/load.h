/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_H
#define DAYTIME_LOAD_H

/* Many short exchanges with one server, as fast as asked for: what `daytime -n` does. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "daytime/exchange.h"
#include "daytime/load_result.h"
#include "daytime/load_source.h"

#define LOAD_COUNT_MAX       UINT64_C(1000000000000)
#define LOAD_CONCURRENCY_MAX 1000000
#define LOAD_RATE_MAX        1000000000
#define LOAD_WORKERS_MAX     1024

struct load_plan {
	union load_address address; /* the server's, with its port */
	socklen_t address_length;
	bool is_datagram;
	enum leaving leaving;
	struct load_source source;
	uint64_t count;
	int concurrency; /* at once, at least one a worker */
	int workers;
	bool is_pinned;     /* each worker to one of the CPUs allowed to us */
	uint64_t rate;      /* begun in a second; 0: as soon as there is room */
	int64_t timeout_ns; /* for each exchange, from its start on */
};

/*
 * When exchange number `number` (from 0) is to begin, counted from the first: the schedule is
 * absolute, so that what was late once does not delay the rest. Pure.
 */
int64_t load_schedule_ns(uint64_t rate, uint64_t number);

/*
 * Carries the plan out, in threads of its own, and returns when all is done or
 * interrupt_requested() (the caller has called interrupt_watch()); what was in the middle then is
 * ended and not counted. Raises the limit of descriptors when it must. Draws a bar on stderr
 * with that title. 0 whatever became of the exchanges, or a negative errno with *err filled and
 * none begun.
 */
int load_run(const struct load_plan *plan, const char *title, struct load_result *ret_result,
	struct error *err);

#endif
