/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/parse.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/text.h"
#include "daytime/calendar.h"

#define MJD_OF_1970 40587

enum zone_kind { ZONE_UNSAID, ZONE_OFFSET, ZONE_NAME };

/* What the text says, before zones are made sense of. */
struct said {
	struct civil civil;
	enum zone_kind zone;
	int offset_s;
	char zone_name[16];
};

/*
 * The pieces: each reads at *at and moves it on. After a false, *at is worth nothing more.
 */

static bool literal(const char **at, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(*at, text, length))
		return false;
	*at += length;
	return true;
}

static bool blanks(const char **at)
{
	size_t length = strspn(*at, " ");

	*at += length;
	return length > 0;
}

static bool end(const char *at)
{
	return !at[strspn(at, " \t\r\n")];
}

static bool digits(const char **at, size_t least, size_t most, int64_t *ret_number)
{
	size_t length = strspn(*at, "0123456789");
	int64_t number = 0;

	if (length < least || length > most)
		return false;
	for (size_t i = 0; i < length; i++)
		number = number * 10 + ((*at)[i] - '0');
	*ret_number = number;
	*at += length;
	return true;
}

static bool field(const char **at, size_t least, int *ret_number)
{
	int64_t number;

	if (!digits(at, least, 2, &number))
		return false;
	*ret_number = (int)number;
	return true;
}

/* Up to nine digits: struct tm holds no more years than that. */
static bool year(const char **at, int64_t *ret_year)
{
	bool is_negative = literal(at, "-");

	if (!is_negative)
		literal(at, "+");
	if (!digits(at, 1, 9, ret_year))
		return false;
	if (is_negative)
		*ret_year = -*ret_year;
	return true;
}

/* One of the names, whole or (letters > 0) cut to its first letters, in any case. */
static bool one_of(
	const char **at, const char *const *names, int count, size_t letters, int *ret_index)
{
	size_t length = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	for (int i = 0; i < count; i++) {
		if (length == (letters ? letters : strlen(names[i])) &&
			!strncasecmp(*at, names[i], length)) {
			*ret_index = i;
			*at += length;
			return true;
		}
	}
	return false;
}

static bool weekday(const char **at, size_t letters, struct civil *civil)
{
	return one_of(at, calendar_weekdays, 7, letters, &civil->weekday);
}

static bool month(const char **at, size_t letters, struct civil *civil)
{
	if (!one_of(at, calendar_months, 12, letters, &civil->month))
		return false;
	civil->month++;
	return true;
}

static bool clock_time(const char **at, struct civil *civil)
{
	return field(at, 2, &civil->hour) && literal(at, ":") && field(at, 2, &civil->minute) &&
	       literal(at, ":") && field(at, 2, &civil->second);
}

/* +09:00, +0900, -03, +08:27:52 */
static bool offset(const char **at, struct said *said)
{
	bool is_west = **at == '-';
	int hours = 0, minutes = 0, seconds = 0;
	int *const parts[] = {&hours, &minutes, &seconds};

	if (!literal(at, "+") && !literal(at, "-"))
		return false;
	/* Pairs of digits, with or without colons between them. */
	for (int part = 0; part < 3; part++) {
		char pair[3] = {0};
		const char *in_pair = pair;

		if (part && !strspn(*at + (**at == ':'), "0123456789"))
			break;
		if (part)
			literal(at, ":");
		memcpy(pair, *at, strnlen(*at, 2));
		if (!field(&in_pair, 2, parts[part]) || *parts[part] > 59)
			return false;
		*at += 2;
	}
	said->zone = ZONE_OFFSET;
	said->offset_s = (hours * 60 + minutes) * 60 + seconds;
	if (is_west)
		said->offset_s = -said->offset_s;
	return hours <= 24;
}

static bool zone_name(const char **at, struct said *said)
{
	size_t length = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (!length || length >= sizeof(said->zone_name))
		return false;
	said->zone = ZONE_NAME;
	memcpy(said->zone_name, *at, length);
	said->zone_name[length] = '\0';
	*at += length;
	return true;
}

/*
 * The formats.
 */

/* Sun Jun  5 21:00:00 2022 */
static bool read_ctime(const char *at, struct said *said)
{
	struct civil *c = &said->civil;

	return weekday(&at, 3, c) && blanks(&at) && month(&at, 3, c) && blanks(&at) &&
	       field(&at, 1, &c->day) && blanks(&at) && clock_time(&at, c) && blanks(&at) &&
	       year(&at, &c->year) && end(at);
}

/* Sunday, June 5, 2022 21:00:00-KST; zones without letters are called -03 or +0545 */
static bool read_rfc867(const char *at, struct said *said)
{
	struct civil *c = &said->civil;

	return weekday(&at, 0, c) && literal(&at, ",") && blanks(&at) && month(&at, 0, c) &&
	       blanks(&at) && field(&at, 1, &c->day) && literal(&at, ",") && blanks(&at) &&
	       year(&at, &c->year) && blanks(&at) && clock_time(&at, c) && literal(&at, "-") &&
	       (zone_name(&at, said) || offset(&at, said)) && end(at);
}

/* 2022-06-05T21:00:00+09:00, or Z for +00:00 */
static bool read_iso8601(const char *at, struct said *said)
{
	struct civil *c = &said->civil;

	if (!year(&at, &c->year) || !literal(&at, "-") || !field(&at, 2, &c->month) ||
		!literal(&at, "-") || !field(&at, 2, &c->day) || !literal(&at, "T") ||
		!clock_time(&at, c))
		return false;
	if (literal(&at, "Z"))
		said->zone = ZONE_OFFSET;
	else if (!offset(&at, said))
		return false;
	return end(at);
}

/* 59735 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST) *; the day number knows the century */
static bool read_nist(const char *at, struct said *said)
{
	struct civil *c = &said->civil;
	struct civil by_day;
	int64_t day, number;
	int short_year;

	if (!digits(&at, 5, 6, &day) || !blanks(&at) || !field(&at, 2, &short_year) ||
		!literal(&at, "-") || !field(&at, 2, &c->month) || !literal(&at, "-") ||
		!field(&at, 2, &c->day) || !blanks(&at) || !clock_time(&at, c) || !blanks(&at))
		return false;
	if (!digits(&at, 2, 2, &number) || !blanks(&at) || !digits(&at, 1, 1, &number) ||
		!blanks(&at) || !digits(&at, 1, 1, &number) || !blanks(&at) ||
		!digits(&at, 1, 4, &number) || !literal(&at, ".") || !digits(&at, 1, 1, &number) ||
		!blanks(&at) || !literal(&at, "UTC(NIST)") || !blanks(&at) || !literal(&at, "*"))
		return false;
	by_day = calendar_split((day - MJD_OF_1970) * 86400);
	c->year = by_day.year;
	said->zone = ZONE_OFFSET;
	return by_day.month == c->month && by_day.day == c->day &&
	       by_day.year % 100 == short_year && end(at);
}

/* 05 JUN 2022 21:00:00 KST */
static bool read_day_first(const char *at, struct said *said)
{
	struct civil *c = &said->civil;
	const char *year_at;

	if (!field(&at, 1, &c->day) || !blanks(&at) || !month(&at, 3, c) || !blanks(&at))
		return false;
	year_at = at;
	if (!year(&at, &c->year))
		return false;
	if (at - year_at == 2)
		c->year += c->year < 70 ? 2000 : 1900;
	return blanks(&at) && clock_time(&at, c) && blanks(&at) &&
	       (zone_name(&at, said) || offset(&at, said)) && end(at);
}

/* 05/Jun/2022:21:00:00 +0900 */
static bool read_nginx(const char *at, struct said *said)
{
	struct civil *c = &said->civil;

	return field(&at, 2, &c->day) && literal(&at, "/") && month(&at, 3, c) &&
	       literal(&at, "/") && year(&at, &c->year) && literal(&at, ":") &&
	       clock_time(&at, c) && blanks(&at) && offset(&at, said) && end(at);
}

static bool read_any(const char *line, struct said *ret_said)
{
	static bool (*const formats[])(const char *, struct said *) = {
		read_ctime,
		read_rfc867,
		read_iso8601,
		read_nist,
		read_day_first,
		read_nginx,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		*ret_said = (struct said){0};
		if (formats[i](line, ret_said))
			return calendar_is_valid(&ret_said->civil);
	}
	return false;
}

/*
 * The zones.
 */

/* The moment at which this host's clock shows that time, as summer time or not or (-1) as it
 * happens to be. False where libc cannot say. */
static bool local_moment(const struct civil *civil, int is_dst, struct tm *ret_tm, time_t *ret_time)
{
	*ret_tm = (struct tm){
		.tm_year = (int)(civil->year - 1900),
		.tm_mon = civil->month - 1,
		.tm_mday = civil->day,
		.tm_hour = civil->hour,
		.tm_min = civil->minute,
		.tm_sec = civil->second,
		.tm_isdst = is_dst,
		.tm_wday = -1,
	};
	*ret_time = mktime(ret_tm);
	return ret_tm->tm_wday >= 0; /* -1 is also a time */
}

static bool resolve_local(const struct said *said, struct reading *ret_reading)
{
	struct tm tm;
	time_t time;

	if (!local_moment(&said->civil, -1, &tm, &time))
		return false;
	*ret_reading = (struct reading){.time_s = time, .offset_s = (int)tm.tm_gmtoff};
	return true;
}

static void resolve_offset(const struct said *said, int offset_s, struct reading *ret_reading)
{
	ret_reading->time_s = calendar_join(&said->civil) - offset_s;
	ret_reading->offset_s = offset_s;
}

/* A zone has several names over the year, and at the change of clocks one hour has two:
 * the name that was said decides which is meant. */
static bool resolve_name(const struct said *said, struct reading *ret_reading)
{
	static const char *const greenwich[] = {"UTC", "GMT", "UCT", "Z"};

	for (size_t i = 0; i < sizeof(greenwich) / sizeof(greenwich[0]); i++) {
		if (!strcasecmp(said->zone_name, greenwich[i])) {
			resolve_offset(said, 0, ret_reading);
			return true;
		}
	}
	for (int is_dst = 0; is_dst <= 1; is_dst++) {
		struct tm tm;
		time_t time;

		if (local_moment(&said->civil, is_dst, &tm, &time) &&
			!strcasecmp(tm.tm_zone, said->zone_name)) {
			resolve_offset(said, (int)tm.tm_gmtoff, ret_reading);
			return true;
		}
	}
	return false;
}

static int not_understood(const char *line, struct error *err)
{
	_cleanup_text_ struct text shown = TEXT_INIT;
	size_t length = strlen(line);

	text_append_escaped(&shown, line, length < 80 ? length : 80, console_has_utf8());
	return error_set(err, EINVAL,
		_("cannot understand '%s%s': it is no daytime in a format known here (without "
		  "--parse it is shown as it came)"),
		shown.bytes, length < 80 ? "" : "...");
}

int parse_line(const char *line, bool utc, struct reading *ret_reading, struct error *err)
{
	struct said said;

	if (!read_any(line, &said))
		return not_understood(line, err);
	if (said.zone == ZONE_OFFSET || (said.zone == ZONE_UNSAID && utc)) {
		resolve_offset(&said, said.offset_s, ret_reading);
		return 0;
	}
	if (said.zone == ZONE_UNSAID)
		return resolve_local(&said, ret_reading) ? 0 : not_understood(line, err);
	if (resolve_name(&said, ret_reading))
		return 0;
	return error_set(err, ENOENT,
		_("cannot tell what the zone '%s' means: this host's own zone has no such name "
		  "(set TZ to the server's, such as TZ=Europe/Berlin)"),
		said.zone_name);
}

bool parse_recognises(const char *line)
{
	struct said said;

	return read_any(line, &said);
}
