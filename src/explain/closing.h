/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_CLOSING_H
#define EXPLAIN_CLOSING_H

/*
 * Which end of a connection waits, why, and for how long: read from the record, not from what was
 * asked for. The rule is RFC 9293 section 3.6: the end that sends the first FIN, the active closer,
 * also sends the last ACK, and must be there should it be lost.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "lab/timeline.h"

struct closing {
	const struct timeline *timeline;
	int connection;
	enum host_id first_fin;         /* HOST_COUNT when no end sent one */
	bool have_fins_crossed;         /* each was sent before the other had arrived */
	enum host_id reset_by;          /* HOST_COUNT when no end sent RST */
	bool waits[HOST_COUNT];         /* in TIME_WAIT now */
	int64_t entered_ns[HOST_COUNT]; /* TIME_WAIT, since the timeline's start; -1 when never */
	int64_t left_ns[HOST_COUNT];    /* TIME_WAIT, likewise; -1 when it has not */
	bool was_killed[HOST_COUNT];    /* an RST came to it in TIME_WAIT, before it left */
};

/* Pure: reads the timeline, which must outlive the result. */
void closing_judge(struct closing *closing, const struct timeline *timeline, int connection);

/*
 * One paragraph: who waits, why, for how long. `remaining_s` is what the kernel's timers said at
 * the end, of use where an end waits.
 */
void closing_explain(
	const struct closing *closing, const double remaining_s[HOST_COUNT], struct text *out);

/* How long TIME_WAIT lasted, measured, and why that is not exactly 60 s. For ends that left it. */
void closing_explain_lifetime(const struct closing *closing, struct text *out);

#endif
