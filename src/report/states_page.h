/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_STATES_PAGE_H
#define REPORT_STATES_PAGE_H

/*
 * The document docs/states.md: every transition with the scenario that shows it, every state with
 * the ways in and out and a diagram of a run. It is the same wherever and whenever it is made: no
 * times, no addresses, and of the scenarios only those that run on every kernel from 6.1 on. Not
 * translated.
 */

#include "base/error.h"
#include "base/text.h"
#include "scenario/coverage_run.h"

#define STATES_PAGE_COUNT 11

struct states_picture {
	enum tcp_state state;
	const struct library_entry *entry;
	struct text diagram; /* in characters */
	struct text svg;
};

/*
 * Runs the scenario that shows each state best, and draws it. 0 with all of ret_pictures, which the
 * caller finishes; or a negative errno and why: a scenario has failed, or does not show its state.
 */
int states_pictures_take(struct states_picture ret_pictures[STATES_PAGE_COUNT], struct error *err);
void states_pictures_finish(struct states_picture pictures[STATES_PAGE_COUNT]);

/* Where the picture is, beside the document: "states/fin_wait1.svg". */
void states_picture_path(const struct states_picture *picture, struct text *out);

/* The document. */
void states_page_print(struct text *out, const struct coverage *coverage,
	const struct states_picture pictures[STATES_PAGE_COUNT]);

#endif
