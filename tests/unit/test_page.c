/* SPDX-License-Identifier: BSD-2-Clause */

/* The pages of `timewait explain`: that they are there, are found, name scenarios, and how they look. */

#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "report/page.h"
#include "scenario/library.h"
#include "scenario/parse.h"
#include "tcp/state.h"

static void expect_page(const char *what, const char *name)
{
	const struct page *page = page_find(what);

	if (!page)
		fail_msg("no page '%s'", what);
	assert_string_equal(page->name, name);
}

static void test_every_state_has_a_page(void **state)
{
	(void)state;
	for (int s = TCP_STATE_ESTABLISHED; s < TCP_STATE_COUNT; s++) {
		const char *name = tcp_state_name((enum tcp_state)s);

		expect_page(name, name);
		assert_int_equal(page_find(name)->kind, PAGE_STATE);
	}
}

static void test_spellings(void **state)
{
	(void)state;
	expect_page("time-wait", "TIME_WAIT");
	expect_page("timewait", "TIME_WAIT");
	expect_page("Time Wait", "TIME_WAIT");
	expect_page("FIN-WAIT-1", "FIN_WAIT1");
	expect_page("estab", "ESTABLISHED");
	expect_page("SYN-RECEIVED", "SYN_RECV");
	expect_page("unconn", "CLOSED");
	expect_page("listening", "LISTEN");
	expect_page("bound-inactive", "BOUND");
	expect_page("eaddrinuse", "EADDRINUSE");
	expect_page("98", "EADDRINUSE");
	expect_page("110", "ETIMEDOUT");
	expect_page("Address already in use", "EADDRINUSE");
	expect_page("EWOULDBLOCK", "EAGAIN");
	expect_page("net.ipv4.tcp_fin_timeout", "tcp_fin_timeout");
	expect_page("/proc/sys/net/ipv4/tcp_tw_reuse", "tcp_tw_reuse");
	expect_page("net/core/somaxconn", "somaxconn");
	expect_page("NET.CORE.SOMAXCONN", "somaxconn");
	expect_page("tcp_keepalive_intvl", "tcp_keepalive_time");
	expect_page("so-linger", "SO_LINGER");
	expect_page("RFC1337", "TIME_WAIT assassination");
	expect_page("Half Close", "half-close");
}

/* They differ in case alone. */
static void test_a_setting_and_an_option_of_one_name(void **state)
{
	(void)state;
	assert_int_equal(page_find("ip_local_port_range")->kind, PAGE_SYSCTL);
	assert_int_equal(page_find("net.ipv4.ip_local_port_range")->kind, PAGE_SYSCTL);
	assert_int_equal(page_find("IP_LOCAL_PORT_RANGE")->kind, PAGE_OPTION);
}

static void test_unknown(void **state)
{
	(void)state;
	assert_null(page_find(""));
	assert_null(page_find("-_ "));
	assert_null(page_find("xyzzy"));
	assert_null(page_find("0"));
	assert_null(page_find("1"));
	assert_null(page_find("4096"));
	assert_null(page_find("99999999999999999999"));
	assert_null(page_find("net.ipv4."));
	assert_null(page_find("UNKNOWN"));
	assert_null(page_nearest("xyzzy"));
	assert_null(page_nearest(""));
	assert_string_equal(page_nearest("TIMEWIAT")->name, "TIME_WAIT");
	assert_string_equal(page_nearest("net.ipv4.tcp_fin_timout")->name, "tcp_fin_timeout");
	assert_string_equal(page_nearest("Adress already in use")->name, "EADDRINUSE");
}

/* Each name and alias finds its own page; none stands for two (but for the pair above). */
static void test_names_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_count; i++) {
		_cleanup_free_ char *aliases = strdup(pages[i].aliases);
		char *rest = NULL;

		assert_ptr_equal(page_find(pages[i].name), &pages[i]);
		for (char *alias = strtok_r(aliases, ",", &rest); alias;
			alias = strtok_r(NULL, ",", &rest)) {
			if (page_find(alias) != &pages[i])
				fail_msg("%s: '%s' is found elsewhere", pages[i].name, alias);
		}
	}
}

static bool is_slow(const struct library_entry *entry)
{
	struct parse_errors errors = {0};
	struct scenario scenario;
	bool slow;

	/* One that does not parse is test_library's business. */
	if (scenario_parse(&scenario, entry->name, entry->text, entry->length, &errors) < 0)
		return false;
	slow = scenario.is_slow;
	scenario_finish(&scenario);
	return slow;
}

struct named {
	const struct page *page;
	size_t count;
};

static bool must_exist(void *context, const char *name, size_t length)
{
	static const char slow[] = "--slow ";
	const struct library_entry *entry;
	struct named *named = context;
	bool is_called_slow;
	char copy[64];

	assert_true(length < sizeof(copy));
	memcpy(copy, name, length);
	copy[length] = '\0';
	entry = library_find(copy);
	if (!entry)
		fail_msg("%s: there is no scenario '%s'", named->page->name, copy);
	is_called_slow = !memcmp(name - strlen(slow), slow, strlen(slow));
	if (is_slow(entry) != is_called_slow)
		fail_msg("%s: '%s' is %s", named->page->name, copy,
			is_called_slow ? "not slow" : "slow: say --slow");
	named->count++;
	return true;
}

static void test_every_page_names_scenarios(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_count; i++) {
		struct named named = {.page = &pages[i]};

		page_scenarios(&pages[i], must_exist, &named);
		if (!named.count)
			fail_msg("%s: names no scenario", pages[i].name);
	}
}

/* A name between backticks for `timewait explain` leads to a page. */
static void test_references(void **state)
{
	static const char explain[] = "`timewait explain ";

	(void)state;
	for (size_t i = 0; i < page_count; i++) {
		const char *at = pages[i].body;

		while ((at = strstr(at, explain))) {
			_cleanup_free_ char *what = NULL;

			at += strlen(explain);
			what = strndup(at, strcspn(at, "`"));
			if (!page_find(what))
				fail_msg("%s: there is no page '%s'", pages[i].name, what);
		}
	}
}

static bool collect(void *context, const char *name, size_t length)
{
	struct text *names = context;

	text_append_bytes(names, name, length);
	text_append(names, " ");
	return names->length < 8;
}

static void test_scenarios_of_a_page(void **state)
{
	const struct page page = {
		.body = "timewait run --slow one\n`timewait run two`, timewait run three\n",
	};
	_cleanup_text_ struct text names = TEXT_INIT;

	(void)state;
	page_scenarios(&page, collect, &names);
	assert_string_equal(names.bytes, "one two ");
}

static const struct page example = {
	.kind = PAGE_STATE,
	.name = "NAME",
	.aliases = "",
	.summary = "What it is, told in a line that is wrapped.",
	.body = "A paragraph of words\nin two lines with `a name` and `one`.\n\n"
		"## Heading\n\n- an item that is so long that it goes on below\n- another\n\n"
		"    as it `stands`    \n",
};

static void test_plain(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	page_print(&out, &example, 30, false);
	assert_string_equal(out.bytes, "NAME (state)\n"
				       "  What it is, told in a line\n"
				       "  that is wrapped.\n"
				       "\n"
				       "  A paragraph of words in two\n"
				       "  lines with 'a name' and one.\n"
				       "\n"
				       "Heading\n"
				       "  - an item that is so long\n"
				       "    that it goes on below\n"
				       "  - another\n"
				       "\n"
				       "    as it `stands`    \n");
}

static void test_coloured(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	page_print(&out, &example, 30, true);
	assert_non_null(strstr(out.bytes, "\033[1mNAME\033[0m (state)\n"));
	assert_non_null(strstr(out.bytes, "\n\033[1mHeading\033[0m\n"));
	assert_non_null(strstr(out.bytes, "\033[1ma name\033[0m and \033[1mone\033[0m.\n"));
}

/* A name in bold that is broken over two lines is not bold in the indent. */
static void test_bold_over_two_lines(void **state)
{
	const struct page page = {
		.kind = PAGE_TOPIC,
		.name = "N",
		.aliases = "",
		.summary = "S",
		.body = "Words and `a name of several words`.\n",
	};
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	page_print(&out, &page, 22, true);
	assert_string_equal(out.bytes, "\033[1mN\033[0m\n  S\n\n"
				       "  Words and \033[1ma name of\033[0m\n"
				       "  \033[1mseveral words\033[0m.\n");
}

static size_t widest(const char *text)
{
	size_t width = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");

		width = length > width ? length : width;
		text += length + (text[length] == '\n');
	}
	return width;
}

/* At most two screens each, and never wider than 80 columns. */
static void test_every_page_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_count; i++) {
		_cleanup_text_ struct text out = TEXT_INIT;
		size_t lines = 0;

		page_print(&out, &pages[i], 80, false);
		for (const char *at = out.bytes; *at; at++)
			lines += *at == '\n';
		if (lines > 60 || widest(out.bytes) > 80)
			fail_msg("%s: %zu lines, %zu columns", pages[i].name, lines,
				widest(out.bytes));
		if (strlen(pages[i].summary) > 120)
			fail_msg("%s: not in short", pages[i].name);
	}
}

static void test_list(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	page_print_list(&out, 100, false);
	assert_true(widest(out.bytes) <= 100);
	assert_int_equal(strncmp(out.bytes, "States\n  ", 9), 0);
	for (size_t i = 0; i < page_count; i++) {
		_cleanup_text_ struct text line = TEXT_INIT;

		text_printf(&line, "\n  %s  ", pages[i].name);
		assert_non_null(strstr(out.bytes, line.bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_has_a_page),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_a_setting_and_an_option_of_one_name),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_every_page_names_scenarios),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_scenarios_of_a_page),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_coloured),
		cmocka_unit_test(test_bold_over_two_lines),
		cmocka_unit_test(test_every_page_fits),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
