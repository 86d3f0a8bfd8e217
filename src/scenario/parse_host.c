/* SPDX-License-Identifier: BSD-2-Clause */

/* The actions of a whole host: its sysctls and its program. */

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/list.h"
#include "scenario/parse_internal.h"

/* Takes what can be no C string: a NUL within it. */
static int token_string(
	const struct line *line, const struct token *token, const char *what, char **ret_string)
{
	struct bytes bytes = token_bytes(token);

	if (strlen(bytes.bytes) != bytes.length) {
		free(bytes.bytes);
		return line_error(line, token->at, _("a NUL byte in %s"), what);
	}
	*ret_string = bytes.bytes;
	return 0;
}

/* Letters, digits and what names of interfaces have, in parts separated by single dots. */
static bool is_sysctl_name(const struct token *name)
{
	for (size_t i = 0; i < name->length; i++) {
		unsigned char byte = (unsigned char)name->bytes[i];
		bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
		bool is_digit = byte >= '0' && byte <= '9';

		if (!is_letter && !is_digit && !strchr("._-@:", byte))
			return false;
		if (byte == '.' && (i + 1 == name->length || name->bytes[i + 1] == '.'))
			return false;
	}
	return true;
}

static int parse_sysctl_name(const struct line *line, const struct token *name)
{
	char quote[TOKEN_QUOTE_BYTES];

	if (name->length < 4 || memcmp(name->bytes, "net.", 4) != 0)
		return line_error(line, name->at,
			_("the sysctl '%s' is none of a host (its name begins with net.)"),
			token_quote(name, quote));
	if (!is_sysctl_name(name))
		return line_error(line, name->at,
			_("'%s' is no name of a sysctl (words separated by single dots, without "
			  "'/')"),
			token_quote(name, quote));
	return 0;
}

/* NAME=VALUE, where VALUE is the rest of the line, and may be empty. */
int parse_sysctl(struct line *line, struct step *step)
{
	struct token rest = line_rest(line), name, value;
	size_t equals = token_find(&rest, '=');
	char quote[TOKEN_QUOTE_BYTES];
	int result;

	if (!rest.length)
		return line_missing(line, _("the sysctl is missing (write sysctl NAME=VALUE)"));
	name = token_part(&rest, 0, equals);
	if (equals == rest.length)
		return line_error(line, rest.at, _("'%s' has no value (write sysctl NAME=VALUE)"),
			token_quote(&rest, quote));
	result = parse_sysctl_name(line, &name);
	if (!result)
		result = token_string(line, &name, _("the name of a sysctl"), &step->sysctl.name);
	if (result)
		return result;
	value = token_part(&rest, equals + 1, rest.length);
	while (value.length && (*value.bytes == ' ' || *value.bytes == '\t'))
		value = token_part(&value, 1, value.length);
	return token_string(line, &value, _("the value of a sysctl"), &step->sysctl.value);
}

int parse_run(struct line *line, struct step *step)
{
	size_t count = 0, room = 0;
	struct token token;
	int result = 0;

	*list_grow(&step->argv, &count, &room) = NULL; /* the end of it */
	while (!result && line_take(line, "", &token)) {
		char **last = list_grow(&step->argv, &count, &room) - 1;

		result = token_string(line, &token, _("a word of a command"), last);
		if (!result && !*step->argv[0])
			return line_error(line, token.at, _("the program's name is empty"));
	}
	if (!result && !step->argv[0])
		return line_missing(line, _("the program is missing (write run PROGRAM ARG...)"));
	return result;
}

int parse_wait(struct line *line, struct step *step)
{
	uint64_t status = 0;
	int result = 0;

	if (line_has_number(line))
		return line_missing(
			line, _("'status' is missing before the number (write wait status N)"));
	if (line_skip(line, "", "status"))
		result = parse_number(line, _("the exit status is missing (write wait status N)"),
			0, 255, &status);
	step->wait_status = (int)status;
	return result;
}

int parse_signal(struct line *line, struct step *step)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;
	struct token token;
	uint64_t number;
	int result;

	if (line_has_number(line)) {
		result = parse_number(line, "", 1, 64, &number);
		if (!result)
			step->signal = (int)number;
		return result;
	}
	if (!line_take(line, "", &token))
		return line_missing(line, _("the signal is missing (write signal TERM)"));
	step->signal = vocabulary_signal(token_word(&token, word));
	if (step->signal)
		return 0;
	if (line->err)
		near = vocabulary_nearest_signal(word);
	if (near)
		return line_error(line, token.at, _("unknown signal '%s' (did you mean '%s'?)"),
			token_quote(&token, quote), near);
	return line_error(line, token.at,
		_("unknown signal '%s' (a name such as TERM, or a number from 1 to 64)"),
		token_quote(&token, quote));
}
