/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_COVERAGE_H
#define SCENARIO_COVERAGE_H

/*
 * Which transitions of RFC 9293 figure 5 a run has shown, and which others: read from its record,
 * never from what a scenario says of itself. Pure.
 *
 * Figure 5 is told of one socket; Linux has a listener and a socket a connection. So where the
 * record has CLOSED > SYN_RECV beside a listener it is the figure's LISTEN > SYN_RECV, and where
 * such an end goes away again without having been more it is SYN_RECV > LISTEN. A TIME_WAIT in
 * whose place another connection begins at that very moment goes straight on to the state of that
 * one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "lab/timeline.h"

/* Why an end moved, in the words of figure 5; in others where the figure has none. */
enum coverage_cause {
	COVERAGE_PASSIVE_OPEN,
	COVERAGE_ACTIVE_OPEN,
	COVERAGE_CLOSE,
	COVERAGE_ABORT,          /* RFC 9293 section 3.9.1.6: close() that resets */
	COVERAGE_CLOSE_LISTENER, /* of a connection that nobody has accepted yet */
	COVERAGE_DESTROY,
	COVERAGE_CRASH,
	COVERAGE_SYN,
	COVERAGE_SYN_ACK,
	COVERAGE_FIN,
	COVERAGE_RST,
	COVERAGE_DATA,
	COVERAGE_ACK, /* and nothing else */
	COVERAGE_TIMEOUT,
	COVERAGE_CAUSE_COUNT,
};

/* "passive OPEN", "rcv FIN": as figure 5 spells them, never translated. */
const char *coverage_cause_name(enum coverage_cause cause);

#define COVERAGE_NO_ARROW (-1)

struct coverage_move {
	enum host_id host;
	enum tcp_state from, to;
	enum coverage_cause cause;
	int arrow; /* index into tcp_transitions(); COVERAGE_NO_ARROW where the figure has none */
};

/* Different ones, in the order in which they were first seen. */
struct coverage_moves {
	struct coverage_move *moves;
	size_t count, room;
};

/* Adds one that is not there yet. */
void coverage_add(struct coverage_moves *moves, const struct coverage_move *move);

/* Adds what the record shows. */
void coverage_read(struct coverage_moves *moves, const struct timeline *timeline);

/* As text, and back: from a process to another. False where the text is none of ours. */
void coverage_encode(const struct coverage_moves *moves, struct text *out);
bool coverage_decode(struct coverage_moves *moves, const char *text);

void coverage_moves_finish(struct coverage_moves *moves);

#endif
