/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/i18n.h"
#include "scenario/parse_internal.h"

/* The most that one send or recv may name. */
#define STREAM_BYTES_MAX (UINT64_C(1) << 30)

#define PORT_MAX         65535

/* Complains of a clause that is there already. */
static int once(const struct line *line, bool *is_there, const struct token *word)
{
	char quote[TOKEN_QUOTE_BYTES];

	if (*is_there)
		return line_error(
			line, word->at, _("'%s' is said twice"), token_quote(word, quote));
	*is_there = true;
	return 0;
}

/* Of listen and connect: one has what the other has not. */
static int check_clause(const struct line *line, const struct token *word, const char *verb)
{
	char quote[TOKEN_QUOTE_BYTES];

	if (!token_is(word, "backlog") && !token_is(word, "from"))
		return 0;
	return line_error(line, word->at, _("'%s' takes no '%s' (write %s)"), verb,
		token_quote(word, quote), vocabulary_find(VOCABULARY_ACTION, verb)->synopsis);
}

static int parse_listen(struct line *line, struct step *step)
{
	bool has_backlog = false, has_options = false;
	struct token word;
	uint64_t number;
	int result = parse_number(
		line, _("a port is missing (write listen PORT)"), 1, PORT_MAX, &number);

	if (result)
		return result;
	step->listen.port = (uint16_t)number;
	step->listen.backlog = STEP_NONE;
	while (!result && line_peek(line, "", &word)) {
		if (line_skip(line, "", "backlog")) {
			result = once(line, &has_backlog, &word);
			if (!result)
				result = parse_number(line,
					_("a number is missing (write backlog N)"), 0, INT_MAX,
					&number);
			if (!result)
				step->listen.backlog = (int)number;
		} else if (line_skip(line, "", "with")) {
			result = once(line, &has_options, &word);
			if (!result)
				result = parse_options(line, &step->listen.options);
		} else {
			return check_clause(line, &word, "listen");
		}
	}
	return result;
}

/* HOST:PORT */
static int parse_peer(struct line *line, struct step *step)
{
	char quote[TOKEN_QUOTE_BYTES];
	struct token peer, host, port;
	struct end end;
	uint64_t number;
	size_t colon;
	int result;

	if (!line_take(line, "", &peer))
		return line_missing(line, _("whom to connect to is missing (write HOST:PORT)"));
	colon = token_find(&peer, ':');
	host = token_part(&peer, 0, colon);
	result = parse_end(line, &host, "", &end);
	if (result)
		return result;
	if (*end.name)
		return line_error(line, peer.at,
			_("'%s' is an end (connect to a host: write %s:PORT)"),
			token_quote(&host, quote), host_name(end.host));
	step->connect.peer = end.host;
	if (step->connect.peer == step->end.host)
		return line_error(line, peer.at,
			_("a host cannot connect to itself (write %s:PORT)"),
			host_name(host_other(step->end.host)));
	if (colon == peer.length)
		return line_error(line, peer.at, _("'%s' names no port (write HOST:PORT)"),
			token_quote(&peer, quote));
	port = token_part(&peer, colon + 1, peer.length);
	result = parse_number_token(line, &port, 1, PORT_MAX, &number);
	if (!result)
		step->connect.port = (uint16_t)number;
	return result;
}

static int parse_connect(struct line *line, struct step *step)
{
	bool has_from = false, has_options = false;
	struct token word;
	uint64_t number;
	int result = parse_peer(line, step);

	step->connect.from_port = STEP_NONE;
	while (!result && line_peek(line, "", &word)) {
		if (line_skip(line, "", "from")) {
			result = once(line, &has_from, &word);
			if (!result)
				result =
					parse_number(line, _("a port is missing (write from PORT)"),
						0, PORT_MAX, &number);
			if (!result)
				step->connect.from_port = (int)number;
		} else if (line_skip(line, "", "with")) {
			result = once(line, &has_options, &word);
			if (!result)
				result = parse_options(line, &step->connect.options);
		} else {
			return check_clause(line, &word, "connect");
		}
	}
	return result;
}

static int parse_send(struct line *line, struct step *step)
{
	if (line_has_number(line))
		return parse_bytes(line, 1, STREAM_BYTES_MAX, &step->send.length);
	return parse_text(line, _("what to send is missing (write send \"TEXT\" or send N bytes)"),
		&step->send);
}

static int unknown_reception(const struct line *line, const struct token *token)
{
	static const char *const words[] = {"eof", NULL};
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];

	if (text_nearest(token_word(token, word), words))
		return line_error(line, token->at, _("unexpected '%s' (did you mean '%s'?)"),
			token_quote(token, quote), words[0]);
	return line_error(line, token->at,
		_("'%s' cannot be received (write recv \"TEXT\", recv N bytes, recv eof or recv)"),
		token_quote(token, quote));
}

static int parse_recv(struct line *line, struct step *step)
{
	struct token token;

	step->recv.kind = RECV_WHAT_IS_THERE;
	if (!line_peek(line, "", &token))
		return 0;
	if (line_skip(line, "", "eof")) {
		step->recv.kind = RECV_EOF;
		return 0;
	}
	if (line_has_number(line)) {
		step->recv.kind = RECV_COUNT;
		return parse_bytes(line, 1, STREAM_BYTES_MAX, &step->recv.text.length);
	}
	if (!token.has_quotes)
		return unknown_reception(line, &token);
	step->recv.kind = RECV_TEXT;
	return parse_text(line, "", &step->recv.text);
}

static int parse_shutdown(struct line *line, struct step *step)
{
	static const char *const ways[] = {"read", "write", "both", NULL};
	static const int hows[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	struct token token;
	const char *near;

	if (!line_take(line, "", &token))
		return line_missing(
			line, _("the direction is missing (write shutdown read, write or both)"));
	for (size_t i = 0; ways[i]; i++) {
		if (token_is(&token, ways[i])) {
			step->shutdown_how = hows[i];
			return 0;
		}
	}
	near = text_nearest(token_word(&token, word), ways);
	if (near)
		return line_error(line, token.at, _("unknown direction '%s' (did you mean '%s'?)"),
			token_quote(&token, quote), near);
	return line_error(line, token.at,
		_("unknown direction '%s' (write shutdown read, write or both)"),
		token_quote(&token, quote));
}

/* What follows the verb. */
static int parse_operands(struct line *line, struct step *step)
{
	switch (step->kind) {
	case STEP_LISTEN: return parse_listen(line, step);
	case STEP_CONNECT: return parse_connect(line, step);
	case STEP_SEND: return parse_send(line, step);
	case STEP_RECV: return parse_recv(line, step);
	case STEP_SHUTDOWN: return parse_shutdown(line, step);
	case STEP_SET: return parse_options(line, &step->set);
	case STEP_SYSCTL: return parse_sysctl(line, step);
	case STEP_RUN: return parse_run(line, step);
	case STEP_WAIT: return parse_wait(line, step);
	case STEP_SIGNAL: return parse_signal(line, step);
	default: return 0; /* accept, close, destroy, crash */
	}
}

/* What may stand behind the operands. */
static const char *const *clauses_of(enum step_kind kind)
{
	static const char *const of_listen[] = {"backlog", "with", "fails", NULL};
	static const char *const of_connect[] = {"from", "with", "fails", NULL};
	static const char *const of_wait[] = {"status", "fails", NULL};
	static const char *const of_others[] = {"fails", NULL};

	switch (kind) {
	case STEP_LISTEN: return of_listen;
	case STEP_CONNECT: return of_connect;
	case STEP_WAIT: return of_wait;
	default: return of_others;
	}
}

static int unknown_action(const struct line *line, const struct token *verb)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;

	if (line->err)
		near = vocabulary_nearest(
			VOCABULARY_BIT(VOCABULARY_ACTION), token_word(verb, word));
	if (near)
		return line_error(line, verb->at, _("unknown action '%s' (did you mean '%s'?)"),
			token_quote(verb, quote), near);
	return line_error(line, verb->at,
		_("unknown action '%s' (an action is listen, connect, accept, send, recv, "
		  "shutdown, "
		  "close, set, destroy, crash, sysctl, run, wait or signal)"),
		token_quote(verb, quote));
}

int parse_action(struct line *line, const struct token *subject, struct step *step)
{
	const struct vocabulary_word *verb;
	char word[TOKEN_WORD_BYTES];
	struct token token;
	struct end end;
	int result;

	/* The subject first, for it stands first. */
	result = parse_end(line, subject, SCENARIO_DEFAULT_NAME, &end);
	if (result)
		return result;
	if (!line_take(line, "", &token))
		return line_missing(
			line, _("the action is missing (write HOST listen PORT, HOST close...)"));
	verb = vocabulary_find(VOCABULARY_ACTION, token_word(&token, word));
	if (!verb)
		return unknown_action(line, &token);
	if (verb->subject == SUBJECT_HOST)
		result = parse_host(line, subject, verb->word, &step->end.host);
	else if (verb->subject == SUBJECT_LISTENER)
		result = parse_end(line, subject, SCENARIO_LISTENER_NAME, &step->end);
	else
		step->end = end;
	if (result)
		return result;
	step->kind = (enum step_kind)verb->id;
	result = parse_operands(line, step);
	return result ? result : parse_nothing_more(line, clauses_of(step->kind));
}
