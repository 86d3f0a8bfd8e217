/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_RUNNER_H
#define SCENARIO_RUNNER_H

/* What the files of the runner (run.c, judge.c, act.c, act_host.c, act_wire.c, expect.c) share. */

#include "scenario/run.h"

/* Notes that the step failed, and ends the scenario unless it was told to go on. */
void runner_fail(struct runner *runner, const struct step *step, const char *expected,
	const char *observed_format, ...) __attribute__((format(printf, 4, 5)));

/* Ends the scenario as skipped. */
void runner_skip(struct runner *runner, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What the laboratory's work came to; an interruption is an outcome, and no failure of the lab's. */
int runner_cope(struct runner *runner, int r);

/* Lets everything move until nothing does, and judges the actions that have completed. */
int runner_settle(struct runner *runner, struct error *err);

/* The same, again and again, until the condition holds: as lab_wait(). */
int runner_wait(struct runner *runner, lab_condition *condition, void *context, int64_t deadline_ns,
	struct error *err);

/* An action on the end that still waits; NULL. */
struct runner_pending *runner_pending_at(
	const struct runner *runner, enum host_id host, int connection);

/* Forgets what waits on the socket; a failure where that had to fail. */
void runner_abandon(struct runner *runner, const struct lab_socket *socket);

/* What the end stands for: an index of the timeline, CONNECTION_NONE. */
int runner_connection(const struct runner *runner, const struct end *end);

/* What the language says of packets, as the wire understands it now. */
struct wire_match runner_match(const struct runner *runner, const struct packets *packets);

/* The steps. 0, or a negative errno where the laboratory broke. */
int act_on_socket(struct runner *runner, const struct step *step, struct error *err);
int act_on_host(struct runner *runner, const struct step *step, struct error *err);
int act_on_wire(struct runner *runner, const struct step *step, struct error *err);
int expect(struct runner *runner, const struct step *step, struct error *err);

/* Records the step as an action of the host (HOST_COUNT: the wire's): the event's index. */
size_t runner_record(struct runner *runner, const struct step *step, enum host_id host);

/* Judges all pending actions that have completed, and forgets them. */
void runner_judge_pending(struct runner *runner);

/* At the end: those that still wait, and must have failed or would wait for ever. */
void runner_judge_what_waits(struct runner *runner);

/* Judges an action that has completed with an errno, or 0. True when it was right. */
bool runner_judge(struct runner *runner, const struct step *step, int code);

#endif
