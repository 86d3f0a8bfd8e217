/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "daytime/line.h"
#include "daytime/zone.h"

/* 2022-03-27 01:00:00 UTC: in Berlin daylight time begins; it ends on 2022-10-30 at the same hour. */
#define SPRING INT64_C(1648342800)
#define AUTUMN INT64_C(1667091600)
#define DAY    INT64_C(86400)

static void live_in(const char *zone)
{
	setenv("TZ", zone, 1);
	format_reread_zone();
}

static void a_plan_knows_the_second_of_a_change(void **state)
{
	struct zone_plan plan;

	(void)state;
	live_in("CET-1CEST,M3.5.0,M10.5.0/3");
	zone_plan(SPRING - 10 * DAY, &plan);
	assert_int_equal(plan.until_s, SPRING);
	assert_string_equal(plan.now.name, "CET");
	assert_int_equal(plan.now.offset_s, 3600);
	assert_string_equal(plan.next.name, "CEST");
	assert_int_equal(plan.next.offset_s, 7200);
	assert_ptr_equal(zone_at(&plan, SPRING - 1), &plan.now);
	assert_ptr_equal(zone_at(&plan, SPRING), &plan.next);
	assert_null(zone_at(&plan, SPRING - 11 * DAY));
	assert_null(zone_at(&plan, plan.next_until_s));
	zone_plan(AUTUMN - 1, &plan);
	assert_int_equal(plan.until_s, AUTUMN);
	zone_plan(AUTUMN, &plan);
	assert_int_equal(plan.until_s, AUTUMN + ZONE_HORIZON_S); /* none is near */
	assert_string_equal(plan.now.name, "CET");
	assert_string_equal(plan.next.name, "CET");
}

/* Whatever the moment, the plan says what libc says. */
static void a_plan_agrees_with_libc(void **state)
{
	static const char *const zones[] = {
		"Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC0"};

	(void)state;
	for (size_t i = 0; i < COUNT(zones); i++) {
		live_in(zones[i]);
		for (int64_t from_s = SPRING - 200 * DAY; from_s < SPRING + 200 * DAY;
			from_s += 13 * DAY) {
			struct zone_plan plan;

			zone_plan(from_s, &plan);
			for (int64_t at_s = from_s; at_s < plan.next_until_s; at_s += DAY / 3) {
				struct zone zone;

				format_local_zone(at_s, &zone);
				assert_string_equal(zone_at(&plan, at_s)->name, zone.name);
				assert_int_equal(zone_at(&plan, at_s)->offset_s, zone.offset_s);
			}
		}
	}
}

static void a_new_board_reaches_nowhere(void **state)
{
	struct zone_board board = {0};
	struct zone_plan plan;

	(void)state;
	zone_board_read(&board, &plan);
	assert_null(zone_at(&plan, time(NULL)));
}

#define EDITIONS 200000

/* Plans of which every part says the same number: one that is torn would show. */
static void *write_editions(void *context)
{
	struct zone_board *board = context;

	for (int i = 1; i <= EDITIONS; i++) {
		struct zone_plan plan;

		memset(&plan, 0, sizeof(plan));
		plan.from_s = plan.until_s = plan.next_until_s = i;
		plan.now.offset_s = plan.next.offset_s = i;
		snprintf(plan.next.name, sizeof(plan.next.name), "%d", i);
		zone_board_write(board, &plan);
	}
	return NULL;
}

static void readers_never_see_half_a_plan(void **state)
{
	struct zone_board board = {0};
	struct zone_plan plan;
	pthread_t writer;
	int64_t last = 0;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_editions, &board), 0);
	do {
		unsigned edition = zone_board_read(&board, &plan);

		assert_int_equal(edition % 2, 0);
		assert_true(plan.from_s >= last);
		last = plan.from_s;
		assert_int_equal(plan.until_s, last);
		assert_int_equal(plan.next_until_s, last);
		assert_int_equal(plan.now.offset_s, last);
		assert_int_equal(plan.next.offset_s, last);
		if (last)
			assert_int_equal(atoi(plan.next.name), last);
	} while (last < EDITIONS);
	pthread_join(writer, NULL);
	assert_true(zone_board_is(&board, zone_board_read(&board, &plan)));
}

/* Refreshes until that falls into one second: at the second attempt at the latest. */
static void refresh_twice(struct line *line, char mark)
{
	struct timespec first, second;

	do {
		first = line_refresh(line);
		line->bytes[0] = mark;
		second = line_refresh(line);
	} while (first.tv_sec != second.tv_sec);
}

static void a_line_is_made_once_a_second(void **state)
{
	struct line line = {.format = FORMAT_ISO8601};

	(void)state;
	refresh_twice(&line, '!');
	assert_int_equal(line.bytes[0], '!'); /* kept, not made again */
	line.made_s -= 1;
	line_refresh(&line);
	assert_int_equal(line.bytes[0], '2');
	line.made_s += 1; /* the clock was set back */
	line.bytes[0] = '!';
	line_refresh(&line);
	assert_int_equal(line.bytes[0], '2');
	assert_int_equal(line.length, strlen("2022-06-05T12:00:00+00:00\r\n"));
	assert_string_equal(line.bytes + 19, "+00:00\r\n");
}

static void a_line_follows_the_board(void **state)
{
	struct zone_board board = {0};
	struct line line = {.format = FORMAT_ISO8601, .board = &board};
	struct zone_plan plan;

	(void)state;
	live_in("KST-9");
	line_refresh(&line); /* the board is empty: libc knows */
	assert_string_equal(line.bytes + 19, "+09:00\r\n");
	zone_plan(time(NULL), &plan);
	plan.now.offset_s = plan.next.offset_s = 5 * 3600;
	zone_board_write(&board, &plan);
	line_refresh(&line); /* within the same second */
	assert_string_equal(line.bytes + 19, "+05:00\r\n");
	refresh_twice(&line, '!');
	assert_int_equal(line.bytes[0], '!');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_knows_the_second_of_a_change),
		cmocka_unit_test(a_plan_agrees_with_libc),
		cmocka_unit_test(a_new_board_reaches_nowhere),
		cmocka_unit_test(readers_never_see_half_a_plan),
		cmocka_unit_test(a_line_is_made_once_a_second),
		cmocka_unit_test(a_line_follows_the_board),
	};

	return cmocka_run_group_tests_name("daytime zone", tests, NULL, NULL);
}
