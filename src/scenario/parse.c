/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/list.h"
#include "scenario/parse_internal.h"

#define SLEEP_NS_MAX (24 * 3600 * NS_PER_S)

/* Sleeps of over this, together, make a scenario slow. */
#define SLOW_NS NS_PER_S

static int sleep_line(struct line *line, struct step *step)
{
	step->kind = STEP_SLEEP;
	return parse_duration(line, _("the duration is missing (write sleep 100ms)"), NS_PER_US,
		SLEEP_NS_MAX, &step->sleep_ns);
}

/* What is no beginning of a line. */
static int unknown_first(const struct line *line, const struct token *token)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;
	struct token host = token_part(token, 0, token_find(token, '.'));

	token_word(&host, word);
	if (vocabulary_find(VOCABULARY_ACTION, word))
		return line_error(line, token->at,
			_("'%s' needs a host before it (write server %s or client %s)"), word, word,
			word);
	if (vocabulary_find(VOCABULARY_WIRE, word))
		return line_error(line, token->at, _("'%s' needs 'wire' before it (write wire %s)"),
			word, word);
	if (line->err)
		near = vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_LINE), word);
	if (near)
		return line_error(line, token->at, _("unknown '%s' (did you mean '%s'?)"),
			token_quote(&host, quote), near);
	return line_error(line, token->at,
		_("a line cannot begin with '%s' (but with server, client, wire, expect, sleep or "
		  "slow)"),
		token_quote(token, quote));
}

/* `fails` where nothing is left but that: its errno is none, or it does not stand last. */
static int wrong_fails(struct line *line, const struct token *fails)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;
	struct token name;

	if (!line_take(line, "", &name))
		return line_missing(line,
			_("the errno is missing (write fails ERRNO, as in fails EADDRINUSE)"));
	if (vocabulary_errno(token_word(&name, word)))
		return line_error(line, fails->at, _("'fails %s' must stand last"), word);
	if (line->err)
		near = vocabulary_nearest_errno(word);
	if (near)
		return line_error(line, name.at, _("unknown errno '%s' (did you mean '%s'?)"),
			token_quote(&name, quote), near);
	return line_error(line, name.at, _("unknown errno '%s' (a name such as EADDRINUSE)"),
		token_quote(&name, quote));
}

int parse_nothing_more(struct line *line, const char *const *possible)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near;
	struct token token;

	if (!line_take(line, "", &token))
		return 0;
	if (token_is(&token, "fails"))
		return wrong_fails(line, &token);
	near = text_nearest(token_word(&token, word), possible);
	if (near && !token_is(&token, near))
		return line_error(line, token.at, _("unexpected '%s' (did you mean '%s'?)"),
			token_quote(&token, quote), near);
	return line_error(line, token.at, _("unexpected '%s' (nothing more may follow)"),
		token_quote(&token, quote));
}

/* Cuts "fails ERRNO" off the end of the line: the errno, or 0 where there is none. */
static int take_fails(struct line *line)
{
	const struct token *last = &line->last[0], *before = &line->last[1];
	char word[TOKEN_WORD_BYTES];
	int number;

	if (!token_is(before, "fails") || last->has_quotes)
		return 0;
	number = vocabulary_errno(token_word(last, word));
	if (number)
		line->end = before->at;
	return number;
}

static const char *const nothing[] = {NULL};

static int dispatch(struct line *line, const struct token *token,
	const struct vocabulary_word *word, struct step *step)
{
	int result = 0;

	switch ((enum vocabulary_first)word->id) {
	case FIRST_WIRE: return parse_wire(line, step);
	case FIRST_EXPECT: return parse_expect(line, step);
	case FIRST_SLEEP: result = sleep_line(line, step); break;
	case FIRST_SLOW: step->kind = STEP_SLOW; break;
	default: return parse_action(line, token, step);
	}
	return result ? result : parse_nothing_more(line, nothing);
}

/* The first word, without a NAME behind its dot; NULL when it begins no line. */
static const struct vocabulary_word *first_word(const struct token *token)
{
	struct token host = token_part(token, 0, token_find(token, '.'));
	char word[TOKEN_WORD_BYTES];

	return vocabulary_find(
		VOCABULARY_LINE, token_word(token_is_end(token) ? &host : token, word));
}

static int parse_words(struct line *line, struct step *step)
{
	const struct vocabulary_word *word;
	struct token token;
	int result;

	step->within_ns = STEP_NONE;
	step->fails = take_fails(line);
	line_take(line, "", &token);
	step->column = (int)token.at + 1;
	word = first_word(&token);
	if (!word)
		return unknown_first(line, &token);
	result = dispatch(line, &token, word, step);
	if (!result && step->fails && word->id != FIRST_SERVER && word->id != FIRST_CLIENT)
		return line_error(line, line->last[1].at,
			_("'fails' is for actions of a host alone (server ... fails ERRNO)"));
	return result;
}

/* The step as it is written: from its first word to its last, "fails" included. */
static char *written(const struct line *line, int column)
{
	struct token whole = {
		.bytes = line->bytes + column - 1,
		.length = line->last[0].at + line->last[0].length - (size_t)(column - 1),
	};
	char *text = malloc(whole.length + 1);

	if (!text)
		abort();
	memcpy(text, whole.bytes, whole.length);
	text[whole.length] = '\0';
	return text;
}

/* One line that has been opened, and is not blank, as a step; nothing is left on failure. */
static int parse_step(struct line *line, struct step *ret_step)
{
	struct step step = {.line = line->number, .within_ns = STEP_NONE};
	int result = 0;

	if (line->last[0].length) {
		result = parse_words(line, &step);
		if (result) {
			step_finish(&step);
			return result;
		}
		step.text = written(line, step.column);
		step.comment = line_comment(line);
		if (step.comment && !*step.comment) {
			free(step.comment);
			step.comment = NULL;
		}
	} else {
		step.kind = STEP_COMMENT;
		step.column = (int)line->hash + 1;
		step.comment = line_comment(line);
		step.text = text_copy("");
	}
	*ret_step = step;
	return 0;
}

static bool line_is_blank(const struct line *line)
{
	return !line->last[0].length && line->hash == line->length;
}

static bool line_is_comment(const struct line *line)
{
	return !line->last[0].length && line->hash < line->length;
}

static void judge_slowness(struct scenario *scenario)
{
	int64_t slept_ns = 0;

	scenario->is_slow = false;
	for (size_t i = 0; i < scenario->count; i++) {
		const struct step *step = &scenario->steps[i];

		if (step->kind == STEP_SLEEP && slept_ns <= SLOW_NS)
			slept_ns += step->sleep_ns;
		scenario->is_slow |= step->kind == STEP_SLOW || slept_ns > SLOW_NS;
	}
}

int scenario_parse_line(struct scenario *scenario, int number, const char *text, size_t length,
	struct error *ret_error)
{
	struct line line;
	struct step step;
	int result = line_open(&line, number, text, length, ret_error);

	if (result || line_is_blank(&line))
		return result;
	result = parse_step(&line, &step);
	if (result)
		return result;
	*list_grow(&scenario->steps, &scenario->count, &scenario->room) = step;
	if (step.kind == STEP_SLEEP || step.kind == STEP_SLOW)
		judge_slowness(scenario);
	return 0;
}

/* Where the parser is in the file. */
struct parser {
	struct scenario scenario;
	struct parse_errors *errors;
	enum { BEFORE_TITLE, IN_BLOCK, IN_STEPS } place;
	struct text explanation;
};

/* A comment of the leading block: the title first, then the explanation. */
static void take_leading_comment(struct parser *parser, const struct line *line)
{
	char *comment = line_comment(line);
	/* A file may be a program: "#!/usr/bin/env -S timewait run". */
	bool is_interpreter =
		line->number == 1 && line->hash == 0 && line->length > 1 && line->bytes[1] == '!';

	if (parser->place == IN_BLOCK) {
		text_append(&parser->explanation, comment);
		text_append(&parser->explanation, "\n");
	} else if (*comment && !is_interpreter) {
		const char *title = comment + strspn(comment, " \t");

		free(parser->scenario.title);
		parser->scenario.title = text_copy(title);
		parser->place = IN_BLOCK;
	}
	free(comment);
}

static void take_line(struct parser *parser, int number, const char *bytes, size_t length)
{
	struct parse_errors *errors = parser->errors;
	struct error *err =
		errors->count < PARSE_ERRORS_MAX ? &errors->errors[errors->count] : NULL;
	struct line line;
	struct step step;
	int result = line_open(&line, number, bytes, length, err);

	if (!result && parser->place != IN_STEPS && line_is_comment(&line)) {
		take_leading_comment(parser, &line);
		return;
	}
	if (!result && line_is_blank(&line)) {
		if (parser->place == IN_BLOCK)
			parser->place = IN_STEPS;
		return;
	}
	parser->place = IN_STEPS;
	if (!result)
		result = parse_step(&line, &step);
	if (result)
		errors->count++;
	else
		*list_grow(&parser->scenario.steps, &parser->scenario.count,
			&parser->scenario.room) = step;
}

/* Without the empty lines before and behind it. */
static char *explanation_of(struct text *explanation)
{
	const char *bytes = explanation->bytes + strspn(explanation->bytes, "\n");
	size_t length = strlen(bytes);
	char *copy;

	while (length && bytes[length - 1] == '\n')
		length--;
	copy = strndup(bytes, length);
	if (!copy)
		abort();
	return copy;
}

static size_t count_lines(const char *text, size_t length)
{
	const char *end = text + length;
	size_t count = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		text = newline ? newline + 1 : end;
		count++;
	}
	return count;
}

/* Complains of a file that no person wrote. */
static int check_size(const char *text, size_t length, struct parse_errors *errors)
{
	size_t lines;

	if (length > PARSE_BYTES_MAX) {
		error_set(&errors->errors[0], EINVAL,
			_("a file of %zu bytes (at most %u are read)"), length, PARSE_BYTES_MAX);
		errors->errors[0].line = 1;
	} else {
		lines = count_lines(text, length);
		if (lines <= PARSE_LINES_MAX)
			return 0;
		error_set(&errors->errors[0], EINVAL,
			_("a file of %zu lines (at most %d are read)"), lines, PARSE_LINES_MAX);
		errors->errors[0].line = PARSE_LINES_MAX + 1;
	}
	errors->errors[0].column = 1;
	errors->count = 1;
	return -EINVAL;
}

static void take_file(struct parser *parser, const char *text, size_t length)
{
	static const char mark[] = "\xEF\xBB\xBF";
	const char *end = text + length;
	int number = 1;

	if (length >= strlen(mark) && !memcmp(text, mark, strlen(mark)))
		text += strlen(mark);
	for (; text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t bytes = (size_t)((newline ? newline : end) - text);

		/* Lines may end in CRLF. */
		take_line(
			parser, number, text, bytes && text[bytes - 1] == '\r' ? bytes - 1 : bytes);
		text = newline ? newline + 1 : end;
	}
}

int scenario_parse(struct scenario *ret_scenario, const char *file, const char *text, size_t length,
	struct parse_errors *ret_errors)
{
	struct parser parser = {.errors = ret_errors, .explanation = TEXT_INIT};

	ret_errors->count = 0;
	if (check_size(text, length, ret_errors))
		return -EINVAL;
	parser.scenario.file = text_copy(file);
	parser.scenario.title = text_copy("");
	take_file(&parser, text, length);
	parser.scenario.explanation = explanation_of(&parser.explanation);
	text_finish(&parser.explanation);
	if (ret_errors->count) {
		scenario_finish(&parser.scenario);
		return -EINVAL;
	}
	judge_slowness(&parser.scenario);
	*ret_scenario = parser.scenario;
	return 0;
}
