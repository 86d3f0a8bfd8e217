/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_SUITE_MESSAGE_H
#define SCENARIO_SUITE_MESSAGE_H

/*
 * What a worker of a suite tells the process that started it, as bytes for a pipe: reports, and that
 * it has no laboratory. Both are the same program, so numbers go as they lie in memory. A reader
 * trusts no length: a worker may have died of having written where it should not. Pure.
 */

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "scenario/suite.h"

enum suite_message_kind {
	SUITE_MESSAGE_NONE,    /* not all of it is there yet */
	SUITE_MESSAGE_REPORT,  /* a run came to its end */
	SUITE_MESSAGE_REFUSED, /* no laboratory could be opened */
	SUITE_MESSAGE_BROKEN,  /* nonsense */
};

/* Each appends one message. */
void suite_message_report(struct text *out, const struct suite_report *report);
void suite_message_refused(struct text *out, const struct error *err);

/*
 * Takes the first message out of `length` bytes and says how many of them it was. Of a report
 * *ret_report is the caller's to finish; of SUITE_MESSAGE_REFUSED *ret_err is filled.
 */
enum suite_message_kind suite_message_take(const void *bytes, size_t length, size_t *ret_used,
	struct suite_report *ret_report, struct error *ret_err);

#endif
