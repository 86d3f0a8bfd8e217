/* SPDX-License-Identifier: BSD-2-Clause */
#include "timelines.h"

#include <stdlib.h>

static const struct event *event_of(const struct timeline *timeline, size_t index)
{
	assert_true(index < timeline->event_count);
	return &timeline->events[index];
}

static void test_copies_what_it_is_given(void **state)
{
	struct timeline timeline;
	char words[] = "server listen 13";
	char name[] = "a name of thirty-one characters and more";
	size_t action;
	int connection;

	(void)state;
	timeline_init(&timeline, words);
	action = timeline_action(&timeline, HOST_SERVER, CONNECTION_NONE, 3, words);
	connection = timeline_connection(&timeline, name, false);
	memset(words, '!', sizeof(words) - 1);
	memset(name, '!', sizeof(name) - 1);
	assert_string_equal(timeline.title, "server listen 13");
	assert_string_equal(event_of(&timeline, action)->text, "server listen 13");
	assert_int_equal(event_of(&timeline, action)->line, 3);
	assert_string_equal(
		timeline.connections[connection].name, "a name of thirty-one characters");
	timeline_finish(&timeline);
	assert_null(timeline.events);
}

static void test_action_completes(void **state)
{
	struct timeline timeline;
	size_t action;

	(void)state;
	timeline_init(&timeline, NULL);
	action = timeline_action(&timeline, HOST_CLIENT, CONNECTION_NONE, 1, "client recv eof");
	assert_true(event_of(&timeline, action)->is_pending);
	for (int i = 0; i < 100; i++)
		timeline_comment(&timeline, 2, "more");
	timeline_complete(&timeline, action, ECONNRESET);
	assert_false(event_of(&timeline, action)->is_pending);
	assert_int_equal(event_of(&timeline, action)->code, ECONNRESET);
	timeline_finish(&timeline);
}

static void test_states_follow_each_other(void **state)
{
	struct timeline timeline;
	const struct event *event;
	int64_t entered_ns;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 36712);
	assert_int_equal(timeline.connections[conn].states[HOST_SERVER], TCP_STATE_CLOSED);
	event = event_of(
		&timeline, timeline_state(&timeline, HOST_SERVER, conn, TCP_STATE_NEW_SYN_RECV));
	assert_int_equal(event->from, TCP_STATE_CLOSED);
	assert_int_equal(event->to, TCP_STATE_SYN_RECV);
	sample_wait(&timeline, NS_PER_S);
	event = event_of(
		&timeline, timeline_state(&timeline, HOST_SERVER, conn, TCP_STATE_ESTABLISHED));
	assert_int_equal(event->from, TCP_STATE_SYN_RECV);
	entered_ns = event->time_ns;
	assert_true(entered_ns >= NS_PER_S);
	assert_int_equal(timeline_entered_ns(&timeline, HOST_SERVER, conn, TCP_STATE_ESTABLISHED),
		entered_ns);
	assert_true(timeline_entered_ns(&timeline, HOST_SERVER, conn, TCP_STATE_NEW_SYN_RECV) <
		    NS_PER_S);
	assert_int_equal(
		timeline_entered_ns(&timeline, HOST_CLIENT, conn, TCP_STATE_ESTABLISHED), -1);
	assert_int_equal(
		timeline_entered_ns(&timeline, HOST_SERVER, conn, TCP_STATE_TIME_WAIT), -1);
	timeline_finish(&timeline);
}

/* The state that was entered last counts: TIME_WAIT restarts. */
static void test_last_entry_counts(void **state)
{
	struct timeline timeline;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 1);
	sample_move(&timeline, conn, HOST_CLIENT, TCP_STATE_SYN_SENT);
	sample_move(&timeline, conn, HOST_CLIENT, TCP_STATE_CLOSED);
	sample_wait(&timeline, NS_PER_S);
	sample_move(&timeline, conn, HOST_CLIENT, TCP_STATE_SYN_SENT);
	assert_true(
		timeline_entered_ns(&timeline, HOST_CLIENT, conn, TCP_STATE_SYN_SENT) >= NS_PER_S);
	timeline_finish(&timeline);
}

static void test_finds_newest_connection(void **state)
{
	struct endpoint server = sample_endpoint(AF_INET, "192.0.2.1", 13);
	struct endpoint client = sample_endpoint(AF_INET, "192.0.2.2", 36712);
	struct endpoint other = sample_endpoint(AF_INET6, "2001:db8::2", 36712);
	struct timeline timeline;
	int newer;

	(void)state;
	timeline_init(&timeline, NULL);
	assert_int_equal(timeline_find(&timeline, HOST_CLIENT, &client, &server), CONNECTION_NONE);
	sample_listener(&timeline);
	sample_connection(&timeline, "conn", 36712);
	newer = sample_connection(&timeline, "conn2", 36712);
	sample_connection(&timeline, "conn3", 36714);
	assert_int_equal(timeline_find(&timeline, HOST_CLIENT, &client, &server), newer);
	assert_int_equal(timeline_find(&timeline, HOST_SERVER, &server, &client), newer);
	assert_int_equal(timeline_find(&timeline, HOST_SERVER, &client, &server), CONNECTION_NONE);
	assert_int_equal(timeline_find(&timeline, HOST_CLIENT, &other, &server), CONNECTION_NONE);
	timeline_finish(&timeline);
}

static void test_numbers_are_relative(void **state)
{
	struct timeline timeline;
	const struct event *event;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 36712);
	sample_handshake(&timeline, conn);
	assert_int_equal(timeline.connections[conn].isn[HOST_SERVER], SERVER_ISN);
	assert_int_equal(timeline.connections[conn].isn[HOST_CLIENT], CLIENT_ISN);
	/* The server's numbers wrap within these bytes. */
	event = event_of(&timeline, sample_send(&timeline, conn, HOST_SERVER, FLAG_DATA, 1, 1, 26));
	assert_int_equal(event->relative_sequence, 1);
	assert_int_equal(event->relative_acknowledgment, 1);
	event = event_of(
		&timeline, sample_send(&timeline, conn, HOST_SERVER, FLAG_DATA, 27, 1, 26));
	assert_int_equal(event->relative_sequence, 27);
	assert_false(event->is_retransmission);
	assert_true(event->segment.sequence < SERVER_ISN);
	/* The payload is the timeline's own copy. */
	assert_true(event->segment.payload > event->bytes);
	assert_memory_equal(event->segment.payload, "xxxxxxxxxxxxxxxxxxxxxxxxxx", 26);
	timeline_finish(&timeline);
}

static bool is_again(struct timeline *timeline, size_t index)
{
	return event_of(timeline, index)->is_retransmission;
}

static void test_tells_retransmissions(void **state)
{
	struct timeline t;
	int conn;

	(void)state;
	timeline_init(&t, NULL);
	conn = sample_connection(&t, "conn", 36712);
	assert_false(is_again(&t, sample_send(&t, conn, HOST_CLIENT, FLAG_SYN, 0, 0, 0)));
	assert_true(is_again(&t, sample_send(&t, conn, HOST_CLIENT, FLAG_SYN, 0, 0, 0)));
	assert_false(is_again(&t, sample_send(&t, conn, HOST_SERVER, FLAG_SYN_ACK, 0, 1, 0)));
	assert_true(is_again(&t, sample_send(&t, conn, HOST_SERVER, FLAG_SYN_ACK, 0, 1, 0)));
	/* An ACK takes no sequence number, so it cannot be one. */
	assert_false(is_again(&t, sample_send(&t, conn, HOST_CLIENT, FLAG_ACK, 1, 1, 0)));
	assert_false(is_again(&t, sample_send(&t, conn, HOST_CLIENT, FLAG_ACK, 1, 1, 0)));
	assert_false(is_again(&t,
		sample_packet(&t, conn, HOST_SERVER, FLAG_DATA, 1, 1, 26, PACKET_DROPPED, false)));
	/* With the FIN behind the data that was lost: it still begins with old bytes. */
	assert_true(is_again(
		&t, sample_packet(&t, conn, HOST_SERVER, FLAG_FIN, 1, 1, 26, PACKET_HELD, false)));
	/* The release is the same segment, not another one. */
	assert_false(is_again(&t,
		sample_packet(&t, conn, HOST_SERVER, FLAG_FIN, 1, 1, 26, PACKET_DELIVERED, true)));
	/* What the lab makes up was never sent, neither before nor after. */
	assert_false(is_again(&t,
		sample_packet(&t, conn, HOST_SERVER, FLAG_FIN, 1, 1, 26, PACKET_INJECTED, false)));
	assert_false(is_again(&t,
		sample_packet(&t, conn, HOST_CLIENT, FLAG_DATA, 1, 1, 5, PACKET_INJECTED, false)));
	assert_false(is_again(&t, sample_send(&t, conn, HOST_CLIENT, FLAG_DATA, 1, 1, 5)));
	timeline_finish(&t);
}

/* RFC 9293 figure 7: both SYNs cross, each is answered by a SYN,ACK of the same number. */
static void test_simultaneous_open_retransmits_nothing(void **state)
{
	struct timeline t;
	int conn;

	(void)state;
	timeline_init(&t, NULL);
	conn = sample_connection(&t, "conn", 36712);
	sample_send(&t, conn, HOST_CLIENT, FLAG_SYN, 0, 0, 0);
	sample_send(&t, conn, HOST_SERVER, FLAG_SYN, 0, 0, 0);
	assert_false(is_again(&t, sample_send(&t, conn, HOST_CLIENT, FLAG_SYN_ACK, 0, 1, 0)));
	assert_false(is_again(&t, sample_send(&t, conn, HOST_SERVER, FLAG_SYN_ACK, 0, 1, 0)));
	assert_true(is_again(&t, sample_send(&t, conn, HOST_SERVER, FLAG_SYN_ACK, 0, 1, 0)));
	timeline_finish(&t);
}

/* A capture that begins in the middle still has small numbers. */
static void test_learns_without_syn(void **state)
{
	struct timeline timeline;
	const struct event *event;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 36712);
	event = event_of(
		&timeline, sample_send(&timeline, conn, HOST_SERVER, FLAG_DATA, 5000, 700, 10));
	assert_int_equal(event->relative_sequence, 1);
	assert_int_equal(event->relative_acknowledgment, 1);
	assert_false(event->is_retransmission);
	event = event_of(
		&timeline, sample_send(&timeline, conn, HOST_CLIENT, FLAG_ACK, 700, 5010, 0));
	assert_int_equal(event->relative_sequence, 1);
	assert_int_equal(event->relative_acknowledgment, 11);
	timeline_finish(&timeline);
}

static void test_learns_the_ends(void **state)
{
	struct timeline timeline;
	struct connection *ends;
	int known, conn;

	(void)state;
	timeline_init(&timeline, NULL);
	known = sample_connection(&timeline, "known", 36712);
	sample_send(&timeline, known, HOST_CLIENT, FLAG_SYN, 0, 0, 0);
	conn = timeline_connection(&timeline, "conn", false);
	timeline_packet(&timeline, HOST_CLIENT, conn, timeline.events[0].bytes,
		timeline.events[0].length, &timeline.events[0].segment, PACKET_DELIVERED, false);
	ends = &timeline.connections[conn];
	assert_int_equal(ends->ends[HOST_CLIENT].port, 36712);
	assert_int_equal(ends->ends[HOST_SERVER].port, 13);
	timeline_finish(&timeline);
}

static void test_first_fin(void **state)
{
	struct timeline timeline;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 36712);
	sample_handshake(&timeline, conn);
	sample_packet(&timeline, conn, HOST_SERVER, FLAG_FIN, 1, 1, 0, PACKET_INJECTED, false);
	assert_int_equal(timeline_first_fin(&timeline, conn), HOST_COUNT);
	sample_packet(&timeline, conn, HOST_CLIENT, FLAG_FIN, 1, 1, 0, PACKET_HELD, false);
	sample_send(&timeline, conn, HOST_SERVER, FLAG_FIN, 1, 1, 0);
	assert_int_equal(timeline_first_fin(&timeline, conn), HOST_CLIENT);
	assert_int_equal(timeline_first_fin(&timeline, conn + 1), HOST_COUNT);
	timeline_finish(&timeline);
}

static void test_samples_obey_figure_5(void **state)
{
	void (*const samples[])(struct timeline *) = {
		sample_server_first, sample_both, sample_trouble, sample_two};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct timeline timeline;
		int64_t last_ns = 0;

		samples[i](&timeline);
		for (size_t j = 0; j < timeline.event_count; j++) {
			const struct event *event = &timeline.events[j];
			/* The server's first step is the listener's on its behalf. */
			enum tcp_state from =
				event->from == TCP_STATE_CLOSED && event->to == TCP_STATE_SYN_RECV
					? TCP_STATE_LISTEN
					: event->from;

			assert_true(event->time_ns >= last_ns);
			last_ns = event->time_ns;
			if (event->kind == EVENT_STATE)
				assert_true(tcp_state_can_follow(from, event->to));
		}
		timeline_finish(&timeline);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(host_name(HOST_SERVER), "server");
	assert_string_equal(host_name(HOST_CLIENT), "client");
	assert_string_equal(host_name(HOST_COUNT), "wire");
	assert_string_equal(packet_fate_name(PACKET_DELIVERED), "delivered");
	assert_string_equal(packet_fate_name(PACKET_INJECTED), "injected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_what_it_is_given),
		cmocka_unit_test(test_action_completes),
		cmocka_unit_test(test_states_follow_each_other),
		cmocka_unit_test(test_last_entry_counts),
		cmocka_unit_test(test_finds_newest_connection),
		cmocka_unit_test(test_numbers_are_relative),
		cmocka_unit_test(test_tells_retransmissions),
		cmocka_unit_test(test_simultaneous_open_retransmits_nothing),
		cmocka_unit_test(test_learns_without_syn),
		cmocka_unit_test(test_learns_the_ends),
		cmocka_unit_test(test_first_fin),
		cmocka_unit_test(test_samples_obey_figure_5),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
