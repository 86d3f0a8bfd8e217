/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "daytime/statistics_report.h"

static struct statistics one, other;

static void clear(void)
{
	memset(&one, 0, sizeof(one));
	memset(&other, 0, sizeof(other));
}

static void counts_are_added_up(void **state)
{
	(void)state;
	clear();
	statistics_add(&one.accepted, 2);
	statistics_add(&other.accepted, 3);
	statistics_add(&other.refused[REFUSAL_RATE], 4);
	statistics_add(&other.datagrams[DATAGRAM_LOW_PORT], 5);
	statistics_error(&other, ECONNRESET);
	statistics_error(&other, 9999); /* nobody's number */
	statistics_error(&other, -1);
	histogram_record(&other.latency, 2000);
	statistics_merge(&one, &other);
	statistics_merge(&one, &other);
	assert_int_equal(one.accepted, 8);
	assert_int_equal(one.refused[REFUSAL_RATE], 8);
	assert_int_equal(one.datagrams[DATAGRAM_LOW_PORT], 10);
	assert_int_equal(one.errors[ECONNRESET], 2);
	assert_int_equal(one.errors[STATISTICS_ERRNOS - 1], 4);
	assert_int_equal(histogram_count(&one.latency), 2);
	assert_int_equal(other.accepted, 3);
}

static void fill(void)
{
	clear();
	statistics_add(&one.accepted, 9);
	statistics_add(&one.answered, 3);
	statistics_add(&one.failed, 1);
	statistics_add(&one.refused[REFUSAL_RATE], 4);
	statistics_add(&one.refused[REFUSAL_SHARE], 1);
	statistics_add(&one.datagrams[DATAGRAM_ANSWER], 6);
	statistics_add(&one.datagrams[DATAGRAM_LOW_PORT], 5);
	statistics_add(&one.datagrams[DATAGRAM_RATE], 2);
	statistics_error(&one, EPIPE);
	for (int i = 0; i < 3; i++)
		histogram_record(&one.latency, 2000);
}

static const struct statistics_moment moment = {
	.open = 1, .most_open = 2, .workers = 4, .up_ns = 61 * NS_PER_S};

static void what_is_there_is_told(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	fill();
	statistics_print(&one, &moment, &out);
	assert_non_null(strstr(out.bytes,
		"connections: 9 accepted, 3 answered, 0 timed out, 1 failed, 1 open (2 at most), 0 "
		"pauses; datagrams: 6 answered, 7 refused, 0 failed; up 61 s\n"));
	assert_non_null(strstr(out.bytes,
		"\nrefused: 4 connections over --rate, 1 connections over --max-per-source, 5 "
		"datagrams ("));
	assert_non_null(strstr(out.bytes, "\nerrors: EPIPE 1\n"));
	assert_non_null(strstr(out.bytes, "\nanswered within (microseconds): p50 2.0, p90 2.0,"));
}

static void what_is_not_there_takes_no_line(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	clear();
	statistics_print(&one, &moment, &out);
	assert_ptr_equal(strchr(out.bytes, '\n'), out.bytes + out.length - 1);
}

static void programs_read_the_same(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	json_t *object;
	int accepted, open, workers, rate, low_port, broken;
	double up_s, p50_s;

	(void)state;
	fill();
	statistics_print_json(&one, &moment, &out);
	assert_ptr_equal(strchr(out.bytes, '\n'), out.bytes + out.length - 1);
	object = json_loads(out.bytes, 0, NULL);
	assert_non_null(object);
	assert_int_equal(
		json_unpack(object,
			"{s:f, s:i, s:{s:i, s:i, s:{s:i}}, s:{s:{s:i}}, s:{s:i}, s:{s:f}}", "up_s",
			&up_s, "workers", &workers, "connections", "accepted", &accepted, "open",
			&open, "refused", "rate", &rate, "datagrams", "refused", "low_port",
			&low_port, "errors", "EPIPE", &broken, "latency_s", "p50", &p50_s),
		0);
	assert_int_equal(accepted, 9);
	assert_int_equal(open, 1);
	assert_int_equal(workers, 4);
	assert_int_equal(rate, 4);
	assert_int_equal(low_port, 5);
	assert_int_equal(broken, 1);
	assert_true(up_s > 60.9 && up_s < 61.1);
	assert_true(p50_s > 1.9e-6 && p50_s < 2.1e-6);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_added_up),
		cmocka_unit_test(what_is_there_is_told),
		cmocka_unit_test(what_is_not_there_takes_no_line),
		cmocka_unit_test(programs_read_the_same),
	};

	return cmocka_run_group_tests_name("daytime statistics", tests, NULL, NULL);
}
