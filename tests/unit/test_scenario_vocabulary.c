/* SPDX-License-Identifier: BSD-2-Clause */

/* The tables that the parser reads: each word is documented, and its example is right. */

#include "unit.h"

#include <errno.h>
#include <signal.h>

#include "observe/diag.h"
#include "scenario/vocabulary.h"
#include "scenarios.h"

static void each_word_has_all(void **state)
{
	(void)state;
	for (int kind = 0; kind < VOCABULARY_COUNT; kind++) {
		size_t count;
		const struct vocabulary_word *words =
			vocabulary_words((enum vocabulary)kind, &count);

		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			struct scenario scenario = parsed(words[i].example);

			assert_non_null(words[i].word);
			assert_true(*words[i].synopsis && *words[i].meaning);
			assert_int_equal(scenario.count, 1);
			assert_non_null(strstr(words[i].example, words[i].word));
			assert_non_null(strstr(words[i].synopsis, words[i].word));
			scenario_finish(&scenario);
		}
	}
}

/* What a line of this kind is found by. */
static const struct vocabulary_word *word_of_step(int kind)
{
	static const enum vocabulary kinds[] = {
		VOCABULARY_ACTION, VOCABULARY_WIRE, VOCABULARY_EXPECT};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct vocabulary_word *word = vocabulary_by_id(kinds[i], kind);

		if (word)
			return word;
	}
	return kind == STEP_SLEEP ? vocabulary_find(VOCABULARY_LINE, "sleep")
				  : vocabulary_find(VOCABULARY_LINE, "slow");
}

static void each_kind_of_step_is_documented(void **state)
{
	(void)state;
	for (int kind = STEP_COMMENT + 1; kind < STEP_KIND_COUNT; kind++) {
		struct scenario scenario = parsed(word_of_step(kind)->example);

		assert_int_equal(scenario.steps[0].kind, kind);
		scenario_finish(&scenario);
	}
}

static void each_value_is_documented(void **state)
{
	(void)state;
	for (int i = 0; i < OPTION_COUNT; i++)
		assert_non_null(vocabulary_by_id(VOCABULARY_OPTION, i));
	for (int i = 0; i <= WIRE_ANY; i++)
		assert_non_null(vocabulary_by_id(VOCABULARY_PACKET, i));
	for (int i = 0; i <= DIAG_TIMER_PERSIST; i++)
		assert_string_equal(vocabulary_by_id(VOCABULARY_TIMER, i)->word,
			diag_timer_name((enum diag_timer)i));
	for (int i = 0; i < CLAUSE_COUNT; i++)
		assert_non_null(vocabulary_by_id(VOCABULARY_CLAUSE, i));
	for (int i = TCP_STATE_ESTABLISHED; i <= TCP_STATE_CLOSING; i++)
		assert_string_equal(vocabulary_by_id(VOCABULARY_STATE, i)->word,
			tcp_state_name((enum tcp_state)i));
	assert_null(vocabulary_by_id(VOCABULARY_STATE, TCP_STATE_BOUND));
}

static void words_are_found_as_they_are_spelt(void **state)
{
	(void)state;
	assert_int_equal(vocabulary_find(VOCABULARY_ACTION, "connect")->id, STEP_CONNECT);
	assert_null(vocabulary_find(VOCABULARY_ACTION, "Connect"));
	assert_null(vocabulary_find(VOCABULARY_ACTION, "hold"));
	assert_null(vocabulary_find(VOCABULARY_EXPECT, ""));
}

static void the_nearest_is_suggested(void **state)
{
	char longest[200];

	(void)state;
	memset(longest, 'c', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_string_equal(
		vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_ACTION), "conect"), "connect");
	assert_string_equal(
		vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_ACTION), "CLOSE"), "close");
	assert_string_equal(vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_PACKET), "syn"), "SYN");
	assert_string_equal(vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_STATE) |
						       VOCABULARY_BIT(VOCABULARY_EXPECT),
				    "pendng"),
		"pending");
	assert_null(vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_ACTION), "frobnicate"));
	assert_null(vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_ACTION), ""));
	assert_null(vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_ACTION), longest));
}

static void errnos_and_signals(void **state)
{
	(void)state;
	assert_int_equal(vocabulary_errno("EADDRINUSE"), EADDRINUSE);
	assert_int_equal(vocabulary_errno("EWOULDBLOCK"), EAGAIN);
	assert_int_equal(vocabulary_errno("ENOTSUP"), EOPNOTSUPP);
	assert_int_equal(vocabulary_errno("EADDRINUS"), 0);
	assert_int_equal(vocabulary_errno("98"), 0);
	assert_int_equal(vocabulary_errno(""), 0);
	assert_string_equal(vocabulary_nearest_errno("EADRINUSE"), "EADDRINUSE");
	assert_string_equal(vocabulary_nearest_errno("econnreset"), "ECONNRESET");
	assert_int_equal(vocabulary_signal("TERM"), SIGTERM);
	assert_int_equal(vocabulary_signal("SIGTERM"), SIGTERM);
	assert_int_equal(vocabulary_signal("TERMINATE"), 0);
	assert_string_equal(vocabulary_nearest_signal("SIGTRM"), "TERM");
	assert_string_equal(vocabulary_nearest_signal("hup"), "HUP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_has_all),
		cmocka_unit_test(each_kind_of_step_is_documented),
		cmocka_unit_test(each_value_is_documented),
		cmocka_unit_test(words_are_found_as_they_are_spelt),
		cmocka_unit_test(the_nearest_is_suggested),
		cmocka_unit_test(errnos_and_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
