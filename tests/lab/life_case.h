/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_LIFE_CASE_H
#define TESTS_LIFE_CASE_H

/*
 * What the tests of observe/life.h have in common, on top of life_rig.h: watching, waiting for one event, and what is to hold in the
 * end. What fails is asserted, so this is for tests alone.
 */

#include "life_rig.h"

/* All that life_case_await() has been told since life_case_watch(). */
extern struct life_rig_events *life_case_events;

/* With events and counts, whatever the options say; with a fresh namespace, that one alone. */
struct life *life_case_watch(struct life_options options);
struct life *life_case_watch_new_network(void);

/* The first such event, which comes within ten seconds; the port is that of its own end. */
const struct life_event *life_case_await(
	struct life *life, enum life_kind kind, enum life_cause cause, uint16_t local_port);
/* A change of state of the socket at that port; its other end has seen what that one sent before. */
void life_case_await_state(struct life *life, uint16_t port, enum tcp_state wanted);
bool life_case_was_told(enum life_kind kind, uint16_t local_port);

/* The server closes first, then the client. */
void life_case_close_both(struct life_rig_connection *connection);
void life_case_assert_closed_by_us(const struct life_event *event);

/* Nothing was lost, and what is kept is what a dump finds. */
void life_case_end(struct life *life);

/* Of the group. */
int life_case_set_up(void **state);
int life_case_tear_down(void **state);

#endif
