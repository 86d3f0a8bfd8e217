/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_SELFCHECK_H
#define EXPLAIN_SELFCHECK_H

/*
 * What of timewait works on this machine, for this user, and why not: every part tried for real
 * (probe.h), and judged by what the commands of this version need.
 */

#include <stdbool.h>
#include <stddef.h>

#include "explain/probe.h"

/* The commands that have needs, as bits. */
enum selfcheck_command {
	SELFCHECK_LIST = 1 << 0,
	SELFCHECK_REPRODUCE = 1 << 1,
	SELFCHECK_REPRODUCE_HOST = 1 << 2,
	SELFCHECK_RUN = 1 << 3, /* scenarios: run, myths, scenarios --coverage */
};

#define SELFCHECK_COMMAND_COUNT 4

/* "list", "reproduce", "reproduce --host", "run", by the number of the bit. */
extern const char *const selfcheck_commands[SELFCHECK_COMMAND_COUNT];

struct selfcheck_item {
	const char *name;       /* for programs: "user_namespaces" */
	const char *title;      /* N_(): "user namespaces" */
	const char *purpose;    /* N_(): what it is good for */
	unsigned int needed_by; /* commands that cannot do without it here */
	bool was_tried;         /* not, when what it builds on does not work */
	struct probe_result result;
};

#define SELFCHECK_MAX 32

struct selfcheck {
	struct selfcheck_item items[SELFCHECK_MAX];
	size_t count;
};

/* Tries everything; leaves the process as it was. Blocks for a fraction of a second. */
void selfcheck_run(struct selfcheck *check);

/* The commands, of all, that something needed is missing for. */
unsigned int selfcheck_broken(const struct selfcheck *check);

#endif
