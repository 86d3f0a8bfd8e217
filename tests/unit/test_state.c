/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <ctype.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <string.h>

#include "tcp/state.h"

/* The names of ss(8), misc/ss.c; netstat(8) of net-tools; RFC 9293 section 3.3.2. */
static const struct spellings {
	enum tcp_state state;
	const char *netstat, *ss, *rfc;
} spellings[] = {
	{TCP_STATE_ESTABLISHED, "ESTABLISHED", "ESTAB", "ESTABLISHED"},
	{TCP_STATE_SYN_SENT, "SYN_SENT", "SYN-SENT", "SYN-SENT"},
	{TCP_STATE_SYN_RECV, "SYN_RECV", "SYN-RECV", "SYN-RECEIVED"},
	{TCP_STATE_FIN_WAIT1, "FIN_WAIT1", "FIN-WAIT-1", "FIN-WAIT-1"},
	{TCP_STATE_FIN_WAIT2, "FIN_WAIT2", "FIN-WAIT-2", "FIN-WAIT-2"},
	{TCP_STATE_TIME_WAIT, "TIME_WAIT", "TIME-WAIT", "TIME-WAIT"},
	{TCP_STATE_CLOSED, "CLOSED", "UNCONN", "CLOSED"},
	{TCP_STATE_CLOSE_WAIT, "CLOSE_WAIT", "CLOSE-WAIT", "CLOSE-WAIT"},
	{TCP_STATE_LAST_ACK, "LAST_ACK", "LAST-ACK", "LAST-ACK"},
	{TCP_STATE_LISTEN, "LISTEN", "LISTEN", "LISTEN"},
	{TCP_STATE_CLOSING, "CLOSING", "CLOSING", "CLOSING"},
	{TCP_STATE_BOUND, "BOUND", "BOUND-INACTIVE", "BOUND"},
};

/* The numbers are an ABI: hold them beside those of the system's own headers. */
static void numbers_are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(TCP_STATE_ESTABLISHED, TCP_ESTABLISHED);
	assert_int_equal(TCP_STATE_SYN_SENT, TCP_SYN_SENT);
	assert_int_equal(TCP_STATE_SYN_RECV, TCP_SYN_RECV);
	assert_int_equal(TCP_STATE_FIN_WAIT1, TCP_FIN_WAIT1);
	assert_int_equal(TCP_STATE_FIN_WAIT2, TCP_FIN_WAIT2);
	assert_int_equal(TCP_STATE_TIME_WAIT, TCP_TIME_WAIT);
	assert_int_equal(TCP_STATE_CLOSED, TCP_CLOSE);
	assert_int_equal(TCP_STATE_CLOSE_WAIT, TCP_CLOSE_WAIT);
	assert_int_equal(TCP_STATE_LAST_ACK, TCP_LAST_ACK);
	assert_int_equal(TCP_STATE_LISTEN, TCP_LISTEN);
	assert_int_equal(TCP_STATE_CLOSING, TCP_CLOSING);
	assert_int_equal(TCP_STATE_NEW_SYN_RECV, BPF_TCP_NEW_SYN_RECV);
}

static void spells_as_netstat(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++)
		assert_string_equal(tcp_state_name(spellings[i].state), spellings[i].netstat);
	assert_string_equal(tcp_state_name(TCP_STATE_NEW_SYN_RECV), "SYN_RECV");
	/* What a newer kernel might say. */
	assert_string_equal(tcp_state_name(TCP_STATE_UNKNOWN), "UNKNOWN");
	assert_string_equal(tcp_state_name(TCP_STATE_COUNT), "UNKNOWN");
	assert_string_equal(tcp_state_name((enum tcp_state)255), "UNKNOWN");
	assert_string_equal(tcp_state_name((enum tcp_state) - 1), "UNKNOWN");
}

static void assert_parses(const char *name, enum tcp_state expected)
{
	enum tcp_state parsed = TCP_STATE_UNKNOWN;
	char lower[32];

	assert_int_equal(tcp_state_parse(name, &parsed), 0);
	assert_int_equal(parsed, expected);
	for (size_t i = 0; i <= strlen(name); i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	assert_int_equal(tcp_state_parse(lower, &parsed), 0);
	assert_int_equal(parsed, expected);
}

static void reads_every_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++) {
		assert_parses(spellings[i].netstat, spellings[i].state);
		assert_parses(spellings[i].ss, spellings[i].state);
		assert_parses(spellings[i].rfc, spellings[i].state);
	}
	assert_parses("listening", TCP_STATE_LISTEN);
	assert_parses("Time_Wait", TCP_STATE_TIME_WAIT);
	assert_parses("timewait", TCP_STATE_TIME_WAIT);
}

static void every_name_parses_back(void **state)
{
	(void)state;
	for (int number = 1; number < TCP_STATE_COUNT; number++) {
		enum tcp_state parsed;

		assert_int_equal(
			tcp_state_parse(tcp_state_name((enum tcp_state)number), &parsed), 0);
		assert_int_equal(parsed, tcp_state_fold((enum tcp_state)number));
	}
}

static void refuses_what_is_no_state(void **state)
{
	static const char *const strangers[] = {"", "-", "_", "UNKNOWN", "TIME", "TIME_WAITS",
		"TIME WAIT", "ESTABL", "FIN_WAIT", "FIN_WAIT3", "6", "TIME_WAIT,", "timeweit"};
	enum tcp_state parsed = TCP_STATE_CLOSING;

	(void)state;
	for (size_t i = 0; i < COUNT(strangers); i++)
		assert_int_equal(tcp_state_parse(strangers[i], &parsed), -EINVAL);
	assert_int_equal(parsed, TCP_STATE_CLOSING);
}

static void folds_the_two_kinds_of_syn_recv(void **state)
{
	(void)state;
	for (int number = 0; number < TCP_STATE_COUNT; number++)
		assert_int_equal(tcp_state_fold((enum tcp_state)number),
			number == TCP_STATE_NEW_SYN_RECV ? TCP_STATE_SYN_RECV : number);
}

/* Is it one of the eleven of RFC 9293 section 3.3.2? */
static bool is_of_the_rfc(enum tcp_state state)
{
	return state >= TCP_STATE_ESTABLISHED && state <= TCP_STATE_CLOSING;
}

static void every_arrow_is_well_formed(void **state)
{
	size_t count;
	const struct tcp_transition *arrows = tcp_transitions(&count);

	(void)state;
	assert_int_equal(count, 21); /* figure 5, with its note 2 */
	for (size_t i = 0; i < count; i++) {
		assert_true(is_of_the_rfc(arrows[i].from));
		assert_true(is_of_the_rfc(arrows[i].to));
		assert_int_not_equal(arrows[i].from, arrows[i].to);
		assert_true(*arrows[i].event);
		assert_non_null(arrows[i].action);
		assert_true(!arrows[i].absent || *arrows[i].absent);
		for (size_t j = 0; j < i; j++)
			assert_false(
				arrows[i].from == arrows[j].from && arrows[i].to == arrows[j].to);
	}
}

/* Follows the arrows, forwards or backwards, as far as they lead. */
static uint32_t reached_from(enum tcp_state start, bool backwards)
{
	size_t count;
	const struct tcp_transition *arrows = tcp_transitions(&count);
	uint32_t reached = UINT32_C(1) << start;

	for (int round = 0; round < TCP_STATE_COUNT; round++) {
		for (size_t i = 0; i < count; i++) {
			enum tcp_state from = backwards ? arrows[i].to : arrows[i].from;
			enum tcp_state to = backwards ? arrows[i].from : arrows[i].to;

			if (!arrows[i].absent && reached & UINT32_C(1) << from)
				reached |= UINT32_C(1) << to;
		}
	}
	return reached;
}

static void every_state_is_reached_and_left(void **state)
{
	uint32_t all = (UINT32_C(1) << (TCP_STATE_CLOSING + 1)) - 2;

	(void)state;
	assert_int_equal(reached_from(TCP_STATE_CLOSED, false), all);
	assert_int_equal(reached_from(TCP_STATE_CLOSED, true), all);
}

static void follows_the_figure(void **state)
{
	size_t count;
	const struct tcp_transition *arrows = tcp_transitions(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			tcp_state_can_follow(arrows[i].from, arrows[i].to), !arrows[i].absent);
	assert_false(tcp_state_can_follow(TCP_STATE_LISTEN, TCP_STATE_SYN_SENT));
	assert_false(tcp_state_can_follow(TCP_STATE_CLOSE_WAIT, TCP_STATE_TIME_WAIT));
	assert_false(tcp_state_can_follow(TCP_STATE_TIME_WAIT, TCP_STATE_ESTABLISHED));
	assert_false(tcp_state_can_follow(TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED));
	assert_true(tcp_state_can_follow(TCP_STATE_NEW_SYN_RECV, TCP_STATE_ESTABLISHED));
	assert_true(tcp_state_can_follow(TCP_STATE_LISTEN, TCP_STATE_NEW_SYN_RECV));
}

static void ends_from_anywhere(void **state)
{
	(void)state;
	for (int number = 1; number < TCP_STATE_COUNT; number++)
		assert_int_equal(tcp_state_can_follow((enum tcp_state)number, TCP_STATE_CLOSED),
			number != TCP_STATE_CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_kernels),
		cmocka_unit_test(spells_as_netstat),
		cmocka_unit_test(reads_every_spelling),
		cmocka_unit_test(every_name_parses_back),
		cmocka_unit_test(refuses_what_is_no_state),
		cmocka_unit_test(folds_the_two_kinds_of_syn_recv),
		cmocka_unit_test(every_arrow_is_well_formed),
		cmocka_unit_test(every_state_is_reached_and_left),
		cmocka_unit_test(follows_the_figure),
		cmocka_unit_test(ends_from_anywhere),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
