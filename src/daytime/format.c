/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "daytime/calendar.h"

#define MJD_OF_1970 40587

const char *const format_names[] = {"ctime", "rfc867", "iso8601", "nist", NULL};

const struct zone format_utc = {.offset_s = 0, .name = "UTC"};

static struct civil split_in_zone(int64_t time_s, int offset_s)
{
	int64_t shifted;

	if (__builtin_add_overflow(time_s, (int64_t)offset_s, &shifted))
		shifted = time_s;
	return calendar_split(shifted);
}

static int print_ctime(const struct civil *c, char *line, size_t size)
{
	return snprintf(line, size, "%.3s %.3s %2d %02d:%02d:%02d %lld\r\n",
		calendar_weekdays[c->weekday], calendar_months[c->month - 1], c->day, c->hour,
		c->minute, c->second, (long long)c->year);
}

static int print_rfc867(const struct civil *c, const char *zone_name, char *line, size_t size)
{
	return snprintf(line, size, "%s, %s %d, %lld %02d:%02d:%02d-%s\r\n",
		calendar_weekdays[c->weekday], calendar_months[c->month - 1], c->day,
		(long long)c->year, c->hour, c->minute, c->second, zone_name);
}

/* Local mean times of long ago have seconds in their offset. */
static void print_offset(int offset_s, char buffer[16])
{
	unsigned distance = offset_s < 0 ? -(unsigned)offset_s : (unsigned)offset_s;
	int used = snprintf(buffer, 16, "%c%02u:%02u", offset_s < 0 ? '-' : '+',
		distance / 3600 % 100, distance / 60 % 60);

	if (distance % 60)
		snprintf(buffer + used, 16 - (size_t)used, ":%02u", distance % 60);
}

/* ISO 8601 wants a sign where four digits do not do. */
static void print_year(int64_t year, char buffer[24])
{
	if (year > 9999)
		snprintf(buffer, 24, "+%lld", (long long)year);
	else if (year < 0)
		snprintf(buffer, 24, "%05lld", (long long)year);
	else
		snprintf(buffer, 24, "%04lld", (long long)year);
}

size_t format_iso8601(int64_t time_s, int offset_s, char *buffer, size_t size)
{
	struct civil c = split_in_zone(time_s, offset_s);
	char offset[16];
	char year[24];

	print_year(c.year, year);
	print_offset(offset_s, offset);
	return (size_t)snprintf(buffer, size, "%s-%02d-%02dT%02d:%02d:%02d%s", year, c.month, c.day,
		c.hour, c.minute, c.second, offset);
}

/* The days since 1970 of the nth Sunday of a month. */
static int64_t nth_sunday(int64_t year, int month, int nth)
{
	struct civil first = calendar_split(calendar_days(year, month, 1) * 86400);

	return calendar_days(year, month, 1) + (7 - first.weekday) % 7 + 7 * (nth - 1);
}

/* Daylight time from the second Sunday of March to the first Sunday of November. */
static int daylight_code(const struct civil *c)
{
	int64_t today = calendar_days(c->year, c->month, c->day);
	int64_t to_daylight = nth_sunday(c->year, 3, 2) - today;
	int64_t to_standard = nth_sunday(c->year, 11, 1) - today;

	if (to_daylight >= 0)
		return to_daylight <= 48 ? 51 + (int)to_daylight : 0;
	if (to_standard >= 0)
		return to_standard <= 48 ? 1 + (int)to_standard : 50;
	return 0;
}

static int print_nist(int64_t time_s, const struct clock_quality *quality, char *line, size_t size)
{
	struct civil c = calendar_split(time_s);
	long long day = (long long)calendar_days(c.year, c.month, c.day) + MJD_OF_1970;
	int year = (int)((c.year % 100 + 100) % 100);

	return snprintf(line, size,
		"\n%05lld %02d-%02d-%02d %02d:%02d:%02d %02d %d %d %5.1f UTC(NIST) *\r\n", day,
		year, c.month, c.day, c.hour, c.minute, c.second, daylight_code(&c), quality->leap,
		quality->health, 0.0);
}

size_t format_line(enum format format, int64_t time_s, const struct zone *zone,
	const struct clock_quality *quality, char line[FORMAT_LINE_BYTES])
{
	struct civil c = split_in_zone(time_s, zone->offset_s);
	size_t used;

	switch (format) {
	case FORMAT_NIST: return (size_t)print_nist(time_s, quality, line, FORMAT_LINE_BYTES);
	case FORMAT_RFC867: return (size_t)print_rfc867(&c, zone->name, line, FORMAT_LINE_BYTES);
	case FORMAT_ISO8601:
		used = format_iso8601(time_s, zone->offset_s, line, FORMAT_LINE_BYTES);
		return used + (size_t)snprintf(line + used, FORMAT_LINE_BYTES - used, "\r\n");
	case FORMAT_CTIME: break;
	}
	return (size_t)print_ctime(&c, line, FORMAT_LINE_BYTES);
}

void format_local_zone(int64_t time_s, struct zone *ret_zone)
{
	time_t time = (time_t)time_s;
	struct tm local;

	*ret_zone = format_utc;
	/* localtime_r(), unlike localtime(), does not look at the zone's file every time. */
	if (!localtime_r(&time, &local))
		return;
	ret_zone->offset_s = (int)local.tm_gmtoff;
	snprintf(ret_zone->name, sizeof(ret_zone->name), "%s", local.tm_zone);
}

/* tzset() does nothing while TZ holds the same text: so it holds another for a moment. */
void format_reread_zone(void)
{
	const char *current = getenv("TZ");
	char *kept = current ? strdup(current) : NULL;

	if (current && !kept)
		return;
	setenv("TZ", "UTC0", 1);
	tzset();
	if (kept)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
}

void format_clock_quality(struct clock_quality *ret_quality)
{
	struct timex state = {.modes = 0};
	int leap_state = adjtimex(&state);

	ret_quality->leap = leap_state == TIME_INS ? 1 : leap_state == TIME_DEL ? 2 : 0;
	ret_quality->health = leap_state < 0 || leap_state == TIME_ERROR ? 3 : 0;
}
