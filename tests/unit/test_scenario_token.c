/* SPDX-License-Identifier: BSD-2-Clause */

/* How a line falls into words. */

#include "unit.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/token.h"

static struct line opened(const char *text)
{
	struct line line;
	struct error err = {0};

	if (line_open(&line, 1, text, strlen(text), &err))
		fail_msg("%d: %s", err.column, err.text);
	line.err = NULL;
	return line;
}

/* The words of a line, each in brackets. */
static void assert_words(const char *text, const char *stops, const char *words)
{
	struct line line = opened(text);
	_cleanup_text_ struct text found = TEXT_INIT;
	struct token token;

	while (line_take(&line, stops, &token)) {
		text_append(&found, "[");
		text_append_bytes(&found, token.bytes, token.length);
		text_append(&found, "]");
	}
	assert_string_equal(found.bytes, words);
}

static void words_and_stops(void **state)
{
	(void)state;
	assert_words("", "", "");
	assert_words(" \t ", "", "");
	assert_words(" a\tb  c ", "", "[a][b][c]");
	assert_words("a,b", "", "[a,b]");
	assert_words("a,b , c", ",", "[a][,][b][,][c]");
	assert_words(",,", ",", "[,][,]");
	assert_words("A>B", ">", "[A][>][B]");
	assert_words("a \"b c\" d", "", "[a][\"b c\"][d]");
	assert_words("--x=\"a b\"c d", "", "[--x=\"a b\"c][d]");
	assert_words("\"a,\\\",b\",c", ",", "[\"a,\\\",b\"][,][c]");
	assert_words("a#b", "", "[a]");
	assert_words("\"a#b\" # c", "", "[\"a#b\"]");
	assert_words("# \"a", "", "");
}

static void where_words_stand(void **state)
{
	struct line line = opened("  server  close \t # why ");
	struct token token;
	char *comment = line_comment(&line);

	(void)state;
	assert_true(line_take(&line, "", &token));
	assert_int_equal(token.at, 2);
	assert_true(line_peek(&line, "", &token));
	assert_int_equal(token.at, 10);
	assert_false(line_skip(&line, "", "clos"));
	assert_true(line_skip(&line, "", "close"));
	assert_false(line_take(&line, "", &token));
	assert_int_equal(token.length, 0);
	assert_int_equal(token.at, 15);
	assert_string_equal(comment, "why");
	free(comment);
	assert_int_equal(line.last[0].at, 10);
	assert_int_equal(line.last[1].at, 2);
}

static void assert_comment(const char *text, const char *expected)
{
	struct line line = opened(text);
	char *comment = line_comment(&line);

	if (expected)
		assert_string_equal(comment, expected);
	else
		assert_null(comment);
	free(comment);
}

static void comments(void **state)
{
	(void)state;
	assert_comment("a", NULL);
	assert_comment("a#", "");
	assert_comment("#  \t", "");
	assert_comment("#a", "a");
	assert_comment("#  a b ", " a b");
	assert_comment("\"#\" # \"open", "\"open");
}

static void the_rest_of_a_line(void **state)
{
	struct line line = opened("a  b \"c \" d  # e");
	struct token rest;

	(void)state;
	line_skip(&line, "", "a");
	rest = line_rest(&line);
	assert_true(token_is(&rest, "b \"c \" d"));
	assert_true(rest.has_quotes);
	assert_int_equal(rest.at, 3);
	assert_false(line_peek(&line, "", &rest));
}

static void assert_bytes(const char *text, const char *bytes, size_t length, bool is_text)
{
	struct line line = opened(text);
	struct token token;
	struct bytes found;

	assert_true(line_take(&line, "", &token));
	found = token_bytes(&token);
	assert_int_equal(found.length, length);
	assert_memory_equal(found.bytes, bytes, length + 1);
	assert_int_equal(token.is_text, is_text);
	free(found.bytes);
}

static void quotes_are_taken_off(void **state)
{
	(void)state;
	assert_bytes("a\\n", "a\\n", 3, false);
	assert_bytes("\"\"", "", 0, true);
	assert_bytes("\"a\\n\\0\\x00\\x7e\"", "a\n\0\0~", 5, true);
	assert_bytes("\"a\"\"b\"", "ab", 2, false);
	assert_bytes("x\"a\\\" b\"y", "xa\" by", 6, false);
	assert_bytes("\"\\\\\"", "\\", 1, true);
	assert_bytes("\"\xc3\xa9\t\"", "\xc3\xa9\t", 3, true);
}

static void assert_error(const char *text, size_t length, int column)
{
	struct error err = {0};
	struct line line;

	assert_int_equal(line_open(&line, 7, text, length, &err), -EINVAL);
	assert_int_equal(err.line, 7);
	assert_int_equal(err.column, column);
	assert_true(*err.text);
	assert_int_equal(line_open(&line, 7, text, length, NULL), -EINVAL);
}

#define ASSERT_ERROR(text, column) assert_error(text, sizeof(text) - 1, column)

static void what_cannot_stand_in_a_line(void **state)
{
	static char long_line[PARSE_LINE_BYTES_MAX + 1];
	struct line line;

	(void)state;
	ASSERT_ERROR("a\0b", 2);
	ASSERT_ERROR("a # \0", 5);
	ASSERT_ERROR("a \x1b[31m", 3);
	ASSERT_ERROR("a\x7f", 2);
	ASSERT_ERROR("\"a\rb\"", 3);
	ASSERT_ERROR("a \xc2\x9b", 3);   /* CSI, in 8 bits */
	ASSERT_ERROR("a \xff", 3);       /* no UTF-8 */
	ASSERT_ERROR("a \xc3", 3);       /* cut off */
	ASSERT_ERROR("a \xc0\x80", 3);   /* longer than needed */
	ASSERT_ERROR("\xe0\x80\x80", 1); /* likewise */
	ASSERT_ERROR("\xf0\x80\x80\x80", 1);
	ASSERT_ERROR("\xed\xa0\x80", 1);     /* a surrogate */
	ASSERT_ERROR("\xf4\x90\x80\x80", 1); /* beyond Unicode */
	ASSERT_ERROR("\xf5\x80\x80\x80", 1);
	ASSERT_ERROR("\xe2\x82(", 1);
	ASSERT_ERROR("a \"b", 3);
	ASSERT_ERROR("a \"b\\\"", 3);
	ASSERT_ERROR("\"b\\", 3);
	ASSERT_ERROR("\"b\\q\"", 3);
	ASSERT_ERROR("\"\\x4\"", 2);
	ASSERT_ERROR("\"\\x4", 2);
	ASSERT_ERROR("\"\\xg0\"", 2);
	memset(long_line, 'a', sizeof(long_line));
	assert_int_equal(line_open(&line, 1, long_line, PARSE_LINE_BYTES_MAX, NULL), 0);
	assert_error(long_line, PARSE_LINE_BYTES_MAX + 1, PARSE_LINE_BYTES_MAX + 1);
}

static void quotes_of_a_message_are_short_and_safe(void **state)
{
	char text[300], quote[TOKEN_QUOTE_BYTES];
	struct token token = {.bytes = text, .length = sizeof(text)};

	(void)state;
	memset(text, '\x1b', sizeof(text));
	token_quote(&token, quote);
	assert_true(strlen(quote) < TOKEN_QUOTE_BYTES);
	assert_int_equal(strncmp(quote, "\\x1B\\x1B", 8), 0);
	assert_string_equal(quote + strlen(quote) - 3, "...");
	/* A character is not cut in two. */
	memset(text, 'a', sizeof(text));
	memcpy(text + 39, "\xed\x95\x9c", 3);
	token_quote(&token, quote);
	assert_null(strstr(quote, "\\x"));
	token.length = 3;
	assert_string_equal(token_quote(&token, quote), "aaa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_stops),
		cmocka_unit_test(where_words_stand),
		cmocka_unit_test(comments),
		cmocka_unit_test(the_rest_of_a_line),
		cmocka_unit_test(quotes_are_taken_off),
		cmocka_unit_test(what_cannot_stand_in_a_line),
		cmocka_unit_test(quotes_of_a_message_are_short_and_safe),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
