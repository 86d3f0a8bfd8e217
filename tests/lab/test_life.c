/* SPDX-License-Identifier: BSD-2-Clause */

/* Every way a TIME_WAIT ends, for real: each test has a network namespace of its own. */

#include "unit/unit.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "life_case.h"
#include "observe/netns.h"
#include "observe/sockets.h"

#define SERVER 13

/* The timer of an orphan in FIN_WAIT2 may be short. */
static void expired(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection;
	const struct life_event *event;

	(void)state;
	assert_true(life_rig_set("tcp_fin_timeout", "1"));
	connection = life_rig_connect(false, SERVER, 0);
	life_rig_close(&connection.server);
	event = life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(event->to, TCP_STATE_FIN_WAIT2);
	event = life_case_await(life, LIFE_DIED, LIFE_EXPIRED, SERVER);
	assert_int_equal(event->to, TCP_STATE_FIN_WAIT2);
	assert_true(event->lifetime_ns >= 990 * NS_PER_MS);
	life_case_assert_closed_by_us(event);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void reused_by_connect(bool ipv6)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection;
	const struct life_event *event;
	uint16_t port;

	life_rig_set("tcp_tw_reuse", "1");
	life_rig_set("tcp_tw_reuse_delay", "1"); /* else it takes a second */
	assert_true(life_rig_set("ip_local_port_range", "50000 50000"));
	connection = life_rig_connect(ipv6, SERVER, 0);
	port = connection.client_port;
	life_rig_close(&connection.client);
	life_rig_finish(&connection);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, port);
	connection = life_rig_connect(ipv6, SERVER, 0);
	assert_int_equal(connection.client_port, port);
	event = life_case_await(life, LIFE_DIED, LIFE_REUSED_BY_CONNECT, port);
	assert_int_equal(event->ended_by, getpid());
	assert_int_equal(event->to, TCP_STATE_TIME_WAIT);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void reused_by_connect_ipv4(void **state)
{
	(void)state;
	reused_by_connect(false);
}

static void reused_by_connect_ipv6(void **state)
{
	(void)state;
	reused_by_connect(true);
}

/* bind() and SO_REUSEADDR on both: another way through the kernel. */
static void reused_by_bound_connect(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 50001);

	(void)state;
	life_rig_close(&connection.client);
	life_rig_finish(&connection);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, 50001);
	connection = life_rig_connect(false, SERVER, 50001);
	life_case_await(life, LIFE_DIED, LIFE_REUSED_BY_CONNECT, 50001);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void reopened_by_syn(bool ipv6)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(ipv6, SERVER, 50001);

	life_case_close_both(&connection);
	life_rig_finish(&connection);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	connection = life_rig_connect(ipv6, SERVER, 50001);
	life_case_await(life, LIFE_DIED, LIFE_REOPENED_BY_SYN, SERVER);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void reopened_by_syn_ipv4(void **state)
{
	(void)state;
	reopened_by_syn(false);
}

static void reopened_by_syn_ipv6(void **state)
{
	(void)state;
	reopened_by_syn(true);
}

static void killed_by_rst(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	struct life_rig_tap tap;

	(void)state;
	assert_true(life_rig_set("tcp_rfc1337", "0"));
	life_rig_close(&connection.server);
	tap = life_rig_tap();
	life_rig_close(&connection.client);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	life_rig_repeat_fin(&tap, &connection, true);
	life_case_assert_closed_by_us(life_case_await(life, LIFE_DIED, LIFE_KILLED_BY_RST, SERVER));
	life_rig_finish(&connection);
	life_case_end(life);
}

static void fin_wait2_killed_by_rst(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);

	(void)state;
	life_rig_close(&connection.server);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	life_rig_reset(&connection.client);
	assert_int_equal(life_case_await(life, LIFE_DIED, LIFE_KILLED_BY_RST, SERVER)->to,
		TCP_STATE_FIN_WAIT2);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void data_after_close(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);

	(void)state;
	life_rig_close(&connection.server);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(send(connection.client, "x", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(life_case_await(life, LIFE_DIED, LIFE_DATA_AFTER_CLOSE, SERVER)->to,
		TCP_STATE_FIN_WAIT2);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void sock_destroy(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	_cleanup_socket_list_ struct socket_list list = SOCKET_LIST_INIT;
	const struct life_event *event;
	struct error err;
	struct diag diag;

	(void)state;
	life_case_close_both(&connection);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(socket_list_read(&list, &diag, DIAG_STATE(TCP_STATE_TIME_WAIT), &err), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(diag_destroy(&diag, &list.sockets[0], &err), 0);
	diag_close(&diag);
	event = life_case_await(life, LIFE_DIED, LIFE_SOCK_DESTROY, SERVER);
	assert_int_equal(event->ended_by, getpid());
	assert_int_equal(event->cookie, list.sockets[0].cookie);
	life_rig_finish(&connection);
	life_case_end(life);
}

/* Another process' namespace, which is gone when that process is. Seen from outside, with all others. */
static void namespace_gone(void **state)
{
	/* Ours alone: another run of this test on the host is seen from outside, too. */
	uint16_t port = (uint16_t)(10000 + getpid() % 20000);
	struct life *life;
	int ready[2], go[2];
	pid_t child;
	char byte;

	(void)state;
	life_rig_new_network();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		struct life_rig_connection connection;

		life_rig_new_network();
		assert_int_equal(read(go[0], &byte, 1), 1);
		connection = life_rig_connect(false, port, 0);
		life_case_close_both(&connection);
		life_rig_finish(&connection);
		_exit(write(ready[1], "r", 1) != 1);
	}
	life = life_case_watch((struct life_options){.port = port});
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	waitpid(child, NULL, 0);
	assert_int_equal(life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, port)->pid, child);
	life_case_await(life, LIFE_DIED, LIFE_NAMESPACE_GONE, port);
	for (size_t i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	life_close(life);
}

static int note_timer(void *context, const struct diag_socket *socket)
{
	uint32_t *timer_ms = context;

	*timer_ms = socket->timer_ms;
	return 0;
}

/* Until the one orphan in FIN_WAIT2 has so much left, of 60 s. */
static void await_timer_below(uint32_t wanted_ms)
{
	int64_t deadline_ns = clock_deadline_ns(10 * NS_PER_S);
	uint32_t timer_ms = UINT32_MAX;
	struct error err;
	struct diag diag;

	assert_int_equal(diag_open(&diag, &err), 0);
	while (timer_ms > wanted_ms && clock_now_ns() < deadline_ns) {
		poll(NULL, 0, 20);
		assert_int_equal(diag_dump(&diag, DIAG_STATE(TCP_STATE_FIN_WAIT2), note_timer,
					 &timer_ms, &err),
			0);
	}
	diag_close(&diag);
	assert_true(timer_ms <= wanted_ms);
}

/* An orphan's FIN_WAIT2 becomes TIME_WAIT; later than the timer wheel's step, so that the kernel tells. */
static void restarted(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *event;
	struct life_totals totals;

	(void)state;
	life_rig_close(&connection.server);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.fin_wait2_minisockets, 1);
	await_timer_below(57000);
	life_rig_close(&connection.client);
	event = life_case_await(life, LIFE_RESTARTED, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(event->to, TCP_STATE_TIME_WAIT);
	assert_int_equal(event->restarts, 1);
	assert_true(event->flags & LIFE_WAS_FINWAIT2);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.fin_wait2_minisockets, 0);
	assert_int_equal(totals.states[TCP_STATE_TIME_WAIT], 1);
	life_rig_finish(&connection);
	life_case_end(life);
}

/* At once: the kernel tells nothing, but the counts are right. */
static void becomes_time_wait_without_a_word(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	struct life_totals totals;

	(void)state;
	life_rig_close(&connection.server);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_FIN_WAIT2], 1);
	life_rig_close(&connection.client);
	life_case_await_state(life, connection.client_port, TCP_STATE_CLOSED);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_FIN_WAIT2], 0);
	assert_int_equal(totals.states[TCP_STATE_TIME_WAIT], 1);
	life_rig_finish(&connection);
	life_case_end(life);
}

/* A real one, from birth to the minute's end. */
static void lives_a_minute(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *event;

	(void)state;
	life_case_close_both(&connection);
	life_rig_finish(&connection);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	event = life_rig_await(life, life_case_events, LIFE_DIED, LIFE_EXPIRED, SERVER, 75);
	assert_non_null(event);
	assert_true(event->lifetime_ns >= 59 * NS_PER_S);
	assert_int_equal(event->to, TCP_STATE_TIME_WAIT);
	life_case_end(life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expired),
		cmocka_unit_test(reused_by_connect_ipv4),
		cmocka_unit_test(reused_by_connect_ipv6),
		cmocka_unit_test(reused_by_bound_connect),
		cmocka_unit_test(reopened_by_syn_ipv4),
		cmocka_unit_test(reopened_by_syn_ipv6),
		cmocka_unit_test(killed_by_rst),
		cmocka_unit_test(fin_wait2_killed_by_rst),
		cmocka_unit_test(data_after_close),
		cmocka_unit_test(sock_destroy),
		cmocka_unit_test(namespace_gone),
		cmocka_unit_test(restarted),
		cmocka_unit_test(becomes_time_wait_without_a_word),
		cmocka_unit_test(lives_a_minute),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP BPF needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, life_case_set_up, life_case_tear_down);
}
