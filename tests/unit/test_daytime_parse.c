/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daytime/format.h"
#include "daytime/parse.h"

#define SUNDAY INT64_C(1654430400) /* 2022-06-05 12:00:00 UTC */

static void set_zone(const char *name)
{
	setenv("TZ", name, 1);
	format_reread_zone();
}

static void reads(const char *line, int64_t time_s, int offset_s)
{
	struct reading reading = {0};
	struct error err = {0};

	if (parse_line(line, false, &reading, &err))
		fail_msg("'%s': %s", line, err.text);
	if (reading.time_s != time_s || reading.offset_s != offset_s)
		fail_msg("'%s': read as %lld offset %d", line, (long long)reading.time_s,
			reading.offset_s);
	assert_true(parse_recognises(line));
}

static void refuses(const char *line, int code)
{
	struct reading reading = {.time_s = 42, .offset_s = 43};
	struct error err = {0};

	if (parse_line(line, false, &reading, &err) != -code)
		fail_msg("'%s' was read", line);
	assert_int_equal(err.code, code);
	assert_int_not_equal(err.text[0], '\0');
	assert_int_equal(reading.time_s, 42);
	assert_int_equal(reading.offset_s, 43);
}

static void the_formats_of_others(void **state)
{
	(void)state;
	set_zone("Asia/Seoul");
	reads("Sun Jun  5 21:00:00 2022", SUNDAY, 32400);
	reads("Sun Jun  5 21:00:00 2022\r\n", SUNDAY, 32400);
	reads("Sun Jun 05 21:00:00 2022", SUNDAY, 32400);
	reads("Sunday, June 5, 2022 21:00:00-KST", SUNDAY, 32400);
	reads("2022-06-05T21:00:00+09:00", SUNDAY, 32400);
	reads("2022-06-05T12:00:00Z", SUNDAY, 0);
	reads("2022-06-05T04:00:00-0800", SUNDAY, -28800);
	reads("05 JUN 2022 21:00:00 KST", SUNDAY, 32400);
	reads("05 Jun 2022 12:00:00 GMT", SUNDAY, 0);
	reads("05/Jun/2022:21:00:00 +0900", SUNDAY, 32400);
	reads("05/Jun/2022:17:45:00 +0545", SUNDAY, 20700);
	reads("59735 22-06-05 12:00:00 50 0 0 232.6 UTC(NIST) * ", SUNDAY, 0);
	reads("59735 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST) *", SUNDAY, 0);
}

/* The two examples in the text of RFC 867. */
static void the_examples_of_the_rfc(void **state)
{
	(void)state;
	set_zone("America/Los_Angeles");
	reads("Tuesday, February 22, 1982 17:37:43-PST", 383276263, -28800);
	reads("02 FEB 82 07:59:01 PST", 381513541, -28800);
	reads("02 FEB 69 07:59:01 GMT", 3127017541, 0); /* two digits end in 2069 */
}

/* A format without zone is local time, daylight time included, or UTC if that is wanted. */
static void without_a_zone(void **state)
{
	struct reading reading;
	struct error err;

	(void)state;
	set_zone("Europe/Berlin");
	reads("Sun Jun  5 14:00:00 2022", SUNDAY, 7200);
	reads("Wed Jan  5 13:00:00 2022", 1641384000, 3600);
	reads("Thu Jan  1 00:59:59 1970", -1, 3600); /* the -1 that is no error */
	assert_int_equal(parse_line("Sun Jun  5 12:00:00 2022", true, &reading, &err), 0);
	assert_int_equal(reading.time_s, SUNDAY);
	assert_int_equal(reading.offset_s, 0);
	/* A zone that is said is not overruled. */
	assert_int_equal(parse_line("2022-06-05T21:00:00+09:00", true, &reading, &err), 0);
	assert_int_equal(reading.time_s, SUNDAY);
}

/* At the end of daylight time an hour comes twice: the name tells which. */
static void a_name_decides_in_the_doubled_hour(void **state)
{
	(void)state;
	set_zone("Europe/Berlin");
	reads("Sunday, October 30, 2022 02:30:00-CEST", 1667089800, 7200);
	reads("Sunday, October 30, 2022 02:30:00-CET", 1667093400, 3600);
	reads("30 OCT 2022 02:30:00 cest", 1667089800, 7200);
}

static void zones_without_letters(void **state)
{
	(void)state;
	reads("Sunday, June 5, 2022 17:45:00-+0545", SUNDAY, 20700);
	reads("Sunday, June 5, 2022 09:00:00--03", SUNDAY, -10800);
	reads("1970-01-01T08:27:52+08:27:52", 0, 30472);
}

static void a_foreign_zone_is_an_error(void **state)
{
	struct reading reading;
	struct error err;

	(void)state;
	set_zone("Asia/Seoul");
	refuses("Sunday, June 5, 2022 14:00:00-CEST", ENOENT);
	refuses("05 JUN 2022 05:00:00 PDT", ENOENT);
	assert_int_equal(parse_line("05 JUN 2022 05:00:00 PDT", false, &reading, &err), -ENOENT);
	assert_non_null(strstr(err.text, "PDT"));
	/* Recognised all the same: what it means does not matter there. */
	assert_true(parse_recognises("05 JUN 2022 05:00:00 PDT"));
}

static void what_is_no_daytime(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"hello",
		"SSH-2.0-OpenSSH_9.2p1",
		"HTTP/1.1 400 Bad Request",
		"Sun Jun 31 21:00:00 2022",
		"Sun Jun  5 24:00:00 2022",
		"Sun Jun  5 21:60:00 2022",
		"Sun Jun  5 21:00:61 2022",
		"Sun Jun  5 21:00 2022",
		"Sun Jun  5 21:00:00",
		"Sun Jun  5 21:00:00 2022 and more",
		"Son Jun  5 21:00:00 2022",
		"Sun Juni 5 21:00:00 2022",
		"Sun Jun  5 21:00:00 12345678901",
		"Sunday, June 5, 2022 21:00:00",
		"Sunday, June 5, 2022 21:00:00-",
		"Sunday, June 5, 2022 21:00:00-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		"2022-06-05T21:00:00",
		"2022-06-05T21:00:00+",
		"2022-06-05T21:00:00+9",
		"2022-06-05T21:00:00+09:",
		"2022-06-05T21:00:00+09:0",
		"2022-06-05T21:00:00+09:60",
		"2022-06-05T21:00:00+09:00:00:00",
		"2022-06-05T21:00:00+25:00",
		"2022-13-05T21:00:00+09:00",
		"59736 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST) *",
		"59735 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST)",
		"59735 22-06-05 12:00:00 50 0 0 UTC(NIST) *",
		"05/Jun/2022:21:00:00",
		"05/Jun/2022 21:00:00 +0900",
		"99999999999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		refuses(lines[i], EINVAL);
		assert_false(parse_recognises(lines[i]));
	}
}

/* The complaint shows the text, but nothing in it that a terminal would obey. */
static void the_complaint_is_safe(void **state)
{
	char endless[5000];
	struct reading reading;
	struct error err;

	(void)state;
	assert_int_equal(parse_line("\x1b[2Jboo", false, &reading, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'\\x1B[2Jboo'"));
	assert_null(strchr(err.text, '\x1b'));
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(parse_line(endless, false, &reading, &err), -EINVAL);
	assert_non_null(strstr(err.text, "xxx...'"));
	assert_non_null(strstr(err.text, "--parse")); /* the advice still fits */
}

/* In the hour that comes twice a ctime line has two meanings: either will do. */
static void reads_its_like(int64_t time_s)
{
	char line[FORMAT_LINE_BYTES], again[FORMAT_LINE_BYTES];
	struct reading reading;
	struct zone zone;

	format_local_zone(time_s, &zone);
	format_line(FORMAT_CTIME, time_s, &zone, NULL, line);
	assert_int_equal(parse_line(line, false, &reading, NULL), 0);
	assert_true(llabs(reading.time_s - time_s) <= 3600);
	format_local_zone(reading.time_s, &zone);
	assert_int_equal(reading.offset_s, zone.offset_s);
	format_line(FORMAT_CTIME, reading.time_s, &zone, NULL, again);
	assert_string_equal(line, again);
}

/* Every format says what it is read back as, in many zones and at many times. */
static void round_trip(void **state)
{
	static const char *const zones[] = {
		"UTC",
		"Asia/Seoul",
		"Asia/Kathmandu",
		"America/St_Johns",
		"Europe/Berlin",
		"America/Sao_Paulo",
		"Australia/Lord_Howe",
		"Pacific/Kiritimati",
	};
	int64_t step_s = 86400 * 11 + 3607;

	(void)state;
	for (size_t i = 0; i < COUNT(zones); i++) {
		set_zone(zones[i]);
		for (int64_t time_s = 0; time_s < INT64_C(4102444800); time_s += step_s) {
			struct clock_quality quality = {0};
			struct zone zone;
			char line[FORMAT_LINE_BYTES];

			format_local_zone(time_s, &zone);
			for (int format = FORMAT_RFC867; format <= FORMAT_ISO8601; format++) {
				format_line((enum format)format, time_s, &zone, &quality, line);
				reads(line, time_s, zone.offset_s);
			}
			reads_its_like(time_s);
			format_line(FORMAT_NIST, time_s, &zone, &quality, line);
			reads(line + 1, time_s, 0); /* behind its leading newline */
		}
	}
}

static void far_years_round_trip(void **state)
{
	static const int64_t times[] = {
		-62135596801, -62167219201, 253402300800, 67767976201996800};
	char line[FORMAT_LINE_BYTES];

	(void)state;
	set_zone("UTC");
	for (size_t i = 0; i < COUNT(times); i++) {
		format_line(FORMAT_ISO8601, times[i], &format_utc, NULL, line);
		if (i < 3)
			reads(line, times[i], 0);
		else
			refuses(line, EINVAL); /* more digits than a struct tm has years */
		format_line(FORMAT_CTIME, times[i], &format_utc, NULL, line);
		if (i < 3)
			reads(line, times[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_formats_of_others),
		cmocka_unit_test(the_examples_of_the_rfc),
		cmocka_unit_test(without_a_zone),
		cmocka_unit_test(a_name_decides_in_the_doubled_hour),
		cmocka_unit_test(zones_without_letters),
		cmocka_unit_test(a_foreign_zone_is_an_error),
		cmocka_unit_test(what_is_no_daytime),
		cmocka_unit_test(the_complaint_is_safe),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(far_years_round_trip),
	};

	return cmocka_run_group_tests_name("daytime parse", tests, NULL, NULL);
}
