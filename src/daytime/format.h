/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_FORMAT_H
#define DAYTIME_FORMAT_H

/*
 * What a daytime server says: RFC 867 leaves the syntax free, these are the four in use.
 * format_line() is a pure function; the rest asks the host for what it needs.
 */

#include <stddef.h>
#include <stdint.h>

enum format {
	FORMAT_CTIME,   /* Sun Jun  5 21:00:00 2022 */
	FORMAT_RFC867,  /* Sunday, June 5, 2022 21:00:00-KST */
	FORMAT_ISO8601, /* 2022-06-05T21:00:00+09:00 */
	FORMAT_NIST,    /* 59735 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST) * */
};

/* As they are typed, indexed by enum format; ends in NULL. */
extern const char *const format_names[];

struct zone {
	int offset_s;  /* east of Greenwich is positive */
	char name[32]; /* "KST"; the abbreviation, of ASCII letters, digits, + and - */
};

/* What the NIST format tells of the clock itself. */
struct clock_quality {
	int leap;   /* 0, or 1 a second will be added this month, or 2 taken away */
	int health; /* 0 healthy; 3 error unknown: this host's clock is not disciplined */
};

/* The longest line there is, with CRLF and NUL. */
#define FORMAT_LINE_BYTES 128

/*
 * Writes the line for that moment as it is in that zone (the NIST format is always UTC and
 * ignores it) and returns its length. Lines end in CRLF; the NIST one also begins with a
 * newline. `quality` is used by the NIST format alone and may be NULL for the others.
 *
 * The NIST fields: modified Julian day, date, time, then
 *   TT     50 in United States daylight time, 00 in standard time; up to 48 days before the
 *          change 49 to 01 or 99 to 51, the last being the day of the change. The rules are
 *          those in force since 2007, for any year; the day is the UTC day.
 *   L H    of `quality`
 *   msADV  0.0: we do not send the time ahead of its moment
 */
size_t format_line(enum format format, int64_t time_s, const struct zone *zone,
	const struct clock_quality *quality, char line[FORMAT_LINE_BYTES]);

/* "2022-06-05T21:00:00+09:00", without an end of line. Returns the length. */
size_t format_iso8601(int64_t time_s, int offset_s, char *buffer, size_t size);

/* The zone of this host (TZ or /etc/localtime) at that moment; UTC where libc cannot say. */
void format_local_zone(int64_t time_s, struct zone *ret_zone);

extern const struct zone format_utc;

/* Reads the zone afresh, even if TZ has not changed but the file that it names has. */
void format_reread_zone(void);

/* Asks the kernel whether its clock is disciplined and a leap second announced. */
void format_clock_quality(struct clock_quality *ret_quality);

#endif
