/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_LIST_OPTIONS_H
#define TIMEWAIT_LIST_OPTIONS_H

/* What the command line of `timewait list` asks for. */

#include <stdbool.h>
#include <stdint.h>

#include "observe/filter.h"
#include "observe/groups.h"

enum list_key {
	LIST_BY_STATE,
	LIST_BY_LOCAL,
	LIST_BY_PEER,
	LIST_BY_TIMER,
	LIST_BY_RECV_Q,
	LIST_BY_SEND_Q,
	LIST_BY_PID,
};

struct list_options {
	bool json;
	uint32_t states;      /* DIAG_STATE() bits */
	struct filter filter; /* ports and peers */
	const char *netns;    /* NULL: the caller's own; "all" */
	bool is_grouped, is_sorted;
	enum group_by by;
	enum list_key key;
	uint64_t limit; /* UINT64_MAX: none */
};

/* OPTIONS_GO_ON, or the exit code to leave with after having said why. */
int list_options_parse(int argc, char **argv, struct list_options *ret_options);

#endif
