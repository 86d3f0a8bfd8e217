/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_HEAD_H
#define REPORT_TOP_HEAD_H

/* What stands above the tables of top_screen.h. Each draws from a row on, and returns how many it took. Pure. */

#include "report/top_screen.h"

/* The bar: whose sockets, how often looked at, from where the knowledge, when. Without the time where it `has_time` not. */
void top_head_title(struct grid *grid, const struct top_frame *frame, bool has_time);

/* Born, died, opened; what was lost; the drift. */
int top_head_rates(struct grid *grid, const struct top_frame *frame, int row, int lines);

/* What ended them and what kept others from being born; or what it would take to know. */
int top_head_causes(struct grid *grid, const struct top_frame *frame, int row, int lines);

/* How many sockets there are in each state, in two columns, six rows. */
void top_head_states(struct grid *grid, const struct top_frame *frame, struct top_place place);

/* All of it in one flow, without the states in which nothing is: for small screens. */
int top_head_numbers(struct grid *grid, const struct top_frame *frame, int row, int lines);

#endif
