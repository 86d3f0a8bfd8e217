/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "lab/lab.h"
#include "scenario/parse_internal.h"

/* What fits into one packet, with the longest headers. */
#define PAYLOAD_BYTES_MAX LAB_INJECTED_BYTES_MAX

#define TIMES_MAX         1000000

static int unknown_packet(const struct line *line, const struct token *token)
{
	struct token flag = token_part(token, 0, token_find(token, ','));
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;

	/* "FIN,ACK", as others print it, is FIN here. */
	if (token_is(&flag, "FIN") || token_is(&flag, "RST"))
		near = token_word(&flag, word);
	else if (line->err)
		near = vocabulary_nearest(
			VOCABULARY_BIT(VOCABULARY_PACKET), token_word(token, word));
	if (near)
		return line_error(line, token->at, _("unknown packet '%s' (did you mean '%s'?)"),
			token_quote(token, quote), near);
	return line_error(line, token->at,
		_("unknown packet '%s' (a packet is SYN, SYN,ACK, ACK, FIN, RST, DATA, ZERO or "
		  "ANY)"),
		token_quote(token, quote));
}

/* "SYN,ACK" is one kind, with or without blanks round its comma. */
static int parse_kind(struct line *line, enum wire_kind *ret_kind)
{
	const struct vocabulary_word *found;
	char kind[TOKEN_WORD_BYTES], other[TOKEN_WORD_BYTES], both[2 * TOKEN_WORD_BYTES + 2];
	struct token token, next;

	if (!line_take(line, ",", &token))
		return line_missing(line, _("the packet is missing (SYN, SYN,ACK, ACK, FIN, RST, "
					    "DATA, ZERO or ANY)"));
	found = vocabulary_find(VOCABULARY_PACKET, token_word(&token, kind));
	if (line_skip(line, ",", ",")) {
		if (!line_take(line, ",", &next))
			return line_missing(
				line, _("a flag is missing behind ',' (write SYN,ACK)"));
		snprintf(both, sizeof(both), "%s,%s", kind, token_word(&next, other));
		found = vocabulary_find(VOCABULARY_PACKET, both);
		token.length = next.at + next.length - token.at;
	}
	if (!found)
		return unknown_packet(line, &token);
	*ret_kind = (enum wire_kind)found->id;
	return 0;
}

int parse_packets(struct line *line, struct packets *ret_packets)
{
	struct packets packets = {.from = HOST_COUNT};
	struct token token;
	struct end end;
	int result = parse_kind(line, &packets.kind);

	if (result)
		return result;
	if (line_skip(line, "", "from")) {
		if (!line_take(line, "", &token))
			return line_missing(
				line, _("the sender is missing (write from HOST[.NAME])"));
		result = parse_end(line, &token, "", &end);
		if (result)
			return result;
		packets.from = (int)end.host;
		memcpy(packets.name, end.name, sizeof(packets.name));
	} else if (line_peek(line, "", &token) && token_is_end(&token)) {
		return line_error(line, token.at,
			_("'from' is missing before the sender (write from HOST[.NAME])"));
	}
	*ret_packets = packets;
	return 0;
}

int parse_times(struct line *line, uint64_t least, int *ret_times)
{
	uint64_t number;
	int result;

	if (!line_has_number(line))
		return 0;
	result = parse_number(line, "", least, TIMES_MAX, &number);
	if (result)
		return result;
	if (!line_skip(line, "", "times") && !line_skip(line, "", "time"))
		return line_missing(
			line, _("'times' is missing behind the number (write N times)"));
	*ret_times = (int)number;
	return 0;
}

static int parse_rule(struct line *line, struct step *step)
{
	int result = parse_packets(line, &step->rule.packets);

	step->rule.times = STEP_FOREVER;
	/* Holding so many and no more would let the order of packets change: it is not in the
	 * language. */
	if (result || step->kind == STEP_WIRE_HOLD)
		return result;
	return parse_times(line, 1, &step->rule.times);
}

static int parse_release(struct line *line, struct step *step)
{
	struct token token;

	step->release.packets = (struct packets){.kind = WIRE_ANY, .from = HOST_COUNT};
	if (!line_peek(line, "", &token))
		return 0;
	if (line_skip(line, "", "one")) {
		step->release.is_one = true;
		return 0;
	}
	step->release.has_packets = true;
	return parse_packets(line, &step->release.packets);
}

/* [N bytes] [seq +N|-N] [ack +N|-N] [ts +N|-N], in any order, each once */
static int parse_changes(struct line *line, struct step *step)
{
	struct {
		const char *word, *missing;
		int32_t *offset;
		bool is_there;
	} offsets[] = {
		{"seq", _("an offset is missing (write seq +N or seq -N)"), &step->inject.sequence,
			0},
		{"ack", _("an offset is missing (write ack +N or ack -N)"),
			&step->inject.acknowledgment, 0},
		{"ts", _("an offset is missing (write ts +N or ts -N)"), &step->inject.timestamp,
			0},
	};
	struct token token;
	size_t i, length;
	int result = 0;

	while (!result && line_peek(line, "", &token)) {
		if (line_has_number(line)) {
			if (step->inject.length != STEP_NONE)
				return line_error(
					line, token.at, _("the length is said twice (N bytes)"));
			result = parse_bytes(line, 0, PAYLOAD_BYTES_MAX, &length);
			if (!result)
				step->inject.length = (int64_t)length;
			continue;
		}
		for (i = 0; i < 3 && !line_skip(line, "", offsets[i].word); i++)
			;
		if (i == 3)
			break;
		if (offsets[i].is_there)
			return line_error(line, token.at, _("'%s' is said twice"), offsets[i].word);
		offsets[i].is_there = true;
		result = parse_offset(line, offsets[i].missing, offsets[i].offset);
	}
	return result;
}

static int parse_inject(struct line *line, struct step *step)
{
	struct token token;
	int result;

	line_peek(line, ",", &token);
	result = parse_packets(line, &step->inject.packets);
	step->inject.length = STEP_NONE;
	if (result)
		return result;
	if (step->inject.packets.kind == WIRE_ANY)
		return line_error(line, token.at,
			_("ANY cannot be injected (write one of SYN, SYN,ACK, ACK, FIN, RST, DATA "
			  "or ZERO)"));
	if (step->inject.packets.from == HOST_COUNT)
		return line_missing(line,
			_("the sender is missing (write from HOST[.NAME] behind the packet)"));
	if (!*step->inject.packets.name)
		memcpy(step->inject.packets.name, SCENARIO_DEFAULT_NAME,
			sizeof(SCENARIO_DEFAULT_NAME));
	return parse_changes(line, step);
}

/* What may stand behind the packets. */
static const char *const *clauses_of(enum step_kind kind)
{
	static const char *const of_rules[] = {"from", "times", NULL};
	static const char *const of_inject[] = {"from", "bytes", "seq", "ack", "ts", NULL};

	return kind == STEP_WIRE_INJECT ? of_inject : of_rules;
}

static int unknown_verb(const struct line *line, const struct token *verb)
{
	char word[TOKEN_WORD_BYTES], quote[TOKEN_QUOTE_BYTES];
	const char *near = NULL;

	if (line->err)
		near = vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_WIRE), token_word(verb, word));
	if (near)
		return line_error(line, verb->at, _("unknown 'wire %s' (did you mean '%s'?)"),
			token_quote(verb, quote), near);
	return line_error(line, verb->at,
		_("unknown 'wire %s' (the wire can hold, release, drop, duplicate, pass and "
		  "inject)"),
		token_quote(verb, quote));
}

int parse_wire(struct line *line, struct step *step)
{
	const struct vocabulary_word *verb;
	char word[TOKEN_WORD_BYTES];
	struct token token;
	int result = 0;

	if (!line_take(line, "", &token))
		return line_missing(line,
			_("what the wire does is missing (hold, release, drop, duplicate, pass or "
			  "inject)"));
	verb = vocabulary_find(VOCABULARY_WIRE, token_word(&token, word));
	if (!verb)
		return unknown_verb(line, &token);
	step->kind = (enum step_kind)verb->id;
	switch (step->kind) {
	case STEP_WIRE_HOLD:
	case STEP_WIRE_DROP:
	case STEP_WIRE_DUPLICATE: result = parse_rule(line, step); break;
	case STEP_WIRE_RELEASE: result = parse_release(line, step); break;
	case STEP_WIRE_INJECT: result = parse_inject(line, step); break;
	default: break; /* pass */
	}
	return result ? result : parse_nothing_more(line, clauses_of(step->kind));
}
