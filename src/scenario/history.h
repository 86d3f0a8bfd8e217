/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_HISTORY_H
#define SCENARIO_HISTORY_H

/*
 * The states that an end has been through, as `expect END went` asks for them. It begins with CLOSED.
 * A name means its newest connection; where an older one of that name had the very same addresses and
 * ports, its history comes first, and a TIME_WAIT that a new SYN reopened goes on to SYN_RECV with no
 * CLOSED between. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lab/timeline.h"

struct history {
	enum tcp_state *states;
	size_t count, room;
};

void history_read(struct history *history, const struct timeline *timeline, enum host_id host,
	const char *name);
void history_finish(struct history *history);

/* Does it go straight through the states, in that order, somewhere? */
bool history_has_run(const struct history *history, const enum tcp_state *states, size_t count);

#endif
