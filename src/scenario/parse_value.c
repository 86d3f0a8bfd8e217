/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "scenario/parse_internal.h"

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

int parse_number_token(const struct line *line, const struct token *token, uint64_t least,
	uint64_t most, uint64_t *ret_number)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	int result = text_to_number(token_word(token, word), least, most, ret_number);

	if (!token->length)
		return line_error(line, token->at,
			_("a number is missing (from %" PRIu64 " to %" PRIu64 ")"), least, most);
	if (token->length >= TOKEN_WORD_BYTES || result == -EINVAL)
		return line_error(line, token->at,
			_("'%s' is not a whole number (from %" PRIu64 " to %" PRIu64 ")"),
			token_quote(token, quote), least, most);
	if (result)
		return line_error(line, token->at,
			_("%s is out of range (from %" PRIu64 " to %" PRIu64 ")"),
			token_quote(token, quote), least, most);
	return 0;
}

int parse_number(
	struct line *line, const char *missing, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	struct token token;

	if (!line_take(line, ",", &token))
		return line_missing(line, missing);
	return parse_number_token(line, &token, least, most, ret_number);
}

int parse_offset(struct line *line, const char *missing, int32_t *ret_offset)
{
	char quote[TOKEN_QUOTE_BYTES];
	struct token token, digits;
	uint64_t number;
	int result;

	if (!line_take(line, "", &token))
		return line_missing(line, missing);
	if (*token.bytes != '+' && *token.bytes != '-')
		return line_error(line, token.at, _("'%s' has no sign (an offset is +N or -N)"),
			token_quote(&token, quote));
	digits = token_part(&token, 1, token.length);
	result = parse_number_token(line, &digits, 0, INT32_MAX, &number);
	if (result)
		return result;
	*ret_offset = *token.bytes == '-' ? -(int32_t)number : (int32_t)number;
	return 0;
}

static const struct {
	const char *name;
	int64_t ns;
} units[] = {{"us", NS_PER_US}, {"ms", NS_PER_MS}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}};

#define UNIT_COUNT (sizeof(units) / sizeof(*units))

/* Longer than any that is meant; and what fits into a socket option. */
#define DURATION_S_MAX INT64_C(2147483647)

/* How much of the token is a number, its fraction included. */
static size_t number_length(const struct token *token)
{
	size_t at = 0;

	while (at < token->length && is_digit(token->bytes[at]))
		at++;
	if (at && at + 1 < token->length && token->bytes[at] == '.' &&
		is_digit(token->bytes[at + 1])) {
		at++;
		while (at < token->length && is_digit(token->bytes[at]))
			at++;
	}
	return at;
}

const char *parse_unit(const struct token *token, char unit[UNIT_BYTES])
{
	struct token part = token_part(token, number_length(token), token->length);
	size_t length = part.length < UNIT_BYTES ? part.length : UNIT_BYTES - 1;

	memcpy(unit, part.bytes, length);
	unit[length] = '\0';
	return unit;
}

/* The decimal number times the unit. -ERANGE: too long; -EDOM: finer than a microsecond. */
static int scale(const char *bytes, size_t length, int64_t unit_ns, int64_t *ret_ns)
{
	int64_t total = 0, place = unit_ns;
	bool is_fraction = false;

	for (size_t i = 0; i < length; i++) {
		int64_t digit = bytes[i] - '0';

		if (bytes[i] == '.') {
			is_fraction = true;
		} else if (is_fraction) {
			if (digit && place % 10)
				return -EDOM;
			place /= 10;
			total += digit * place;
		} else if (total / unit_ns > DURATION_S_MAX * NS_PER_S / unit_ns / 10) {
			return -ERANGE;
		} else {
			total = total * 10 + digit * unit_ns;
		}
	}
	if (total > DURATION_S_MAX * NS_PER_S)
		return -ERANGE;
	if (total % NS_PER_US)
		return -EDOM;
	*ret_ns = total;
	return 0;
}

static int duration_without_unit(
	const struct line *line, const struct token *token, const struct token *number)
{
	char quote[TOKEN_QUOTE_BYTES];

	return line_error(line, token->at, _("'%s' has no unit (did you mean '%ss'?)"),
		token_quote(token, quote), token_quote(number, (char[TOKEN_QUOTE_BYTES]){0}));
}

int parse_duration_token(
	const struct line *line, const struct token *token, const char *unit, int64_t *ret_ns)
{
	struct token number = token_part(token, 0, number_length(token));
	struct token rest = token_part(token, number.length, token->length);
	char quote[TOKEN_QUOTE_BYTES];
	size_t i = 0;
	int result;

	if (!token->length)
		return line_error(line, token->at, _("a duration is missing (as 100ms or 3s)"));
	if (!number.length)
		return line_error(line, token->at, _("'%s' is not a duration (as 100ms or 3s)"),
			token_quote(token, quote));
	if (!rest.length && !*unit)
		return duration_without_unit(line, token, &number);
	while (i < UNIT_COUNT &&
		!(rest.length ? token_is(&rest, units[i].name) : !strcmp(unit, units[i].name)))
		i++;
	if (i == UNIT_COUNT)
		return line_error(line, token->at,
			_("'%s' is not a duration (its unit is us, ms, s or m)"),
			token_quote(token, quote));
	result = scale(number.bytes, number.length, units[i].ns, ret_ns);
	if (result == -EDOM)
		return line_error(line, token->at, _("'%s' is finer than a microsecond"),
			token_quote(token, quote));
	if (result)
		return line_error(line, token->at, _("'%s' is out of range (to %" PRId64 "s)"),
			token_quote(token, quote), DURATION_S_MAX);
	return 0;
}

void duration_print(int64_t duration_ns, struct text *out)
{
	size_t i = 2; /* seconds, and no minutes */

	while (i && duration_ns % units[i].ns)
		i--;
	text_printf(out, "%" PRId64 "%s", duration_ns / units[i].ns, units[i].name);
}

int parse_duration(
	struct line *line, const char *missing, int64_t least_ns, int64_t most_ns, int64_t *ret_ns)
{
	char quote[TOKEN_QUOTE_BYTES];
	struct token token;
	int64_t duration_ns;
	int result;

	if (!line_take(line, "", &token))
		return line_missing(line, missing);
	result = parse_duration_token(line, &token, "", &duration_ns);
	if (result)
		return result;
	if (duration_ns < least_ns || duration_ns > most_ns) {
		_cleanup_text_ struct text range = TEXT_INIT;

		duration_print(least_ns, &range);
		text_append(&range, "..");
		duration_print(most_ns, &range);
		return line_error(line, token.at, _("%s is out of range (%s)"),
			token_quote(&token, quote), range.bytes);
	}
	*ret_ns = duration_ns;
	return 0;
}

/* The host that the token names; HOST_COUNT. */
static int host_of(const struct token *token)
{
	for (int host = 0; host < HOST_COUNT; host++) {
		if (token_is(token, host_name((enum host_id)host)))
			return host;
	}
	return HOST_COUNT;
}

/* `host` is what stands before the dot of `token`. */
static int unknown_host(
	const struct line *line, const struct token *token, const struct token *host)
{
	static const char *const hosts[] = {"server", "client", NULL};
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near;

	token_word(host, word);
	for (char *c = word; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	near = text_nearest(word, hosts);
	if (near)
		return line_error(line, token->at, _("unknown host '%s' (did you mean '%s'?)"),
			token_quote(host, quote), near);
	return line_error(line, token->at,
		_("unknown host '%s' (the hosts are 'server' and 'client')"),
		token_quote(token, quote));
}

/* A letter or '_', then letters, digits, '_' and '-'. */
static bool is_name(const struct token *token)
{
	for (size_t i = 0; i < token->length; i++) {
		unsigned char byte = (unsigned char)token->bytes[i];
		bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';

		if (!is_letter && byte != '_' && (!i || (!is_digit((char)byte) && byte != '-')))
			return false;
	}
	return true;
}

static int parse_name(
	const struct line *line, const struct token *token, char ret_name[SCENARIO_NAME_BYTES])
{
	char quote[TOKEN_QUOTE_BYTES];

	if (!token->length)
		return line_error(line, token->at, _("a name is missing behind the dot"));
	if (!is_name(token))
		return line_error(line, token->at,
			_("'%s' is no name of a connection (letters, digits, '_' and '-', and a "
			  "letter or '_' first)"),
			token_quote(token, quote));
	if (token->length >= SCENARIO_NAME_BYTES)
		return line_error(line, token->at,
			_("the name '%s' is too long (at most %d bytes)"),
			token_quote(token, quote), SCENARIO_NAME_BYTES - 1);
	memcpy(ret_name, token->bytes, token->length);
	ret_name[token->length] = '\0';
	return 0;
}

int parse_end(const struct line *line, const struct token *token, const char *default_name,
	struct end *ret_end)
{
	size_t dot = token_find(token, '.');
	struct token host = token_part(token, 0, dot);
	struct end end = {.host = (enum host_id)host_of(&host)};

	if ((int)end.host == HOST_COUNT)
		return unknown_host(line, token, &host);
	memcpy(end.name, default_name, strlen(default_name) + 1);
	if (dot < token->length) {
		struct token name = token_part(token, dot + 1, token->length);
		int result = parse_name(line, &name, end.name);

		if (result)
			return result;
	}
	*ret_end = end;
	return 0;
}

int parse_host(const struct line *line, const struct token *token, const char *what,
	enum host_id *ret_host)
{
	struct end end;
	int result = parse_end(line, token, "", &end);

	if (result)
		return result;
	if (*end.name)
		return line_error(line, token->at,
			_("'%s' is of a whole host, not of one connection (write '%s')"), what,
			host_name(end.host));
	*ret_host = end.host;
	return 0;
}

bool token_is_end(const struct token *token)
{
	struct token host = token_part(token, 0, token_find(token, '.'));

	return host_of(&host) != HOST_COUNT;
}

int parse_state_token(const struct line *line, const struct token *token, enum tcp_state *ret_state)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	enum tcp_state state;
	const char *near;

	if (!tcp_state_parse(token_word(token, word), &state) &&
		vocabulary_by_id(VOCABULARY_STATE, (int)state)) {
		*ret_state = state;
		return 0;
	}
	near = line->err ? vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_STATE), word) : NULL;
	if (near)
		return line_error(line, token->at, _("unknown state '%s' (did you mean '%s'?)"),
			token_quote(token, quote), near);
	return line_error(line, token->at,
		_("unknown state '%s' (a state is LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, "
		  "FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT or CLOSED)"),
		token_quote(token, quote));
}

int parse_text(struct line *line, const char *missing, struct bytes *ret_text)
{
	char quote[TOKEN_QUOTE_BYTES];
	struct token token;

	if (!line_take(line, ",", &token))
		return line_missing(line, missing);
	if (!token.has_quotes)
		return line_error(line, token.at, _("'%s' is not in quotes (a text is \"TEXT\")"),
			token_quote(&token, quote));
	if (!token.is_text)
		return line_error(line, token.at,
			_("something is glued to a text (a text is \"TEXT\", with blanks around "
			  "it)"));
	if (token.length == strlen("\"\""))
		return line_error(line, token.at,
			_("an empty text (it must have a byte or more; recv alone reads what is "
			  "there)"));
	*ret_text = token_bytes(&token);
	return 0;
}

bool line_has_number(const struct line *line)
{
	struct token token;

	return line_peek(line, "", &token) && is_digit(*token.bytes);
}

int parse_bytes(struct line *line, uint64_t least, uint64_t most, size_t *ret_length)
{
	uint64_t length;
	int result = parse_number(line, "", least, most, &length);

	if (result)
		return result;
	if (!line_skip(line, "", "bytes") && !line_skip(line, "", "byte"))
		return line_missing(
			line, _("'bytes' is missing behind the number (write N bytes)"));
	*ret_length = (size_t)length;
	return 0;
}
