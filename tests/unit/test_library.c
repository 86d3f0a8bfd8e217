/* SPDX-License-Identifier: BSD-2-Clause */

/* The scenarios in the program: found by name, in order, and each one that the parser takes. */

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "scenario/library.h"
#include "scenario/parse.h"

static size_t theme_index(const char *theme)
{
	size_t i = 0;

	while (library_themes[i] && strcmp(library_themes[i], theme))
		i++;
	return i;
}

static void test_order(void **state)
{
	(void)state;
	assert_true(library_count >= 80);
	for (size_t i = 0; i < library_count; i++) {
		const struct library_entry *entry = &library_entries[i];

		assert_non_null(library_themes[theme_index(entry->theme)]);
		assert_int_equal(strlen(entry->text), entry->length);
		if (!i)
			continue;
		assert_true(theme_index(entry[-1].theme) <= theme_index(entry->theme));
		if (!strcmp(entry[-1].theme, entry->theme))
			assert_true(strcmp(entry[-1].name, entry->name) < 0);
	}
}

static void test_every_theme_has_one(void **state)
{
	(void)state;
	for (size_t i = 0; library_themes[i]; i++) {
		size_t count = 0;

		for (size_t j = 0; j < library_count; j++)
			count += !strcmp(library_entries[j].theme, library_themes[i]);
		if (!count)
			fail_msg("no scenario in %s", library_themes[i]);
	}
}

/* A name alone must say which one is meant; so must one with its theme. */
static void test_names_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < library_count; i++) {
		const struct library_entry *entry = &library_entries[i];
		_cleanup_text_ struct text path = TEXT_INIT;

		if (library_find(entry->name) != entry)
			fail_msg(
				"%s/%s: another scenario has this name", entry->theme, entry->name);
		text_printf(&path, "%s/%s", entry->theme, entry->name);
		assert_ptr_equal(library_find(path.bytes), entry);
		text_append(&path, ".tcp");
		assert_ptr_equal(library_find(path.bytes), entry);
	}
}

static void test_find(void **state)
{
	(void)state;
	assert_string_equal(library_find("simultaneous-close")->theme, "closing");
	assert_string_equal(library_find("closing/simultaneous-close")->name, "simultaneous-close");
	assert_string_equal(library_find("simultaneous-close.tcp")->name, "simultaneous-close");
	assert_null(library_find("opening/simultaneous-close"));
	assert_null(library_find("/simultaneous-close"));
	assert_null(library_find("closing/"));
	assert_null(library_find("closing"));
	assert_null(library_find("simultaneous"));
	assert_null(library_find("simultaneous-closed"));
	assert_null(library_find("Simultaneous-close"));
	assert_null(library_find(".tcp"));
	assert_null(library_find(""));
}

static void test_nearest(void **state)
{
	(void)state;
	assert_string_equal(library_nearest("simultanous-close"), "simultaneous-close");
	assert_string_equal(library_nearest("closing/simultaneus-close"), "simultaneous-close");
	assert_string_equal(library_nearest("three-way-handshaek.tcp"), "three-way-handshake");
	assert_null(library_nearest("xyzzy"));
	assert_null(library_nearest(""));
}

/* What people read first is there, and fits into a line. */
static void test_every_one_parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < library_count; i++) {
		const struct library_entry *entry = &library_entries[i];
		struct parse_errors errors = {0};
		struct scenario scenario;

		if (scenario_parse(&scenario, entry->name, entry->text, entry->length, &errors) < 0)
			fail_msg("%s/%s.tcp:%d:%d: %s", entry->theme, entry->name,
				errors.errors[0].line, errors.errors[0].column,
				errors.errors[0].text);
		if (!*scenario.title || strlen(scenario.title) > 90)
			fail_msg("%s: no title, or a long one: %s", entry->name, scenario.title);
		if (!*scenario.explanation)
			fail_msg("%s: no explanation", entry->name);
		scenario_finish(&scenario);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_every_theme_has_one),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_every_one_parses),
	};

	return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
