/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_COVERAGE_H
#define TIMEWAIT_COVERAGE_H

/* `timewait scenarios --coverage` */

#include <stdbool.h>

struct coverage_options {
	bool is_wanted, is_ipv6, is_slow, is_json, is_markdown;
};

/* Runs all scenarios and prints what they show. Returns the exit code. */
int coverage_command(const struct coverage_options *options);

#endif
