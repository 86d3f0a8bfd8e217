/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_EXPERIMENT_H
#define TIMEWAIT_EXPERIMENT_H

/*
 * The classic experiment: a daytime server on one host, a daytime client on the other, and the
 * question which end is left in TIME_WAIT. The real programs, in the laboratory or on this
 * machine's loopback.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "lab/lab.h"
#include "scenario/tree.h"

enum first_close {
	FIRST_CLOSE_SERVER,
	FIRST_CLOSE_CLIENT,
	FIRST_CLOSE_BOTH,
	FIRST_CLOSE_RESET,
};

struct experiment_setting {
	enum first_close first_close;
	bool is_ipv6;
	bool is_loopback; /* on this machine; not with FIRST_CLOSE_BOTH */
};

struct experiment {
	struct experiment_setting setting;
	struct scenario scenario; /* that is carried out */
	struct lab lab;
	int connection;               /* CONNECTION_NONE when there was none */
	const struct program *client; /* NULL where it never started */
	int port_fd; /* keeps the server's port on the loopback from others; else -1 */
	bool is_lab_open;
	bool is_as_expected;
	char expected[256];             /* "server TIME_WAIT, client CLOSED" */
	char observed[256];             /* the same, as it was at the end; or what failed */
	double remaining_s[HOST_COUNT]; /* of TIME_WAIT, at the end of the experiment */
};

/*
 * Runs it, to the end that was expected or to a deadline of several seconds. 0 when the lab
 * worked, whatever came out of it. Else a negative errno: with is_lab_open false the environment
 * refused the lab, else a program failed or (-EINTR) the person interrupted. The caller finishes
 * in any case.
 */
int experiment_run(
	struct experiment *experiment, const struct experiment_setting *setting, struct error *err);

/* Waits until no end is in TIME_WAIT any more: a minute. 0, -EINTR or -ETIMEDOUT. */
int experiment_wait(struct experiment *experiment, struct error *err);

void experiment_finish(struct experiment *experiment);

#endif
