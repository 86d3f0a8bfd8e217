/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_COVERAGE_RUN_H
#define SCENARIO_COVERAGE_RUN_H

/*
 * Runs the scenarios that timewait comes with, and finds for every transition the one that shows it
 * best, at either host: only what was seen in this very run, of scenarios that passed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "scenario/coverage.h"
#include "scenario/library.h"

/* The scenario that shows a transition. */
struct coverage_showing {
	const struct library_entry *entry; /* NULL: none does */
	bool is_slow;
	/* Did so in this run. Else it is a slow one, not run, that expects it ("went"). */
	bool is_seen;
	/* Works on every kernel from 6.1 on, without any program but the laboratory. */
	bool is_plain;
	bool is_expected; /* it says so itself: "went" */
	int theme_rank;
	size_t steps;
};

struct coverage_row {
	enum tcp_state from, to;
	enum coverage_cause cause; /* where there is no arrow */
	int arrow;                 /* index into tcp_transitions(), or COVERAGE_NO_ARROW */
	struct coverage_showing by[HOST_COUNT];
};

struct coverage {
	/* The arrows of figure 5 in its order; behind these all others, by their states. */
	struct coverage_row *rows;
	size_t count, room;
	size_t arrow_count;
	/* Of scenarios. `skipped`: for what this kernel or machine lacks; not for being slow. */
	size_t passed, failed, skipped, slow_skipped;
	struct text not_passed; /* ", NAME" of each that failed or was skipped */
};

struct coverage_setting {
	bool is_ipv6;
	bool runs_slow;
	void (*tick)(uint64_t done, uint64_t total, void *context); /* NULL for none */
	void *context;
};

/*
 * 0 with *ret_coverage, which the caller finishes; -EINTR when interrupted; another negative errno
 * with *err where there is no laboratory to be had.
 */
int coverage_run(
	struct coverage *ret_coverage, const struct coverage_setting *setting, struct error *err);

void coverage_finish(struct coverage *coverage);

/* The row's arrow; NULL where figure 5 has none. */
const struct tcp_transition *coverage_arrow(const struct coverage_row *row);

/* Is it an arrow that Linux has, and which nothing shows at this host? */
bool coverage_is_missing(const struct coverage_row *row, enum host_id host);

/* How many arrows lack a scenario, at one host at least. */
size_t coverage_missing(const struct coverage *coverage);

#endif
