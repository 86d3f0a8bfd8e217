/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digits.h"
#include "random.h"

#define ROUNDS 1000000

static void same_as_printf(uint64_t number)
{
	char expected[32], got[32];
	int length = snprintf(expected, sizeof(expected), "%" PRIu64, number);

	memset(got, 0x55, sizeof(got));
	*digits_put(got, number) = '\0';
	assert_string_equal(got, expected);
	/* Not a byte further. */
	assert_int_equal(got[length + 1], 0x55);
	assert_int_equal(digits_count(number), length);
}

static void numbers_are_those_of_printf(void **state)
{
	uint64_t power = 1;

	(void)state;
	for (uint64_t number = 0; number < 70000; number++)
		same_as_printf(number);
	for (int i = 0; i < 20; i++, power *= 10) {
		same_as_printf(power - 1);
		same_as_printf(power);
	}
	same_as_printf(UINT64_MAX);
	for (int i = 0; i < ROUNDS; i++)
		same_as_printf(random_of_any_length());
}

static void fraction(char *text, size_t size, uint64_t thousandths)
{
	snprintf(text, size, "%" PRIu64 ".%03u", thousandths / 1000,
		(unsigned int)(thousandths % 1000));
	for (size_t end = strlen(text); text[end - 1] == '0' && text[end - 2] != '.'; end--)
		text[end - 1] = '\0';
}

static void thousandths_lose_their_last_zeros(void **state)
{
	char expected[32], got[32];

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t number = i < 3000 ? (uint64_t)i : random_of_any_length();

		fraction(expected, sizeof(expected), number);
		*digits_put_thousandths(got, number) = '\0';
		assert_string_equal(got, expected);
	}
	*digits_put_thousandths(got, 60000) = '\0';
	assert_string_equal(got, "60.0");
}

static void hundredths_are_rounded(void **state)
{
	char expected[32], got[32];

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t number = i < 3000 ? (uint32_t)i : (uint32_t)random_of_any_length();

		/* A half is a half to us; to printf() it lies a bit beside. */
		if (number % 10 == 5)
			continue;
		snprintf(expected, sizeof(expected), "%.2f", number / 1000.0);
		*digits_put_hundredths(got, number) = '\0';
		assert_string_equal(got, expected);
	}
	*digits_put_hundredths(got, 1995) = '\0';
	assert_string_equal(got, "2.00");
}

static void padding_ends_where_it_should(void **state)
{
	char room[200];

	(void)state;
	for (size_t width = 0; width < 120; width++) {
		memset(room, 'x', sizeof(room));
		assert_ptr_equal(digits_pad(room, room + width), room + width);
		for (size_t i = 0; i < width; i++)
			assert_int_equal(room[i], ' ');
		assert_int_equal(room[width + DIGITS_BLANKS], 'x');
	}
	assert_ptr_equal(digits_pad(room + 5, room), room + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_printf),
		cmocka_unit_test(thousandths_lose_their_last_zeros),
		cmocka_unit_test(hundredths_are_rounded),
		cmocka_unit_test(padding_ends_where_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
