/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

#include "base/clock.h"
#include "daytime/client.h"

static struct reply reply;

/* Makes the reply hold these bytes (NUL included in `length`, should it be there). */
static struct reply *came(const char *bytes, size_t length, enum ending ending)
{
	memcpy(reply.bytes, bytes, length);
	reply.length = length;
	reply.ending = ending;
	return &reply;
}

#define CAME(literal, ending) came(literal, sizeof(literal) - 1, ending)

static void shows(const struct reply *shown, const char *expected)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	reply_print(shown, true, &text);
	assert_string_equal(text.bytes, expected);
}

static void replies_as_they_are_shown(void **state)
{
	(void)state;
	shows(CAME("Sun Jun  5 21:00:00 2022\r\n", ENDING_FIN), "Sun Jun  5 21:00:00 2022\n");
	shows(CAME("no end of line", ENDING_FIN), "no end of line\n");
	shows(CAME("\n59735 UTC(NIST) *\r\n", ENDING_FIN), "59735 UTC(NIST) *\n");
	shows(CAME("one\r\n\r\ntwo\n", ENDING_FIN), "one\n\ntwo\n");
	shows(CAME("end\r\r\n", ENDING_FIN), "end\n");
	shows(CAME("a\rb\r\n", ENDING_FIN), "a\\rb\n"); /* overtyping is a trick, too */
	shows(CAME("", ENDING_FIN), "");
	shows(CAME("\r\n\n", ENDING_FIN), "");
}

static void nothing_reaches_the_terminal(void **state)
{
	(void)state;
	shows(CAME("\x1b]0;owned\x07\x1b[2J\n", ENDING_FIN), "\\x1B]0;owned\\x07\\x1B[2J\n");
	shows(CAME("a\0b\n", ENDING_FIN), "a\\x00b\n");
	shows(CAME("\xc2\x9b"
		   "31m\n",
		      ENDING_FIN),
		"\\xC2\\x9B31m\n"); /* CSI as one character */
	shows(CAME("\xff\xfe\n", ENDING_FIN), "\\xFF\\xFE\n");
	shows(CAME("\xec\x9d\xbc\n", ENDING_FIN), "\xec\x9d\xbc\n"); /* a Korean letter */
}

static void an_endless_reply_is_cut(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	memset(reply.bytes, 'x', sizeof(reply.bytes));
	reply.length = sizeof(reply.bytes);
	reply.ending = ENDING_ENDLESS;
	reply_print(&reply, true, &text);
	assert_int_equal(text.length, REPLY_SHOWN_WHEN_ENDLESS + 1);
}

static void first_lines(void **state)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	(void)state;
	reply_first_line(CAME("\r\n\none\r\ntwo\r\n", ENDING_FIN), &line);
	assert_string_equal(line.bytes, "one");
	text_clear(&line);
	reply_first_line(CAME("a\0b", ENDING_FIN), &line);
	assert_string_equal(line.bytes, "a?b");
	assert_true(reply_has_line(CAME("\none\n", ENDING_FIN)));
	assert_false(reply_has_line(CAME("\none", ENDING_FIN)));
	assert_false(reply_has_line(CAME("\r\n\n", ENDING_FIN)));
	assert_true(reply_is_empty(CAME("\r\n\n", ENDING_FIN)));
	assert_false(reply_is_empty(CAME("\0", ENDING_FIN)));
	assert_false(reply_is_empty(CAME("x", ENDING_FIN)));
}

static void service_ports(void **state)
{
	static const struct {
		const char *service;
		int result;
		uint16_t port;
	} cases[] = {
		{"13", 0, 13},
		{"1", 0, 1},
		{"65535", 0, 65535},
		{"daytime", 0, 13},
		{"0", -ERANGE, 0},
		{"65536", -ERANGE, 0},
		{"70000", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"-13", -EINVAL, 0},
		{"+13", -EINVAL, 0},
		{"13x", -EINVAL, 0},
		{" 13", -EINVAL, 0},
		{"no-such-service", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint16_t port = 0;

		if (client_service_port(cases[i].service, i % 2, &port) != cases[i].result)
			fail_msg("service '%s'", cases[i].service);
		assert_int_equal(port, cases[i].port);
	}
}

static void judgements(void **state)
{
	static const struct {
		const char *bytes;
		enum ending ending;
		int result;
		const char *word; /* of the text; NULL when there is to be none */
	} cases[] = {
		{"now\r\n", ENDING_FIN, 0, NULL},
		{"now", ENDING_FIN, 0, NULL},
		{"now\r\n", ENDING_OURS, 0, NULL},
		{"now\r\n", ENDING_RESET, 0, "reset"},
		{"now\r\n", ENDING_DEADLINE, 0, "--close-first"},
		{"", ENDING_FIN, -ENODATA, "nothing"},
		{"\r\n\r\n", ENDING_FIN, -ENODATA, "nothing"},
		{"", ENDING_RESET, -ECONNRESET, "reset"},
		{"no", ENDING_RESET, -ECONNRESET, "reset"},
		{"", ENDING_DEADLINE, -ETIMEDOUT, "within 1.5 s"},
		{"no", ENDING_DEADLINE, -ETIMEDOUT, "within 1.5 s"},
		{"now\r\nnow\r\n", ENDING_ENDLESS, -EMSGSIZE, "65536"},
	};
	const struct client_request request = {
		.host = "example.net",
		.port = 13,
		.timeout_ns = 3 * NS_PER_S / 2,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error err;

		came(cases[i].bytes, strlen(cases[i].bytes), cases[i].ending);
		assert_int_equal(client_judge(&request, &reply, &err), cases[i].result);
		assert_int_equal(err.code, -cases[i].result);
		if (!cases[i].word)
			assert_string_equal(err.text, "");
		else if (!strstr(err.text, cases[i].word))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_as_they_are_shown),
		cmocka_unit_test(nothing_reaches_the_terminal),
		cmocka_unit_test(an_endless_reply_is_cut),
		cmocka_unit_test(first_lines),
		cmocka_unit_test(service_ports),
		cmocka_unit_test(judgements),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("daytime client", tests, NULL, NULL);
}
