/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>
#include <string.h>

#include "base/list.h"
#include "report/coverage_report.h"

static const struct library_entry fast = {"closing", "fast-one", "", 0};
static const struct library_entry slow = {"waiting", "slow-one", "", 0};
static const struct library_entry young = {"timers", "young-one", "", 0};

/* Figure 5, all of it shown by one scenario; TIME_WAIT > CLOSED by a slow one that was not run. */
static void fill(struct coverage *coverage)
{
	const struct tcp_transition *arrows = tcp_transitions(&coverage->arrow_count);

	coverage->not_passed = (struct text)TEXT_INIT;
	for (size_t i = 0; i < coverage->arrow_count; i++) {
		struct coverage_row *row =
			list_grow(&coverage->rows, &coverage->count, &coverage->room);

		*row = (struct coverage_row){
			.from = arrows[i].from, .to = arrows[i].to, .arrow = (int)i};
		for (int host = 0; host < HOST_COUNT && !arrows[i].absent; host++) {
			bool is_slow = arrows[i].from == TCP_STATE_TIME_WAIT;

			row->by[host] = (struct coverage_showing){
				.entry = is_slow ? &slow : &fast,
				.is_slow = is_slow,
				.is_seen = !is_slow,
				.is_plain = true,
			};
		}
	}
}

/* One more that the figure has not: at the server, on young kernels alone; at the client, on
 * all. */
static void add_other(struct coverage *coverage, bool is_on_all)
{
	struct coverage_row *row = list_grow(&coverage->rows, &coverage->count, &coverage->room);

	*row = (struct coverage_row){
		.from = TCP_STATE_FIN_WAIT2,
		.to = TCP_STATE_CLOSED,
		.cause = COVERAGE_TIMEOUT,
		.arrow = COVERAGE_NO_ARROW,
		.by[HOST_SERVER] = {.entry = &young, .is_seen = true},
	};
	if (is_on_all)
		row->by[HOST_CLIENT] = (struct coverage_showing){
			.entry = &fast, .is_seen = true, .is_plain = true};
}

static void nothing_is_missing(void **state)
{
	struct coverage coverage = {0};

	(void)state;
	fill(&coverage);
	assert_int_equal(coverage_missing(&coverage), 0);
	coverage_finish(&coverage);
}

static void one_host_is_enough_to_be_missing(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct coverage coverage = {0};

	(void)state;
	fill(&coverage);
	coverage.rows[2].by[HOST_CLIENT].entry = NULL;
	assert_true(coverage_is_missing(&coverage.rows[2], HOST_CLIENT));
	assert_false(coverage_is_missing(&coverage.rows[2], HOST_SERVER));
	assert_int_equal(coverage_missing(&coverage), 1);
	coverage_print(&out, &coverage, false);
	assert_non_null(strstr(out.bytes, "fast-one                  MISSING\n"));
	coverage_finish(&coverage);
}

static void the_tables_say_what_was_not_run(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct coverage coverage = {0};

	(void)state;
	fill(&coverage);
	add_other(&coverage, true);
	coverage_print(&out, &coverage, false);
	assert_non_null(strstr(out.bytes,
		"  TIME_WAIT > CLOSED        timeout 2MSL        slow-one (slow, not run)  "
		"slow-one (slow, not run)\n"));
	assert_non_null(strstr(out.bytes, "  LISTEN > SYN_SENT         SEND                not "
					  "on Linux: the sockets API"));
	assert_non_null(strstr(out.bytes, "\nNot in the figure\n"));
	assert_non_null(strstr(out.bytes, "  FIN_WAIT2 > CLOSED  timeout  young-one"));
	coverage_finish(&coverage);
}

static json_t *line_of(const char *bytes, const char *needle)
{
	const char *at = strstr(bytes, needle);
	json_t *object;

	assert_non_null(at);
	while (at > bytes && at[-1] != '\n')
		at--;
	object = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(object);
	return object;
}

static void json_leaves_out_what_is_not_known(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct coverage coverage = {0};
	json_t *object;

	(void)state;
	fill(&coverage);
	add_other(&coverage, false);
	coverage.rows[0].by[HOST_SERVER].entry = NULL;
	coverage_print_json(&out, &coverage);
	object = line_of(out.bytes, "\"v\":1");
	assert_string_equal(json_string_value(json_object_get(object, "from")), "CLOSED");
	assert_string_equal(json_string_value(json_object_get(object, "to")), "LISTEN");
	assert_null(json_object_get(object, "server"));
	assert_non_null(json_object_get(object, "client"));
	assert_null(json_object_get(object, "absent"));
	json_decref(object);
	object = line_of(out.bytes, "\"absent\":\"");
	assert_null(json_object_get(object, "client"));
	json_decref(object);
	object = line_of(out.bytes, "\"figure\":false");
	assert_string_equal(json_string_value(json_object_get(object, "event")), "timeout");
	assert_null(json_object_get(object, "client"));
	json_decref(object);
	object = line_of(out.bytes, "\"type\":\"coverage\"");
	assert_int_equal(json_integer_value(json_object_get(object, "missing")), 1);
	assert_int_equal(json_integer_value(json_object_get(object, "absent")), 1);
	assert_true(json_is_false(json_object_get(object, "ok")));
	json_decref(object);
	coverage_finish(&coverage);
}

/* What is made on a young kernel must be what an older one makes. */
static void a_document_has_what_every_kernel_shows(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct coverage coverage = {0};

	(void)state;
	fill(&coverage);
	add_other(&coverage, false);
	coverage_print_markdown(&out, &coverage);
	assert_null(strstr(out.bytes, "FIN_WAIT2 > CLOSED"));
	coverage.rows[coverage.count - 1].by[HOST_CLIENT] =
		(struct coverage_showing){.entry = &fast, .is_seen = true, .is_plain = true};
	text_clear(&out);
	coverage_print_markdown(&out, &coverage);
	assert_non_null(strstr(out.bytes, "| FIN_WAIT2 > CLOSED | timeout |  |  | "
					  "[fast-one](../scenarios/closing/fast-one.tcp) |\n"));
	coverage_finish(&coverage);
}

/* A slow one reads the same whether it was run or not. */
static void a_document_does_not_tell_what_was_run(void **state)
{
	_cleanup_text_ struct text before = TEXT_INIT, after = TEXT_INIT;
	struct coverage coverage = {0};

	(void)state;
	fill(&coverage);
	coverage_print_markdown(&before, &coverage);
	for (int host = 0; host < HOST_COUNT; host++)
		coverage.rows[coverage.count - 1].by[host].is_seen = true;
	coverage_print_markdown(&after, &coverage);
	assert_string_equal(before.bytes, after.bytes);
	assert_non_null(strstr(before.bytes, "slow-one.tcp) (slow)"));
	coverage_finish(&coverage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_missing),
		cmocka_unit_test(one_host_is_enough_to_be_missing),
		cmocka_unit_test(the_tables_say_what_was_not_run),
		cmocka_unit_test(json_leaves_out_what_is_not_known),
		cmocka_unit_test(a_document_has_what_every_kernel_shows),
		cmocka_unit_test(a_document_does_not_tell_what_was_run),
	};

	return cmocka_run_group_tests_name("coverage_report", tests, NULL, NULL);
}
