/* SPDX-License-Identifier: BSD-2-Clause */
#include "timelines.h"

#include <stdlib.h>

#include "scenario/coverage.h"

/* The move of the host between the states; NULL when there is none. Never two with one reason. */
static const struct coverage_move *find(const struct coverage_moves *moves, enum host_id host,
	enum tcp_state from, enum tcp_state to)
{
	const struct coverage_move *found = NULL;

	for (size_t i = 0; i < moves->count; i++) {
		const struct coverage_move *move = &moves->moves[i];

		if (move->host == host && move->from == from && move->to == to) {
			assert_null(found);
			found = move;
		}
	}
	return found;
}

/* It is there, for this reason; and an arrow of figure 5, or not. */
static void has(const struct coverage_moves *moves, enum host_id host, enum tcp_state from,
	enum tcp_state to, enum coverage_cause cause, bool is_arrow)
{
	const struct coverage_move *move = find(moves, host, from, to);
	size_t count;

	assert_non_null(move);
	assert_string_equal(coverage_cause_name(move->cause), coverage_cause_name(cause));
	assert_int_equal(move->arrow != COVERAGE_NO_ARROW, is_arrow);
	if (is_arrow) {
		assert_int_equal(tcp_transitions(&count)[move->arrow].from, from);
		assert_int_equal(tcp_transitions(&count)[move->arrow].to, to);
	}
}

static void finish(struct timeline *timeline, struct coverage_moves *moves)
{
	coverage_moves_finish(moves);
	timeline_finish(timeline);
}

static void a_whole_life_is_arrows_alone(void **state)
{
	struct coverage_moves moves = {0};
	struct timeline timeline;

	(void)state;
	sample_server_first(&timeline);
	coverage_read(&moves, &timeline);
	for (size_t i = 0; i < moves.count; i++)
		assert_int_not_equal(moves.moves[i].arrow, COVERAGE_NO_ARROW);
	assert_int_equal(moves.count, 11);
	has(&moves, HOST_SERVER, TCP_STATE_CLOSED, TCP_STATE_LISTEN, COVERAGE_PASSIVE_OPEN, true);
	has(&moves, HOST_CLIENT, TCP_STATE_CLOSED, TCP_STATE_SYN_SENT, COVERAGE_ACTIVE_OPEN, true);
	has(&moves, HOST_SERVER, TCP_STATE_LISTEN, TCP_STATE_SYN_RECV, COVERAGE_SYN, true);
	has(&moves, HOST_CLIENT, TCP_STATE_SYN_SENT, TCP_STATE_ESTABLISHED, COVERAGE_SYN_ACK, true);
	has(&moves, HOST_SERVER, TCP_STATE_SYN_RECV, TCP_STATE_ESTABLISHED, COVERAGE_ACK, true);
	has(&moves, HOST_SERVER, TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT1, COVERAGE_CLOSE, true);
	has(&moves, HOST_CLIENT, TCP_STATE_ESTABLISHED, TCP_STATE_CLOSE_WAIT, COVERAGE_FIN, true);
	has(&moves, HOST_SERVER, TCP_STATE_FIN_WAIT1, TCP_STATE_FIN_WAIT2, COVERAGE_ACK, true);
	has(&moves, HOST_SERVER, TCP_STATE_FIN_WAIT2, TCP_STATE_TIME_WAIT, COVERAGE_FIN, true);
	has(&moves, HOST_CLIENT, TCP_STATE_CLOSE_WAIT, TCP_STATE_LAST_ACK, COVERAGE_CLOSE, true);
	has(&moves, HOST_CLIENT, TCP_STATE_LAST_ACK, TCP_STATE_CLOSED, COVERAGE_ACK, true);
	finish(&timeline, &moves);
}

/* A timeline with a request that an RST ends. */
static int sample_request(struct timeline *timeline)
{
	int conn;

	timeline_init(timeline, "A request");
	sample_listen(timeline, "daytimed");
	conn = sample_connection(timeline, "conn", 36712);
	timeline_action(timeline, HOST_CLIENT, conn, 2, "client connect server:13");
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_SYN_SENT);
	sample_send(timeline, conn, HOST_CLIENT, FLAG_SYN, 0, 0, 0);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_NEW_SYN_RECV);
	sample_packet(timeline, conn, HOST_SERVER, FLAG_SYN_ACK, 0, 1, 0, PACKET_HELD, false);
	timeline_action(timeline, HOST_CLIENT, conn, 3, "client close");
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_CLOSED);
	return conn;
}

static void an_rst_takes_a_request_back_to_listen(void **state)
{
	struct coverage_moves moves = {0};
	struct timeline timeline;
	int conn;

	(void)state;
	conn = sample_request(&timeline);
	sample_packet(&timeline, conn, HOST_SERVER, FLAG_SYN_ACK, 0, 1, 0, PACKET_DELIVERED, true);
	sample_send(&timeline, conn, HOST_CLIENT, SEGMENT_RST, 1, 0, 0);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
	coverage_read(&moves, &timeline);
	has(&moves, HOST_CLIENT, TCP_STATE_SYN_SENT, TCP_STATE_CLOSED, COVERAGE_CLOSE, true);
	has(&moves, HOST_SERVER, TCP_STATE_SYN_RECV, TCP_STATE_LISTEN, COVERAGE_RST, true);
	assert_null(find(&moves, HOST_SERVER, TCP_STATE_SYN_RECV, TCP_STATE_CLOSED));
	finish(&timeline, &moves);
}

/* The same states, but the packets do not tell of RST: it is not the figure's arrow. */
static void what_the_figure_names_must_have_come(void **state)
{
	struct coverage_moves moves = {0};
	struct timeline timeline;
	int conn;

	(void)state;
	conn = sample_request(&timeline);
	sample_wait(&timeline, 10 * NS_PER_S);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
	coverage_read(&moves, &timeline);
	has(&moves, HOST_SERVER, TCP_STATE_SYN_RECV, TCP_STATE_LISTEN, COVERAGE_TIMEOUT, false);
	finish(&timeline, &moves);
}

static void a_held_rst_has_done_nothing(void **state)
{
	struct coverage_moves moves = {0};
	struct timeline timeline;
	int conn;

	(void)state;
	conn = sample_request(&timeline);
	sample_packet(&timeline, conn, HOST_CLIENT, SEGMENT_RST, 1, 0, 0, PACKET_HELD, false);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
	coverage_read(&moves, &timeline);
	has(&moves, HOST_SERVER, TCP_STATE_SYN_RECV, TCP_STATE_LISTEN, COVERAGE_TIMEOUT, false);
	finish(&timeline, &moves);
}

/* TIME_WAIT is over after 2MSL; what is over before was ended by somebody. */
static void only_a_minute_is_2msl(void **state)
{
	static const struct {
		int64_t wait_ns;
		bool is_arrow;
	} cases[] = {{60 * NS_PER_S, true}, {64 * NS_PER_S, true}, {20 * NS_PER_S, false}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct coverage_moves moves = {0};
		struct timeline timeline;

		sample_server_first(&timeline);
		sample_wait(&timeline, cases[i].wait_ns);
		sample_move(&timeline, 1, HOST_SERVER, TCP_STATE_CLOSED);
		coverage_read(&moves, &timeline);
		has(&moves, HOST_SERVER, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED, COVERAGE_TIMEOUT,
			cases[i].is_arrow);
		finish(&timeline, &moves);
	}
}

static void an_rst_in_time_wait_is_no_arrow(void **state)
{
	struct coverage_moves moves = {0};
	struct timeline timeline;

	(void)state;
	sample_server_first(&timeline);
	sample_send(&timeline, 1, HOST_CLIENT, SEGMENT_RST, 2, 0, 0);
	sample_move(&timeline, 1, HOST_SERVER, TCP_STATE_CLOSED);
	coverage_read(&moves, &timeline);
	has(&moves, HOST_SERVER, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED, COVERAGE_RST, false);
	finish(&timeline, &moves);
}

/* The new connection is born at the look that misses the old one, before it or behind it. */
static void a_syn_reopens_time_wait(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct coverage_moves moves = {0};
		struct timeline timeline;
		int next;

		sample_server_first(&timeline);
		next = sample_connection(&timeline, "conn", 36712);
		sample_send(&timeline, next, HOST_CLIENT, FLAG_SYN, 0, 0, 0);
		if (order)
			sample_move(&timeline, 1, HOST_SERVER, TCP_STATE_CLOSED);
		sample_move(&timeline, next, HOST_SERVER, TCP_STATE_SYN_RECV);
		if (!order)
			sample_move(&timeline, 1, HOST_SERVER, TCP_STATE_CLOSED);
		coverage_read(&moves, &timeline);
		has(&moves, HOST_SERVER, TCP_STATE_TIME_WAIT, TCP_STATE_SYN_RECV, COVERAGE_SYN,
			false);
		assert_null(find(&moves, HOST_SERVER, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED));
		finish(&timeline, &moves);
	}
}

static void endings_have_their_reasons(void **state)
{
	static const struct {
		const char *action;
		enum coverage_cause cause;
	} cases[] = {
		{"server close", COVERAGE_ABORT},
		{"server.conn close", COVERAGE_ABORT},
		{"server destroy", COVERAGE_DESTROY},
		{"server crash", COVERAGE_CRASH},
		{"server send \"close\"", COVERAGE_TIMEOUT}, /* its words are no verb */
		{"server.close recv", COVERAGE_TIMEOUT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct coverage_moves moves = {0};
		struct timeline timeline;
		int conn;

		timeline_init(&timeline, "An end");
		sample_listen(&timeline, "daytimed");
		conn = sample_connection(&timeline, "conn", 36712);
		sample_handshake(&timeline, conn);
		timeline_action(&timeline, HOST_SERVER, conn, 9, cases[i].action);
		sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
		coverage_read(&moves, &timeline);
		has(&moves, HOST_SERVER, TCP_STATE_ESTABLISHED, TCP_STATE_CLOSED, cases[i].cause,
			false);
		finish(&timeline, &moves);
	}
}

/* close() led to FIN_WAIT1; what ended that was no call. */
static void a_call_moves_an_end_once(void **state)
{
	struct coverage_moves moves = {0};
	struct timeline timeline;
	int conn;

	(void)state;
	timeline_init(&timeline, "An orphan");
	sample_listen(&timeline, "daytimed");
	conn = sample_connection(&timeline, "conn", 36712);
	sample_handshake(&timeline, conn);
	timeline_action(&timeline, HOST_SERVER, conn, 9, "server close");
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_FIN_WAIT1);
	sample_packet(&timeline, conn, HOST_SERVER, FLAG_FIN, 1, 1, 0, PACKET_DROPPED, false);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
	coverage_read(&moves, &timeline);
	has(&moves, HOST_SERVER, TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT1, COVERAGE_CLOSE, true);
	has(&moves, HOST_SERVER, TCP_STATE_FIN_WAIT1, TCP_STATE_CLOSED, COVERAGE_TIMEOUT, false);
	finish(&timeline, &moves);
}

static void moves_travel_as_text(void **state)
{
	struct coverage_moves sent = {0}, got = {0};
	_cleanup_text_ struct text text = TEXT_INIT;
	struct timeline timeline;

	(void)state;
	sample_both(&timeline);
	coverage_read(&sent, &timeline);
	assert_true(sent.count > 5);
	coverage_encode(&sent, &text);
	assert_true(coverage_decode(&got, text.bytes));
	assert_int_equal(got.count, sent.count);
	for (size_t i = 0; i < got.count; i++) {
		assert_int_equal(got.moves[i].host, sent.moves[i].host);
		assert_int_equal(got.moves[i].from, sent.moves[i].from);
		assert_int_equal(got.moves[i].to, sent.moves[i].to);
		assert_int_equal(got.moves[i].cause, sent.moves[i].cause);
		assert_int_equal(got.moves[i].arrow, sent.moves[i].arrow);
	}
	coverage_moves_finish(&got);
	finish(&timeline, &sent);
}

static void strange_text_is_refused(void **state)
{
	static const char *const texts[] = {"x", "0 1 2 3", "2 1 7 0 -1\n", "0 99 7 0 -1\n",
		"0 1 7 99 -1\n", "0 1 7 0 99\n", "0 1 7 0 -2\n", "-1 1 7 0 0\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct coverage_moves moves = {0};

		assert_false(coverage_decode(&moves, texts[i]));
		coverage_moves_finish(&moves);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_life_is_arrows_alone),
		cmocka_unit_test(an_rst_takes_a_request_back_to_listen),
		cmocka_unit_test(what_the_figure_names_must_have_come),
		cmocka_unit_test(a_held_rst_has_done_nothing),
		cmocka_unit_test(only_a_minute_is_2msl),
		cmocka_unit_test(an_rst_in_time_wait_is_no_arrow),
		cmocka_unit_test(a_syn_reopens_time_wait),
		cmocka_unit_test(endings_have_their_reasons),
		cmocka_unit_test(a_call_moves_an_end_once),
		cmocka_unit_test(moves_travel_as_text),
		cmocka_unit_test(strange_text_is_refused),
	};

	return cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
}
