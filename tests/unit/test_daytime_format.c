/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daytime/calendar.h"
#include "daytime/format.h"

#define SUNDAY INT64_C(1654430400) /* 2022-06-05 12:00:00 UTC */

static const struct zone seoul = {9 * 3600, "KST"};
static const struct clock_quality healthy = {0, 0};

static void says(enum format format, int64_t time_s, const struct zone *zone, const char *expected)
{
	char line[FORMAT_LINE_BYTES];
	size_t length = format_line(format, time_s, zone, &healthy, line);

	assert_string_equal(line, expected);
	assert_int_equal(length, strlen(expected));
}

static void the_four_formats(void **state)
{
	(void)state;
	says(FORMAT_CTIME, SUNDAY, &seoul, "Sun Jun  5 21:00:00 2022\r\n");
	says(FORMAT_RFC867, SUNDAY, &seoul, "Sunday, June 5, 2022 21:00:00-KST\r\n");
	says(FORMAT_ISO8601, SUNDAY, &seoul, "2022-06-05T21:00:00+09:00\r\n");
	says(FORMAT_NIST, SUNDAY, &seoul, "\n59735 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST) *\r\n");
}

static void the_zone_moves_the_date(void **state)
{
	static const struct zone kathmandu = {5 * 3600 + 45 * 60, "+0545"};
	static const struct zone st_johns = {-(3 * 3600 + 30 * 60), "NST"};

	(void)state;
	says(FORMAT_ISO8601, 0, &kathmandu, "1970-01-01T05:45:00+05:45\r\n");
	says(FORMAT_RFC867, 0, &kathmandu, "Thursday, January 1, 1970 05:45:00-+0545\r\n");
	says(FORMAT_ISO8601, 0, &st_johns, "1969-12-31T20:30:00-03:30\r\n");
	says(FORMAT_CTIME, 0, &st_johns, "Wed Dec 31 20:30:00 1969\r\n");
	says(FORMAT_NIST, 0, &st_johns, "\n40587 70-01-01 00:00:00 00 0 0   0.0 UTC(NIST) *\r\n");
}

static void an_offset_under_an_hour_keeps_its_sign(void **state)
{
	static const struct zone dublin = {-(25 * 60 + 21), "DMT"};

	(void)state;
	says(FORMAT_ISO8601, 0, &dublin, "1969-12-31T23:34:39-00:25:21\r\n");
}

static void times_far_away(void **state)
{
	(void)state;
	says(FORMAT_CTIME, -1, &format_utc, "Wed Dec 31 23:59:59 1969\r\n");
	says(FORMAT_ISO8601, 253402300799, &format_utc, "9999-12-31T23:59:59+00:00\r\n");
	says(FORMAT_ISO8601, 253402300800, &format_utc, "+10000-01-01T00:00:00+00:00\r\n");
	says(FORMAT_CTIME, 253402300800, &format_utc, "Sat Jan  1 00:00:00 10000\r\n");
	says(FORMAT_ISO8601, -62135596800, &format_utc, "0001-01-01T00:00:00+00:00\r\n");
	says(FORMAT_ISO8601, -62135596801, &format_utc, "0000-12-31T23:59:59+00:00\r\n");
	says(FORMAT_ISO8601, -62167219201, &format_utc, "-0001-12-31T23:59:59+00:00\r\n");
	says(FORMAT_CTIME, INT64_MAX, &format_utc, "Sun Dec  4 15:30:07 292277026596\r\n");
	says(FORMAT_CTIME, INT64_MIN, &format_utc, "Sun Jan 27 08:29:52 -292277022657\r\n");
	/* An offset that would run over the end is left out rather than wrapped around. */
	says(FORMAT_CTIME, INT64_MAX, &seoul, "Sun Dec  4 15:30:07 292277026596\r\n");
}

static void every_line_fits(void **state)
{
	static const int64_t extremes[] = {INT64_MIN, -1, 0, SUNDAY, INT64_MAX};
	static const struct zone longest = {-86399, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDE"};
	static const struct clock_quality sick = {2, 3};
	char line[FORMAT_LINE_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(extremes); i++) {
		for (int format = FORMAT_CTIME; format <= FORMAT_NIST; format++) {
			size_t length = format_line(
				(enum format)format, extremes[i], &longest, &sick, line);

			assert_in_range(length, 20, FORMAT_LINE_BYTES - 1);
			assert_memory_equal(line + length - 2, "\r\n", 3);
		}
	}
}

/* libc is the witness: both calendars, day for day over four centuries and across 1970. */
static void agrees_with_libc(void **state)
{
	(void)state;
	for (int64_t time_s = -400000 * INT64_C(86399); time_s < 400000 * INT64_C(86399);
		time_s += 86399 * 7) {
		time_t time = (time_t)time_s;
		struct civil civil = calendar_split(time_s);
		struct tm tm;

		assert_non_null(gmtime_r(&time, &tm));
		assert_int_equal(civil.year, tm.tm_year + 1900);
		assert_int_equal(civil.month, tm.tm_mon + 1);
		assert_int_equal(civil.day, tm.tm_mday);
		assert_int_equal(civil.hour, tm.tm_hour);
		assert_int_equal(civil.minute, tm.tm_min);
		assert_int_equal(civil.second, tm.tm_sec);
		assert_int_equal(civil.weekday, tm.tm_wday);
		assert_int_equal(calendar_join(&civil), time_s);
		assert_true(calendar_is_valid(&civil));
	}
}

static void impossible_dates(void **state)
{
	static const struct civil bad[] = {
		{2022, 2, 29, 0, 0, 0, 0},
		{1900, 2, 29, 0, 0, 0, 0},
		{2022, 4, 31, 0, 0, 0, 0},
		{2022, 0, 1, 0, 0, 0, 0},
		{2022, 13, 1, 0, 0, 0, 0},
		{2022, 1, 0, 0, 0, 0, 0},
		{2022, 1, 1, 24, 0, 0, 0},
		{2022, 1, 1, 0, 60, 0, 0},
		{2022, 1, 1, 0, 0, 61, 0},
	};
	static const struct civil good[] = {
		{2024, 2, 29, 0, 0, 0, 0}, {2000, 2, 29, 0, 0, 0, 0},
		{2016, 12, 31, 23, 59, 60, 0}, /* a leap second */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(calendar_is_valid(&bad[i]));
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(calendar_is_valid(&good[i]));
}

static int daylight_code_on(int64_t year, int month, int day)
{
	char line[FORMAT_LINE_BYTES];
	int code;

	format_line(FORMAT_NIST, calendar_days(year, month, day) * 86400 + 3600, &format_utc,
		&healthy, line);
	assert_int_equal(sscanf(line, "\n%*d %*s %*s %d", &code), 1);
	return code;
}

/* What NIST's own servers said on those days, as people published it. */
static void daylight_codes_of_nist_itself(void **state)
{
	(void)state;
	assert_int_equal(daylight_code_on(2010, 10, 19), 20);
	assert_int_equal(daylight_code_on(2017, 8, 26), 50);
	assert_int_equal(daylight_code_on(2018, 11, 2), 3);
	assert_int_equal(daylight_code_on(2018, 11, 5), 0);
	assert_int_equal(daylight_code_on(2020, 10, 11), 22);
	assert_int_equal(daylight_code_on(2022, 9, 3), 50);
	assert_int_equal(daylight_code_on(2023, 4, 9), 50);
	assert_int_equal(daylight_code_on(2025, 10, 18), 16);
}

static void daylight_codes_count_down(void **state)
{
	(void)state;
	assert_int_equal(daylight_code_on(2022, 1, 1), 0);
	assert_int_equal(daylight_code_on(2022, 1, 23), 0);
	assert_int_equal(daylight_code_on(2022, 1, 24), 99);
	assert_int_equal(daylight_code_on(2022, 3, 12), 52);
	assert_int_equal(daylight_code_on(2022, 3, 13), 51); /* the day of the change */
	assert_int_equal(daylight_code_on(2022, 3, 14), 50);
	assert_int_equal(daylight_code_on(2022, 9, 18), 50);
	assert_int_equal(daylight_code_on(2022, 9, 19), 49);
	assert_int_equal(daylight_code_on(2022, 11, 5), 2);
	assert_int_equal(daylight_code_on(2022, 11, 6), 1);
	assert_int_equal(daylight_code_on(2022, 11, 7), 0);
	assert_int_equal(daylight_code_on(2022, 12, 31), 0);
	assert_int_equal(daylight_code_on(2026, 3, 8), 51); /* March begins on a Sunday */
	assert_int_equal(daylight_code_on(2026, 11, 1), 1); /* so does November */
}

static void nist_tells_leap_and_health(void **state)
{
	static const struct clock_quality leaping = {1, 0}, sick = {0, 3};
	char line[FORMAT_LINE_BYTES];

	(void)state;
	format_line(FORMAT_NIST, 1483142400, &format_utc, &leaping, line);
	assert_string_equal(line, "\n57753 16-12-31 00:00:00 00 1 0   0.0 UTC(NIST) *\r\n");
	format_line(FORMAT_NIST, 1483142400, &format_utc, &sick, line);
	assert_string_equal(line, "\n57753 16-12-31 00:00:00 00 0 3   0.0 UTC(NIST) *\r\n");
	/* After 2132 the day number has six digits. */
	format_line(FORMAT_NIST, 5133283200, &format_utc, &healthy, line);
	assert_string_equal(line, "\n100000 32-09-01 00:00:00 50 0 0   0.0 UTC(NIST) *\r\n");
}

static void kernel_quality_is_in_range(void **state)
{
	struct clock_quality quality = {-1, -1};

	(void)state;
	format_clock_quality(&quality);
	assert_in_range(quality.leap, 0, 2);
	assert_true(quality.health == 0 || quality.health == 3);
}

static void local_zones(void **state)
{
	struct zone zone;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	format_reread_zone();
	format_local_zone(SUNDAY, &zone);
	assert_int_equal(zone.offset_s, 7200);
	assert_string_equal(zone.name, "CEST");
	format_local_zone(SUNDAY + 183 * 86400, &zone);
	assert_int_equal(zone.offset_s, 3600);
	assert_string_equal(zone.name, "CET");
	/* A year that struct tm cannot hold. */
	format_local_zone(INT64_MAX, &zone);
	assert_int_equal(zone.offset_s, 0);
	assert_string_equal(zone.name, "UTC");
}

static void names_are_english_in_every_locale(void **state)
{
	(void)state;
	/* Where ko_KR is not installed this proves little; that no strftime() is used, all. */
	setlocale(LC_ALL, "ko_KR.UTF-8");
	the_four_formats(state);
	setlocale(LC_ALL, "C.UTF-8");
}

static void copy_zone(const char *from, const char *to)
{
	char bytes[65536];
	FILE *in = fopen(from, "re");
	FILE *out = fopen(to, "we");
	size_t length;

	assert_non_null(in);
	assert_non_null(out);
	length = fread(bytes, 1, sizeof(bytes), in);
	assert_in_range(length, 44, sizeof(bytes) - 1);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	fclose(in);
	fclose(out);
}

/* The name stays, the file behind it changes: what SIGHUP is for. */
static void a_zone_is_reread(void **state)
{
	char path[] = "/tmp/zone-XXXXXX";
	struct zone zone;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	copy_zone("/usr/share/zoneinfo/Asia/Seoul", path);
	setenv("TZ", path, 1);
	format_reread_zone();
	format_local_zone(SUNDAY, &zone);
	assert_string_equal(zone.name, "KST");
	copy_zone("/usr/share/zoneinfo/Asia/Kathmandu", path);
	tzset();
	format_local_zone(SUNDAY, &zone);
	assert_string_equal(zone.name, "KST"); /* tzset() alone does not look */
	format_reread_zone();
	format_local_zone(SUNDAY, &zone);
	assert_string_equal(zone.name, "+0545");
	assert_int_equal(zone.offset_s, 20700);
	unlink(path);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_four_formats),
		cmocka_unit_test(the_zone_moves_the_date),
		cmocka_unit_test(an_offset_under_an_hour_keeps_its_sign),
		cmocka_unit_test(times_far_away),
		cmocka_unit_test(every_line_fits),
		cmocka_unit_test(agrees_with_libc),
		cmocka_unit_test(impossible_dates),
		cmocka_unit_test(daylight_codes_of_nist_itself),
		cmocka_unit_test(daylight_codes_count_down),
		cmocka_unit_test(nist_tells_leap_and_health),
		cmocka_unit_test(kernel_quality_is_in_range),
		cmocka_unit_test(local_zones),
		cmocka_unit_test(names_are_english_in_every_locale),
		cmocka_unit_test(a_zone_is_reread),
	};

	return cmocka_run_group_tests_name("daytime format", tests, NULL, NULL);
}
