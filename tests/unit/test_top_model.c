/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "report/top_model.h"
#include "report/top_view.h"
#include "report/top_words.h"
#include "surveys.h"

static void test_rates(void **state)
{
	static struct top_model model;
	struct survey survey = {.time_ns = 5 * NS_PER_S};

	(void)state;
	survey.totals.born = 1000;
	survey.states[TCP_STATE_TIME_WAIT] = 7;
	top_model_add(&model, &survey);
	/* One look is no rate. */
	assert_false(model.has_rates);
	assert_int_equal(model.histories[TOP_TIME_WAIT].count, 1);
	assert_int_equal(model.histories[TOP_BIRTHS].count, 0);
	survey.time_ns += 2 * NS_PER_S;
	survey.totals.born += 100;
	survey.totals.died += 3;
	survey.totals.active_opens += 10;
	survey.totals.passive_opens += 20;
	survey.totals.died_by[LIFE_EXPIRED] += 2;
	survey.totals.not_born_by[LIFE_BUCKET_OVERFLOW] += 1;
	top_model_add(&model, &survey);
	assert_true(model.has_rates);
	assert_true(model.rates.born == 50 && model.rates.died == 1.5);
	assert_true(model.rates.active_opens == 5 && model.rates.passive_opens == 10);
	assert_true(model.rates.died_by[LIFE_EXPIRED] == 1);
	assert_true(model.rates.not_born_by[LIFE_BUCKET_OVERFLOW] == 0.5);
	assert_true(model.histories[TOP_OPENS].values[0] == 15);
	/* Counts that went back, and no time between two looks, are no rates. */
	survey.totals.born = 0;
	survey.totals.died += 5;
	top_model_add(&model, &survey);
	assert_true(model.rates.born == 0 && model.rates.died == 0);
}

static void test_history(void **state)
{
	static struct history history;
	const double *values;
	size_t count;

	(void)state;
	values = history_last(&history, 10, &count);
	assert_int_equal(count, 0);
	for (int i = 1; i <= 5; i++)
		history_add(&history, i);
	values = history_last(&history, 3, &count);
	assert_int_equal(count, 3);
	assert_true(values[0] == 3 && values[2] == 5);
	values = history_last(&history, 30, &count);
	assert_int_equal(count, 5);
	assert_true(values[0] == 1);
	/* However many come, the last are there, in order, and no more memory is taken. */
	for (int i = 6; i <= 7 * HISTORY_VALUES + 3; i++) {
		history_add(&history, i);
		values = history_last(&history, HISTORY_VALUES, &count);
		assert_int_equal(count, i < HISTORY_VALUES ? i : HISTORY_VALUES);
		assert_true(values[count - 1] == i);
		assert_true(values[0] == i - (double)count + 1);
	}
}

static void test_words(void **state)
{
	char text[TOP_WORD_BYTES];

	(void)state;
	assert_string_equal(top_word_count(0, 9, text), "0");
	assert_string_equal(top_word_count(999, 9, text), "999");
	assert_string_equal(top_word_count(1000, 9, text), "1,000");
	assert_string_equal(top_word_count(1234567, 9, text), "1,234,567");
	assert_string_equal(top_word_count(1234567, 8, text), "1.2M");
	assert_string_equal(top_word_count(12345678, 9, text), "12.3M");
	assert_string_equal(top_word_count(999999, 6, text), "999k");
	assert_string_equal(top_word_count(-1, 9, text), "-");
	assert_string_equal(top_word_count(1e300, 9, text + 0), text);
	assert_string_equal(top_word_rate(0, text), "0");
	assert_string_equal(top_word_rate(0.25, text), "0.2");
	assert_string_equal(top_word_rate(9.96, text), "10");
	assert_string_equal(top_word_rate(412.4, text), "412");
	assert_string_equal(top_word_rate(9999.6, text), "9.9k");
	assert_string_equal(top_word_rate(40123, text), "40.1k");
	assert_string_equal(top_word_rate(-1, text), "-");
	assert_string_equal(top_word_duration(0, text), "0 s");
	assert_string_equal(top_word_duration(119, text), "119 s");
	assert_string_equal(top_word_duration(600, text), "10 min");
	assert_string_equal(top_word_duration(7300, text), "2 h");
	assert_string_equal(top_word_duration(1e6, text), "12 d");
	assert_string_equal(top_word_duration(1e300, text), "-");
	assert_string_equal(top_word_duration(-1, text), "-");
}

static void type(struct top_view *view, const char *words)
{
	for (; *words; words++)
		top_view_key(view, (unsigned char)*words);
}

static void test_filter_keys(void **state)
{
	struct top_view view;

	(void)state;
	top_view_init(&view, NS_PER_S);
	view.scroll = 5;
	assert_int_equal(top_view_key(&view, '/'), TOP_REDRAW);
	/* Now letters are letters. */
	type(&view, "quit");
	assert_true(view.is_typing);
	assert_string_equal(view.typed, "quit");
	assert_string_equal(view.filter, "");
	top_view_key(&view, TOP_KEY_BACKSPACE);
	type(&view, "서");
	assert_string_equal(view.typed, "qui서");
	top_view_key(&view, '\b');
	assert_string_equal(view.typed, "qui");
	assert_int_equal(top_view_key(&view, TOP_KEY_UP), TOP_NOTHING);
	assert_int_equal(top_view_key(&view, '\r'), TOP_REDRAW);
	assert_false(view.is_typing);
	assert_string_equal(view.filter, "qui");
	assert_int_equal(view.scroll, 0);
	/* Given up: the filter stays as it was. */
	type(&view, "/xy");
	assert_string_equal(view.typed, "quixy");
	top_view_key(&view, TOP_KEY_ESCAPE);
	assert_string_equal(view.filter, "qui");
	top_view_key(&view, TOP_KEY_ESCAPE);
	assert_string_equal(view.filter, "");
	/* No more than there is room for. */
	type(&view, "/");
	for (int i = 0; i < 1000; i++)
		top_view_key(&view, 'x');
	assert_int_equal(strlen(view.typed), FILTER_BYTES - 1);
	top_view_key(&view, 'U' & 0x1f);
	assert_string_equal(view.typed, "");
	top_view_key(&view, TOP_KEY_BACKSPACE);
	assert_string_equal(view.typed, "");
}

static void test_keys(void **state)
{
	struct top_view view;

	(void)state;
	top_view_init(&view, NS_PER_S);
	assert_int_equal(top_view_key(&view, 'q'), TOP_QUIT);
	assert_int_equal(top_view_key(&view, 0), TOP_NOTHING);
	assert_int_equal(top_view_key(&view, 0x1234), TOP_NOTHING);
	assert_int_equal(top_view_key(&view, 'd'), TOP_COMPARE);
	assert_int_equal(top_view_key(&view, ' '), TOP_REDRAW);
	assert_true(view.is_paused);
	assert_int_equal(top_view_key(&view, 'p'), TOP_SURVEY);
	assert_false(view.is_paused);
	top_view_key(&view, '3');
	assert_int_equal(view.by, SURVEY_BY_PEER);
	top_view_key(&view, TOP_KEY_TAB);
	top_view_key(&view, TOP_KEY_TAB);
	assert_int_equal(view.by, SURVEY_BY_DESTINATION);
	top_view_key(&view, TOP_KEY_BACK_TAB);
	assert_int_equal(view.by, SURVEY_BY_PORT);
	for (int i = 0; i < TOP_SERIES; i++)
		top_view_key(&view, 'g');
	assert_int_equal(view.series, TOP_TIME_WAIT);
	/* The help goes away by any key, which does nothing else; q is q. */
	top_view_key(&view, '?');
	assert_true(view.shows_help);
	top_view_key(&view, 'z');
	assert_false(view.shows_help || view.is_zoomed);
	top_view_key(&view, 'h');
	assert_int_equal(top_view_key(&view, 'q'), TOP_QUIT);
}

static void test_scroll_keys(void **state)
{
	struct top_view view;

	(void)state;
	top_view_init(&view, NS_PER_S);
	view.page = 10;
	top_view_key(&view, TOP_KEY_UP);
	assert_int_equal(view.scroll, 0);
	top_view_key(&view, TOP_KEY_PAGE_DOWN);
	assert_int_equal(view.scroll, 9);
	top_view_key(&view, 'j');
	top_view_key(&view, 'k');
	top_view_key(&view, TOP_KEY_PAGE_UP);
	assert_int_equal(view.scroll, 0);
	top_view_key(&view, TOP_KEY_END);
	assert_true(view.scroll >= TALLY_GROUPS_MAX);
	top_view_key(&view, TOP_KEY_HOME);
	assert_int_equal(view.scroll, 0);
}

/* Each column is reached, and after the last the first again. */
static void test_sort_keys(void **state)
{
	struct top_view view;

	(void)state;
	top_view_init(&view, NS_PER_S);
	for (int by = 0; by < SURVEY_BYS; by++) {
		enum top_column first = view.sorts[by];
		uint32_t seen = 0;
		int columns = 0;

		top_view_key(&view, '1' + by);
		do {
			seen |= UINT32_C(1) << view.sorts[by];
			top_view_key(&view, 's');
			columns++;
		} while (view.sorts[by] != first && columns < 100);
		assert_int_equal(columns, __builtin_popcount(seen));
		assert_true(seen & 1u << TOP_NAME && seen & 1u << TOP_BORN);
		top_view_key(&view, 'S');
		top_view_key(&view, 's');
		assert_int_equal(view.sorts[by], first);
	}
}

static void test_interval_keys(void **state)
{
	struct top_view view;

	(void)state;
	top_view_init(&view, 3 * NS_PER_S);
	top_view_key(&view, '+');
	assert_true(view.interval_ns == 5 * NS_PER_S);
	top_view_key(&view, '-');
	top_view_key(&view, '-');
	assert_true(view.interval_ns == NS_PER_S);
	for (int i = 0; i < 50; i++)
		top_view_key(&view, '-');
	assert_true(view.interval_ns == TOP_INTERVAL_LEAST_NS);
	for (int i = 0; i < 50; i++)
		top_view_key(&view, '=');
	assert_true(view.interval_ns == 60 * NS_PER_S);
}

static const char *first_name(const struct survey *survey, enum survey_by by, enum top_column sort,
	bool is_upward, const char *filter, struct text *name)
{
	struct top_rows rows;

	top_rows_choose(&rows, survey, by, sort, is_upward, filter);
	text_clear(name);
	if (rows.count)
		top_table_name(by, rows.groups[0], name);
	top_rows_finish(&rows);
	return name->bytes;
}

static void test_sorting(void **state)
{
	_cleanup_text_ struct text name = TEXT_INIT;
	struct survey survey;

	(void)state;
	survey_busy(&survey);
	assert_string_equal(
		first_name(&survey, SURVEY_BY_PORT, TOP_SOCKETS, false, "", &name), "80");
	assert_string_equal(
		first_name(&survey, SURVEY_BY_PORT, TOP_SOCKETS, true, "", &name), "443");
	assert_string_equal(first_name(&survey, SURVEY_BY_PORT, TOP_NAME, true, "", &name), "443");
	assert_string_equal(first_name(&survey, SURVEY_BY_PORT, TOP_NAME, false, "", &name), "80");
	assert_string_equal(first_name(&survey, SURVEY_BY_PROCESS, TOP_BORN, false, "", &name),
		"4712/daytimed");
	/* What fills first comes first, before what never does. */
	assert_string_equal(
		first_name(&survey, SURVEY_BY_DESTINATION, TOP_FULL_IN, false, "", &name),
		"192.0.2.1 > 198.51.100.7:443");
	/* In any case of letters; nothing for what nothing has. */
	assert_string_equal(
		first_name(&survey, SURVEY_BY_PROCESS, TOP_SOCKETS, false, "DAY", &name),
		"4712/daytimed");
	assert_string_equal(
		first_name(&survey, SURVEY_BY_PROCESS, TOP_SOCKETS, false, "zz", &name), "");
	survey_finish(&survey);
}

static void test_process_names(void **state)
{
	const struct {
		int pid;
		const char *comm, *name;
	} cases[] = {
		{4712, "daytimed", "4712/daytimed"},
		{0, "daytimed", "daytimed"}, /* in another container */
		{0, "", "(unknown)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_text_ struct text name = TEXT_INIT;
		struct survey survey = {0};

		add_process(&survey, cases[i].pid, cases[i].comm, 1);
		top_table_name(
			SURVEY_BY_PROCESS, &survey.groups[SURVEY_BY_PROCESS].groups[0], &name);
		assert_string_equal(name.bytes, cases[i].name);
		survey_finish(&survey);
	}
}

static void test_budget(void **state)
{
	struct survey survey = {
		.range = {1000, 1999, 1000},
		.over_ns = {2 * NS_PER_S},
	};
	struct tally_group *group = add_destination(&survey, "192.0.2.1", "192.0.2.2", 80, 400);

	(void)state;
	group->sockets_before = group->minisockets_before = 300;
	group->born = 100;
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FREE) == 600);
	/* 100 more in 2 s: the 600 are gone in 12, and the first comes back in 60. */
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FULL_IN) == 12);
	/* At 15 a second as many come back as go once there are 900: it never fills ... */
	group->born = 30;
	group->sockets_before = group->minisockets_before = 370;
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FULL_IN) < 0);
	group->time_wait = 399;
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FULL_IN) < 0);
	/* ... unless others are held for good: beside the 900 there is room for 100 - 20, 10 a second. */
	group->time_wait = 380;
	group->minisockets_before = 370;
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FULL_IN) == 8);
	group->sockets_before = 400;
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FULL_IN) < 0);
	group->sockets = 1000;
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FULL_IN) == 0);
	group->sockets = 5000;
	assert_true(top_table_value(&survey, SURVEY_BY_DESTINATION, group, TOP_FREE) == 0);
	/* Without BPF nobody knows whose a TIME_WAIT was. */
	group = add_process(&survey, 1, "init", 3);
	assert_true(top_table_value(&survey, SURVEY_BY_PROCESS, group, TOP_WAITING) < 0);
	assert_true(top_table_value(&survey, SURVEY_BY_PROCESS, group, TOP_SOCKETS) == 3);
	survey_finish(&survey);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_filter_keys),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_scroll_keys),
		cmocka_unit_test(test_sort_keys),
		cmocka_unit_test(test_interval_keys),
		cmocka_unit_test(test_sorting),
		cmocka_unit_test(test_process_names),
		cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
