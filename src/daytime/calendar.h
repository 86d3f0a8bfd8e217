/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_CALENDAR_H
#define DAYTIME_CALENDAR_H

/*
 * The Gregorian calendar in both directions, without zones, locale or limits that matter:
 * pure arithmetic on seconds since 1970-01-01 00:00:00, reaching back and forth over the
 * whole range of a 64-bit time_t (years below 1 are astronomical: 0 is 1 BC).
 */

#include <stdbool.h>
#include <stdint.h>

struct civil {
	int64_t year;
	int month; /* 1 to 12 */
	int day;   /* from 1 */
	int hour, minute, second;
	int weekday; /* 0 is Sunday */
};

/* English, whatever the locale: what goes over the wire is never translated. */
extern const char *const calendar_weekdays[7];
extern const char *const calendar_months[12];

struct civil calendar_split(int64_t seconds);

/* The weekday is not looked at; a second of 60 runs over into the next minute. |year| < 10^11. */
int64_t calendar_join(const struct civil *civil);

/* Days since 1970-01-01. */
int64_t calendar_days(int64_t year, int month, int day);

/* Every field within its range, the day within its month, and the second at most 60. */
bool calendar_is_valid(const struct civil *civil);

#endif
