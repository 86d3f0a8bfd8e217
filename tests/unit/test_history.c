/* SPDX-License-Identifier: BSD-2-Clause */

/* The states an end has been through, under one name and several connections. */

#include "unit.h"

#include <string.h>

#include "scenario/history.h"

static struct timeline timeline;

static int begin(void **state)
{
	(void)state;
	timeline_init(&timeline, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	timeline_finish(&timeline);
	return 0;
}

static void move(int connection, enum tcp_state to)
{
	timeline_state(&timeline, HOST_SERVER, connection, to);
}

static bool went(const char *name, size_t count, const enum tcp_state *states)
{
	struct history history;
	bool has;

	history_read(&history, &timeline, HOST_SERVER, name);
	has = history_has_run(&history, states, count);
	history_finish(&history);
	return has;
}

#define went(name, ...)                                                                            \
	went(name, sizeof((enum tcp_state[]){__VA_ARGS__}) / sizeof(enum tcp_state),               \
		(const enum tcp_state[]){__VA_ARGS__})

static void begins_with_closed(void **state)
{
	int conn = timeline_connection(&timeline, "conn", false);

	(void)state;
	assert_true(went("conn", TCP_STATE_CLOSED));
	assert_false(went("conn", TCP_STATE_SYN_RECV));
	move(conn, TCP_STATE_SYN_RECV);
	assert_true(went("conn", TCP_STATE_CLOSED, TCP_STATE_SYN_RECV));
	assert_true(went("nobody", TCP_STATE_CLOSED));
}

static void a_run_has_no_gap(void **state)
{
	int conn = timeline_connection(&timeline, "conn", false);

	(void)state;
	move(conn, TCP_STATE_FIN_WAIT1);
	move(conn, TCP_STATE_FIN_WAIT2);
	move(conn, TCP_STATE_TIME_WAIT);
	assert_true(went("conn", TCP_STATE_FIN_WAIT1, TCP_STATE_FIN_WAIT2, TCP_STATE_TIME_WAIT));
	assert_true(went("conn", TCP_STATE_FIN_WAIT2, TCP_STATE_TIME_WAIT));
	assert_false(went("conn", TCP_STATE_FIN_WAIT1, TCP_STATE_TIME_WAIT));
	assert_false(went("conn", TCP_STATE_TIME_WAIT, TCP_STATE_FIN_WAIT2));
}

static void connections_of_one_tuple_follow_each_other(void **state)
{
	int old = timeline_connection(&timeline, "conn", false);
	int new;

	(void)state;
	move(old, TCP_STATE_ESTABLISHED);
	move(old, TCP_STATE_CLOSED);
	timeline_comment(&timeline, 1, "later");
	new = timeline_connection(&timeline, "conn", false);
	move(new, TCP_STATE_SYN_RECV);
	assert_true(went("conn", TCP_STATE_ESTABLISHED, TCP_STATE_CLOSED, TCP_STATE_SYN_RECV));
	assert_false(went("conn", TCP_STATE_ESTABLISHED, TCP_STATE_SYN_RECV));
	/* Another port: the old one is no history of the new one's. */
	timeline.connections[new].ends[HOST_CLIENT].port = 2;
	assert_false(went("conn", TCP_STATE_ESTABLISHED));
	assert_true(went("conn", TCP_STATE_CLOSED, TCP_STATE_SYN_RECV));
}

/* One census sees the old socket gone and the new one there. */
static void what_is_reopened_was_never_closed(void **state)
{
	int old = timeline_connection(&timeline, "conn", false);
	int new = timeline_connection(&timeline, "conn", false);

	(void)state;
	move(old, TCP_STATE_TIME_WAIT);
	timeline_comment(&timeline, 1, "SYN");
	move(new, TCP_STATE_SYN_RECV);
	move(old, TCP_STATE_CLOSED);
	assert_true(went("conn", TCP_STATE_TIME_WAIT, TCP_STATE_SYN_RECV));
}

static void other_names_do_not_count(void **state)
{
	int one = timeline_connection(&timeline, "one", false);
	int two = timeline_connection(&timeline, "two", false);

	(void)state;
	move(one, TCP_STATE_ESTABLISHED);
	move(two, TCP_STATE_LAST_ACK);
	assert_false(went("one", TCP_STATE_LAST_ACK));
	strcpy(timeline.connections[two].also, "deux");
	assert_true(went("deux", TCP_STATE_LAST_ACK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(begins_with_closed, begin, end),
		cmocka_unit_test_setup_teardown(a_run_has_no_gap, begin, end),
		cmocka_unit_test_setup_teardown(
			connections_of_one_tuple_follow_each_other, begin, end),
		cmocka_unit_test_setup_teardown(what_is_reopened_was_never_closed, begin, end),
		cmocka_unit_test_setup_teardown(other_names_do_not_count, begin, end),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
