/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/myth.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

static const char *const verdicts[MYTH_VERDICT_COUNT] = {
	[MYTH_FALSE] = "false",
	[MYTH_TRUE] = "true",
	[MYTH_HALF_TRUE] = "half true",
	[MYTH_OTHERWISE] = "not so on this kernel",
	[MYTH_UNTRIED] = "not tried",
};

/* The paragraphs of the block. The first has no word before it. */
enum part { PART_BACKGROUND, PART_MEASURED, PART_VERDICT, PART_FIGURES, PART_COUNT };

static const char *const labels[PART_COUNT] = {
	[PART_MEASURED] = "Measured:",
	[PART_VERDICT] = "Verdict:",
	[PART_FIGURES] = "Figures:",
};

const char *myth_verdict_name(enum myth_verdict verdict)
{
	return verdicts[verdict];
}

/* The part that a line begins; PART_BACKGROUND where it begins none. *ret_words is what follows. */
static enum part part_of(const char *line, const char **ret_words)
{
	*ret_words = line;
	for (int part = PART_MEASURED; part < PART_COUNT; part++) {
		size_t length = strlen(labels[part]);

		if (!strncmp(line, labels[part], length)) {
			*ret_words = line + length + strspn(line + length, " ");
			return (enum part)part;
		}
	}
	return PART_BACKGROUND;
}

static void append_line(struct text *part, const char *words, size_t length)
{
	if (part->length && length)
		text_append(part, " ");
	text_append_bytes(part, words, length);
}

static void split(const char *explanation, struct text parts[PART_COUNT])
{
	enum part part = PART_BACKGROUND;
	const char *line = explanation;

	while (*line) {
		size_t length = strcspn(line, "\n");
		const char *words;
		enum part begun = part_of(line, &words);

		if (begun != PART_BACKGROUND)
			part = begun;
		else if (!length)
			part = PART_BACKGROUND;
		append_line(&parts[part], words, length - (size_t)(words - line));
		line += length + (line[length] == '\n');
	}
}

/* The verdict that the words begin with, a whole word. */
static int read_verdict(struct myth *myth, const char *words, struct error *err)
{
	for (int verdict = MYTH_FALSE; verdict <= MYTH_HALF_TRUE; verdict++) {
		size_t length = strlen(verdicts[verdict]);

		if (!strncmp(words, verdicts[verdict], length) &&
			!isalnum((unsigned char)words[length])) {
			myth->verdict = (enum myth_verdict)verdict;
			return 0;
		}
	}
	return error_set(
		err, EINVAL, _("its verdict begins neither with 'false', 'true' nor 'half true'"));
}

/* Up to the next comma with a blank behind it: the one in SYN,ACK has none. */
static size_t figure_length(const char *words)
{
	const char *comma = strstr(words, ", ");

	return comma ? (size_t)(comma - words) : strlen(words);
}

static int read_figures(struct myth *myth, const char *words, struct error *err)
{
	while (*words) {
		size_t length = figure_length(words);
		int r;

		if (myth->figure_count == MYTH_FIGURES_MAX)
			return error_set(err, EINVAL, _("more than %d figures"), MYTH_FIGURES_MAX);
		r = figure_parse(&myth->figures[myth->figure_count], words, length, err);
		if (r < 0)
			return r;
		myth->figure_count++;
		words += length + (words[length] == ',');
		words += strspn(words, " ");
	}
	return 0;
}

/* The title without the quotation marks round it. */
static char *claim_of(const char *title)
{
	size_t length = strlen(title);
	bool is_quoted = length > 1 && title[0] == '"' && title[length - 1] == '"';
	char *claim = strndup(title + is_quoted, length - 2 * is_quoted);

	if (!claim)
		abort();
	return claim;
}

static int read_parts(struct myth *myth, struct text parts[PART_COUNT], struct error *err)
{
	int r;

	for (int part = PART_MEASURED; part <= PART_VERDICT; part++) {
		if (!parts[part].length)
			return error_set(err, EINVAL,
				_("no line of its first comment begins with '%s'"), labels[part]);
	}
	r = read_verdict(myth, parts[PART_VERDICT].bytes, err);
	if (r == 0)
		r = read_figures(myth, parts[PART_FIGURES].bytes, err);
	myth->background = text_steal(&parts[PART_BACKGROUND]);
	myth->measured = text_steal(&parts[PART_MEASURED]);
	myth->words = text_steal(&parts[PART_VERDICT]);
	return r;
}

int myth_read(struct myth *ret_myth, const struct scenario *scenario, struct error *err)
{
	struct text parts[PART_COUNT];
	struct myth myth = {0};
	int r;

	for (int part = 0; part < PART_COUNT; part++)
		parts[part] = (struct text)TEXT_INIT;
	split(scenario->explanation, parts);
	r = read_parts(&myth, parts, err);
	for (int part = 0; part < PART_COUNT; part++)
		text_finish(&parts[part]);
	if (r < 0) {
		myth_finish(&myth);
		return r;
	}
	myth.claim = claim_of(scenario->title);
	*ret_myth = myth;
	return 0;
}

static void replace(char **words, struct text *by)
{
	free(*words);
	*words = text_steal(by);
}

static void answer(struct myth *myth, enum myth_verdict verdict, struct text *measured)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	text_printf(&words, "%s.", verdicts[verdict]);
	myth->verdict = verdict;
	replace(&myth->measured, measured);
	replace(&myth->words, &words);
}

/* What this kernel did, in place of what the author has seen elsewhere. */
static void judge_failure(struct myth *myth, const struct suite_failure *failure)
{
	_cleanup_text_ struct text measured = TEXT_INIT;

	text_printf(&measured, _("otherwise here: line %d expected %s, observed %s"), failure->line,
		failure->expected, failure->observed);
	answer(myth, MYTH_OTHERWISE, &measured);
}

static void judge_absence(struct myth *myth, const struct suite_report *report)
{
	_cleanup_text_ struct text measured = TEXT_INIT;

	if (report->is_slow_skip)
		text_append(&measured, _("not measured: it takes its time (use --slow)"));
	else
		text_printf(&measured, _("not measured: %s"),
			report->reason ? report->reason : _("no reason was given"));
	answer(myth, MYTH_UNTRIED, &measured);
}

void myth_judge(struct myth *myth, const struct suite_report *report)
{
	for (size_t i = 0; i < myth->figure_count; i++)
		myth->figures[i].is_known = false;
	if (report->outcome == RUN_PASSED)
		figures_decode(myth->figures, myth->figure_count, report->output.bytes);
	else if (report->failure_count)
		judge_failure(myth, &report->failures[0]);
	else
		judge_absence(myth, report);
}

void myth_print_figures(const struct myth *myth, struct text *out)
{
	const char *before = "(";

	for (size_t i = 0; i < myth->figure_count; i++) {
		if (!myth->figures[i].is_known)
			continue;
		text_append(out, before);
		figure_print(&myth->figures[i], out);
		before = "; ";
	}
	if (*before == ';')
		text_append(out, ")");
}

void myth_finish(struct myth *myth)
{
	free(myth->claim);
	free(myth->background);
	free(myth->measured);
	free(myth->words);
	for (size_t i = 0; i < myth->figure_count; i++)
		figure_finish(&myth->figures[i]);
	*myth = (struct myth){0};
}
