/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_TOP_SESSION_H
#define TIMEWAIT_TOP_SESSION_H

/* What `timewait top` holds while it runs, and the two ways of running it. */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "observe/survey.h"
#include "report/top_model.h"
#include "report/top_screen.h"
#include "report/top_view.h"

struct top_session {
	struct survey_source *source;
	struct survey survey;
	struct top_model model;
	struct top_view view;
	char netns[64];        /* for the title */
	char time[16];         /* "12:34:56", of the last frame */
	uint64_t netns_number; /* 0 where unknown */
	uint64_t iterations;   /* frames to show; 0: until it is ended */
	uint64_t rows;         /* of each table, in batch */
	bool json;
};

/* Takes a survey into the model. 0 or a negative errno. */
int top_session_look(struct top_session *session, struct error *err);

/*
 * Waits until the deadline, until something can be read from `fd` (-1: nothing will), or for a signal. The signals
 * that end or resize us come in here alone once top_session_hold() has been called, and are let go by
 * top_session_release(): none falls between the look for it and the wait. True when there is something to read.
 */
void top_session_hold(sigset_t *ret_mask);
bool top_session_wait(const sigset_t *mask, int fd, int64_t deadline_ns);
void top_session_release(const sigset_t *mask);

/* The frame of now: `note` may be NULL. It points into the session, and to the note. */
struct top_frame top_session_frame(struct top_session *session, const char *note);

/* On the terminal, with keys, until it is ended. Returns the exit code. */
int top_run_screen(struct top_session *session);

/* Frames as text, or as JSON, on standard output. Returns the exit code. */
int top_run_batch(struct top_session *session);

#endif
