/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "scenario/parse_internal.h"

/* Whole seconds: "2s", and "2" where a bare number may stand. */
static int parse_seconds(
	const struct line *line, const struct token *value, const char *unit, int *ret_seconds)
{
	char quote[TOKEN_QUOTE_BYTES];
	int64_t duration_ns;
	int result = parse_duration_token(line, value, unit, &duration_ns);

	if (result)
		return result;
	if (duration_ns % NS_PER_S)
		return line_error(line, value->at, _("%s is not a whole number of seconds"),
			token_quote(value, quote));
	*ret_seconds = (int)(duration_ns / NS_PER_S);
	return 0;
}

static int parse_linger(const struct line *line, const struct token *value, int *ret_seconds)
{
	return parse_seconds(line, value, token_is(value, "0") ? "s" : "", ret_seconds);
}

static int parse_linger2(const struct line *line, const struct token *value, int *ret_seconds)
{
	if (token_is(value, "-1")) {
		*ret_seconds = -1;
		return 0;
	}
	return parse_linger(line, value, ret_seconds);
}

/* IDLE[,INTERVAL,COUNT] */
static int parse_keepalive(
	const struct line *line, const struct token *value, struct socket_option_value *ret_value)
{
	size_t comma = token_find(value, ',');
	struct token idle = token_part(value, 0, comma), rest, interval, count;
	uint64_t number = 3;
	int result = parse_seconds(line, &idle, "s", &ret_value->value);

	ret_value->interval = ret_value->value;
	if (!result && comma < value->length) {
		rest = token_part(value, comma + 1, value->length);
		comma = token_find(&rest, ',');
		if (comma == rest.length)
			return line_error(line, value->at,
				_("keepalive takes one number or three (keepalive=IDLE or "
				  "keepalive=IDLE,INTERVAL,COUNT)"));
		interval = token_part(&rest, 0, comma);
		count = token_part(&rest, comma + 1, rest.length);
		result = parse_seconds(line, &interval, "s", &ret_value->interval);
		if (!result)
			result = parse_number_token(line, &count, 0, INT_MAX, &number);
	}
	ret_value->count = (int)number;
	return result;
}

static int parse_user_timeout(const struct line *line, const struct token *value, int *ret_ms)
{
	char quote[TOKEN_QUOTE_BYTES];
	int64_t duration_ns;
	int result = parse_duration_token(line, value, "", &duration_ns);

	if (result)
		return result;
	if (duration_ns % NS_PER_MS || duration_ns / NS_PER_MS > INT_MAX)
		return line_error(line, value->at,
			_("%s is out of range (whole milliseconds, to %dms)"),
			token_quote(value, quote), INT_MAX);
	*ret_ms = (int)(duration_ns / NS_PER_MS);
	return 0;
}

static int parse_buffer(const struct line *line, const struct token *value, int *ret_bytes)
{
	uint64_t number;
	int result = parse_number_token(line, value, 0, INT_MAX, &number);

	if (!result)
		*ret_bytes = (int)number;
	return result;
}

static bool is_flag(enum socket_option option)
{
	return option == OPTION_REUSEADDR || option == OPTION_REUSEPORT ||
	       option == OPTION_NODELAY || option == OPTION_BIND_NO_PORT;
}

static int parse_value(const struct line *line, const struct vocabulary_word *word,
	const struct token *value, struct socket_option_value *ret_value)
{
	switch ((enum socket_option)word->id) {
	case OPTION_LINGER: return parse_linger(line, value, &ret_value->value);
	case OPTION_LINGER2: return parse_linger2(line, value, &ret_value->value);
	case OPTION_KEEPALIVE: return parse_keepalive(line, value, ret_value);
	case OPTION_USER_TIMEOUT: return parse_user_timeout(line, value, &ret_value->value);
	case OPTION_RCVBUF:
	case OPTION_SNDBUF: return parse_buffer(line, value, &ret_value->value);
	default:
		return line_error(line, value->at, _("'%s' takes no value but off (write '%s')"),
			word->word, word->word);
	}
}

static int unknown_option(const struct line *line, const struct token *name)
{
	static const char *const clauses[] = {"backlog", "from", "with", "fails", NULL};
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;

	if (line->err)
		near = vocabulary_nearest(
			VOCABULARY_BIT(VOCABULARY_OPTION), token_word(name, word));
	if (line->err && !near)
		near = text_nearest(word, clauses);
	if (near)
		return line_error(line, name->at, _("unknown option '%s' (did you mean '%s'?)"),
			token_quote(name, quote), near);
	return line_error(line, name->at,
		_("unknown option '%s' (an option is reuseaddr, reuseport, nodelay, bind_no_port, "
		  "linger, linger2, keepalive, user_timeout, rcvbuf or sndbuf)"),
		token_quote(name, quote));
}

static int parse_option(
	const struct line *line, const struct token *token, struct socket_options *options)
{
	size_t equals = token_find(token, '=');
	struct token name = token_part(token, 0, equals), value;
	struct socket_option_value parsed = {.is_named = true, .value = 1};
	const struct vocabulary_word *word;
	char bytes[TOKEN_WORD_BYTES];
	int result = 0;

	word = vocabulary_find(VOCABULARY_OPTION, token_word(&name, bytes));
	if (!word)
		return unknown_option(line, &name);
	if (options->values[word->id].is_named)
		return line_error(line, token->at, _("'%s' is said twice"), word->word);
	if (equals == token->length && !is_flag((enum socket_option)word->id))
		return line_error(line, token->at, _("'%s' needs a value (%s, or %s=off)"),
			word->word, word->synopsis, word->word);
	if (equals < token->length) {
		value = token_part(token, equals + 1, token->length);
		if (token_is(&value, "off")) {
			parsed.is_off = true;
			parsed.value = 0;
		} else {
			result = parse_value(line, word, &value, &parsed);
		}
	}
	if (!result)
		options->values[word->id] = parsed;
	return result;
}

/* A word that ends a list of options. */
static bool is_clause(const struct token *token)
{
	return token_is(token, "backlog") || token_is(token, "from") || token_is(token, "with") ||
	       token_is(token, "fails");
}

int parse_options(struct line *line, struct socket_options *ret_options)
{
	struct socket_options options = {0};
	struct token token;
	size_t count = 0;

	while (line_peek(line, "", &token) && !is_clause(&token)) {
		int result = parse_option(line, &token, &options);

		if (result)
			return result;
		line_take(line, "", &token);
		count++;
	}
	if (!count)
		return line_missing(
			line, _("an option is missing (such as reuseaddr, nodelay or linger=0)"));
	*ret_options = options;
	return 0;
}
