/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "daytime/connection.h"
#include "daytime/datagram.h"
#include "daytime/listen.h"
#include "daytime/notice_limit.h"

#define LINE "Sun Jun  5 21:00:00 2022\r\n"

/*
 * The table.
 */

static void the_table_keeps_order(void **state)
{
	const struct connection begun = {.fd = -1, .line = LINE, .length = strlen(LINE)};
	struct connection_table table;
	struct held_connection *connections[4];

	(void)state;
	assert_int_equal(connection_table_open(&table, 4), 0);
	assert_int_equal(table.oldest, -1);
	for (int i = 0; i < 4; i++)
		connections[i] = connection_table_add(&table, &begun, 100 + i);
	assert_int_equal(table.open, 4);
	assert_null(connection_table_add(&table, &begun, 104));
	/* Its line is its own: whoever began it makes another each second. */
	assert_ptr_not_equal(connections[0]->connection.line, begun.line);
	assert_memory_equal(connections[0]->connection.line, LINE, strlen(LINE));
	assert_ptr_equal(&table.places[table.oldest], connections[0]);

	connection_table_remove(&table, connections[1]); /* from the middle */
	connection_table_remove(&table, connections[0]); /* the oldest */
	assert_ptr_equal(&table.places[table.oldest], connections[2]);
	connections[0] = connection_table_add(&table, &begun, 104); /* a place used again */
	assert_ptr_equal(&table.places[table.newest], connections[0]);
	connection_table_remove(&table, connections[0]); /* the newest */
	assert_ptr_equal(&table.places[table.newest], connections[3]);
	connection_table_remove(&table, connections[2]);
	connection_table_remove(&table, connections[3]);
	assert_int_equal(table.open, 0);
	assert_int_equal(table.oldest, -1);
	assert_int_equal(table.newest, -1);
	for (int i = 0; i < 4; i++)
		assert_non_null(connection_table_add(&table, &begun, i)); /* no place was lost */
	assert_null(connection_table_add(&table, &begun, 4));
	connection_table_close(&table);
}

/*
 * One connection, over a socket pair: no network, and a buffer that can be filled.
 */

struct pair {
	struct connection connection;
	int peer;
};

static void pair_open(struct pair *pair)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	pair->connection = (struct connection){.fd = fds[0], .line = LINE, .length = strlen(LINE)};
	pair->peer = fds[1];
}

static void peer_reads(const struct pair *pair, const char *expected)
{
	char bytes[256] = "";
	ssize_t n = read(pair->peer, bytes, sizeof(bytes) - 1);

	assert_int_equal(n, (ssize_t)strlen(expected));
	assert_string_equal(bytes, expected);
}

static void the_server_closes_first(void **state)
{
	struct pair pair;

	(void)state;
	pair_open(&pair);
	assert_int_equal(connection_send(&pair.connection, CLOSING_SERVER), STEP_OVER);
	assert_int_equal(pair.connection.fd, -1);
	peer_reads(&pair, LINE);
	peer_reads(&pair, "");
	fd_close(&pair.peer);
}

static void the_client_closes_first(void **state)
{
	struct pair pair;
	char byte;

	(void)state;
	pair_open(&pair);
	assert_int_equal(connection_send(&pair.connection, CLOSING_CLIENT), STEP_READABLE);
	peer_reads(&pair, LINE);
	assert_int_equal(connection_read(&pair.connection), STEP_READABLE);
	assert_int_equal(write(pair.peer, "hello", 5), 5);
	assert_int_equal(connection_read(&pair.connection), STEP_READABLE);
	assert_int_equal(recv(pair.connection.fd, &byte, 1, MSG_DONTWAIT), -1); /* discarded */
	fd_close(&pair.peer);
	assert_int_equal(connection_read(&pair.connection), STEP_OVER);
	assert_int_equal(pair.connection.fd, -1);
}

static void a_client_that_went_away(void **state)
{
	struct pair pair;

	(void)state;
	pair_open(&pair);
	fd_close(&pair.peer);
	assert_int_equal(connection_send(&pair.connection, CLOSING_SERVER), STEP_FAILED);
	assert_int_equal(pair.connection.fd, -1);
}

/* Fills the way to the peer to the last byte that goes, and returns how much that was. */
static size_t fill(int fd)
{
	static const char filling[4096];
	size_t total = 0;
	ssize_t n;

	while ((n = send(fd, filling, sizeof(filling), MSG_DONTWAIT)) > 0)
		total += (size_t)n;
	return total;
}

static void empty(int fd, size_t total)
{
	char bytes[4096];

	while (total) {
		ssize_t n = read(fd, bytes, total < sizeof(bytes) ? total : sizeof(bytes));

		assert_true(n > 0);
		total -= (size_t)n;
	}
}

static void a_full_buffer_is_waited_for(void **state)
{
	struct pair pair;
	size_t filled;

	(void)state;
	for (int closing = CLOSING_SERVER; closing <= CLOSING_CLIENT; closing++) {
		pair_open(&pair);
		filled = fill(pair.connection.fd);
		assert_int_equal(
			connection_send(&pair.connection, (enum closing)closing), STEP_WRITABLE);
		assert_false(pair.connection.is_sent);
		assert_int_equal(
			connection_send(&pair.connection, (enum closing)closing), STEP_WRITABLE);
		empty(pair.peer, filled);
		assert_int_equal(connection_send(&pair.connection, (enum closing)closing),
			closing == CLOSING_SERVER ? STEP_OVER : STEP_READABLE);
		assert_true(pair.connection.is_sent);
		peer_reads(&pair, LINE);
		connection_end(&pair.connection);
		peer_reads(&pair, "");
		fd_close(&pair.peer);
	}
}

/* What is left after half a line is the other half. */
static void a_partial_write_goes_on(void **state)
{
	struct pair pair;

	(void)state;
	pair_open(&pair);
	pair.connection.sent = 10;
	assert_int_equal(connection_send(&pair.connection, CLOSING_SERVER), STEP_OVER);
	peer_reads(&pair, &LINE[10]);
	fd_close(&pair.peer);
}

/*
 * Datagrams.
 */

static struct datagram datagram_from(const char *address, uint16_t port)
{
	struct datagram datagram = {.destination_family = AF_UNSPEC};
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)&datagram.source;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&datagram.source;

	if (inet_pton(AF_INET, address, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		ipv4->sin_port = htons(port);
		datagram.source_length = sizeof(*ipv4);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &ipv6->sin6_addr), 1);
		ipv6->sin6_family = AF_INET6;
		ipv6->sin6_port = htons(port);
		datagram.source_length = sizeof(*ipv6);
	}
	return datagram;
}

static void who_is_answered(void **state)
{
	static const struct {
		const char *address;
		uint16_t port;
		enum datagram_verdict verdict;
	} cases[] = {
		{"192.0.2.1", 1024, DATAGRAM_ANSWER},
		{"192.0.2.1", 65535, DATAGRAM_ANSWER},
		{"127.0.0.1", 40000, DATAGRAM_ANSWER},
		{"2001:db8::1", 40000, DATAGRAM_ANSWER},
		{"fe80::1", 40000, DATAGRAM_ANSWER},
		{"::ffff:192.0.2.1", 40000, DATAGRAM_ANSWER},
		{"192.0.2.1", 0, DATAGRAM_LOW_PORT},
		{"192.0.2.1", 7, DATAGRAM_LOW_PORT},
		{"192.0.2.1", 13, DATAGRAM_LOW_PORT},
		{"192.0.2.1", 1023, DATAGRAM_LOW_PORT},
		{"2001:db8::1", 19, DATAGRAM_LOW_PORT},
		{"192.0.2.1", 1313, DATAGRAM_OWN_PORT},
		{"192.0.2.1", 2049, DATAGRAM_SERVICE_PORT},
		{"192.0.2.1", 11211, DATAGRAM_SERVICE_PORT},
		{"0.0.0.0", 40000, DATAGRAM_SOURCE},
		{"0.1.2.3", 40000, DATAGRAM_SOURCE},
		{"224.0.0.1", 40000, DATAGRAM_SOURCE},
		{"239.255.255.255", 40000, DATAGRAM_SOURCE},
		{"255.255.255.255", 40000, DATAGRAM_SOURCE},
		{"::", 40000, DATAGRAM_SOURCE},
		{"ff02::1", 40000, DATAGRAM_SOURCE},
		{"::ffff:224.0.0.1", 40000, DATAGRAM_SOURCE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct datagram datagram = datagram_from(cases[i].address, cases[i].port);
		enum datagram_verdict verdict = datagram_judge(&datagram, 1313, 0);

		if (verdict != cases[i].verdict)
			fail_msg("%s port %u: %d", cases[i].address, cases[i].port, (int)verdict);
		if (verdict == DATAGRAM_ANSWER)
			assert_null(datagram_reason(verdict));
		else
			assert_non_null(datagram_reason(verdict));
	}
}

static void a_broadcast_is_not_answered(void **state)
{
	struct datagram datagram = datagram_from("192.0.2.1", 40000);

	(void)state;
	datagram.destination_family = AF_INET;
	inet_pton(AF_INET, "192.0.2.255", &datagram.destination.ipv4.ipi_addr);
	inet_pton(AF_INET, "192.0.2.2", &datagram.destination.ipv4.ipi_spec_dst);
	assert_int_equal(datagram_judge(&datagram, 13, 0), DATAGRAM_DESTINATION);
	datagram.destination.ipv4.ipi_addr = datagram.destination.ipv4.ipi_spec_dst;
	assert_int_equal(datagram_judge(&datagram, 13, 0), DATAGRAM_ANSWER);
	datagram = datagram_from("2001:db8::1", 40000);
	datagram.destination_family = AF_INET6;
	inet_pton(AF_INET6, "ff02::1", &datagram.destination.ipv6.ipi6_addr);
	assert_int_equal(datagram_judge(&datagram, 13, 0), DATAGRAM_DESTINATION);
}

/* Two daytime servers on high ports, or one and an echo: no port gives them away. */
static void an_answer_is_not_answered(void **state)
{
	static const char *const answers[] = {
		"Sun Jun  5 21:00:00 2022\r\n",
		"Sunday, June 5, 2022 21:00:00-PDT\r\n",
		"2022-06-05T21:00:00+09:00\r\n",
		"\n59735 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST) *\r\n",
		"05 JUN 2022 21:00:00 KST\r\n",
	};
	struct datagram datagram = datagram_from("192.0.2.1", 40000);

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		snprintf(datagram.bytes, sizeof(datagram.bytes), "%s", answers[i]);
		datagram.length = strlen(answers[i]);
		assert_int_equal(datagram_judge(&datagram, 13, 0), DATAGRAM_IS_DAYTIME);
	}
	snprintf(datagram.bytes, sizeof(datagram.bytes), "what time is it?\n");
	assert_int_equal(datagram_judge(&datagram, 13, 0), DATAGRAM_ANSWER);
}

static void short_requests(void **state)
{
	struct datagram datagram = datagram_from("192.0.2.1", 40000);

	(void)state;
	assert_int_equal(datagram_judge(&datagram, 13, 0), DATAGRAM_ANSWER); /* an empty one */
	assert_int_equal(datagram_judge(&datagram, 13, 1), DATAGRAM_TOO_SHORT);
	datagram.length = 64;
	assert_int_equal(datagram_judge(&datagram, 13, 64), DATAGRAM_ANSWER);
	assert_int_equal(datagram_judge(&datagram, 13, 65), DATAGRAM_TOO_SHORT);
}

/*
 * Notes and numbers.
 */

static void notices_are_rare(void **state)
{
	struct notice_limit limit = {0};
	uint64_t left_out = 99;

	(void)state;
	assert_true(notice_limit_allows(&limit, 1000, &left_out));
	assert_int_equal(left_out, 0);
	for (int i = 0; i < 5; i++)
		assert_false(notice_limit_allows(&limit, 1000 + NOTICE_INTERVAL_NS - 1, &left_out));
	assert_true(notice_limit_allows(&limit, 1000 + NOTICE_INTERVAL_NS, &left_out));
	assert_int_equal(left_out, 5);
	assert_false(notice_limit_allows(&limit, 1001 + NOTICE_INTERVAL_NS, &left_out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_keeps_order),
		cmocka_unit_test(the_server_closes_first),
		cmocka_unit_test(the_client_closes_first),
		cmocka_unit_test(a_client_that_went_away),
		cmocka_unit_test(a_full_buffer_is_waited_for),
		cmocka_unit_test(a_partial_write_goes_on),
		cmocka_unit_test(who_is_answered),
		cmocka_unit_test(a_broadcast_is_not_answered),
		cmocka_unit_test(an_answer_is_not_answered),
		cmocka_unit_test(short_requests),
		cmocka_unit_test(notices_are_rare),
	};

	signal(SIGPIPE, SIG_IGN); /* as console_init() does */
	return cmocka_run_group_tests_name("daytime server", tests, NULL, NULL);
}
