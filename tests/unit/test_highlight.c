/* SPDX-License-Identifier: BSD-2-Clause */

/* Scenarios in colour: what is bold, what is dim, and that nothing else changes. */

#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "report/highlight.h"
#include "scenario/library.h"

/* "<verb>" for bold, "{comment}" for dim. */
static void readable(struct text *out, const char *painted)
{
	bool is_dim = false;

	while (*painted) {
		if (!strncmp(painted, "\033[1m", 4)) {
			text_append(out, "<");
			painted += 4;
		} else if (!strncmp(painted, "\033[2m", 4)) {
			text_append(out, "{");
			is_dim = true;
			painted += 4;
		} else if (!strncmp(painted, "\033[0m", 4)) {
			text_append(out, is_dim ? "}" : ">");
			is_dim = false;
			painted += 4;
		} else {
			text_append_bytes(out, painted++, 1);
		}
	}
}

static void expect(const char *scenario, const char *wanted)
{
	_cleanup_text_ struct text painted = TEXT_INIT, got = TEXT_INIT;

	highlight_scenario(&painted, scenario, strlen(scenario));
	readable(&got, painted.bytes);
	assert_string_equal(got.bytes, wanted);
}

static void test_verbs(void **state)
{
	(void)state;
	expect("server listen 13\n", "server <listen> 13\n");
	expect("client.two  connect server:13\n", "client.two  <connect> server:13\n");
	expect("\twire hold FIN from client\n", "\t<wire hold> FIN from client\n");
	expect("expect server CLOSED\n", "<expect> server CLOSED\n");
	expect("slow", "<slow>");
	expect("servers close", "<servers> close");
	expect("wire", "<wire>");
	expect("server", "server");
}

static void test_comments(void **state)
{
	(void)state;
	expect("# title\n\n", "{# title}\n\n");
	expect("server close # now\n", "server <close> {# now}\n");
	expect("server send \"# no \\\" #\" # yes\n", "server <send> \"# no \\\" #\" {# yes}\n");
	expect("server close#x\r\n", "server <close>{#x\r}\n");
}

static void test_junk(void **state)
{
	(void)state;
	expect("", "");
	expect("\n \n", "\n \n");
	expect("\"", "<\">");
	expect("server \"\\", "server <\"\\>");
}

static void test_bytes_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < library_count; i++) {
		_cleanup_text_ struct text painted = TEXT_INIT, plain = TEXT_INIT;

		highlight_scenario(&painted, library_entries[i].text, library_entries[i].length);
		assert_true(painted.length > library_entries[i].length);
		for (const char *at = painted.bytes; *at;) {
			if (*at == '\033')
				at += 4;
			else
				text_append_bytes(&plain, at++, 1);
		}
		assert_string_equal(plain.bytes, library_entries[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_junk),
		cmocka_unit_test(test_bytes_stay),
	};

	return cmocka_run_group_tests_name("highlight", tests, NULL, NULL);
}
