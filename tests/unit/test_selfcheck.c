/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain/probe.h"
#include "explain/selfcheck.h"
#include "report/selfcheck_report.h"

static int touched;

static void works(struct probe_result *result)
{
	(void)result;
	touched = 1; /* in the child alone */
}

static void refuses(struct probe_result *result)
{
	probe_fail(result, EPERM, "%s says no", "somebody");
	probe_advise(result, "ask again");
}

static void is_killed(struct probe_result *result)
{
	(void)result;
	signal(SIGSYS, SIG_DFL);
	raise(SIGSYS); /* what a seccomp policy does */
}

static void leaves(struct probe_result *result)
{
	(void)result;
	_exit(0);
}

static void answers_come_back(void **state)
{
	struct probe_result result = {.code = 1};

	(void)state;
	probe_run(works, &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.reason, "");
	assert_int_equal(touched, 0);
	probe_run(refuses, &result);
	assert_int_equal(result.code, EPERM);
	assert_string_equal(result.reason, "somebody says no");
	assert_string_equal(result.remedy, "ask again");
}

static void silence_is_an_answer(void **state)
{
	struct probe_result result;

	(void)state;
	probe_run(is_killed, &result);
	assert_int_equal(result.code, EPERM);
	assert_non_null(strstr(result.reason, strsignal(SIGSYS)));
	probe_run(leaves, &result);
	assert_int_not_equal(result.code, 0);
	assert_string_not_equal(result.reason, "");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* all are reaped */
	assert_int_equal(errno, ECHILD);
}

static struct selfcheck example(void)
{
	return (struct selfcheck){.count = 4,
		.items = {
			{.name = "one",
				.title = "One",
				.purpose = "the first",
				.was_tried = true,
				.needed_by = SELFCHECK_LIST},
			{.name = "two",
				.title = "Number two",
				.purpose = "the second",
				.was_tried = true,
				.needed_by = SELFCHECK_REPRODUCE,
				.result = {EPERM, "because of this and because of that", "do it"}},
			{.name = "three",
				.title = "Three",
				.purpose = "the third",
				.needed_by = SELFCHECK_REPRODUCE,
				.result = {ENOTSUP, "not tried", ""}},
			{.name = "four",
				.title = "Four",
				.purpose = "later",
				.was_tried = true,
				.result = {ENOENT, "not there", ""}},
		}};
}

static void prints_what_it_found(void **state)
{
	const struct selfcheck check = example();
	const struct selfcheck_look plain = {.columns = 38};
	const struct selfcheck_look rich = {.utf8 = true, .has_colour = true, .columns = 80};
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	selfcheck_print(&out, &check, &plain);
	assert_string_equal(out.bytes, "ok One         the first\n"
				       "no Number two  the second\n"
				       "      why: because of this and because\n"
				       "           of that\n"
				       "      remedy: do it\n"
				       "-- Three       the third\n"
				       "      why: not tried\n"
				       "-- Four        later\n"
				       "      why: not there\n"
				       "\n"
				       "Works here: list, reproduce --host, run.\n"
				       "Does not work here: reproduce.\n"
				       "'timewait reproduce --host' shows the experiment on this "
				       "machine's own loopback.\n");
	text_clear(&out);
	selfcheck_print(&out, &check, &rich);
	assert_non_null(strstr(out.bytes, "\033[32m✓\033[m One "));
	assert_non_null(strstr(out.bytes, "\033[1;31m✗\033[m Number two "));
	assert_non_null(strstr(out.bytes, "\033[2m–\033[m Four "));
}

static void prints_json(void **state)
{
	const struct selfcheck check = example();
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	selfcheck_print_json(&out, &check);
	assert_string_equal(out.bytes,
		"{\"v\":1,\"type\":\"check\",\"name\":\"one\",\"works\":true,\"tried\":true,"
		"\"needed_by\":\"list\",\"purpose\":\"the first\"}\n"
		"{\"type\":\"check\",\"name\":\"two\",\"works\":false,\"tried\":true,"
		"\"needed_by\":\"reproduce\",\"purpose\":\"the second\","
		"\"reason\":\"because of this and because of that\",\"remedy\":\"do it\"}\n"
		"{\"type\":\"check\",\"name\":\"three\",\"works\":false,\"tried\":false,"
		"\"needed_by\":\"reproduce\",\"purpose\":\"the third\",\"reason\":\"not tried\"}\n"
		"{\"type\":\"check\",\"name\":\"four\",\"works\":false,\"tried\":true,"
		"\"purpose\":\"later\",\"reason\":\"not there\"}\n"
		"{\"type\":\"command\",\"name\":\"list\",\"works\":true}\n"
		"{\"type\":\"command\",\"name\":\"reproduce\",\"works\":false}\n"
		"{\"type\":\"command\",\"name\":\"reproduce --host\",\"works\":true}\n"
		"{\"type\":\"command\",\"name\":\"run\",\"works\":true}\n");
}

static void what_nobody_needs_breaks_nothing(void **state)
{
	struct selfcheck check = example();

	(void)state;
	assert_int_equal(selfcheck_broken(&check), SELFCHECK_REPRODUCE);
	check.items[1].result.code = check.items[2].result.code = 0;
	assert_int_equal(selfcheck_broken(&check), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_back),
		cmocka_unit_test(silence_is_an_answer),
		cmocka_unit_test(prints_what_it_found),
		cmocka_unit_test(prints_json),
		cmocka_unit_test(what_nobody_needs_breaks_nothing),
	};

	setlocale(LC_ALL, "C.UTF-8");
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
