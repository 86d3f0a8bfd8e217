/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_REPLY_H
#define DAYTIME_REPLY_H

/*
 * What came from a server, whom we do not trust: at most so many bytes, of any value.
 */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/text.h"

#define REPLY_BYTES_MAX 65536

/* How much is shown of a reply that never ended. */
#define REPLY_SHOWN_WHEN_ENDLESS 1024

/* What ended it. */
enum ending {
	ENDING_FIN,      /* the server's, or a datagram's end */
	ENDING_OURS,     /* we closed, as we were asked to, after the first line */
	ENDING_RESET,    /* RST */
	ENDING_DEADLINE, /* our time was up */
	ENDING_ENDLESS,  /* REPLY_BYTES_MAX */
};

struct reply {
	size_t length;
	enum ending ending;
	struct timespec received; /* CLOCK_REALTIME when the first byte came */
	char bytes[REPLY_BYTES_MAX];
};

/*
 * Has a line that is not empty come whole, newline included? Then it begins at *ret_start and has
 * *ret_length bytes before its end, CRs left out.
 */
bool reply_find_line(const char *bytes, size_t length, size_t *ret_start, size_t *ret_length);
bool reply_has_line(const struct reply *reply);

/* Is there anything but newlines? */
bool reply_is_empty(const struct reply *reply);

/* The first line that is not empty, without its end, bytes of 0 as '?'. */
void reply_first_line(const struct reply *reply, struct text *line);

/*
 * Appends the reply as it may be shown: empty lines at the start left out, plain newlines, the
 * last line ended, everything a terminal might obey escaped (\xNN).
 */
void reply_print(const struct reply *reply, bool utf8, struct text *text);

#endif
