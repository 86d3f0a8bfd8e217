/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"

static void starts_as_an_empty_string(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	assert_string_equal(text.bytes, "");
	assert_int_equal(text.length, 0);
	text_append(&text, "");
	text_append_bytes(&text, "", 0);
	assert_int_equal(text.allocated, 0); /* nothing appended, nothing allocated */
	text_clear(&text);
	text_finish(&text);
	text_finish(&text); /* twice is harmless */
	assert_string_equal(text.bytes, "");
}

static void grows(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		text_append_bytes(&text, "0123456789", 10);
		assert_int_equal(text.length, 10 * (i + 1));
		assert_int_equal(text.bytes[text.length], '\0');
	}
	for (size_t i = 0; i < text.length; i++)
		assert_int_equal(text.bytes[i], '0' + i % 10);
	text_clear(&text);
	assert_int_equal(text.length, 0);
	assert_string_equal(text.bytes, "");
	assert_true(text.allocated >= 100000); /* the memory stays */
}

static void formats_and_repeats(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	text_printf(&text, "%s=%d", "port", 13);
	text_printf(&text, "%s", "");
	text_repeat(&text, "-", 3);
	text_repeat(&text, "ab", 2);
	text_repeat(&text, "x", 0);
	assert_string_equal(text.bytes, "port=13---abab");
	text_clear(&text);
	text_printf(&text, "%0500d", 7); /* longer than the first allocation */
	assert_int_equal(text.length, 500);
	assert_int_equal(text.bytes[499], '7');
}

static void holds_nul_bytes(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	text_append_bytes(&text, "a\0b", 3);
	text_append(&text, "c");
	assert_int_equal(text.length, 4);
	assert_memory_equal(text.bytes, "a\0bc", 5);
}

static void hands_its_bytes_on(void **state)
{
	struct text text = TEXT_INIT;
	_cleanup_free_ char *empty = text_steal(&text);
	_cleanup_free_ char *stolen = NULL, *copy = NULL;

	(void)state;
	assert_string_equal(empty, ""); /* never NULL, and free() may have it */
	text_append(&text, "mine");
	stolen = text_steal(&text);
	assert_string_equal(stolen, "mine");
	copy = text_copy(stolen);
	assert_string_equal(copy, "mine");
	assert_ptr_not_equal(copy, stolen);
	assert_int_equal(text.length, 0);
	assert_int_equal(text.allocated, 0);
	assert_string_equal(text.bytes, "");
}

static void reads_numbers(void **state)
{
	uint64_t number = 0;

	(void)state;
	assert_int_equal(text_to_number("0", 0, 10, &number), 0);
	assert_int_equal(number, 0);
	assert_int_equal(text_to_number("00013", 1, 65535, &number), 0);
	assert_int_equal(number, 13);
	assert_int_equal(text_to_number("65535", 1, 65535, &number), 0);
	assert_int_equal(number, 65535);
	assert_int_equal(text_to_number("18446744073709551615", 0, UINT64_MAX, &number), 0);
	assert_true(number == UINT64_MAX);
}

static void refuses_what_is_no_number(void **state)
{
	static const char *const invalid[] = {"", " ", "-1", "+1", " 1", "1 ", "1.5", "0x10", "abc",
		"1e3", "12a", "\n", "٣", "99999999999999999999999x"};
	static const char *const outside[] = {"0", "65536", "70000", "18446744073709551616",
		"184467440737095516150", "99999999999999999999999999"};
	uint64_t number = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(invalid); i++)
		assert_int_equal(text_to_number(invalid[i], 0, UINT64_MAX, &number), -EINVAL);
	for (size_t i = 0; i < COUNT(outside); i++)
		assert_int_equal(text_to_number(outside[i], 1, 65535, &number), -ERANGE);
	assert_int_equal(text_to_number("18446744073709551616", 0, UINT64_MAX, &number), -ERANGE);
	assert_int_equal(number, 77);
}

static void counts_columns(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("plain"), 5);
	assert_int_equal(text_columns("─→é"), 3);
	assert_int_equal(text_columns("한글"), 4);     /* wide */
	assert_int_equal(text_columns("e\u0301"), 1);  /* a combining accent takes none */
	assert_int_equal(text_columns("\xff\xe2"), 2); /* invalid, cut off: one each */
}

static void assert_escaped(const char *bytes, size_t length, bool utf8, const char *expected)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	text_append_escaped(&text, bytes, length, utf8);
	assert_string_equal(text.bytes, expected);
}

#define ASSERT_ESCAPED(bytes, utf8, expected)                                                      \
	assert_escaped(bytes, sizeof(bytes) - 1, utf8, expected)

static void escapes_what_could_harm_a_terminal(void **state)
{
	(void)state;
	ASSERT_ESCAPED("Sun Jun  5\r\n", true, "Sun Jun  5\\r\\n");
	ASSERT_ESCAPED("tab\t back\\slash ~", true, "tab\\t back\\\\slash ~");
	ASSERT_ESCAPED("\033[2J\033]0;owned\007", true, "\\x1B[2J\\x1B]0;owned\\x07");
	ASSERT_ESCAPED("a\0b\x7f", true, "a\\x00b\\x7F");
	ASSERT_ESCAPED("", true, "");
}

static void escapes_utf8_as_asked(void **state)
{
	(void)state;
	ASSERT_ESCAPED("caf\u00e9", true, "caf\u00e9");
	ASSERT_ESCAPED("caf\u00e9", false, "caf\\xC3\\xA9");
	ASSERT_ESCAPED("\xc2\x9b"
		       "31m",
		true, "\\xC2\\x9B31m"); /* CSI as one C1 character */
	ASSERT_ESCAPED("\xff\xfe", true, "\\xFF\\xFE");
	ASSERT_ESCAPED("\xe2\x82", true, "\\xE2\\x82");          /* cut off */
	ASSERT_ESCAPED("\xc0\xaf", true, "\\xC0\\xAF");          /* overlong */
	ASSERT_ESCAPED("\xed\xa0\x80", true, "\\xED\\xA0\\x80"); /* a surrogate */
	ASSERT_ESCAPED("\x9b", true, "\\x9B");
}

static void finds_the_nearest_word(void **state)
{
	static const char *const words[] = {
		"first-close", "format", "idle-timeout", "utc", "udp", "tcp", NULL};
	char endless[200];

	(void)state;
	assert_string_equal(text_nearest("first-clsoe", words), "first-close");
	assert_string_equal(text_nearest("fromat", words), "format");
	assert_string_equal(text_nearest("idletimeout", words), "idle-timeout");
	assert_string_equal(text_nearest("format", words), "format");
	assert_null(text_nearest("reproduce", words));
	assert_null(text_nearest("", words));
	memset(endless, 'a', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_null(text_nearest(endless, words));
	assert_null(text_nearest("format", (const char *const[]){NULL}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_as_an_empty_string),
		cmocka_unit_test(grows),
		cmocka_unit_test(formats_and_repeats),
		cmocka_unit_test(holds_nul_bytes),
		cmocka_unit_test(hands_its_bytes_on),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(refuses_what_is_no_number),
		cmocka_unit_test(counts_columns),
		cmocka_unit_test(escapes_what_could_harm_a_terminal),
		cmocka_unit_test(escapes_utf8_as_asked),
		cmocka_unit_test(finds_the_nearest_word),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 99; /* every glibc has it: meson reports a hard error */
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
