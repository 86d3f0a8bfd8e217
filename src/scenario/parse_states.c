/* SPDX-License-Identifier: BSD-2-Clause */

/* expect END STATE [timer KIND [A..B]], END STATE... */

#include <string.h>

#include "base/i18n.h"
#include "base/list.h"
#include "observe/diag.h"
#include "scenario/parse_internal.h"

/* [A..B]: a side without a unit has the other's; seconds where neither has one. */
static int parse_range(const struct line *line, const struct token *range, struct end_state *state)
{
	const char *dots = memmem(range->bytes, range->length, "..", 2);
	char least_unit[UNIT_BYTES], most_unit[UNIT_BYTES], quote[TOKEN_QUOTE_BYTES];
	struct token least, most;
	size_t at;
	int result;

	if (!dots)
		return line_error(line, range->at,
			_("'%s' is not a range (write A..B, as in 55s..60s, without blanks)"),
			token_quote(range, quote));
	at = (size_t)(dots - range->bytes);
	least = token_part(range, 0, at);
	most = token_part(range, at + 2, range->length);
	parse_unit(&least, least_unit);
	parse_unit(&most, most_unit);
	result = parse_duration_token(line, &least, *most_unit ? most_unit : "s", &state->least_ns);
	if (!result)
		result = parse_duration_token(
			line, &most, *least_unit ? least_unit : "s", &state->most_ns);
	if (!result && state->least_ns > state->most_ns)
		return line_error(line, range->at,
			_("'%s' is empty (its first side is the larger)"),
			token_quote(range, quote));
	state->has_range = true;
	return result;
}

static int unknown_timer(const struct line *line, const struct token *kind)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;

	if (line->err)
		near = vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_TIMER), token_word(kind, word));
	if (near)
		return line_error(line, kind->at, _("unknown timer '%s' (did you mean '%s'?)"),
			token_quote(kind, quote), near);
	return line_error(line, kind->at,
		_("unknown timer '%s' (a timer is none, on, keepalive, timewait or persist)"),
		token_quote(kind, quote));
}

/* KIND [A..B], behind `timer` */
static int parse_timer(struct line *line, struct end_state *state)
{
	const struct vocabulary_word *kind;
	char word[TOKEN_WORD_BYTES];
	struct token token;

	if (!line_take(line, ",", &token))
		return line_missing(
			line, _("the timer is missing (none, on, keepalive, timewait or persist)"));
	kind = vocabulary_find(VOCABULARY_TIMER, token_word(&token, word));
	if (!kind)
		return unknown_timer(line, &token);
	state->has_timer = true;
	state->timer = kind->id;
	if (!line_peek(line, ",", &token) || *token.bytes < '0' || *token.bytes > '9')
		return 0;
	if (state->timer == DIAG_TIMER_NONE)
		return line_error(line, token.at, _("'timer none' takes no range"));
	line_take(line, ",", &token);
	return parse_range(line, &token, state);
}

/* "wire", "no" */
static bool is_question_without_subject(const char *word)
{
	const struct vocabulary_word *question = vocabulary_find(VOCABULARY_EXPECT, word);

	return question && question->subject == SUBJECT_NONE;
}

/* What stands where a state should, and is none: perhaps a question of another kind. */
static int unknown_question(struct line *line, const struct token *token)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;

	if (line->err)
		near = vocabulary_nearest(
			VOCABULARY_BIT(VOCABULARY_STATE) | VOCABULARY_BIT(VOCABULARY_EXPECT),
			token_word(token, word));
	if (near && !is_question_without_subject(near))
		return line_error(line, token->at, _("unknown state '%s' (did you mean '%s'?)"),
			token_quote(token, quote), near);
	return line_error(line, token->at,
		_("unknown state '%s' (a state such as TIME_WAIT, or went, pending, done, count, "
		  "counter, listening, output)"),
		token_quote(token, quote));
}

bool token_is_state(const struct token *token)
{
	char word[TOKEN_WORD_BYTES];
	enum tcp_state unused;

	return !tcp_state_parse(token_word(token, word), &unused);
}

/* STATE [timer KIND [A..B]], of an end that is known */
static int parse_end_state(struct line *line, struct end_state *state)
{
	struct token token;
	int result;

	if (!line_take(line, ",", &token) || token_is(&token, ","))
		return line_error(line, token.at,
			_("the state is missing (write expect END STATE, as in expect server "
			  "TIME_WAIT)"));
	if (!token_is_state(&token))
		return unknown_question(line, &token);
	result = parse_state_token(line, &token, &state->state);
	if (!result && line_skip(line, ",", "timer"))
		result = parse_timer(line, state);
	return result;
}

/* Same end, whose states cannot be two. */
static bool is_named_twice(const struct step *step)
{
	const struct end_state *last = &step->states.ends[step->states.count - 1];

	for (const struct end_state *other = step->states.ends; other < last; other++) {
		if (other->end.host == last->end.host && !strcmp(other->end.name, last->end.name))
			return true;
	}
	return false;
}

/* END STATE [timer...], END STATE...: the first END is known. */
int parse_states(struct line *line, const struct token *first, struct step *step)
{
	struct token subject = *first, next;
	size_t room = 0;

	for (;;) {
		struct end_state *state = list_grow(&step->states.ends, &step->states.count, &room);
		int result = parse_end(line, &subject, SCENARIO_DEFAULT_NAME, &state->end);

		if (result)
			return result;
		if (is_named_twice(step))
			return line_error(line, subject.at, _("the same end is named twice"));
		result = parse_end_state(line, state);
		if (result)
			return result;
		if (!line_skip(line, ",", ","))
			break;
		if (!line_take(line, ",", &subject))
			return line_missing(
				line, _("an end is missing behind ',' (write END STATE)"));
	}
	if (line_peek(line, ",", &next) && token_is_end(&next))
		return line_error(line, next.at, _("a comma is missing between two ends"));
	return 0;
}
