/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/completion.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scenario/finder.h"

/* Behind the port of listen, or the address of connect. */
static void follow_clauses(struct finder *finder, bool is_listen)
{
	if (finder_last_is_clause(finder, CLAUSE_BACKLOG) ||
		finder_last_is_clause(finder, CLAUSE_FROM))
		return;
	if (finder_has_word(finder, 2, "with"))
		finder_offer_options(finder);
	if (finder_last_is_clause(finder, CLAUSE_WITH))
		return;
	finder_offer_clause(finder, is_listen ? CLAUSE_BACKLOG : CLAUSE_FROM);
	finder_offer_clause(finder, CLAUSE_WITH);
	finder_offer_clause(finder, CLAUSE_FAILS);
}

static void follow_connect(struct finder *finder, enum host_id host)
{
	char peer[WORD_BYTES];

	if (finder->count > 2) {
		follow_clauses(finder, false);
		return;
	}
	snprintf(peer, sizeof(peer), "%s:", host_name(host_other(host)));
	finder_offer(finder, peer);
}

/* send and recv: a text, or so many bytes. */
static void follow_bytes(struct finder *finder, bool is_recv)
{
	if (finder->count == 2 && is_recv)
		finder_offer(finder, "eof");
	if (finder->count == 3 && finder_last_is_number(finder))
		finder_offer(finder, "bytes");
	else if (finder->count > 2 || is_recv)
		finder_offer_clause(finder, CLAUSE_FAILS);
}

/* What stands directly behind the verb, where it is a word; and `fails` behind that. */
static void follow_operand(struct finder *finder, enum step_kind kind)
{
	static const char *const shutdowns[] = {"read", "write", "both", NULL};

	if (finder->count > 2)
		finder_offer_clause(finder, CLAUSE_FAILS);
	switch (kind) {
	case STEP_SET: finder_offer_options(finder); break;
	case STEP_SHUTDOWN:
		if (finder->count == 2)
			finder_offer_list(finder, shutdowns);
		break;
	case STEP_SIGNAL:
		if (finder->count == 2)
			finder_offer_signals(finder);
		break;
	case STEP_SYSCTL:
		for (size_t i = 0; finder->count == 2 && finder->context->sysctls &&
				   finder->context->sysctls[i];
			i++) {
			char word[2 * WORD_BYTES];

			snprintf(word, sizeof(word), "%s=", finder->context->sysctls[i]);
			finder_offer(finder, word);
		}
		break;
	default: break;
	}
}

static void follow_host(struct finder *finder, enum host_id host)
{
	const struct vocabulary_word *action;

	if (finder->count == 1) {
		finder_offer_words(
			finder, VOCABULARY_ACTION, strchr(finder->words[0], '.') != NULL);
		return;
	}
	action = vocabulary_find(VOCABULARY_ACTION, finder->words[1]);
	if (!action)
		return;
	if (finder_last_is_clause(finder, CLAUSE_FAILS)) {
		finder_offer_errnos(finder);
		return;
	}
	switch (action->id) {
	case STEP_LISTEN:
		if (finder->count > 2)
			follow_clauses(finder, true);
		break;
	case STEP_CONNECT: follow_connect(finder, host); break;
	case STEP_SEND: follow_bytes(finder, false); break;
	case STEP_RECV: follow_bytes(finder, true); break;
	case STEP_RUN: finder->completion->wants_file = true; break;
	case STEP_WAIT:
		if (finder->count == 2)
			finder_offer(finder, "status");
		if (!finder_last_is(finder, "status"))
			finder_offer_clause(finder, CLAUSE_FAILS);
		break;
	case STEP_ACCEPT:
	case STEP_CLOSE:
	case STEP_DESTROY:
	case STEP_CRASH: finder_offer_clause(finder, CLAUSE_FAILS); break;
	default: follow_operand(finder, (enum step_kind)action->id); break;
	}
}

/* PACKETS, from the kind on; false where what is to come belongs to them. */
static bool follow_packets(struct finder *finder)
{
	if (finder->count == 2) {
		finder_offer_words(finder, VOCABULARY_PACKET, false);
		return false;
	}
	if (finder_last_is_clause(finder, CLAUSE_FROM)) {
		finder_offer_ends(finder);
		return false;
	}
	return true;
}

static void offer_times(struct finder *finder)
{
	if (!finder_last_is_number(finder))
		return;
	finder_offer(finder, "times");
	finder_offer(finder, "time");
}

static void follow_inject(struct finder *finder)
{
	static const char *const offsets[] = {"seq", "ack", "ts", NULL};

	for (size_t i = 0; offsets[i]; i++) {
		if (finder_last_is(finder, offsets[i]))
			return;
	}
	for (size_t i = 0; offsets[i]; i++) {
		if (!finder_has_word(finder, 2, offsets[i]))
			finder_offer(finder, offsets[i]);
	}
	if (finder_last_is_number(finder))
		finder_offer(finder, "bytes");
}

static void follow_wire(struct finder *finder)
{
	const struct vocabulary_word *verb;

	if (finder->count == 1) {
		finder_offer_words(finder, VOCABULARY_WIRE, false);
		return;
	}
	verb = vocabulary_find(VOCABULARY_WIRE, finder->words[1]);
	if (!verb || verb->id == STEP_WIRE_PASS)
		return;
	if (verb->id == STEP_WIRE_RELEASE && finder->count == 2)
		finder_offer(finder, "one");
	if (!follow_packets(finder) || finder_last_is(finder, "one"))
		return;
	finder_offer_clause(finder, CLAUSE_FROM);
	if (verb->id == STEP_WIRE_DROP || verb->id == STEP_WIRE_DUPLICATE)
		offer_times(finder);
	if (verb->id == STEP_WIRE_INJECT)
		follow_inject(finder);
}

static void follow_expected_packets(struct finder *finder, bool is_no)
{
	if (!follow_packets(finder) || finder_last_is_clause(finder, CLAUSE_WITHIN))
		return;
	finder_offer_clause(finder, CLAUSE_FROM);
	if (is_no)
		return;
	offer_times(finder);
	finder_offer_clause(finder, CLAUSE_WITHIN);
}

static void follow_expected_state(struct finder *finder, size_t end)
{
	if (finder_last_is_clause(finder, CLAUSE_TIMER)) {
		finder_offer_words(finder, VOCABULARY_TIMER, false);
		return;
	}
	if (!finder_has_word(finder, end, "timer"))
		finder_offer(finder, "timer");
	finder_offer_clause(finder, CLAUSE_WITHIN);
}

/* Behind END, which is the word number `end`; the line may have had others before. */
static void follow_expected_end(struct finder *finder, size_t end)
{
	size_t behind = finder->count - end - 1;
	const char *what = behind ? finder->words[end + 1] : "";

	if (!behind) {
		finder_offer_words(finder, VOCABULARY_STATE, false);
		if (end == 1)
			finder_offer_words(
				finder, VOCABULARY_EXPECT, strchr(finder->words[1], '.') != NULL);
		return;
	}
	if (finder_last_is_clause(finder, CLAUSE_WITHIN))
		return;
	if (!strcmp(what, "went") && (behind == 1 || finder_last_is(finder, ">"))) {
		finder_offer_words(finder, VOCABULARY_STATE, false);
	} else if (!strcmp(what, "went")) {
		finder_offer(finder, ">");
		finder_offer_clause(finder, CLAUSE_WITHIN);
	} else if (!strcmp(what, "count") && behind == 1) {
		finder_offer_words(finder, VOCABULARY_STATE, false);
	} else if (!strcmp(what, "pending") || !strcmp(what, "done") ||
		   behind > (size_t)(!strcmp(what, "count") || !strcmp(what, "counter") ? 2 : 1)) {
		if (vocabulary_find(VOCABULARY_EXPECT, what))
			finder_offer_clause(finder, CLAUSE_WITHIN);
		else
			follow_expected_state(finder, end);
	} else if (!vocabulary_find(VOCABULARY_EXPECT, what)) {
		follow_expected_state(finder, end);
	}
}

static void follow_expect(struct finder *finder)
{
	size_t end = 1;

	for (size_t i = 1; i < finder->count; i++) {
		if (!strcmp(finder->words[i], ","))
			end = i + 1;
	}
	if (finder->count == end) {
		finder_offer_ends(finder);
		if (end == 1) {
			finder_offer(finder, "wire");
			finder_offer(finder, "no");
		}
		return;
	}
	if (end == 1 && (!strcmp(finder->words[1], "wire") || !strcmp(finder->words[1], "no")))
		follow_expected_packets(finder, !strcmp(finder->words[1], "no"));
	else
		follow_expected_end(finder, end);
}

static void follow(struct finder *finder)
{
	const char *first = finder->words[0];

	if (!finder->count) {
		finder_offer_words(finder, VOCABULARY_LINE, false);
		finder_offer_ends(finder);
	} else if (!strcmp(first, "wire")) {
		follow_wire(finder);
	} else if (!strcmp(first, "expect")) {
		follow_expect(finder);
	} else if (finder_host_of(first) != HOST_COUNT) {
		follow_host(finder, finder_host_of(first));
	}
}

void completion_find(struct completion *completion, const char *line, size_t length,
	const struct completion_context *context)
{
	struct finder finder = {.completion = completion, .context = context};

	*completion = (struct completion){.start = length};
	if (finder_split(&finder, line, length))
		follow(&finder);
}

void completion_finish(struct completion *completion)
{
	for (size_t i = 0; i < completion->count; i++)
		free(completion->candidates[i]);
	free(completion->candidates);
	*completion = (struct completion){0};
}

void completion_offer(
	struct completion *completion, const char *line, size_t length, const char *candidate)
{
	struct finder finder = {.completion = completion};

	snprintf(finder.prefix, WORD_BYTES, "%.*s", (int)(length - completion->start),
		line + completion->start);
	if (length - completion->start < WORD_BYTES)
		finder_offer(&finder, candidate);
}

size_t completion_common(const struct completion *completion)
{
	size_t length = completion->count ? strlen(completion->candidates[0]) : 0;

	for (size_t i = 1; i < completion->count; i++) {
		size_t same = 0;

		while (same < length &&
			completion->candidates[i][same] == completion->candidates[0][same])
			same++;
		length = same;
	}
	return length;
}

bool completion_ends_word(const char *candidate)
{
	size_t length = strlen(candidate);

	return length && !strchr(":=./", candidate[length - 1]);
}
