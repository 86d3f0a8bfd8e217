/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/utf8.h"

static void decodes_what_rfc_3629_has(void **state)
{
	static const struct {
		const char *bytes;
		size_t used;
		uint32_t character;
	} cases[] = {
		{"a", 1, 'a'},
		{"\x01", 1, 1},
		{"\x7f", 1, 0x7f},
		{"\xc2\x80", 2, 0x80},
		{"é", 2, 0xe9},
		{"\xe0\xa0\x80", 3, 0x800},
		{"…", 3, 0x2026},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xee\x80\x80", 3, 0xe000},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"😀", 4, 0x1f600},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\x80", 0, 0},             /* nothing to go on with */
		{"\xc1\xbf", 0, 0},         /* longer than need be */
		{"\xe0\x9f\xbf", 0, 0},     /* the same */
		{"\xf0\x8f\xbf\xbf", 0, 0}, /* the same */
		{"\xed\xa0\x80", 0, 0},     /* halves of a pair of UTF-16 */
		{"\xed\xbf\xbf", 0, 0},
		{"\xf4\x90\x80\x80", 0, 0}, /* beyond Unicode */
		{"\xf8\x88\x80\x80\x80", 0, 0},
		{"\xff", 0, 0},
		{"\xc3", 0, 0}, /* cut off */
		{"\xe2\x80", 0, 0},
		{"\xe2\x80z", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t character = 0;

		assert_int_equal(utf8_decode(cases[i].bytes, strlen(cases[i].bytes), &character),
			cases[i].used);
		assert_int_equal(character, cases[i].character);
	}
	assert_int_equal(
		utf8_decode("\xe2\x80\xa6", 2, NULL), 0); /* the length, not a NUL, ends it */
	assert_int_equal(utf8_decode("\0", 1, NULL), 1);
}

static void knows_what_can_be_seen(void **state)
{
	(void)state;
	assert_int_equal(utf8_character("a"), 1);
	assert_int_equal(utf8_character("é"), 2);
	assert_int_equal(utf8_character("…"), 3);
	assert_int_equal(utf8_character("😀"), 4);
	assert_int_equal(utf8_character("\xff"), 0);
	assert_int_equal(utf8_character("\xe2\x80"), 0);     /* cut off by the string's end */
	assert_int_equal(utf8_character("\xef\xbf\xbe"), 0); /* U+FFFE */
	assert_int_equal(utf8_character("\xc2\x85"), 0);     /* a control character */
	assert_int_equal(utf8_character("\x7f"), 0);
	assert_int_equal(utf8_character(""), 0);
}

static void appends_as_utf8(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	utf8_append(&text, "é\xff\x01z\xe2\x80");
	assert_string_equal(text.bytes, "é\\xFF\\x01z\\xE2\\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_what_rfc_3629_has),
		cmocka_unit_test(knows_what_can_be_seen),
		cmocka_unit_test(appends_as_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
