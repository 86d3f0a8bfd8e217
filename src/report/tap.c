/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void tap_print_plan(struct text *out, size_t points)
{
	text_printf(out, "TAP version 14\n1..%zu\n", points);
}

/* As words of a description: on one line, and no '#' that would begin a directive. */
static void put_words(struct text *out, const char *words)
{
	_cleanup_text_ struct text valid = TEXT_INIT;

	utf8_append(&valid, words);
	for (const char *at = valid.bytes; *at; at++) {
		if (*at == '#' || *at == '\\')
			text_append(out, "\\");
		text_append_bytes(out, at, 1);
	}
}

/* As a string of YAML, which JSON's are, too. */
static void put_string(struct text *out, const char *string)
{
	text_append(out, "\"");
	while (*string) {
		size_t length = utf8_character(string);

		if (*string == '"' || *string == '\\')
			text_append(out, "\\");
		if (length)
			text_append_bytes(out, string, length);
		else
			text_printf(out, "\\x%02X", (unsigned char)*string);
		string += length ? length : 1;
	}
	text_append(out, "\"");
}

/* `indent`: of the fields of a further failure. Nothing where there is no value. */
static void put_field(struct text *out, const char *indent, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	text_printf(out, "%s  %s: ", indent, key);
	put_string(out, value);
	text_append(out, "\n");
}

static void put_comment(struct text *out, const char *words)
{
	while (words && *words) {
		size_t length = strcspn(words, "\n");
		char *line = strndup(words, length);

		if (!line)
			abort();
		text_append(out, length ? "# " : "#");
		utf8_append(out, line);
		text_append(out, "\n");
		free(line);
		words += length;
		words += *words == '\n';
	}
}

void tap_print_comments(struct text *out, const struct scenario *scenario)
{
	put_comment(out, scenario->explanation);
	for (size_t i = 0; i < scenario->count; i++)
		put_comment(out, scenario->steps[i].comment);
}

/* A block scalar: lines as they are, indented. */
static void put_diagram(struct text *out, const char *diagram)
{
	if (!*diagram)
		return;
	text_append(out, "  diagram: |2\n");
	while (*diagram) {
		size_t length = strcspn(diagram, "\n");

		text_append(out, length ? "    " : "");
		text_append_bytes(out, diagram, length);
		text_append(out, "\n");
		diagram += length;
		diagram += *diagram == '\n';
	}
}

static void put_failure(struct text *out, const char *indent, const struct suite_failure *failure)
{
	text_printf(out, "%sline: %d\n", *indent ? "  - " : "  ", failure->line);
	put_field(out, indent, "step", failure->text);
	put_field(out, indent, "expected", failure->expected ? failure->expected : "-");
	put_field(out, indent, "observed", failure->observed ? failure->observed : "-");
}

static void put_runs(struct text *out, const struct suite_tally *tally)
{
	if (tally->runs > 1)
		text_printf(out, "  runs: %llu\n  failed_runs: %llu\n  first_failed_run: %llu\n",
			(unsigned long long)tally->runs, (unsigned long long)tally->failed,
			(unsigned long long)tally->first_failed);
}

static void put_diagnosis(struct text *out, const struct scenario *scenario,
	const struct suite_report *report, const struct suite_tally *tally)
{
	text_append(out, "  ---\n");
	put_field(out, "", "file", scenario->file);
	put_field(out, "", "reason", report->reason);
	if (report->failure_count)
		put_failure(out, "", &report->failures[0]);
	if (report->failure_count > 1)
		text_append(out, "  further:\n");
	for (size_t i = 1; i < report->failure_count; i++)
		put_failure(out, "  ", &report->failures[i]);
	put_field(out, "", "states", report->last_states);
	put_runs(out, tally);
	put_diagram(out, report->output.bytes);
	text_append(out, "  ...\n");
}

void tap_print_point(struct text *out, size_t number, const struct scenario *scenario,
	const struct suite_report *report, const struct suite_tally *tally)
{
	bool has_failed = report->outcome == RUN_FAILED;

	text_printf(out, "%s %zu - ", has_failed ? "not ok" : "ok", number);
	put_words(out, scenario->file);
	if (*scenario->title) {
		text_append(out, ": ");
		put_words(out, scenario->title);
	}
	if (report->outcome == RUN_SKIPPED) {
		text_append(out, " # SKIP ");
		put_words(out, report->reason ? report->reason : "");
	}
	text_append(out, "\n");
	if (has_failed)
		put_diagnosis(out, scenario, report, tally);
}

void tap_print_nothing(struct text *out, const char *why)
{
	text_append(out, "TAP version 14\n1..0 # SKIP ");
	put_words(out, why);
	text_append(out, "\n");
}

void tap_print_bail_out(struct text *out, const char *why)
{
	text_append(out, "Bail out! ");
	put_words(out, why);
	text_append(out, "\n");
}
