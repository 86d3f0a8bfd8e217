/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Any bytes as a scenario: read or refused with a place and words; what was read is written back as
 * a text that gives the same tree, and the same text once more. Line by line says the same of each
 * line as the whole file does.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/parse.h"
#include "scenario/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

static struct parse_errors errors;

static void check_errors(void)
{
	CHECK(errors.count > 0);
	for (size_t i = 0; i < errors.count && i < PARSE_ERRORS_MAX; i++) {
		const struct error *err = &errors.errors[i];

		CHECK(err->code == EINVAL && *err->text && !strchr(err->text, '\n'));
		CHECK(err->line >= 1 && err->column >= 1);
		CHECK(err->column <= PARSE_LINE_BYTES_MAX + 1);
		CHECK(!i || err->line > err[-1].line);
	}
}

/* Has writing made a line too long to be read? */
static bool is_too_long(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length > PARSE_LINE_BYTES_MAX)
			return true;
		text += length + (text[length] != '\0');
	}
	return false;
}

static void check_round_trip(const struct scenario *scenario)
{
	_cleanup_text_ struct text once = TEXT_INIT, twice = TEXT_INIT;
	struct scenario again;

	scenario_print(scenario, &once);
	if (is_too_long(once.bytes))
		return;
	CHECK(!scenario_parse(&again, "fuzz", once.bytes, once.length, &errors));
	CHECK(scenario_equal(scenario, &again));
	scenario_print(&again, &twice);
	CHECK(!strcmp(once.bytes, twice.bytes));
	scenario_finish(&again);
}

/* The interactive lab reads the same lines as steps. */
static void check_lines(const struct scenario *scenario)
{
	struct scenario lines = {0};

	for (size_t i = 0; i < scenario->count; i++) {
		const struct step *step = &scenario->steps[i];

		CHECK(!scenario_parse_line(
			&lines, step->line, step->text, strlen(step->text), NULL));
		if (step->kind != STEP_COMMENT) {
			CHECK(lines.steps[lines.count - 1].kind == step->kind);
			CHECK(!strcmp(lines.steps[lines.count - 1].text, step->text));
		}
	}
	CHECK(lines.is_slow == scenario->is_slow);
	scenario_finish(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scenario scenario;

	if (scenario_parse(&scenario, "fuzz", (const char *)data, size, &errors)) {
		check_errors();
		return 0;
	}
	check_round_trip(&scenario);
	check_lines(&scenario);
	scenario_finish(&scenario);
	return 0;
}
