/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "observe/checkup_internal.h"

static struct endpoint make_peer(uint32_t number)
{
	struct endpoint peer = {.family = AF_INET, .port = (uint16_t)(1 + number % 60000)};
	uint32_t address = number / 60000;

	memcpy(peer.address, &address, sizeof(address));
	return peer;
}

static const struct endpoint local = {.family = AF_INET, .port = 40000, .address = {192, 0, 2, 1}};

static void each_is_found_again(void **state)
{
	struct checkup checkup = {0};
	struct destination_table table;

	(void)state;
	destination_table_open(&table, &checkup);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 5000; i++) {
			struct endpoint peer = make_peer(i);

			destination_table_find(&table, &local, &peer)->live++;
		}
	}
	destination_table_close(&table);
	assert_int_equal(checkup.destination_count, 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		assert_int_equal(checkup.destinations[i].live, 2);
		assert_int_equal(checkup.destinations[i].local.port, 0);
	}
	checkup_finish(&checkup);
}

/* The second look finds those of the first. */
static void a_new_table_knows_them(void **state)
{
	struct checkup checkup = {0};
	struct destination_table table;
	struct endpoint peer = make_peer(7), other = make_peer(8), elsewhere = local;

	(void)state;
	destination_table_open(&table, &checkup);
	destination_table_find(&table, &local, &peer)->used_before = 3;
	destination_table_close(&table);
	destination_table_open(&table, &checkup);
	assert_int_equal(destination_table_find(&table, &local, &peer)->used_before, 3);
	assert_int_equal(destination_table_find(&table, &local, &other)->used_before, 0);
	elsewhere.address[3]++;
	assert_int_equal(destination_table_find(&table, &elsewhere, &peer)->used_before, 0);
	destination_table_close(&table);
	assert_int_equal(checkup.destination_count, 3);
	checkup_finish(&checkup);
}

static void too_many_are_left_out(void **state)
{
	struct checkup checkup = {0};
	struct destination_table table;
	struct endpoint peer;

	(void)state;
	destination_table_open(&table, &checkup);
	for (uint32_t i = 0; i < CHECKUP_DESTINATIONS_MAX; i++) {
		peer = make_peer(i);
		assert_non_null(destination_table_find(&table, &local, &peer));
	}
	peer = make_peer(CHECKUP_DESTINATIONS_MAX);
	assert_null(destination_table_find(&table, &local, &peer));
	peer = make_peer(0);
	assert_non_null(destination_table_find(&table, &local, &peer));
	destination_table_close(&table);
	checkup_finish(&checkup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_found_again),
		cmocka_unit_test(a_new_table_knows_them),
		cmocka_unit_test(too_many_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
