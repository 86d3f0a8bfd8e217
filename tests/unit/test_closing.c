/* SPDX-License-Identifier: BSD-2-Clause */

/* Who waits and why, judged from records: with packets, and from states alone. */

#include "timelines.h"

#include "base/text.h"
#include "explain/closing.h"

static const double remaining_s[HOST_COUNT] = {59.5, 58.5};

static void explain(const struct timeline *timeline, int connection, struct text *words)
{
	struct closing closing;

	closing_judge(&closing, timeline, connection);
	closing_explain(&closing, remaining_s, words);
}

static int first_connection(const struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->connection_count; i++) {
		if (!timeline->connections[i].is_listener)
			return (int)i;
	}
	return CONNECTION_NONE;
}

static void server_closed_first(void **state)
{
	struct timeline timeline;
	struct closing closing;
	_cleanup_text_ struct text words = TEXT_INIT;

	(void)state;
	sample_server_first(&timeline);
	closing_judge(&closing, &timeline, first_connection(&timeline));
	assert_int_equal(closing.first_fin, HOST_SERVER);
	assert_false(closing.have_fins_crossed);
	assert_int_equal(closing.reset_by, HOST_COUNT);
	explain(&timeline, first_connection(&timeline), &words);
	assert_non_null(strstr(words.bytes, "The server waits, because it closed first."));
	timeline_finish(&timeline);
}

static void both_closed_first(void **state)
{
	struct timeline timeline;
	struct closing closing;
	_cleanup_text_ struct text words = TEXT_INIT;

	(void)state;
	sample_both(&timeline);
	closing_judge(&closing, &timeline, first_connection(&timeline));
	assert_true(closing.have_fins_crossed);
	explain(&timeline, first_connection(&timeline), &words);
	assert_non_null(strstr(words.bytes, "Both ends wait, because both closed first"));
	assert_non_null(strstr(words.bytes, "59.5 left on the server, 58.5 on the client"));
	timeline_finish(&timeline);
}

/* As on a loopback without CAP_NET_RAW: not one packet. */
static int begin_unseen(struct timeline *timeline)
{
	int connection;

	timeline_init(timeline, NULL);
	connection = sample_connection(timeline, "conn", 4000);
	timeline_state(timeline, HOST_SERVER, connection, TCP_STATE_ESTABLISHED);
	timeline_state(timeline, HOST_CLIENT, connection, TCP_STATE_ESTABLISHED);
	return connection;
}

static void states_alone_tell_who_closed_first(void **state)
{
	struct timeline timeline;
	int connection = begin_unseen(&timeline);
	_cleanup_text_ struct text words = TEXT_INIT;

	(void)state;
	timeline_state(&timeline, HOST_CLIENT, connection, TCP_STATE_FIN_WAIT2);
	timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_CLOSE_WAIT);
	timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_CLOSED);
	timeline_state(&timeline, HOST_CLIENT, connection, TCP_STATE_TIME_WAIT);
	explain(&timeline, connection, &words);
	assert_non_null(strstr(words.bytes, "The client waits, because it closed first."));
	timeline_finish(&timeline);
}

static void calls_tell_who_reset(void **state)
{
	struct timeline timeline;
	int connection = begin_unseen(&timeline);
	_cleanup_text_ struct text words = TEXT_INIT;

	(void)state;
	timeline_call(&timeline, HOST_SERVER, connection, "daytimed", "close()");
	timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_CLOSED);
	timeline_state(&timeline, HOST_CLIENT, connection, TCP_STATE_CLOSED);
	timeline_call(&timeline, HOST_CLIENT, connection, "daytime", "close()");
	explain(&timeline, connection, &words);
	assert_non_null(
		strstr(words.bytes, "Nobody waits: the server ended the connection with RST"));
	timeline_finish(&timeline);
}

static void an_open_connection_is_not_explained_away(void **state)
{
	struct timeline timeline;
	int connection = begin_unseen(&timeline);
	_cleanup_text_ struct text words = TEXT_INIT;

	(void)state;
	explain(&timeline, connection, &words);
	assert_string_equal(
		words.bytes, "Nobody waits: the connection has not been closed by both ends.");
	timeline_finish(&timeline);
}

static void lifetime_is_measured_from_birth_to_death(void **state)
{
	struct timeline timeline;
	struct closing closing;
	int connection = begin_unseen(&timeline);
	_cleanup_text_ struct text words = TEXT_INIT;
	size_t birth, death;

	(void)state;
	birth = timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_TIME_WAIT);
	death = timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_CLOSED);
	timeline.events[birth].time_ns = 2 * NS_PER_S;
	timeline.events[death].time_ns = 63 * NS_PER_S + NS_PER_S / 4;
	closing_judge(&closing, &timeline, connection);
	closing_explain_lifetime(&closing, &words);
	assert_non_null(strstr(words.bytes, "The server was in TIME_WAIT for 61.25 seconds"));
	timeline_finish(&timeline);
}

static void an_rst_in_time_wait_is_its_killer(void **state)
{
	struct timeline timeline;
	struct closing closing;
	int connection = begin_unseen(&timeline);

	(void)state;
	timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_TIME_WAIT);
	sample_send(&timeline, connection, HOST_CLIENT, SEGMENT_RST, 1, 0, 0);
	timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_CLOSED);
	sample_settle(&timeline);
	closing_judge(&closing, &timeline, connection);
	assert_true(closing.was_killed[HOST_SERVER]);
	assert_false(closing.was_killed[HOST_CLIENT]);
	timeline_finish(&timeline);
}

static void nothing_is_said_of_a_lifetime_that_goes_on(void **state)
{
	struct timeline timeline;
	struct closing closing;
	int connection = begin_unseen(&timeline);
	_cleanup_text_ struct text words = TEXT_INIT;

	(void)state;
	timeline_state(&timeline, HOST_SERVER, connection, TCP_STATE_TIME_WAIT);
	closing_judge(&closing, &timeline, connection);
	closing_explain_lifetime(&closing, &words);
	assert_string_equal(words.bytes, "");
	timeline_finish(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_closed_first),
		cmocka_unit_test(both_closed_first),
		cmocka_unit_test(states_alone_tell_who_closed_first),
		cmocka_unit_test(calls_tell_who_reset),
		cmocka_unit_test(an_open_connection_is_not_explained_away),
		cmocka_unit_test(lifetime_is_measured_from_birth_to_death),
		cmocka_unit_test(an_rst_in_time_wait_is_its_killer),
		cmocka_unit_test(nothing_is_said_of_a_lifetime_that_goes_on),
	};

	return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}
