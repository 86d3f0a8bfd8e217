/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "reports.h"

#include "report/failure.h"

static void compare(const char *file, struct suite_report *report, struct failure_look look,
	const char *expected)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	failure_print(&out, file, report, &look);
	assert_string_equal(out.bytes, expected);
	suite_report_finish(report);
}

static void test_step(void **state)
{
	struct suite_report report = sample_report(RUN_FAILED, NULL);

	(void)state;
	sample_failure(
		&report, 12, "expect server TIME_WAIT", "server TIME_WAIT", "server FIN_WAIT2");
	report.last_states = strdup("server.conn FIN_WAIT2, client.conn CLOSE_WAIT");
	compare("closing.tcp", &report, (struct failure_look){.utf8 = true},
		"closing.tcp:12: failed: expect server TIME_WAIT\n"
		"  expected: server TIME_WAIT\n"
		"  observed: server FIN_WAIT2\n"
		"  last states: server.conn FIN_WAIT2, client.conn CLOSE_WAIT\n");
}

/* Told to go on, a scenario fails more than once; repeated, it has a number. */
static void test_several(void **state)
{
	struct suite_report report = sample_report(RUN_FAILED, NULL);

	(void)state;
	sample_failure(&report, 3, "server accept", "success", "fails EAGAIN");
	sample_failure(&report, 9, "expect no RST", "no RST", "1 RST");
	report.run = 57;
	compare("x.tcp", &report, (struct failure_look){.names_run = true, .has_colour = true},
		"x.tcp:3: \033[1;31mfailed in run 57\033[m: server accept\n"
		"  expected: success\n"
		"  observed: fails EAGAIN\n"
		"x.tcp:9: \033[1;31mfailed in run 57\033[m: expect no RST\n"
		"  expected: no RST\n"
		"  observed: 1 RST\n");
}

/* No step failed, but the process that ran it. */
static void test_without_step(void **state)
{
	struct suite_report report = sample_report(RUN_FAILED, "the process ended");

	(void)state;
	compare("x.tcp", &report, (struct failure_look){.utf8 = true},
		"x.tcp: failed: the process ended\n");
}

/* What comes from a file, or from a program, cannot harm a terminal. */
static void test_is_safe(void **state)
{
	struct suite_report report = sample_report(RUN_FAILED, NULL);

	(void)state;
	sample_failure(&report, 1, "client run echo \033[2J", "\"a\\n\"", "\"\a\"");
	compare("evil\033]0;x.tcp", &report, (struct failure_look){.utf8 = true},
		"evil\\x1B]0;x.tcp:1: failed: client run echo \\x1B[2J\n"
		"  expected: \"a\\n\"\n"
		"  observed: \"\\x07\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_without_step),
		cmocka_unit_test(test_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
