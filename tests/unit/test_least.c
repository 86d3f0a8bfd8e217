/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/least.h"
#include "random.h"

struct item {
	uint32_t key;
	uint32_t number; /* in which order it came */
	uint32_t odd[3]; /* no multiple of 8 bytes */
};

static int by_key(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	return a->key < b->key ? -1 : a->key > b->key;
}

/* The slow way, by whole sort. */
static int by_key_then_number(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	int order = by_key(a, b);

	return order ? order : a->number < b->number ? -1 : 1;
}

static void keeps_the_least(size_t most, size_t offered, uint32_t keys)
{
	struct item *all = calloc(offered + 1, sizeof(*all));
	size_t expected = most < offered ? most : offered;
	struct least least;

	least_init(&least, most, sizeof(*all), by_key);
	for (size_t i = 0; i < offered; i++) {
		all[i].key = (uint32_t)random_number() % keys;
		all[i].number = (uint32_t)i;
		least_offer(&least, &all[i]);
		assert_true(least.count <= most);
	}
	/* Not more than needed is held: up to the next power of two. */
	assert_true(least.room <= 64 || least.room < 2 * expected + 1);
	qsort(all, offered, sizeof(*all), by_key_then_number);
	least_sort(&least);
	assert_int_equal(least.count, expected);
	for (size_t i = 0; i < expected; i++) {
		const struct item *item = least_item(&least, i);

		assert_int_equal(item->key, all[i].key);
		assert_int_equal(item->number, all[i].number);
	}
	least_finish(&least);
	least_finish(&least);
	free(all);
}

static void is_what_sorting_all_would_give(void **state)
{
	static const size_t mosts[] = {1, 2, 3, 10, 100, 1000, 20000, SIZE_MAX};
	static const uint32_t keys[] = {1, 2, 10, 1000, UINT32_MAX};

	(void)state;
	for (size_t most = 0; most < COUNT(mosts); most++) {
		for (size_t key = 0; key < COUNT(keys); key++) {
			keeps_the_least(mosts[most], 0, keys[key]);
			keeps_the_least(mosts[most], 1, keys[key]);
			keeps_the_least(mosts[most], 10007, keys[key]);
		}
	}
}

static void none_are_kept_of_none(void **state)
{
	struct item item = {0};
	struct least least;

	(void)state;
	least_init(&least, 0, sizeof(item), by_key);
	least_offer(&least, &item);
	least_sort(&least);
	assert_int_equal(least.count, 0);
	least_finish(&least);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_sorting_all_would_give),
		cmocka_unit_test(none_are_kept_of_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
