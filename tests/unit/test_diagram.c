/* SPDX-License-Identifier: BSD-2-Clause */
#include "timelines.h"

#include "report/diagram.h"

typedef void sample(struct timeline *timeline);

static void build(struct diagram *diagram, sample *fill)
{
	struct timeline timeline;

	fill(&timeline);
	sample_settle(&timeline);
	diagram_build(diagram, &timeline);
	/* The diagram must not need it any more. */
	timeline_finish(&timeline);
}

static const struct diagram_row *row_of(
	const struct diagram *diagram, enum diagram_kind kind, size_t number)
{
	for (size_t i = 0; i < diagram->count; i++) {
		if (diagram->rows[i].kind == kind && !number--)
			return &diagram->rows[i];
	}
	fail_msg("no such row");
	return NULL;
}

static void test_row_has_cause_and_consequence(void **state)
{
	struct diagram diagram;
	const struct diagram_row *row;

	(void)state;
	build(&diagram, sample_server_first);
	row = row_of(&diagram, DIAGRAM_PACKET, 0);
	assert_int_equal(row->host, HOST_CLIENT);
	assert_true(row->sides[HOST_CLIENT].has_changed);
	assert_int_equal(row->sides[HOST_CLIENT].state, TCP_STATE_SYN_SENT);
	assert_true(row->sides[HOST_SERVER].has_changed);
	assert_int_equal(row->sides[HOST_SERVER].state, TCP_STATE_SYN_RECV);
	assert_string_equal(row->name, "");
	/* PSH says nothing here. */
	assert_int_equal(row_of(&diagram, DIAGRAM_PACKET, 3)->flags, SEGMENT_ACK);
	row = row_of(&diagram, DIAGRAM_PACKET, 8);
	assert_false(row->sides[HOST_SERVER].has_changed);
	assert_int_equal(row->sides[HOST_SERVER].life, DIAGRAM_LIFE_WAITING);
	assert_int_equal(row->sides[HOST_CLIENT].life, DIAGRAM_LIFE_NONE);
	assert_string_equal(diagram.addresses[HOST_CLIENT], "192.0.2.2:36712");
	diagram_finish(&diagram);
}

/* The end of TIME_WAIT is no consequence of whatever came in a minute before. */
static void test_timer_has_its_own_row(void **state)
{
	struct diagram diagram;
	const struct diagram_row *row;

	(void)state;
	build(&diagram, sample_two);
	row = row_of(&diagram, DIAGRAM_PAUSE, 0);
	assert_string_equal(row->text, "60.4 s later");
	row = row_of(&diagram, DIAGRAM_STATE, 1);
	assert_int_equal(row->sides[HOST_SERVER].state, TCP_STATE_CLOSED);
	assert_string_equal(row->name, "conn");
	/* conn2 and the listener are still there. */
	assert_int_equal(row->sides[HOST_SERVER].life, DIAGRAM_LIFE_OPEN);
	assert_string_equal(diagram.addresses[HOST_CLIENT], "192.0.2.2");
	assert_string_equal(diagram.addresses[HOST_SERVER], "192.0.2.1:13");
	diagram_finish(&diagram);
}

/* An RST that TIME_WAIT ignores, and the end of TIME_WAIT long after it: two rows. */
static void test_late_state_is_no_consequence(void **state)
{
	struct timeline timeline;
	struct diagram diagram;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 1);
	sample_handshake(&timeline, conn);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_FIN_WAIT1);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_TIME_WAIT);
	sample_packet(&timeline, conn, HOST_CLIENT, SEGMENT_RST, 9, 0, 0, PACKET_INJECTED, false);
	sample_wait(&timeline, 60 * NS_PER_S);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
	diagram_build(&diagram, &timeline);
	assert_false(row_of(&diagram, DIAGRAM_PACKET, 3)->sides[HOST_SERVER].has_changed);
	assert_int_equal(
		row_of(&diagram, DIAGRAM_STATE, 2)->sides[HOST_SERVER].state, TCP_STATE_CLOSED);
	diagram_finish(&diagram);
	timeline_finish(&timeline);
}

/* While its SYN is held, the server's end of a connection is who listens for it. */
static void test_listener_stands_in(void **state)
{
	struct timeline timeline;
	struct diagram diagram;
	const struct diagram_row *row;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 1);
	sample_packet(&timeline, conn, HOST_CLIENT, FLAG_SYN, 0, 0, 0, PACKET_HELD, false);
	sample_listen(&timeline, "daytimed");
	sample_packet(&timeline, conn, HOST_CLIENT, FLAG_SYN, 0, 0, 0, PACKET_DELIVERED, true);
	diagram_build(&diagram, &timeline);
	row = row_of(&diagram, DIAGRAM_PACKET, 0);
	assert_false(row->sides[HOST_SERVER].has_state);
	assert_false(diagram_arrives(row));
	assert_true(diagram_departs(row));
	assert_string_equal(diagram_mark(row), "held");
	row = row_of(&diagram, DIAGRAM_PACKET, 1);
	assert_true(row->sides[HOST_SERVER].has_state);
	assert_false(row->sides[HOST_SERVER].has_changed);
	assert_int_equal(row->sides[HOST_SERVER].state, TCP_STATE_LISTEN);
	assert_true(diagram_arrives(row));
	assert_false(diagram_departs(row));
	assert_string_equal(diagram_mark(row), "released");
	diagram_finish(&diagram);
	timeline_finish(&timeline);
}

static void test_actions(void **state)
{
	struct timeline t;
	struct diagram diagram;

	(void)state;
	timeline_init(&t, NULL);
	timeline_complete(&t,
		timeline_action(
			&t, HOST_SERVER, CONNECTION_NONE, 1, "server listen 13 fails EADDRINUSE"),
		EADDRINUSE);
	t.events[0].fails = EADDRINUSE;
	timeline_complete(&t,
		timeline_action(
			&t, HOST_CLIENT, CONNECTION_NONE, 2, "client.conn2 send \"a\\r\\n\""),
		EPIPE);
	timeline_action(&t, HOST_CLIENT, CONNECTION_NONE, 3, "clients recv eof");
	diagram_build(&diagram, &t);
	assert_string_equal(diagram.rows[0].text, "listen 13 fails EADDRINUSE");
	assert_false(diagram.rows[0].has_failed);
	assert_string_equal(diagram.rows[1].text, "conn2 send \"a\\r\\n\" fails EPIPE");
	assert_true(diagram.rows[1].has_failed);
	assert_string_equal(diagram.rows[2].text, "clients recv eof (still waits)");
	diagram_finish(&diagram);
	timeline_finish(&t);
}

static void assert_label(const struct diagram_row *row, int level, const char *expected)
{
	struct text label = TEXT_INIT;

	diagram_label(row, level, &label);
	assert_string_equal(label.bytes, expected);
	text_finish(&label);
}

static void test_labels(void **state)
{
	struct diagram_row data = {.name = "conn2",
		.flags = SEGMENT_ACK,
		.sequence = 1,
		.acknowledgment = 2,
		.length = 26,
		.is_retransmission = true};
	struct diagram_row fin = {.flags = SEGMENT_FIN | SEGMENT_ACK,
		.sequence = 7,
		.acknowledgment = 9,
		.length = 1};
	struct diagram_row full = {
		.flags = SEGMENT_ACK, .acknowledgment = 9, .has_zero_window = true};

	(void)state;
	assert_label(&data, 0, "conn2: DATA  seq 1  26 bytes  ack 2  retransmission");
	assert_label(&data, 1, "conn2: DATA seq 1 26 bytes ack 2 retransmission");
	assert_label(&data, 2, "conn2: DATA seq 1 26 bytes retransmission");
	assert_label(&data, 3, "conn2: DATA 26 bytes retransmission");
	assert_label(&data, DIAGRAM_LABEL_LEVELS - 1, "DATA");
	assert_label(&fin, 0, "FIN,ACK  seq 7  1 byte  ack 9");
	assert_label(&full, 0, "ACK  ack 9  window 0");
}

/* Where one program runs on a host, the action that started it has its name; of two each call has. */
static void test_calls_name_one_of_several_programs(void **state)
{
	struct timeline timeline;
	struct diagram diagram;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 36712);
	timeline_call(&timeline, HOST_SERVER, conn, "daytimed", "close()");
	timeline_call(&timeline, HOST_CLIENT, conn, "curl", "connect()");
	timeline_call(&timeline, HOST_CLIENT, conn, "daytime", "close()");
	diagram_build(&diagram, &timeline);
	assert_string_equal(diagram.rows[0].text, "close()");
	assert_string_equal(diagram.rows[1].text, "curl: connect()");
	assert_string_equal(diagram.rows[2].text, "daytime: close()");
	diagram_finish(&diagram);
	timeline_finish(&timeline);
}

/* Both ends moved at one look, and no packet was seen: one row. */
static void test_moves_at_one_look_share_a_row(void **state)
{
	struct timeline timeline;
	struct diagram diagram;
	int conn;

	(void)state;
	timeline_init(&timeline, NULL);
	conn = sample_connection(&timeline, "conn", 36712);
	timeline_state(&timeline, HOST_SERVER, conn, TCP_STATE_ESTABLISHED);
	timeline_state(&timeline, HOST_CLIENT, conn, TCP_STATE_ESTABLISHED);
	timeline.events[1].time_ns = timeline.events[0].time_ns + 1000;
	diagram_build(&diagram, &timeline);
	assert_int_equal(diagram.count, 1);
	assert_true(diagram.rows[0].sides[HOST_SERVER].has_changed);
	assert_true(diagram.rows[0].sides[HOST_CLIENT].has_changed);
	diagram_finish(&diagram);
	timeline_finish(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row_has_cause_and_consequence),
		cmocka_unit_test(test_timer_has_its_own_row),
		cmocka_unit_test(test_late_state_is_no_consequence),
		cmocka_unit_test(test_listener_stands_in),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_calls_name_one_of_several_programs),
		cmocka_unit_test(test_moves_at_one_look_share_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
