/* SPDX-License-Identifier: BSD-2-Clause */
#include "timelines.h"

#include <stdlib.h>

#include "scenario/library.h"
#include "scenario/myth.h"
#include "scenario/parse.h"

static const char text[] = "# \"TIME_WAIT lasts exactly 60 seconds\"\n"
			   "# It is a constant, and so people\n"
			   "# believe it.\n"
			   "#\n"
			   "# Measured: it went by itself,\n"
			   "# and late.\n"
			   "# Verdict: half true. Not exactly.\n"
			   "# Figures: server TIME_WAIT, SYN,ACK from server, client LAST_ACK\n"
			   "#\n"
			   "# See RFC 9293.\n"
			   "\n"
			   "server listen 13\n";

static void parse(struct scenario *ret_scenario, const char *from)
{
	struct parse_errors errors = {0};

	assert_int_equal(scenario_parse(ret_scenario, "test.tcp", from, strlen(from), &errors), 0);
}

static void read_from(struct myth *ret_myth, const char *from)
{
	struct scenario scenario;
	struct error err = {0};

	parse(&scenario, from);
	assert_int_equal(myth_read(ret_myth, &scenario, &err), 0);
	scenario_finish(&scenario);
}

static void block_is_taken_apart(void **state)
{
	struct myth myth;

	(void)state;
	read_from(&myth, text);
	assert_string_equal(myth.claim, "TIME_WAIT lasts exactly 60 seconds");
	assert_string_equal(
		myth.background, "It is a constant, and so people believe it. See RFC 9293.");
	assert_string_equal(myth.measured, "it went by itself, and late.");
	assert_string_equal(myth.words, "half true. Not exactly.");
	assert_int_equal(myth.verdict, MYTH_HALF_TRUE);
	assert_int_equal(myth.figure_count, 3);
	assert_int_equal(myth.figures[0].kind, FIGURE_TIME);
	assert_int_equal(myth.figures[0].stay.state, TCP_STATE_TIME_WAIT);
	assert_int_equal(myth.figures[1].kind, FIGURE_PACKETS);
	assert_int_equal(myth.figures[1].packets.from, HOST_SERVER);
	assert_string_equal(myth.figures[1].words, "SYN,ACK from server");
	myth_finish(&myth);
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *block, *complaint;
	} cases[] = {
		{"# A\n# Verdict: false.\n", "'Measured:'"},
		{"# A\n# Measured: so.\n", "'Verdict:'"},
		{"# A\n# Measured: so.\n# Verdict: perhaps.\n", "neither"},
		{"# A\n# Measured: so.\n# Verdict: falsehood.\n", "neither"},
		{"# A\n# Measured: so.\n# Verdict: false.\n# Figures: FIM\n", "'FIM'"},
		{"# A\n# Measured: so.\n# Verdict: false.\n# Figures: FIN 2 times\n", "'FIN 2"},
		{"# A\n# Measured: so.\n# Verdict: false.\n"
		 "# Figures: FIN, FIN, FIN, FIN, FIN, FIN, FIN, FIN, FIN\n",
			"8 figures"},
		{"", "'Measured:'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scenario scenario;
		struct error err = {0};
		struct myth myth;

		parse(&scenario, cases[i].block);
		assert_int_equal(myth_read(&myth, &scenario, &err), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].complaint));
		scenario_finish(&scenario);
	}
}

static void every_shipped_claim_is_whole(void **state)
{
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < library_count; i++) {
		struct scenario scenario;
		struct myth myth;

		if (strcmp(library_entries[i].theme, "myths"))
			continue;
		parse(&scenario, library_entries[i].text);
		/* The title is a quotation: elsewhere it stands beside titles that are true. */
		assert_int_equal(scenario.title[0], '"');
		scenario_finish(&scenario);
		read_from(&myth, library_entries[i].text);
		assert_true(myth.background[0] && strlen(myth.words) > strlen("false."));
		myth_finish(&myth);
		count++;
	}
	assert_true(count >= 16);
}

static void expect_figure(
	const struct timeline *timeline, const char *words, bool is_known, int64_t value)
{
	struct error err = {0};
	struct figure figure;

	assert_int_equal(figure_parse(&figure, words, strlen(words), &err), 0);
	figure_measure(&figure, timeline);
	assert_int_equal(figure.is_known, is_known);
	if (is_known)
		assert_int_equal(figure.value, value);
	figure_finish(&figure);
}

static void figures_come_from_the_record(void **state)
{
	struct timeline timeline;

	(void)state;
	sample_two(&timeline);
	sample_settle(&timeline);
	expect_figure(&timeline, "SYN", true, 2);
	expect_figure(&timeline, "SYN,ACK from server", true, 2);
	expect_figure(&timeline, "SYN from server", true, 0);
	expect_figure(&timeline, "FIN from client", true, 1);
	expect_figure(&timeline, "FIN from server.conn2", true, 0);
	expect_figure(&timeline, "FIN from server.nobody", true, 0);
	/* The minute that sample_two() lets pass, and 2 ms for two events. */
	expect_figure(&timeline, "server TIME_WAIT", true, 60402 * NS_PER_MS);
	expect_figure(&timeline, "client TIME_WAIT", false, 0);
	expect_figure(&timeline, "server.conn2 ESTABLISHED", false, 0);
	expect_figure(&timeline, "server.nobody ESTABLISHED", false, 0);
	timeline_finish(&timeline);
}

static void held_packets_count_once(void **state)
{
	struct timeline timeline;

	(void)state;
	sample_both(&timeline);
	expect_figure(&timeline, "FIN", true, 2);
	timeline_finish(&timeline);
}

static void figures_travel(void **state)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	struct figure sent[3] = {{.is_known = true, .value = 61300000000}, {.is_known = false},
		{.is_known = true, .value = 0}};
	struct figure came[3] = {0};

	(void)state;
	figures_encode(sent, 3, &line);
	assert_true(figures_decode(came, 3, line.bytes));
	assert_true(came[0].is_known && !came[1].is_known && came[2].is_known);
	assert_int_equal(came[0].value, 61300000000);
	assert_int_equal(came[2].value, 0);
	assert_false(figures_decode(came, 2, line.bytes));
	assert_false(came[0].is_known);
	assert_false(figures_decode(came, 3, ""));
	assert_false(figures_decode(came, 1, "x "));
	assert_false(figures_decode(came, 1, "1"));
	assert_true(figures_decode(came, 0, ""));
}

static void run_that_passed_is_answered_by_the_author(void **state)
{
	_cleanup_text_ struct text figures = TEXT_INIT;
	struct suite_report report = {.outcome = RUN_PASSED, .output = TEXT_INIT};
	struct myth myth;

	(void)state;
	read_from(&myth, text);
	text_append(&report.output, "61300000000 2 - ");
	myth_judge(&myth, &report);
	assert_int_equal(myth.verdict, MYTH_HALF_TRUE);
	assert_string_equal(myth.measured, "it went by itself, and late.");
	myth_print_figures(&myth, &figures);
	assert_string_equal(figures.bytes, "(server 61.30 s in TIME_WAIT; SYN,ACK from server: 2)");
	text_finish(&report.output);
	myth_finish(&myth);
}

static void another_kernel_is_believed(void **state)
{
	char step[] = "expect server TIME_WAIT", expected[] = "server TIME_WAIT";
	char observed[] = "server CLOSED";
	struct suite_failure failure = {
		.line = 12, .text = step, .expected = expected, .observed = observed};
	struct suite_report report = {.outcome = RUN_FAILED,
		.failures = &failure,
		.failure_count = 1,
		.output = TEXT_INIT};
	_cleanup_text_ struct text figures = TEXT_INIT;
	struct myth myth;

	(void)state;
	read_from(&myth, text);
	myth_judge(&myth, &report);
	assert_int_equal(myth.verdict, MYTH_OTHERWISE);
	assert_string_equal(myth.measured,
		"otherwise here: line 12 expected server TIME_WAIT, observed server CLOSED");
	assert_string_equal(myth.words, "not so on this kernel.");
	myth_print_figures(&myth, &figures);
	assert_string_equal(figures.bytes, "");
	myth_finish(&myth);
}

static void what_was_not_run_has_no_verdict(void **state)
{
	char reason[] = "no such sysctl", misfortune[] = "the worker died";
	struct suite_report slow = {
		.outcome = RUN_SKIPPED, .is_slow_skip = true, .output = TEXT_INIT};
	struct suite_report lacking = {
		.outcome = RUN_SKIPPED, .reason = reason, .output = TEXT_INIT};
	struct suite_report broken = {
		.outcome = RUN_FAILED, .reason = misfortune, .output = TEXT_INIT};
	struct suite_report *const reports[] = {&slow, &lacking, &broken};
	static const char *const words[] = {"--slow", "no such sysctl", "the worker died"};

	(void)state;
	for (size_t i = 0; i < COUNT(reports); i++) {
		struct myth myth;

		read_from(&myth, text);
		myth_judge(&myth, reports[i]);
		assert_int_equal(myth.verdict, MYTH_UNTRIED);
		assert_non_null(strstr(myth.measured, words[i]));
		assert_string_equal(myth.words, "not tried.");
		myth_finish(&myth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_is_taken_apart),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(every_shipped_claim_is_whole),
		cmocka_unit_test(figures_come_from_the_record),
		cmocka_unit_test(held_packets_count_once),
		cmocka_unit_test(figures_travel),
		cmocka_unit_test(run_that_passed_is_answered_by_the_author),
		cmocka_unit_test(another_kernel_is_believed),
		cmocka_unit_test(what_was_not_run_has_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
