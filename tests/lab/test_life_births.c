/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Who closed, for real; which TIME_WAITs are never born, which were there before; and what filters let pass. Each test has a
 * network namespace of its own.
 */

#include "unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life_case.h"
#include "observe/netns.h"

#define SERVER 13

static void born_by_who_closed_first(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *born;

	(void)state;
	life_case_close_both(&connection);
	born = life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(born->peer_port, connection.client_port);
	/* Where the client's ACK does not wait for its FIN, an orphan in FIN_WAIT2 is born first. */
	assert_true(born->to == TCP_STATE_TIME_WAIT || born->to == TCP_STATE_FIN_WAIT2);
	assert_int_equal(born->netns, netns_number());
	assert_int_equal(born->family, AF_INET);
	assert_int_equal(born->local[0], 127);
	assert_int_equal(born->peer[3], 1);
	assert_true(born->cookie != 0);
	life_case_assert_closed_by_us(born);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void closed_by_a_process_that_was_killed(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(true, SERVER, 0);
	const struct life_event *born;
	int go[2];
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_NAME, "killed");
		life_rig_close(&connection.client);
		if (read(go[0], &byte, 1) == 1)
			raise(SIGKILL);
		_exit(1);
	}
	/* The child alone has the server's end then. */
	life_rig_close(&connection.server);
	assert_int_equal(write(go[1], "g", 1), 1);
	waitpid(child, NULL, 0);
	close(go[0]);
	close(go[1]);
	life_rig_close(&connection.client);
	born = life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(born->family, AF_INET6);
	assert_int_equal(born->pid, child);
	assert_string_equal(born->comm, "killed");
	life_rig_finish(&connection);
	life_case_end(life);
}

static void *close_in_a_thread(void *context)
{
	prctl(PR_SET_NAME, "thread");
	life_rig_close(context);
	return NULL;
}

/* A thread's name is not that of its process. */
static void closed_by_a_thread(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, close_in_a_thread, &connection.server), 0);
	pthread_join(thread, NULL);
	life_case_assert_closed_by_us(life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER));
	life_rig_finish(&connection);
	life_case_end(life);
}

static void bucket_overflow(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection;
	const struct life_event *event;

	(void)state;
	assert_true(life_rig_set("tcp_max_tw_buckets", "0"));
	connection = life_rig_connect(false, SERVER, 0);
	life_case_close_both(&connection);
	event = life_case_await(life, LIFE_NOT_BORN, LIFE_BUCKET_OVERFLOW, SERVER);
	assert_int_equal(event->from, TCP_STATE_FIN_WAIT2);
	life_case_assert_closed_by_us(event);
	life_rig_finish(&connection);
	life_case_end(life);
}

/* One end resets, the other is reset: neither waits. */
static void linger_and_reset(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *event;

	(void)state;
	life_rig_reset(&connection.server);
	event = life_case_await(life, LIFE_NOT_BORN, LIFE_LINGER, SERVER);
	assert_int_equal(event->from, TCP_STATE_ESTABLISHED);
	life_case_assert_closed_by_us(event);
	event = life_case_await(life, LIFE_NOT_BORN, LIFE_RESET, connection.client_port);
	assert_false(event->flags & LIFE_HAS_CLOSER);
	life_rig_finish(&connection);
	life_case_end(life);
}

/* RST though its FIN is sent; but a FIN that comes before that would have made it wait. */
static void linger_after_shutdown(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct linger linger = {.l_onoff = 1};

	(void)state;
	assert_int_equal(shutdown(connection.server, SHUT_WR), 0);
	life_rig_reset(&connection.server);
	life_case_assert_closed_by_us(life_case_await(life, LIFE_NOT_BORN, LIFE_LINGER, SERVER));
	life_rig_finish(&connection);

	assert_true(life_rig_set("tcp_max_tw_buckets", "0"));
	connection = life_rig_connect(false, SERVER + 1, 0);
	setsockopt(connection.server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	assert_int_equal(shutdown(connection.server, SHUT_WR), 0);
	life_rig_close(&connection.client);
	life_case_await(life, LIFE_NOT_BORN, LIFE_BUCKET_OVERFLOW, SERVER + 1);
	life_rig_finish(&connection);
	life_case_end(life);
}

static void closed_over_unread_bytes(void **state)
{
	struct life *life = life_case_watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *event;
	char byte;

	(void)state;
	assert_int_equal(send(connection.client, "x", 1, 0), 1);
	assert_int_equal(recv(connection.server, &byte, 1, MSG_PEEK), 1);
	life_rig_close(&connection.server);
	life_case_assert_closed_by_us(life_case_await(life, LIFE_NOT_BORN, LIFE_RESET, SERVER));
	event = life_case_await(life, LIFE_NOT_BORN, LIFE_RESET, connection.client_port);
	assert_false(event->flags & LIFE_HAS_CLOSER);
	life_rig_finish(&connection);
	life_case_end(life);
}

/* A process that only ever resets: its connections are its own, too. */
static void reset_by_the_wanted_pid(void **state)
{
	struct life_rig_connection connection;
	struct life *life;
	int go[2];
	pid_t child;
	char byte;

	(void)state;
	life_rig_new_network();
	connection = life_rig_connect(false, SERVER, 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		if (read(go[0], &byte, 1) == 1)
			life_rig_reset(&connection.server);
		_exit(0);
	}
	/* The child alone has the server's end then. */
	life_rig_close(&connection.server);
	life = life_case_watch(
		(struct life_options){.netns = netns_number(), .pid = (uint32_t)child});
	assert_int_equal(write(go[1], "g", 1), 1);
	waitpid(child, NULL, 0);
	close(go[0]);
	close(go[1]);
	assert_int_equal(life_case_await(life, LIFE_NOT_BORN, LIFE_LINGER, SERVER)->pid, child);
	assert_false(life_case_was_told(LIFE_NOT_BORN, connection.client_port));
	life_rig_finish(&connection);
	life_case_end(life);
}

/* What waits already is counted, and its end is told, though not who closed. */
static void there_before_us(void **state)
{
	struct life_rig_connection first, second;
	struct life_totals totals;
	const struct life_event *event;
	struct life *life;

	(void)state;
	life_rig_new_network();
	first = life_rig_connect(false, SERVER, 50001);
	life_case_close_both(&first);
	life_rig_finish(&first);
	second = life_rig_connect(false, 14, 0);
	life = life_case_watch((struct life_options){.netns = netns_number()});
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_TIME_WAIT], 1);
	assert_int_equal(totals.states[TCP_STATE_ESTABLISHED], 2);
	assert_int_equal(totals.states[TCP_STATE_LISTEN], 1);
	first = life_rig_connect(false, SERVER, 50001);
	event = life_case_await(life, LIFE_DIED, LIFE_REOPENED_BY_SYN, SERVER);
	assert_true(event->flags & LIFE_WAS_BEFORE);
	assert_false(event->flags & LIFE_HAS_CLOSER);
	life_case_close_both(&second);
	life_case_assert_closed_by_us(life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, 14));
	life_rig_finish(&first);
	life_rig_finish(&second);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_LISTEN], 0);
	assert_int_equal(totals.states[TCP_STATE_ESTABLISHED], 0);
	life_case_end(life);
}

/* Filters: what does not pass is not told; what comes after it is. */
static void filtered_by(struct life_options options)
{
	struct life_rig_connection connection;
	struct life *life;

	life_rig_new_network();
	options.netns = netns_number();
	life = life_case_watch(options);
	connection = life_rig_connect(true, 14, 0);
	life_case_close_both(&connection);
	life_rig_finish(&connection);
	connection = life_rig_connect(false, SERVER, 0);
	life_case_close_both(&connection);
	life_rig_finish(&connection);
	life_case_await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_false(life_case_was_told(LIFE_BORN, 14));
	assert_false(life_case_was_told(LIFE_STATE, 14));
	life_close(life);
}

static void filters(void **state)
{
	(void)state;
	filtered_by((struct life_options){.port = SERVER});
	filtered_by((struct life_options){
		.peer = {.family = AF_INET, .address = {127, 1, 2, 3}}, .peer_bits = 8});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(born_by_who_closed_first),
		cmocka_unit_test(closed_by_a_process_that_was_killed),
		cmocka_unit_test(closed_by_a_thread),
		cmocka_unit_test(bucket_overflow),
		cmocka_unit_test(linger_and_reset),
		cmocka_unit_test(linger_after_shutdown),
		cmocka_unit_test(closed_over_unread_bytes),
		cmocka_unit_test(reset_by_the_wanted_pid),
		cmocka_unit_test(there_before_us),
		cmocka_unit_test(filters),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP BPF needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, life_case_set_up, life_case_tear_down);
}
