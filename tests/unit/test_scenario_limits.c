/* SPDX-License-Identifier: BSD-2-Clause */

/* Files that no person wrote: junk, megabytes, hundreds of thousands of lines. */

#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "scenarios.h"

/* `times` lines. */
static struct text many(const char *line, size_t times)
{
	struct text text = TEXT_INIT;

	text_repeat(&text, line, times);
	return text;
}

static int parse_text(const struct text *text)
{
	struct scenario scenario;
	int result = parse_text_of(&scenario, text->bytes, text->length);

	if (!result)
		scenario_finish(&scenario);
	return result;
}

static void assert_first_error(const struct text *text, int line, int column, const char *expected)
{
	assert_int_equal(parse_text(text), -EINVAL);
	assert_string_equal(parse_errors.errors[0].text, expected);
	assert_int_equal(parse_errors.errors[0].line, line);
	assert_int_equal(parse_errors.errors[0].column, column);
}

static void as_many_lines_as_are_read(void **state)
{
	_cleanup_text_ struct text text = many("slow\n", PARSE_LINES_MAX);

	(void)state;
	assert_int_equal(parse_text(&text), 0);
	text_append(&text, "slow");
	assert_first_error(
		&text, PARSE_LINES_MAX + 1, 1, "a file of 100001 lines (at most 100000 are read)");
	assert_int_equal(parse_errors.count, 1);
}

static void hundreds_of_thousands_of_lines(void **state)
{
	static const char *const lines[] = {"\n", "slow\n", "x\n", "\"\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		_cleanup_text_ struct text text = many(lines[i], 200000);

		assert_first_error(&text, PARSE_LINES_MAX + 1, 1,
			"a file of 200000 lines (at most 100000 are read)");
		assert_int_equal(parse_errors.count, 1);
	}
}

static void megabytes(void **state)
{
	_cleanup_text_ struct text text = many("a", PARSE_BYTES_MAX);

	(void)state;
	assert_first_error(&text, 1, PARSE_LINE_BYTES_MAX + 1,
		"a line of 1048576 bytes (at most 4096 are read)");
	text_append(&text, "a");
	assert_first_error(&text, 1, 1, "a file of 1048577 bytes (at most 1048576 are read)");
}

static void the_longest_line(void **state)
{
	_cleanup_text_ struct text text = many("#", 1);

	(void)state;
	text_repeat(&text, "x", PARSE_LINE_BYTES_MAX - 1);
	text_append(&text, "\r\nslow\n");
	assert_int_equal(parse_text(&text), 0);
	text_clear(&text);
	text_append(&text, "slow\n");
	text_repeat(&text, "x", PARSE_LINE_BYTES_MAX + 1);
	text_append(&text, "\nfoo\n");
	assert_first_error(
		&text, 2, PARSE_LINE_BYTES_MAX + 1, "a line of 4097 bytes (at most 4096 are read)");
	assert_int_equal(parse_errors.count, 2);
	assert_int_equal(parse_errors.errors[1].line, 3);
}

/* Deep nonsense of each construct, in one line of full length. */
static void long_lines_of_one_construct(void **state)
{
	static const struct {
		const char *begin, *again;
	} lines[] = {
		{"client run", " x"},
		{"client run", " \"\""},
		{"expect server TIME_WAIT", ", server TIME_WAIT"},
		{"expect server TIME_WAIT", ","},
		{"expect server went CLOSED", ">LISTEN"},
		{"server set", " nodelay"},
		{"server send ", "\"\""},
		{"server listen 13", " fails EPERM"},
		{"wire hold SYN", ",ACK"},
		{"client sysctl net", ".x"},
		{"sleep ", "9"},
		{"expect server TIME_WAIT timer on ", "1.."},
		{"", "\\"},
		{"", "server."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		_cleanup_text_ struct text text = many(lines[i].begin, 1);

		text_repeat(&text, lines[i].again,
			(PARSE_LINE_BYTES_MAX - text.length) / strlen(lines[i].again));
		if (!parse_text(&text))
			continue;
		assert_int_equal(parse_errors.errors[0].line, 1);
		assert_true(parse_errors.errors[0].column <= PARSE_LINE_BYTES_MAX + 1);
	}
}

/* Mistakes beyond those that are kept cost no words: a file of them is read in no time. */
static void as_many_mistakes_as_fit(void **state)
{
	_cleanup_text_ struct text text = many("a fails b\n", PARSE_LINES_MAX);
	int64_t start_ns = clock_now_ns();

	(void)state;
	assert_int_equal(parse_text(&text), -EINVAL);
	assert_int_equal(parse_errors.count, PARSE_LINES_MAX);
	assert_true(clock_now_ns() - start_ns < 10 * NS_PER_S);
}

static void junk(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		char bytes[2000];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(rand_r(&seed) >> 8);
		assert_int_equal(
			parse_text(&(struct text){.bytes = bytes, .length = sizeof(bytes)}),
			-EINVAL);
		assert_true(parse_errors.count > 0);
	}
}

/* Words of the language in any order: read or refused, and what is read is written back. */
static void shuffled_words(void **state)
{
	static const char *const words[] = {"server", "client", "wire", "expect", "sleep", "slow",
		"listen", "connect", "server:13", "13", "from", "with", "nodelay", "linger=0",
		"FIN", "SYN", ",", "ACK", "hold", "drop", "inject", "release", "2", "times",
		"bytes", "send", "recv", "eof", "\"x\"", "close", "TIME_WAIT", "CLOSED", "went",
		">", "timer", "on", "1s..2s", "within", "3s", "no", "fails", "EPERM", "#", "sysctl",
		"net.x=1", "run", "wait", "status", "count", "counter", "+1", "pending", "\n",
		"seq", "-1"};
	unsigned int seed = 2;
	int read = 0;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		_cleanup_text_ struct text text = TEXT_INIT;
		struct scenario scenario;

		for (int i = rand_r(&seed) % 8; i >= 0; i--)
			text_printf(
				&text, "%s ", words[(size_t)(rand_r(&seed) >> 4) % COUNT(words)]);
		if (parse_text_of(&scenario, text.bytes, text.length))
			continue;
		assert_round_trip(&scenario);
		read += scenario.count > 0;
		scenario_finish(&scenario);
	}
	assert_true(read > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_lines_as_are_read),
		cmocka_unit_test(hundreds_of_thousands_of_lines),
		cmocka_unit_test(megabytes),
		cmocka_unit_test(the_longest_line),
		cmocka_unit_test(long_lines_of_one_construct),
		cmocka_unit_test(as_many_mistakes_as_fit),
		cmocka_unit_test(junk),
		cmocka_unit_test(shuffled_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
