/* SPDX-License-Identifier: BSD-2-Clause */

/* Names with words beside them. */

#include "unit.h"

#include "report/listing.h"

static void compare(
	const struct listing *listing, const char *name, const char *words, const char *expected)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	listing_line(&out, listing, name, words);
	assert_string_equal(out.bytes, expected);
}

static void test_columns(void **state)
{
	struct listing listing = {.columns = 40};

	(void)state;
	listing_widen(&listing, "ab");
	listing_widen(&listing, "abcd");
	listing_widen(&listing, "");
	assert_int_equal(listing.width, 4);
	compare(&listing, "abcd", "words", "  abcd  words\n");
	compare(&listing, "ab", "words", "  ab    words\n");
	compare(&listing, "ab", "", "  ab\n");
}

static void test_bold(void **state)
{
	struct listing listing = {.width = 4, .columns = 40, .has_bold = true};

	(void)state;
	compare(&listing, "ab", "words", "  \033[1mab\033[0m    words\n");
}

/* Below the first word; and never in less than 20 columns. */
static void test_wrapped(void **state)
{
	struct listing listing = {.width = 4, .columns = 31};

	(void)state;
	compare(&listing, "ab", "one two three four five six",
		"  ab    one two three four five\n        six\n");
	listing.columns = 10;
	compare(&listing, "ab", "one two three four five six",
		"  ab    one two three four\n        five six\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_bold),
		cmocka_unit_test(test_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
