/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "scenario/suite_message.h"

static void add_failure(struct suite_report *report, int line, const char *text)
{
	struct suite_failure *failure =
		list_grow(&report->failures, &report->failure_count, &report->failure_room);

	failure->line = line;
	failure->text = strdup(text);
	failure->expected = strdup("server TIME_WAIT");
}

static struct suite_report sample(void)
{
	struct suite_report report = {
		.item = 41,
		.run = 7,
		.outcome = RUN_FAILED,
		.last_states = strdup(""),
		.render_error = {.code = ENOSPC, .text = "cannot write x.svg: no space"},
		.output = TEXT_INIT,
	};

	text_append_bytes(&report.output, "a\0b\n", 4);
	add_failure(&report, 12, "expect server TIME_WAIT");
	add_failure(&report, 13, "server close");
	return report;
}

static void assert_sample(const struct suite_report *report)
{
	assert_int_equal(report->item, 41);
	assert_int_equal(report->run, 7);
	assert_int_equal(report->outcome, RUN_FAILED);
	assert_null(report->reason);
	assert_string_equal(report->last_states, "");
	assert_int_equal(report->render_error.code, ENOSPC);
	assert_string_equal(report->render_error.text, "cannot write x.svg: no space");
	assert_int_equal(report->output.length, 4);
	assert_memory_equal(report->output.bytes, "a\0b\n", 5);
	assert_int_equal(report->failure_count, 2);
	assert_int_equal(report->failures[0].line, 12);
	assert_string_equal(report->failures[0].text, "expect server TIME_WAIT");
	assert_string_equal(report->failures[0].expected, "server TIME_WAIT");
	assert_null(report->failures[0].observed);
	assert_string_equal(report->failures[1].text, "server close");
}

/* What goes in comes out, one after the other. */
static void test_round_trip(void **state)
{
	struct suite_report report = sample(), read;
	struct error why = {.code = EPERM, .text = "no namespaces"}, err;
	_cleanup_text_ struct text bytes = TEXT_INIT;
	size_t used, at;

	(void)state;
	suite_message_report(&bytes, &report);
	at = bytes.length;
	suite_message_refused(&bytes, &why);
	suite_report_finish(&report);
	assert_int_equal(suite_message_take(bytes.bytes, bytes.length, &used, &read, &err),
		SUITE_MESSAGE_REPORT);
	assert_int_equal(used, at);
	assert_sample(&read);
	suite_report_finish(&read);
	assert_int_equal(
		suite_message_take(bytes.bytes + at, bytes.length - at, &used, &read, &err),
		SUITE_MESSAGE_REFUSED);
	assert_int_equal(at + used, bytes.length);
	assert_int_equal(err.code, EPERM);
	assert_string_equal(err.text, "no namespaces");
}

/* A pipe gives what it has: every beginning of a message is none yet. */
static void test_beginnings(void **state)
{
	struct suite_report report = sample(), read;
	_cleanup_text_ struct text bytes = TEXT_INIT;
	struct error err;
	size_t used;

	(void)state;
	suite_message_report(&bytes, &report);
	suite_report_finish(&report);
	for (size_t length = 0; length < bytes.length; length++)
		assert_int_equal(suite_message_take(bytes.bytes, length, &used, &read, &err),
			SUITE_MESSAGE_NONE);
}

/* Any byte of it wrong: a report or nonsense, but nothing read beyond it and nothing leaked. */
static void test_damage(void **state)
{
	struct suite_report report = sample(), read;
	_cleanup_text_ struct text bytes = TEXT_INIT;
	struct error err;
	int broken = 0;

	(void)state;
	suite_message_report(&bytes, &report);
	suite_report_finish(&report);
	for (size_t at = 8; at < bytes.length; at++) {
		for (int value = 0; value < 256; value += 51) {
			char was = bytes.bytes[at];
			/* Exactly as long as it is: the sanitizer sees what lies beyond. */
			char *copy;
			enum suite_message_kind kind;
			size_t used;

			bytes.bytes[at] = (char)value;
			copy = malloc(bytes.length);
			memcpy(copy, bytes.bytes, bytes.length);
			kind = suite_message_take(copy, bytes.length, &used, &read, &err);
			assert_true(kind == SUITE_MESSAGE_REPORT || kind == SUITE_MESSAGE_BROKEN);
			if (kind == SUITE_MESSAGE_REPORT)
				suite_report_finish(&read);
			broken += kind == SUITE_MESSAGE_BROKEN;
			free(copy);
			bytes.bytes[at] = was;
		}
	}
	assert_true(broken > 100);
	assert_int_equal(suite_message_take("no message", 10, &(size_t){0}, &read, &err),
		SUITE_MESSAGE_BROKEN);
}

static void test_taking_over(void **state)
{
	struct suite_report report = sample(), taken = suite_report_take(&report);

	(void)state;
	assert_int_equal(report.failure_count, 0);
	assert_null(report.last_states);
	assert_int_equal(report.output.length, 0);
	suite_report_finish(&report);
	assert_sample(&taken);
	suite_report_finish(&taken);
	suite_report_finish(&taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_taking_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
