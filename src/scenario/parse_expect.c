/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/list.h"
#include "scenario/parse_internal.h"

/* The longest that an expectation waits. */
#define WITHIN_NS_MAX (24 * 3600 * NS_PER_S)

/* STATE > STATE > ..., behind `went` */
static int parse_went(struct line *line, struct step *step)
{
	struct token token;
	size_t room = 0;

	do {
		enum tcp_state state;
		int result;

		if (!line_take(line, ">,", &token) || token_is(&token, ">"))
			return line_error(
				line, token.at, _("a state is missing (write went STATE > STATE)"));
		result = parse_state_token(line, &token, &state);
		if (result)
			return result;
		*list_grow(&step->went.states, &step->went.count, &room) = state;
	} while (line_skip(line, ">,", ">"));
	if (line_peek(line, ">,", &token) && token_is_state(&token))
		return line_error(line, token.at,
			_("'>' is missing between two states (write STATE > STATE)"));
	return 0;
}

static int parse_count(struct line *line, struct step *step)
{
	struct token token;
	int result;

	if (!line_take(line, "", &token))
		return line_missing(line, _("the state is missing (write count STATE N)"));
	result = parse_state_token(line, &token, &step->count.state);
	if (result)
		return result;
	return parse_number(line, _("the number is missing (write count STATE N)"), 0, UINT32_MAX,
		&step->count.number);
}

/* As the kernel names its counters: letters and digits. */
static bool is_counter_name(const struct token *name)
{
	for (size_t i = 0; i < name->length; i++) {
		char byte = name->bytes[i];

		if (!((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') &&
			!(byte >= '0' && byte <= '9') && byte != '_')
			return false;
	}
	return true;
}

static int parse_counter(struct line *line, struct step *step)
{
	char quote[TOKEN_QUOTE_BYTES];
	struct token name, increase, digits;

	if (!line_take(line, "", &name))
		return line_missing(line, _("the counter is missing (write counter NAME +N)"));
	if (!is_counter_name(&name))
		return line_error(line, name.at,
			_("'%s' is no name of a counter (as in /proc/net/netstat)"),
			token_quote(&name, quote));
	if (!line_take(line, ",", &increase))
		return line_missing(line, _("the increase is missing (write counter NAME +N)"));
	if (*increase.bytes != '+')
		return line_error(line, increase.at, _("'%s' is no increase (write +N)"),
			token_quote(&increase, quote));
	step->counter.name = token_bytes(&name).bytes;
	digits = token_part(&increase, 1, increase.length);
	return parse_number_token(line, &digits, 0, INT64_MAX, &step->counter.increase);
}

static int parse_listening(struct line *line, struct step *step)
{
	uint64_t port;
	int result = parse_number(
		line, _("the port is missing (write listening PORT)"), 1, UINT16_MAX, &port);

	if (!result)
		step->listening_port = (uint16_t)port;
	return result;
}

static int parse_within(struct line *line, struct step *step)
{
	struct token within;
	int result;

	if (!line_peek(line, ",", &within) || !token_is(&within, "within"))
		return 0;
	if (step->kind == STEP_EXPECT_NO)
		return line_error(line, within.at,
			_("'expect no' cannot wait: it asks what was sent so far (use sleep)"));
	line_take(line, "", &within);
	result = parse_duration(line, _("the duration is missing (write within DURATION)"), 0,
		WITHIN_NS_MAX, &step->within_ns);
	if (!result && line_peek(line, "", &within))
		return line_error(line, within.at,
			_("something behind 'within DURATION', which "
			  "must stand last"));
	return result;
}

static int parse_question(struct line *line, struct step *step)
{
	switch (step->kind) {
	case STEP_EXPECT_WENT: return parse_went(line, step);
	case STEP_EXPECT_COUNT: return parse_count(line, step);
	case STEP_EXPECT_COUNTER: return parse_counter(line, step);
	case STEP_EXPECT_LISTENING: return parse_listening(line, step);
	case STEP_EXPECT_OUTPUT:
		return parse_text(
			line, _("the text is missing (write output \"TEXT\")"), &step->output);
	case STEP_EXPECT_WIRE:
	case STEP_EXPECT_NO: {
		int result = parse_packets(line, &step->wire.packets);

		step->wire.times = STEP_NONE;
		if (result || step->kind == STEP_EXPECT_NO)
			return result;
		return parse_times(line, 0, &step->wire.times);
	}
	default: return 0; /* pending, done */
	}
}

/* The question that follows this subject; NULL where a state does, or what should be one. */
static const struct vocabulary_word *question_of(const struct line *line)
{
	const struct vocabulary_word *question;
	char word[TOKEN_WORD_BYTES];
	struct token token;

	if (!line_peek(line, ",", &token))
		return NULL;
	question = vocabulary_find(VOCABULARY_EXPECT, token_word(&token, word));
	return question && question->subject != SUBJECT_NONE ? question : NULL;
}

/* expect END ..., expect HOST ... */
static int parse_subject(struct line *line, const struct token *subject, struct step *step)
{
	const struct vocabulary_word *question = question_of(line);
	struct token word;
	int result;

	if (!question) {
		struct end end;

		/* An unknown host is one even where no state follows. */
		result = parse_end(line, subject, SCENARIO_DEFAULT_NAME, &end);
		if (result)
			return result;
		step->kind = STEP_EXPECT_STATES;
		return parse_states(line, subject, step);
	}
	line_take(line, ",", &word);
	if (question->subject == SUBJECT_HOST)
		result = parse_host(line, subject, question->word, &step->end.host);
	else
		result = parse_end(line, subject, SCENARIO_DEFAULT_NAME, &step->end);
	if (result)
		return result;
	step->kind = (enum step_kind)question->id;
	return parse_question(line, step);
}

/* expect wire ..., expect no ... */
static const struct vocabulary_word *question_without_subject(const struct token *token)
{
	char word[TOKEN_WORD_BYTES];
	const struct vocabulary_word *question =
		vocabulary_find(VOCABULARY_EXPECT, token_word(token, word));

	return question && question->subject == SUBJECT_NONE ? question : NULL;
}

static int unknown_subject(const struct line *line, const struct token *subject)
{
	static const char *const subjects[] = {"server", "client", "wire", NULL};
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	struct token host = token_part(subject, 0, token_find(subject, '.'));
	const char *near = text_nearest(token_word(&host, word), subjects);

	if (near)
		return line_error(line, subject->at, _("unknown '%s' (did you mean '%s'?)"),
			token_quote(&host, quote), near);
	return line_error(line, subject->at,
		_("'expect' asks about an end, a host or the wire, not about '%s' (write expect "
		  "server STATE, expect wire PACKETS, expect no PACKETS)"),
		token_quote(subject, quote));
}

/* Nothing may follow, least of all another question. */
static int parse_no_more_questions(struct line *line, const struct step *step)
{
	static const char *const of_states[] = {"timer", "within", NULL};
	static const char *const of_packets[] = {"from", "times", "within", NULL};
	static const char *const of_others[] = {"within", NULL};
	struct token token;

	if (line_peek(line, ",", &token) && token_is(&token, ","))
		return line_error(line, token.at,
			_("a second question (only END STATE may be listed: write another "
			  "expect line)"));
	if (step->kind == STEP_EXPECT_STATES)
		return parse_nothing_more(line, of_states);
	if (step->kind == STEP_EXPECT_WIRE || step->kind == STEP_EXPECT_NO)
		return parse_nothing_more(line, of_packets);
	return parse_nothing_more(line, of_others);
}

int parse_expect(struct line *line, struct step *step)
{
	const struct vocabulary_word *question;
	struct token subject;
	int result;

	if (!line_take(line, "", &subject))
		return line_missing(line,
			_("what is expected is missing (write expect server STATE, expect wire "
			  "PACKETS, expect no PACKETS)"));
	question = question_without_subject(&subject);
	if (question) {
		step->kind = (enum step_kind)question->id;
		result = parse_question(line, step);
	} else if (token_is_end(&subject)) {
		result = parse_subject(line, &subject, step);
	} else {
		return unknown_subject(line, &subject);
	}
	if (!result)
		result = parse_within(line, step);
	return result ? result : parse_no_more_questions(line, step);
}
