/* SPDX-License-Identifier: BSD-2-Clause */

/* Every way a TIME_WAIT ends, or is not born, for real: each test has a network namespace of its own. */

#include "unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "life_rig.h"
#include "observe/netns.h"
#include "observe/sockets.h"

#define SERVER 13

static struct life_rig_events *events;

/* Zeroed; only the namespace that we are in, unless options say more. */
static struct life *watch(struct life_options options)
{
	struct error err = {0};
	struct life *life;

	options.has_events = true;
	options.has_counts = true;
	if (life_open(&life, &options, &err) < 0)
		fail_msg("life_open: %s", err.text);
	events->count = 0;
	return life;
}

static struct life *watch_new_network(void)
{
	life_rig_new_network();
	return watch((struct life_options){.netns = netns_number()});
}

static const struct life_event *await(
	struct life *life, enum life_kind kind, enum life_cause cause, uint16_t local_port)
{
	const struct life_event *event = life_rig_await(life, events, kind, cause, local_port, 10);

	assert_non_null(event);
	return event;
}

/* A change of state of the socket at that port; its other end has seen what that one sent before. */
static void await_state(struct life *life, uint16_t port, enum tcp_state wanted)
{
	const struct life_event *event = NULL;

	for (int i = 0; i < 100 && !(event && event->to == wanted); i++) {
		life_rig_collect(life, events);
		event = life_rig_last(events, port);
	}
	assert_non_null(event);
	assert_int_equal(event->to, wanted);
}

/* Nothing was lost, and what is kept is what a dump finds. */
static void end(struct life *life)
{
	struct life_losses losses;
	struct life_drift drift;
	struct error err = {0};

	assert_int_equal(life_losses(life, &losses), 0);
	assert_int_equal(losses.events, 0);
	assert_int_equal(losses.missed, 0);
	assert_int_equal(losses.untracked, 0);
	assert_int_equal(life_drift(life, &drift, &err), 0);
	assert_int_equal(drift.kept - drift.dumped, 0);
	life_close(life);
}

/* The server closes first, then the client. */
static void close_both(struct life_rig_connection *connection)
{
	life_rig_close(&connection->server);
	life_rig_close(&connection->client);
}

static void assert_closed_by_us(const struct life_event *event)
{
	char comm[16] = "";

	prctl(PR_GET_NAME, comm);
	assert_true(event->flags & LIFE_HAS_CLOSER);
	assert_int_equal(event->pid, getpid());
	assert_string_equal(event->comm, comm);
}

static void born_by_who_closed_first(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *born;

	(void)state;
	close_both(&connection);
	born = await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(born->peer_port, connection.client_port);
	/* Where the client's ACK does not wait for its FIN, an orphan in FIN_WAIT2 is born first. */
	assert_true(born->to == TCP_STATE_TIME_WAIT || born->to == TCP_STATE_FIN_WAIT2);
	assert_int_equal(born->netns, netns_number());
	assert_int_equal(born->family, AF_INET);
	assert_int_equal(born->local[0], 127);
	assert_int_equal(born->peer[3], 1);
	assert_true(born->cookie != 0);
	assert_closed_by_us(born);
	life_rig_finish(&connection);
	end(life);
}

static void closed_by_a_process_that_was_killed(void **state)
{
	struct life *life = watch_new_network();
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
	born = await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(born->family, AF_INET6);
	assert_int_equal(born->pid, child);
	assert_string_equal(born->comm, "killed");
	life_rig_finish(&connection);
	end(life);
}

/* The timer of an orphan in FIN_WAIT2 may be short. */
static void expired(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection;
	const struct life_event *event;

	(void)state;
	assert_true(life_rig_set("tcp_fin_timeout", "1"));
	connection = life_rig_connect(false, SERVER, 0);
	life_rig_close(&connection.server);
	event = await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(event->to, TCP_STATE_FIN_WAIT2);
	event = await(life, LIFE_DIED, LIFE_EXPIRED, SERVER);
	assert_int_equal(event->to, TCP_STATE_FIN_WAIT2);
	assert_true(event->lifetime_ns >= 990 * NS_PER_MS);
	assert_closed_by_us(event);
	life_rig_finish(&connection);
	end(life);
}

static void reused_by_connect(bool ipv6)
{
	struct life *life = watch_new_network();
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
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, port);
	connection = life_rig_connect(ipv6, SERVER, 0);
	assert_int_equal(connection.client_port, port);
	event = await(life, LIFE_DIED, LIFE_REUSED_BY_CONNECT, port);
	assert_int_equal(event->ended_by, getpid());
	assert_int_equal(event->to, TCP_STATE_TIME_WAIT);
	life_rig_finish(&connection);
	end(life);
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
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 50001);

	(void)state;
	life_rig_close(&connection.client);
	life_rig_finish(&connection);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, 50001);
	connection = life_rig_connect(false, SERVER, 50001);
	await(life, LIFE_DIED, LIFE_REUSED_BY_CONNECT, 50001);
	life_rig_finish(&connection);
	end(life);
}

static void reopened_by_syn(bool ipv6)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(ipv6, SERVER, 50001);

	close_both(&connection);
	life_rig_finish(&connection);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	connection = life_rig_connect(ipv6, SERVER, 50001);
	await(life, LIFE_DIED, LIFE_REOPENED_BY_SYN, SERVER);
	life_rig_finish(&connection);
	end(life);
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
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	struct life_rig_tap tap;

	(void)state;
	assert_true(life_rig_set("tcp_rfc1337", "0"));
	life_rig_close(&connection.server);
	tap = life_rig_tap();
	life_rig_close(&connection.client);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	life_rig_repeat_fin(&tap, &connection, true);
	assert_closed_by_us(await(life, LIFE_DIED, LIFE_KILLED_BY_RST, SERVER));
	life_rig_finish(&connection);
	end(life);
}

static void fin_wait2_killed_by_rst(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);

	(void)state;
	life_rig_close(&connection.server);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	life_rig_reset(&connection.client);
	assert_int_equal(
		await(life, LIFE_DIED, LIFE_KILLED_BY_RST, SERVER)->to, TCP_STATE_FIN_WAIT2);
	life_rig_finish(&connection);
	end(life);
}

static void data_after_close(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);

	(void)state;
	life_rig_close(&connection.server);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(send(connection.client, "x", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(
		await(life, LIFE_DIED, LIFE_DATA_AFTER_CLOSE, SERVER)->to, TCP_STATE_FIN_WAIT2);
	life_rig_finish(&connection);
	end(life);
}

static void sock_destroy(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	_cleanup_socket_list_ struct socket_list list = SOCKET_LIST_INIT;
	const struct life_event *event;
	struct error err;
	struct diag diag;

	(void)state;
	close_both(&connection);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(socket_list_read(&list, &diag, DIAG_STATE(TCP_STATE_TIME_WAIT), &err), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(diag_destroy(&diag, &list.sockets[0], &err), 0);
	diag_close(&diag);
	event = await(life, LIFE_DIED, LIFE_SOCK_DESTROY, SERVER);
	assert_int_equal(event->ended_by, getpid());
	assert_int_equal(event->cookie, list.sockets[0].cookie);
	life_rig_finish(&connection);
	end(life);
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
		close_both(&connection);
		life_rig_finish(&connection);
		_exit(write(ready[1], "r", 1) != 1);
	}
	life = watch((struct life_options){.port = port});
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	waitpid(child, NULL, 0);
	assert_int_equal(await(life, LIFE_BORN, LIFE_CAUSE_NONE, port)->pid, child);
	await(life, LIFE_DIED, LIFE_NAMESPACE_GONE, port);
	for (size_t i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	life_close(life);
}

static void bucket_overflow(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection;
	const struct life_event *event;

	(void)state;
	assert_true(life_rig_set("tcp_max_tw_buckets", "0"));
	connection = life_rig_connect(false, SERVER, 0);
	close_both(&connection);
	event = await(life, LIFE_NOT_BORN, LIFE_BUCKET_OVERFLOW, SERVER);
	assert_int_equal(event->from, TCP_STATE_FIN_WAIT2);
	assert_closed_by_us(event);
	life_rig_finish(&connection);
	end(life);
}

/* One end resets, the other is reset: neither waits. */
static void linger_and_reset(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *event;

	(void)state;
	life_rig_reset(&connection.server);
	event = await(life, LIFE_NOT_BORN, LIFE_LINGER, SERVER);
	assert_int_equal(event->from, TCP_STATE_ESTABLISHED);
	assert_closed_by_us(event);
	event = await(life, LIFE_NOT_BORN, LIFE_RESET, connection.client_port);
	assert_false(event->flags & LIFE_HAS_CLOSER);
	life_rig_finish(&connection);
	end(life);
}

static void closed_over_unread_bytes(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	char byte;

	(void)state;
	assert_int_equal(send(connection.client, "x", 1, 0), 1);
	assert_int_equal(recv(connection.server, &byte, 1, MSG_PEEK), 1);
	life_rig_close(&connection.server);
	await(life, LIFE_NOT_BORN, LIFE_RESET, SERVER);
	life_rig_finish(&connection);
	end(life);
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
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *event;
	struct life_totals totals;

	(void)state;
	life_rig_close(&connection.server);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.fin_wait2_minisockets, 1);
	await_timer_below(57000);
	life_rig_close(&connection.client);
	event = await(life, LIFE_RESTARTED, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(event->to, TCP_STATE_TIME_WAIT);
	assert_int_equal(event->restarts, 1);
	assert_true(event->flags & LIFE_WAS_FINWAIT2);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.fin_wait2_minisockets, 0);
	assert_int_equal(totals.states[TCP_STATE_TIME_WAIT], 1);
	life_rig_finish(&connection);
	end(life);
}

/* At once: the kernel tells nothing, but the counts are right. */
static void becomes_time_wait_without_a_word(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	struct life_totals totals;

	(void)state;
	life_rig_close(&connection.server);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_FIN_WAIT2], 1);
	life_rig_close(&connection.client);
	await_state(life, connection.client_port, TCP_STATE_CLOSED);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_FIN_WAIT2], 0);
	assert_int_equal(totals.states[TCP_STATE_TIME_WAIT], 1);
	life_rig_finish(&connection);
	end(life);
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
	close_both(&first);
	life_rig_finish(&first);
	second = life_rig_connect(false, 14, 0);
	life = watch((struct life_options){.netns = netns_number()});
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_TIME_WAIT], 1);
	assert_int_equal(totals.states[TCP_STATE_ESTABLISHED], 2);
	assert_int_equal(totals.states[TCP_STATE_LISTEN], 1);
	first = life_rig_connect(false, SERVER, 50001);
	event = await(life, LIFE_DIED, LIFE_REOPENED_BY_SYN, SERVER);
	assert_true(event->flags & LIFE_WAS_BEFORE);
	assert_false(event->flags & LIFE_HAS_CLOSER);
	close_both(&second);
	assert_closed_by_us(await(life, LIFE_BORN, LIFE_CAUSE_NONE, 14));
	life_rig_finish(&first);
	life_rig_finish(&second);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.states[TCP_STATE_LISTEN], 0);
	assert_int_equal(totals.states[TCP_STATE_ESTABLISHED], 0);
	end(life);
}

static bool was_told(enum life_kind kind, uint16_t local_port)
{
	for (size_t i = 0; i < events->count; i++) {
		if (events->events[i].kind == kind && events->events[i].local_port == local_port)
			return true;
	}
	return false;
}

/* Filters: what does not pass is not told; what comes after it is. */
static void filtered_by(struct life_options options)
{
	struct life_rig_connection connection;
	struct life *life;

	life_rig_new_network();
	options.netns = netns_number();
	life = watch(options);
	connection = life_rig_connect(true, 14, 0);
	close_both(&connection);
	life_rig_finish(&connection);
	connection = life_rig_connect(false, SERVER, 0);
	close_both(&connection);
	life_rig_finish(&connection);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	assert_false(was_told(LIFE_BORN, 14));
	assert_false(was_told(LIFE_STATE, 14));
	life_close(life);
}

static void filters(void **state)
{
	(void)state;
	filtered_by((struct life_options){.port = SERVER});
	filtered_by((struct life_options){
		.peer = {.family = AF_INET, .address = {127, 1, 2, 3}}, .peer_bits = 8});
}

/* A real one, from birth to the minute's end. */
static void lives_a_minute(void **state)
{
	struct life *life = watch_new_network();
	struct life_rig_connection connection = life_rig_connect(false, SERVER, 0);
	const struct life_event *event;

	(void)state;
	close_both(&connection);
	life_rig_finish(&connection);
	await(life, LIFE_BORN, LIFE_CAUSE_NONE, SERVER);
	event = life_rig_await(life, events, LIFE_DIED, LIFE_EXPIRED, SERVER, 75);
	assert_non_null(event);
	assert_true(event->lifetime_ns >= 59 * NS_PER_S);
	assert_int_equal(event->to, TCP_STATE_TIME_WAIT);
	end(life);
}

static int set_up(void **state)
{
	struct error err = {0};
	int r = life_check(&err);

	(void)state;
	events = calloc(1, sizeof(*events));
	if (r < 0)
		print_message("life_check: %s\n", err.text);
	return r;
}

static int tear_down(void **state)
{
	(void)state;
	free(events);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(born_by_who_closed_first),
		cmocka_unit_test(closed_by_a_process_that_was_killed),
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
		cmocka_unit_test(bucket_overflow),
		cmocka_unit_test(linger_and_reset),
		cmocka_unit_test(closed_over_unread_bytes),
		cmocka_unit_test(restarted),
		cmocka_unit_test(becomes_time_wait_without_a_word),
		cmocka_unit_test(there_before_us),
		cmocka_unit_test(filters),
		cmocka_unit_test(lives_a_minute),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP BPF needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
