/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "scenarios.h"

#include "scenario/preface.h"

static void compare(const char *text, const char *const *comments, size_t count)
{
	struct scenario scenario = parsed(text);
	struct timeline timeline;

	timeline_init(&timeline, NULL);
	scenario_preface(&scenario, &timeline);
	assert_int_equal(timeline.event_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(timeline.events[i].kind, EVENT_COMMENT);
		assert_string_equal(timeline.events[i].text, comments[i]);
	}
	timeline_finish(&timeline);
	scenario_finish(&scenario);
}

static void test_paragraphs(void **state)
{
	static const char *const comments[] = {
		"One paragraph of two lines.", "", "Another:", "- a", "- b", "  indented"};

	(void)state;
	compare("# Title\n# One paragraph\n# of two lines.\n#\n# Another:\n# - a\n# - b\n"
		"#   indented\n\nserver listen 13\n# no part of it\n",
		comments, COUNT(comments));
}

static void test_none(void **state)
{
	(void)state;
	compare("# Title\nserver listen 13\n", NULL, 0);
	compare("", NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paragraphs),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
