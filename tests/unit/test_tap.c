/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "reports.h"
#include "scenarios.h"

#include "report/tap.h"

static const char text_of_a_scenario[] = "# A title with a # in it\n"
					 "# The explanation.\n"
					 "#\n"
					 "# More of it.\n"
					 "\n"
					 "server listen 13 # why\n"
					 "# before the call\n"
					 "client connect server:13\n";

static void compare_point(
	struct suite_report *report, struct suite_tally tally, const char *expected)
{
	struct scenario scenario = parsed(text_of_a_scenario);
	_cleanup_text_ struct text out = TEXT_INIT;

	tap_print_point(&out, 3, &scenario, report, &tally);
	assert_string_equal(out.bytes, expected);
	suite_report_finish(report);
	scenario_finish(&scenario);
}

static void test_plan(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	tap_print_plan(&out, 12);
	tap_print_bail_out(&out, "interrupted");
	assert_string_equal(out.bytes, "TAP version 14\n1..12\nBail out! interrupted\n");
	text_clear(&out);
	tap_print_nothing(&out, "no namespaces # here");
	assert_string_equal(out.bytes, "TAP version 14\n1..0 # SKIP no namespaces \\# here\n");
}

static void test_comments(void **state)
{
	struct scenario scenario = parsed(text_of_a_scenario);
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	tap_print_comments(&out, &scenario);
	assert_string_equal(out.bytes, "# The explanation.\n"
				       "#\n"
				       "# More of it.\n"
				       "# why\n"
				       "# before the call\n");
	scenario_finish(&scenario);
}

/* No '#' of a title may begin a directive. */
static void test_passed(void **state)
{
	struct suite_report report = sample_report(RUN_PASSED, NULL);

	(void)state;
	compare_point(&report, (struct suite_tally){.runs = 1},
		"ok 3 - test.tcp: A title with a \\# in it\n");
}

static void test_skipped(void **state)
{
	struct suite_report report =
		sample_report(RUN_SKIPPED, "this kernel has no sysctl net.x\nor so");

	(void)state;
	compare_point(&report, (struct suite_tally){.runs = 1},
		"ok 3 - test.tcp: A title with a \\# in it # SKIP this kernel has no sysctl "
		"net.x\\\\x0Aor so\n");
}

static void test_failed(void **state)
{
	struct suite_report report = sample_report(RUN_FAILED, NULL);

	(void)state;
	sample_failure(&report, 6, "client recv \"a\\n\"", "\"a\\n\"", "\"b\xff\"");
	report.last_states = strdup("server.conn ESTABLISHED, client.conn ESTABLISHED");
	text_append(&report.output, "title\n\n  server\n");
	compare_point(&report, (struct suite_tally){.runs = 1},
		"not ok 3 - test.tcp: A title with a \\# in it\n"
		"  ---\n"
		"  file: \"test.tcp\"\n"
		"  line: 6\n"
		"  step: \"client recv \\\"a\\\\n\\\"\"\n"
		"  expected: \"\\\"a\\\\n\\\"\"\n"
		"  observed: \"\\\"b\\xFF\\\"\"\n"
		"  states: \"server.conn ESTABLISHED, client.conn ESTABLISHED\"\n"
		"  diagram: |2\n"
		"    title\n"
		"\n"
		"      server\n"
		"  ...\n");
}

static void test_further_failures_and_runs(void **state)
{
	struct suite_report report = sample_report(RUN_FAILED, NULL);

	(void)state;
	sample_failure(&report, 6, "one", "a", "b");
	sample_failure(&report, 7, "two", "c", "d");
	compare_point(&report, (struct suite_tally){.runs = 100, .failed = 3, .first_failed = 57},
		"not ok 3 - test.tcp: A title with a \\# in it\n"
		"  ---\n"
		"  file: \"test.tcp\"\n"
		"  line: 6\n"
		"  step: \"one\"\n"
		"  expected: \"a\"\n"
		"  observed: \"b\"\n"
		"  further:\n"
		"  - line: 7\n"
		"    step: \"two\"\n"
		"    expected: \"c\"\n"
		"    observed: \"d\"\n"
		"  runs: 100\n"
		"  failed_runs: 3\n"
		"  first_failed_run: 57\n"
		"  ...\n");
}

/* A field without a value is left out, and leaves no blanks behind: they would be YAML. */
static void test_further_failure_without_words(void **state)
{
	struct suite_report report = sample_report(RUN_FAILED, NULL);

	(void)state;
	sample_failure(&report, 6, "", "a", "b");
	sample_failure(&report, 7, "", "", "d");
	compare_point(&report, (struct suite_tally){.runs = 1},
		"not ok 3 - test.tcp: A title with a \\# in it\n"
		"  ---\n"
		"  file: \"test.tcp\"\n"
		"  line: 6\n"
		"  expected: \"a\"\n"
		"  observed: \"b\"\n"
		"  further:\n"
		"  - line: 7\n"
		"    observed: \"d\"\n"
		"  ...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_further_failures_and_runs),
		cmocka_unit_test(test_further_failure_without_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
