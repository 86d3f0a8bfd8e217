/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIOS_H
#define SCENARIOS_H

/* Texts of the scenario language, read and written for a test. Include after unit.h. */

#include <string.h>

#include "scenario/parse.h"
#include "scenario/print.h"

static struct parse_errors parse_errors;

static inline int parse_text_of(struct scenario *ret_scenario, const char *text, size_t length)
{
	return scenario_parse(ret_scenario, "test.tcp", text, length, &parse_errors);
}

/* The tree of a text that must be right. */
static inline struct scenario parsed(const char *text)
{
	struct scenario scenario;

	if (parse_text_of(&scenario, text, strlen(text)))
		fail_msg("'%s': %d:%d: %s", text, parse_errors.errors[0].line,
			parse_errors.errors[0].column, parse_errors.errors[0].text);
	return scenario;
}

/* The text of a tree; the caller finishes it. */
static inline struct text printed(const struct scenario *scenario)
{
	struct text text = TEXT_INIT;

	scenario_print(scenario, &text);
	return text;
}

/* Written and read again it must be the same tree, and written once more the same text. */
static inline void assert_round_trip(const struct scenario *scenario)
{
	_cleanup_text_ struct text once = printed(scenario);
	struct scenario again = parsed(once.bytes);
	_cleanup_text_ struct text twice = printed(&again);

	if (!scenario_equal(scenario, &again))
		fail_msg("another tree: %s", once.bytes);
	assert_string_equal(once.bytes, twice.bytes);
	scenario_finish(&again);
}

#endif
