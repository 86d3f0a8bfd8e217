/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/completion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/text.h"
#include "scenario/vocabulary.h"

/* No line that makes sense has more; of a longer one nothing is completed. */
#define WORDS_MAX  64
#define WORD_BYTES 64

/* Beyond every errno and every signal that Linux has. */
#define ERRNO_END  256
#define SIGNAL_END 32

struct finder {
	struct completion *completion;
	const struct completion_context *context;
	char words[WORDS_MAX][WORD_BYTES]; /* whole ones before the cursor's; a long one is cut */
	size_t count;
	char prefix[WORD_BYTES];
};

static void offer(struct finder *finder, const char *candidate)
{
	struct completion *completion = finder->completion;
	char *copy;

	if (!*candidate || strncasecmp(candidate, finder->prefix, strlen(finder->prefix)) != 0)
		return;
	for (size_t i = 0; i < completion->count; i++) {
		if (!strcmp(completion->candidates[i], candidate))
			return;
	}
	copy = strdup(candidate);
	if (!copy)
		abort();
	*list_grow(&completion->candidates, &completion->count, &completion->room) = copy;
}

static const char *last(const struct finder *finder)
{
	return finder->count ? finder->words[finder->count - 1] : "";
}

static bool last_is(const struct finder *finder, const char *word)
{
	return !strcmp(last(finder), word);
}

static bool last_is_number(const struct finder *finder)
{
	return finder->count && last(finder)[strspn(last(finder), "0123456789")] == '\0';
}

static bool has_word(const struct finder *finder, size_t from, const char *word)
{
	for (size_t i = from; i < finder->count; i++) {
		if (!strcmp(finder->words[i], word))
			return true;
	}
	return false;
}

static void offer_clause(struct finder *finder, enum vocabulary_clause clause)
{
	const char *word = vocabulary_by_id(VOCABULARY_CLAUSE, (int)clause)->word;

	if (!has_word(finder, 1, word))
		offer(finder, word);
}

static bool last_is_clause(const struct finder *finder, enum vocabulary_clause clause)
{
	return last_is(finder, vocabulary_by_id(VOCABULARY_CLAUSE, (int)clause)->word);
}

/* The words of a table; those for a whole host do not suit one end of a connection. */
static void offer_words(struct finder *finder, enum vocabulary kind, bool suits_end)
{
	size_t count;
	const struct vocabulary_word *words = vocabulary_words(kind, &count);

	for (size_t i = 0; i < count; i++) {
		if (!suits_end || words[i].subject != SUBJECT_HOST)
			offer(finder, words[i].word);
	}
}

/* "linger=", "nodelay" */
static void offer_options(struct finder *finder)
{
	size_t count;
	const struct vocabulary_word *words = vocabulary_words(VOCABULARY_OPTION, &count);

	for (size_t i = 0; i < count; i++) {
		char word[WORD_BYTES];
		bool has_value = strchr(words[i].synopsis, '=');

		snprintf(word, sizeof(word), "%s%s", words[i].word, has_value ? "=" : "");
		offer(finder, word);
	}
}

static void offer_errnos(struct finder *finder)
{
	for (int number = 1; number < ERRNO_END; number++) {
		const char *name = strerrorname_np(number);

		if (name)
			offer(finder, name);
	}
}

static void offer_signals(struct finder *finder)
{
	/* Both spellings are right; the shorter one is offered unless the longer was begun. */
	bool is_long = !strncasecmp(finder->prefix, "SIG", 3);

	for (int number = 1; number < SIGNAL_END; number++) {
		const char *name = sigabbrev_np(number);
		char word[WORD_BYTES];

		snprintf(word, sizeof(word), "%s%s", is_long ? "SIG" : "", name ? name : "");
		if (name)
			offer(finder, word);
	}
}

/* Both hosts; and their connections by name, once the dot is there. */
static void offer_ends(struct finder *finder)
{
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		const char *name = host_name(host);

		offer(finder, name);
		if (strncasecmp(finder->prefix, name, strlen(name)) != 0 ||
			finder->prefix[strlen(name)] != '.')
			continue;
		for (size_t i = 0; finder->context->names[i]; i++) {
			char word[WORD_BYTES];

			snprintf(word, sizeof(word), "%s.%s", name, finder->context->names[i]);
			offer(finder, word);
		}
	}
}

static void offer_list(struct finder *finder, const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		offer(finder, words[i]);
}

/* Which host's end a word means, "server.conn"; HOST_COUNT when none's. */
static enum host_id host_of(const char *word)
{
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		size_t length = strlen(host_name(host));

		if (!strncmp(word, host_name(host), length) &&
			(word[length] == '.' || !word[length]))
			return host;
	}
	return HOST_COUNT;
}

/* Behind the port of listen, or the address of connect. */
static void follow_clauses(struct finder *finder, bool is_listen)
{
	if (last_is_clause(finder, CLAUSE_BACKLOG) || last_is_clause(finder, CLAUSE_FROM))
		return;
	if (has_word(finder, 2, "with"))
		offer_options(finder);
	if (last_is_clause(finder, CLAUSE_WITH))
		return;
	offer_clause(finder, is_listen ? CLAUSE_BACKLOG : CLAUSE_FROM);
	offer_clause(finder, CLAUSE_WITH);
	offer_clause(finder, CLAUSE_FAILS);
}

static void follow_connect(struct finder *finder, enum host_id host)
{
	char peer[WORD_BYTES];

	if (finder->count > 2) {
		follow_clauses(finder, false);
		return;
	}
	snprintf(peer, sizeof(peer), "%s:", host_name(host_other(host)));
	offer(finder, peer);
}

/* send and recv: a text, or so many bytes. */
static void follow_bytes(struct finder *finder, bool is_recv)
{
	if (finder->count == 2 && is_recv)
		offer(finder, "eof");
	if (finder->count == 3 && last_is_number(finder))
		offer(finder, "bytes");
	else if (finder->count > 2 || is_recv)
		offer_clause(finder, CLAUSE_FAILS);
}

/* What stands directly behind the verb, where it is a word; and `fails` behind that. */
static void follow_operand(struct finder *finder, enum step_kind kind)
{
	static const char *const shutdowns[] = {"read", "write", "both", NULL};

	if (finder->count > 2)
		offer_clause(finder, CLAUSE_FAILS);
	switch (kind) {
	case STEP_SET: offer_options(finder); break;
	case STEP_SHUTDOWN:
		if (finder->count == 2)
			offer_list(finder, shutdowns);
		break;
	case STEP_SIGNAL:
		if (finder->count == 2)
			offer_signals(finder);
		break;
	case STEP_SYSCTL:
		for (size_t i = 0; finder->count == 2 && finder->context->sysctls &&
				   finder->context->sysctls[i];
			i++) {
			char word[2 * WORD_BYTES];

			snprintf(word, sizeof(word), "%s=", finder->context->sysctls[i]);
			offer(finder, word);
		}
		break;
	default: break;
	}
}

static void follow_host(struct finder *finder, enum host_id host)
{
	const struct vocabulary_word *action;

	if (finder->count == 1) {
		offer_words(finder, VOCABULARY_ACTION, strchr(finder->words[0], '.') != NULL);
		return;
	}
	action = vocabulary_find(VOCABULARY_ACTION, finder->words[1]);
	if (!action)
		return;
	if (last_is_clause(finder, CLAUSE_FAILS)) {
		offer_errnos(finder);
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
			offer(finder, "status");
		if (!last_is(finder, "status"))
			offer_clause(finder, CLAUSE_FAILS);
		break;
	case STEP_ACCEPT:
	case STEP_CLOSE:
	case STEP_DESTROY:
	case STEP_CRASH: offer_clause(finder, CLAUSE_FAILS); break;
	default: follow_operand(finder, (enum step_kind)action->id); break;
	}
}

/* PACKETS, from the kind on; false where what is to come belongs to them. */
static bool follow_packets(struct finder *finder)
{
	if (finder->count == 2) {
		offer_words(finder, VOCABULARY_PACKET, false);
		return false;
	}
	if (last_is_clause(finder, CLAUSE_FROM)) {
		offer_ends(finder);
		return false;
	}
	return true;
}

static void offer_times(struct finder *finder)
{
	if (!last_is_number(finder))
		return;
	offer(finder, "times");
	offer(finder, "time");
}

static void follow_inject(struct finder *finder)
{
	static const char *const offsets[] = {"seq", "ack", "ts", NULL};

	for (size_t i = 0; offsets[i]; i++) {
		if (last_is(finder, offsets[i]))
			return;
	}
	for (size_t i = 0; offsets[i]; i++) {
		if (!has_word(finder, 2, offsets[i]))
			offer(finder, offsets[i]);
	}
	if (last_is_number(finder))
		offer(finder, "bytes");
}

static void follow_wire(struct finder *finder)
{
	const struct vocabulary_word *verb;

	if (finder->count == 1) {
		offer_words(finder, VOCABULARY_WIRE, false);
		return;
	}
	verb = vocabulary_find(VOCABULARY_WIRE, finder->words[1]);
	if (!verb || verb->id == STEP_WIRE_PASS)
		return;
	if (verb->id == STEP_WIRE_RELEASE && finder->count == 2)
		offer(finder, "one");
	if (!follow_packets(finder) || last_is(finder, "one"))
		return;
	offer_clause(finder, CLAUSE_FROM);
	if (verb->id == STEP_WIRE_DROP || verb->id == STEP_WIRE_DUPLICATE)
		offer_times(finder);
	if (verb->id == STEP_WIRE_INJECT)
		follow_inject(finder);
}

static void follow_expected_packets(struct finder *finder, bool is_no)
{
	if (!follow_packets(finder) || last_is_clause(finder, CLAUSE_WITHIN))
		return;
	offer_clause(finder, CLAUSE_FROM);
	if (is_no)
		return;
	offer_times(finder);
	offer_clause(finder, CLAUSE_WITHIN);
}

static void follow_expected_state(struct finder *finder, size_t end)
{
	if (last_is_clause(finder, CLAUSE_TIMER)) {
		offer_words(finder, VOCABULARY_TIMER, false);
		return;
	}
	if (!has_word(finder, end, "timer"))
		offer(finder, "timer");
	offer_clause(finder, CLAUSE_WITHIN);
}

/* Behind END, which is the word number `end`; the line may have had others before. */
static void follow_expected_end(struct finder *finder, size_t end)
{
	size_t behind = finder->count - end - 1;
	const char *what = behind ? finder->words[end + 1] : "";

	if (!behind) {
		offer_words(finder, VOCABULARY_STATE, false);
		if (end == 1)
			offer_words(
				finder, VOCABULARY_EXPECT, strchr(finder->words[1], '.') != NULL);
		return;
	}
	if (last_is_clause(finder, CLAUSE_WITHIN))
		return;
	if (!strcmp(what, "went") && (behind == 1 || last_is(finder, ">"))) {
		offer_words(finder, VOCABULARY_STATE, false);
	} else if (!strcmp(what, "went")) {
		offer(finder, ">");
		offer_clause(finder, CLAUSE_WITHIN);
	} else if (!strcmp(what, "count") && behind == 1) {
		offer_words(finder, VOCABULARY_STATE, false);
	} else if (!strcmp(what, "pending") || !strcmp(what, "done") ||
		   behind > (size_t)(!strcmp(what, "count") || !strcmp(what, "counter") ? 2 : 1)) {
		if (vocabulary_find(VOCABULARY_EXPECT, what))
			offer_clause(finder, CLAUSE_WITHIN);
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
		offer_ends(finder);
		if (end == 1) {
			offer(finder, "wire");
			offer(finder, "no");
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
		offer_words(finder, VOCABULARY_LINE, false);
		offer_ends(finder);
	} else if (!strcmp(first, "wire")) {
		follow_wire(finder);
	} else if (!strcmp(first, "expect")) {
		follow_expect(finder);
	} else if (host_of(first) != HOST_COUNT) {
		follow_host(finder, host_of(first));
	}
}

/* In a list of states every comma stands for itself; in "SYN,ACK" it does not. */
static bool is_in_states(const struct finder *finder)
{
	return finder->count > 1 && !strcmp(finder->words[0], "expect") &&
	       strcmp(finder->words[1], "wire") != 0 && strcmp(finder->words[1], "no") != 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the line into words. False within a text or a comment, where nothing is to be completed. */
static bool split(struct finder *finder, const char *line, size_t length)
{
	size_t at = 0;

	while (finder->count < WORDS_MAX) {
		bool is_quoted = false;
		size_t start;

		while (at < length && is_blank(line[at]))
			at++;
		for (start = at; at < length && (is_quoted || !is_blank(line[at])); at++) {
			if (line[at] == '#' && !is_quoted)
				return false;
			if (line[at] == '\\' && is_quoted)
				at++;
			else if (line[at] == '"')
				is_quoted = !is_quoted;
			else if (line[at] == ',' && !is_quoted && is_in_states(finder))
				break;
		}
		if (is_quoted || at > length)
			return false;
		if (at == start && at < length)
			at++; /* a comma, by itself */
		if (at == length && (at == start || line[at - 1] != ',' || !is_in_states(finder))) {
			finder->completion->start = start;
			snprintf(finder->prefix, WORD_BYTES, "%.*s", (int)(at - start),
				line + start);
			return at - start < WORD_BYTES;
		}
		snprintf(finder->words[finder->count++], WORD_BYTES, "%.*s", (int)(at - start),
			line + start);
	}
	return false;
}

void completion_find(struct completion *completion, const char *line, size_t length,
	const struct completion_context *context)
{
	struct finder finder = {.completion = completion, .context = context};

	*completion = (struct completion){.start = length};
	if (split(&finder, line, length))
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
		offer(&finder, candidate);
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
