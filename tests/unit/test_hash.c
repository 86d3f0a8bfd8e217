/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/list.h"

struct numbers {
	uint64_t *numbers;
	size_t count, room;
	struct hash index;
};

/* The number's place, or -1. */
static int64_t find(const struct numbers *numbers, uint64_t number, struct hash_probe *probe)
{
	size_t at;

	*probe = hash_probe(&numbers->index, hash_bytes(&numbers->index, &number, sizeof(number)));
	while (hash_next(&numbers->index, probe, &at)) {
		if (numbers->numbers[at] == number)
			return (int64_t)at;
	}
	return -1;
}

static void add(struct numbers *numbers, uint64_t number)
{
	struct hash_probe probe;

	assert_int_equal(find(numbers, number, &probe), -1);
	*list_grow(&numbers->numbers, &numbers->count, &numbers->room) = number;
	hash_add(&numbers->index, &probe);
	assert_int_equal(numbers->index.count, numbers->count);
}

static void finish(struct numbers *numbers)
{
	hash_finish(&numbers->index);
	hash_finish(&numbers->index);
	free(numbers->numbers);
}

static void finds_all_and_nothing_else(void **state)
{
	struct numbers numbers = {0};
	struct hash_probe probe;

	(void)state;
	hash_init(&numbers.index);
	assert_int_equal(find(&numbers, 0, &probe), -1);
	for (uint64_t i = 0; i < 200000; i++)
		add(&numbers, i * 3);
	for (uint64_t i = 0; i < 200000; i++) {
		assert_int_equal(find(&numbers, i * 3, &probe), i);
		assert_int_equal(find(&numbers, i * 3 + 1, &probe), -1);
	}
	finish(&numbers);
}

static void few_keys_share_a_hash(void **state)
{
	enum { KEYS = 65536 };
	struct hash index;
	unsigned char *taken = calloc(1, KEYS);
	size_t places = 0;

	(void)state;
	hash_init(&index);
	for (uint64_t i = 0; i < KEYS; i++) {
		uint32_t hash = hash_bytes(&index, &i, sizeof(i));

		places += !taken[hash % KEYS];
		taken[hash % KEYS] = 1;
	}
	/* By chance 1 - 1/e of the places are met, 41427; a poor hash meets far fewer. */
	assert_true(places > 40000);
	free(taken);
	hash_finish(&index);
}

static void keys_of_every_length_differ(void **state)
{
	static const char zeros[64];
	struct hash index;
	uint32_t hashes[COUNT(zeros)];

	(void)state;
	hash_init(&index);
	for (size_t length = 0; length < COUNT(zeros); length++) {
		hashes[length] = hash_bytes(&index, zeros, length);
		for (size_t other = 0; other < length; other++)
			assert_int_not_equal(hashes[length], hashes[other]);
	}
	hash_finish(&index);
}

/* Who knows the function must not know the places. */
static void no_two_tables_are_alike(void **state)
{
	struct hash one, two;
	size_t equal = 0;

	(void)state;
	hash_init(&one);
	hash_init(&two);
	for (uint64_t i = 0; i < 1000; i++)
		equal += hash_bytes(&one, &i, sizeof(i)) == hash_bytes(&two, &i, sizeof(i));
	assert_true(equal < 10);
	hash_finish(&one);
	hash_finish(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_all_and_nothing_else),
		cmocka_unit_test(few_keys_share_a_hash),
		cmocka_unit_test(keys_of_every_length_differ),
		cmocka_unit_test(no_two_tables_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
