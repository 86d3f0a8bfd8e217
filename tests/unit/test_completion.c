/* SPDX-License-Identifier: BSD-2-Clause */

/* Completion, held against what is really written: every line that there is can be typed with it. */

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/completion.h"
#include "scenario/library.h"
#include "scenario/vocabulary.h"

static const char *const some_names[] = {"conn", "listener", "second", NULL};
static const char *const some_sysctls[] = {
	"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_tw_reuse", NULL};
static const struct completion_context context = {some_names, some_sysctls};

static struct completion complete(const char *line)
{
	struct completion completion;

	completion_find(&completion, line, strlen(line), &context);
	return completion;
}

static bool has(const struct completion *completion, const char *candidate)
{
	for (size_t i = 0; i < completion->count; i++) {
		if (!strcmp(completion->candidates[i], candidate))
			return true;
	}
	return false;
}

/* `words` are just those that the line can go on with, in any order. */
static void assert_candidates(const char *line, const char *words)
{
	struct completion completion = complete(line);
	char *copy = strdup(words), *rest = copy, *word;
	size_t count = 0;

	while ((word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		count++;
		if (!has(&completion, word))
			fail_msg("'%s': no %s", line, word);
	}
	if (completion.count != count)
		fail_msg("'%s': %zu candidates, the first is %s", line, completion.count,
			completion.count ? completion.candidates[0] : "none");
	free(copy);
	completion_finish(&completion);
}

static void first_words(void **state)
{
	(void)state;
	assert_candidates("", "server client wire expect sleep slow");
	assert_candidates("  s", "server sleep slow");
	assert_candidates("server.", "server.conn server.listener server.second");
	assert_candidates("client.se", "client.second");
	assert_candidates("client.conn", "client.conn");
	assert_candidates("x", "");
	assert_candidates("nonsense ", "");
}

static void actions(void **state)
{
	(void)state;
	assert_candidates("server s", "send shutdown set sysctl signal");
	/* What is a whole host's does not suit one end. */
	assert_candidates("server.conn s", "send shutdown set");
	assert_candidates("server shutdown ", "read write both");
	assert_candidates("server shutdown w", "write");
	assert_candidates("server shutdown write ", "fails");
	assert_candidates("client recv ", "eof fails");
	assert_candidates("client recv 5 ", "bytes");
	assert_candidates("client recv 5 bytes ", "fails");
	assert_candidates("client send ", "");
	assert_candidates("server signal te", "TERM");
	assert_candidates("server signal sigt", "SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU");
	assert_candidates("server wait ", "status fails");
	assert_candidates("server sysctl net.ipv4.tcp_t", "net.ipv4.tcp_tw_reuse=");
	assert_candidates("server nonsense ", "");
}

static void clauses(void **state)
{
	(void)state;
	assert_candidates("client connect ", "server:");
	assert_candidates("server connect c", "client:");
	assert_candidates("server listen ", "");
	assert_candidates("server listen 13 ", "backlog with fails");
	assert_candidates("server listen 13 backlog ", "");
	assert_candidates("server listen 13 backlog 1 ", "with fails");
	assert_candidates("client connect server:13 ", "from with fails");
	assert_candidates("client connect server:13 with bind", "bind_no_port");
	assert_candidates("client connect server:13 with nodelay lin", "linger= linger2=");
	assert_candidates("client connect server:13 with nodelay fr", "from");
	assert_candidates("server accept fails EADDR", "EADDRINUSE EADDRNOTAVAIL");
	assert_candidates("server accept fails econnr", "ECONNREFUSED ECONNRESET");
	assert_candidates("server accept fails EAGAIN ", "");
}

static void packets(void **state)
{
	(void)state;
	assert_candidates("wire ", "hold release drop duplicate pass inject");
	assert_candidates("wire hold S", "SYN SYN,ACK");
	assert_candidates("wire hold SYN,", "SYN,ACK");
	assert_candidates("wire hold syn,a", "SYN,ACK");
	assert_candidates("wire release o", "one");
	assert_candidates("wire hold o", "");
	assert_candidates("wire release one ", "");
	assert_candidates("wire pass ", "");
	assert_candidates("wire drop FIN ", "from");
	assert_candidates("wire drop FIN from ", "server client");
	assert_candidates("wire drop FIN from server.s", "server.second");
	assert_candidates("wire drop FIN from server 2 ", "times time");
	assert_candidates("wire inject RST from client ", "seq ack ts");
	assert_candidates("wire inject DATA from client 5 ", "bytes seq ack ts");
	assert_candidates("wire inject DATA from client seq ", "");
	assert_candidates("wire inject DATA from client seq +1 ", "ack ts");
}

static void expectations(void **state)
{
	(void)state;
	assert_candidates("expect ", "server client wire no");
	assert_candidates("expect no R", "RST");
	assert_candidates("expect no RST ", "from");
	assert_candidates("expect wire RST ", "from within");
	assert_candidates("expect wire RST 1 ", "from within time times");
	assert_candidates("expect server TIME", "TIME_WAIT");
	assert_candidates("expect server time", "TIME_WAIT");
	assert_candidates("expect server co", "count counter");
	assert_candidates("expect server.conn co", "");
	assert_candidates("expect server TIME_WAIT ", "timer within");
	assert_candidates("expect server TIME_WAIT timer ", "none on keepalive timewait persist");
	assert_candidates("expect server TIME_WAIT timer timewait ", "within");
	assert_candidates("expect server TIME_WAIT, ", "server client");
	assert_candidates("expect server TIME_WAIT,c", "client");
	assert_candidates("expect server TIME_WAIT,", "server client");
	assert_candidates("expect server TIME_WAIT, client CL", "CLOSE_WAIT CLOSING CLOSED");
	assert_candidates("expect server TIME_WAIT, client co", "");
	assert_candidates("expect server TIME_WAIT within ", "");
	assert_candidates("expect server went FIN", "FIN_WAIT1 FIN_WAIT2");
	assert_candidates("expect server went FIN_WAIT1 ", "> within");
	assert_candidates("expect server went FIN_WAIT1 > T", "TIME_WAIT");
	assert_candidates("expect server count TI", "TIME_WAIT");
	assert_candidates("expect server count TIME_WAIT ", "");
	assert_candidates("expect server count TIME_WAIT 1 ", "within");
	assert_candidates("expect server counter ", "");
	assert_candidates("expect server pending ", "within");
	assert_candidates("expect server listening ", "");
	assert_candidates("expect server listening 13 ", "within");
}

static void texts_and_comments(void **state)
{
	struct completion completion;

	(void)state;
	assert_candidates("# s", "");
	assert_candidates("server close # s", "");
	assert_candidates("server send \"s", "");
	assert_candidates("server send \"a \\\" s", "");
	assert_candidates("server send \"a # b\" ", "fails");
	completion = complete("server run ");
	assert_true(completion.wants_file);
	completion_finish(&completion);
	completion = complete("server ");
	assert_false(completion.wants_file);
	completion_finish(&completion);
}

static void where_it_begins(void **state)
{
	struct completion completion = complete("server  clo");

	(void)state;
	assert_int_equal(completion.start, 8);
	completion_finish(&completion);
	completion = complete("expect server TIME_WAIT,cl");
	assert_int_equal(completion.start, 24);
	completion_finish(&completion);
	completion = complete("server ");
	assert_int_equal(completion.start, 7);
	completion_finish(&completion);
}

static void what_is_common(void **state)
{
	struct completion completion = complete("server s");

	(void)state;
	assert_int_equal(completion_common(&completion), 1);
	completion_finish(&completion);
	completion = complete("expect server fi");
	assert_int_equal(completion_common(&completion), strlen("FIN_WAIT"));
	completion_finish(&completion);
	completion = complete("nonsense ");
	assert_int_equal(completion_common(&completion), 0);
	completion_finish(&completion);
	assert_true(completion_ends_word("server"));
	assert_true(completion_ends_word("SYN,ACK"));
	assert_false(completion_ends_word("server:"));
	assert_false(completion_ends_word("linger="));
	assert_false(completion_ends_word(""));
}

static void own_candidates(void **state)
{
	struct completion completion = complete("s");

	(void)state;
	completion_offer(&completion, "s", 1, "show");
	completion_offer(&completion, "s", 1, "help");
	completion_offer(&completion, "s", 1, "slow");
	assert_true(has(&completion, "show"));
	assert_false(has(&completion, "help"));
	assert_int_equal(completion.count, 4);
	completion_finish(&completion);
}

static bool is_in_vocabulary(const char *word)
{
	for (int kind = 0; kind < VOCABULARY_COUNT; kind++) {
		if (vocabulary_find((enum vocabulary)kind, word))
			return true;
	}
	return vocabulary_errno(word) != 0 || !strcmp(word, "bytes") || !strcmp(word, "eof");
}

/* Each word that the language has is offered where it stands, before its first letter and after each. */
static void check_word(const char *line, size_t at, size_t length)
{
	char word[64];

	if (length >= sizeof(word))
		return;
	snprintf(word, sizeof(word), "%.*s", (int)length, line + at);
	if (!is_in_vocabulary(word))
		return;
	for (size_t typed = 0; typed <= length; typed++) {
		struct completion completion;
		char value[80];

		completion_find(&completion, line, at + typed, &context);
		snprintf(value, sizeof(value), "%s=", word);
		if (!has(&completion, word) && !has(&completion, value))
			fail_msg("%.*s|: %s is not offered", (int)(at + typed), line, word);
		completion_finish(&completion);
	}
}

/* Free words: arguments of programs, values of sysctls. */
static bool is_free_from_here(const char *word, size_t length)
{
	return (length == 3 && !memcmp(word, "run", 3)) ||
	       (length == 6 && !memcmp(word, "sysctl", 6));
}

static void check_line(const char *line, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t word;

		at += strspn(line + at, " \t,");
		if (at >= length || line[at] == '#' || line[at] == '"')
			return;
		word = strcspn(line + at, " \t\n=");
		if (word > 1 && line[at + word - 1] == ',')
			word--;
		check_word(line, at, word);
		if (is_free_from_here(line + at, word))
			return;
		at += word + strcspn(line + at + word, " \t\n");
	}
}

static void every_example_can_be_typed(void **state)
{
	(void)state;
	for (int kind = 0; kind < VOCABULARY_COUNT; kind++) {
		size_t count;
		const struct vocabulary_word *words =
			vocabulary_words((enum vocabulary)kind, &count);

		for (size_t i = 0; i < count; i++)
			check_line(words[i].example, strlen(words[i].example));
	}
}

static void every_scenario_can_be_typed(void **state)
{
	(void)state;
	for (size_t i = 0; i < library_count; i++) {
		const char *line = library_entries[i].text;

		while (*line) {
			size_t length = strcspn(line, "\n");

			check_line(line, length);
			line += length + (line[length] == '\n');
		}
	}
}

/* Lines that nobody means, of any length. */
static void nonsense_is_harmless(void **state)
{
	char line[5000];

	(void)state;
	for (size_t fill = 0; fill < 256; fill++) {
		struct completion completion;

		memset(line, (int)fill, sizeof(line));
		for (size_t i = 0; i < sizeof(line); i += 1 + fill % 7)
			line[i] = ' ';
		memcpy(line, "expect server ", 14);
		for (size_t length = 0; length < sizeof(line); length += 97) {
			completion_find(&completion, line, length, &context);
			assert_true(completion.start <= length);
			completion_finish(&completion);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_words),
		cmocka_unit_test(actions),
		cmocka_unit_test(clauses),
		cmocka_unit_test(packets),
		cmocka_unit_test(expectations),
		cmocka_unit_test(texts_and_comments),
		cmocka_unit_test(where_it_begins),
		cmocka_unit_test(what_is_common),
		cmocka_unit_test(own_candidates),
		cmocka_unit_test(every_example_can_be_typed),
		cmocka_unit_test(every_scenario_can_be_typed),
		cmocka_unit_test(nonsense_is_harmless),
	};

	return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}
