/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The sequences of states that a connection goes through, on the real kernel: every one is to be
 * seen whole, whatever the machine is doing besides. Run again over IPv6 with RIG_IPV6 set.
 */

#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static void handshake_packet_by_packet(void **state)
{
	struct rig *rig = *state;

	rig_hold(rig, WIRE_ANY, HOST_COUNT);
	rig_listen(rig);
	rig_connect(rig);
	rig_expect(rig, TCP_STATE_CLOSED, TCP_STATE_SYN_SENT);
	rig_release(rig, WIRE_SYN, HOST_CLIENT);
	rig_expect(rig, TCP_STATE_SYN_RECV, TCP_STATE_SYN_SENT);
	rig_release(rig, WIRE_SYN_ACK, HOST_SERVER);
	rig_expect(rig, TCP_STATE_SYN_RECV, TCP_STATE_ESTABLISHED);
	rig_release(rig, WIRE_ACK, HOST_CLIENT);
	rig_expect(rig, TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);
}

static void server_closes_first(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_close(rig, &rig->server);
	rig_expect(rig, TCP_STATE_FIN_WAIT2, TCP_STATE_CLOSE_WAIT);
	rig_close(rig, &rig->client);
	rig_expect(rig, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
	rig_expect_went(rig, HOST_SERVER,
		"CLOSED > SYN_RECV > ESTABLISHED > FIN_WAIT1 > FIN_WAIT2 > TIME_WAIT");
	rig_expect_went(rig, HOST_CLIENT,
		"CLOSED > SYN_SENT > ESTABLISHED > CLOSE_WAIT > LAST_ACK > CLOSED");
}

static void client_closes_first(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_close(rig, &rig->client);
	rig_expect(rig, TCP_STATE_CLOSE_WAIT, TCP_STATE_FIN_WAIT2);
	rig_close(rig, &rig->server);
	rig_expect_went(rig, HOST_SERVER,
		"CLOSED > SYN_RECV > ESTABLISHED > CLOSE_WAIT > LAST_ACK > CLOSED");
	rig_expect_went(rig, HOST_CLIENT,
		"CLOSED > SYN_SENT > ESTABLISHED > FIN_WAIT1 > FIN_WAIT2 > TIME_WAIT");
}

static void simultaneous_close(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_hold(rig, WIRE_FIN, HOST_COUNT);
	rig_close(rig, &rig->server);
	rig_close(rig, &rig->client);
	rig_expect(rig, TCP_STATE_FIN_WAIT1, TCP_STATE_FIN_WAIT1);
	wire_pass(&rig->lab.wire);
	rig_release(rig, WIRE_FIN, HOST_COUNT);
	rig_expect_went(rig, HOST_SERVER,
		"CLOSED > SYN_RECV > ESTABLISHED > FIN_WAIT1 > CLOSING > TIME_WAIT");
	rig_expect_went(rig, HOST_CLIENT,
		"CLOSED > SYN_SENT > ESTABLISHED > FIN_WAIT1 > CLOSING > TIME_WAIT");
}

/* RFC 9293 figure 8: both connect, each to the other's port. */
static void simultaneous_open(void **state)
{
	struct rig *rig = *state;
	struct sockaddr_storage addresses[HOST_COUNT];
	socklen_t length = 0;
	int fds[HOST_COUNT];

	for (int host = 0; host < HOST_COUNT; host++) {
		struct endpoint local = rig->lab.hosts[host].address;
		struct error err;

		local.port = RIG_PORT;
		length = endpoint_to_sockaddr(&local, &addresses[host]);
		fds[host] =
			host_socket(&rig->lab.hosts[host], &rig->lab.sandbox, SOCK_STREAM, &err);
		assert_true(fds[host] >= 0);
		assert_return_code(
			bind(fds[host], (struct sockaddr *)&addresses[host], length), errno);
	}
	rig_hold(rig, WIRE_SYN, HOST_COUNT);
	for (int host = 0; host < HOST_COUNT; host++) {
		assert_int_equal(
			connect(fds[host], (struct sockaddr *)&addresses[!host], length), -1);
		assert_int_equal(errno, EINPROGRESS);
		rig_settle(rig);
	}
	rig->server = fds[HOST_SERVER];
	rig->client = fds[HOST_CLIENT];
	rig_expect(rig, TCP_STATE_SYN_SENT, TCP_STATE_SYN_SENT);
	wire_pass(&rig->lab.wire);
	rig_release(rig, WIRE_SYN, HOST_COUNT);
	rig_expect_went(rig, HOST_SERVER, "CLOSED > SYN_SENT > SYN_RECV > ESTABLISHED");
	rig_expect_went(rig, HOST_CLIENT, "CLOSED > SYN_SENT > SYN_RECV > ESTABLISHED");
	assert_int_equal(rig->lab.timeline.connection_count, 1);
}

static void linger_zero_resets(void **state)
{
	struct rig *rig = *state;
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	char byte;

	rig_establish(rig);
	setsockopt(rig->server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	rig_close(rig, &rig->server);
	rig_expect(rig, TCP_STATE_CLOSED, TCP_STATE_CLOSED);
	assert_int_equal(rig_count(rig, WIRE_FIN, HOST_COUNT), 0);
	assert_int_equal(rig_count(rig, WIRE_RST, HOST_SERVER), 1);
	assert_int_equal(recv(rig->client, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void close_with_an_unread_byte_resets(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_send(rig, rig->client, "x");
	rig_close(rig, &rig->server);
	rig_expect(rig, TCP_STATE_CLOSED, TCP_STATE_CLOSED);
	assert_int_equal(rig_count(rig, WIRE_RST, HOST_SERVER), 1);
}

static void data_after_close_kills_fin_wait2(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_close(rig, &rig->server);
	rig_expect(rig, TCP_STATE_FIN_WAIT2, TCP_STATE_CLOSE_WAIT);
	rig_send(rig, rig->client, "too late");
	rig_expect(rig, TCP_STATE_CLOSED, TCP_STATE_CLOSED);
	assert_int_equal(send(rig->client, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
}

static void nobody_listens(void **state)
{
	struct rig *rig = *state;
	int error = 0;
	socklen_t length = sizeof(error);

	rig_connect(rig);
	rig_expect_went(rig, HOST_CLIENT, "CLOSED > SYN_SENT > CLOSED");
	assert_return_code(getsockopt(rig->client, SOL_SOCKET, SO_ERROR, &error, &length), errno);
	assert_int_equal(error, ECONNREFUSED);
}

static void lost_syn_is_sent_again(void **state)
{
	struct rig *rig = *state;

	rig_rule(rig, WIRE_DROP, WIRE_SYN, HOST_CLIENT, 1);
	rig_listen(rig);
	rig_connect(rig);
	rig_expect(rig, TCP_STATE_CLOSED, TCP_STATE_SYN_SENT);
	rig_await(rig, TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);
	assert_int_equal(rig_count(rig, WIRE_SYN, HOST_CLIENT), 2);
}

/* The reason for TIME_WAIT: the FIN comes again, and somebody answers it. */
static void lost_last_ack_is_sent_again(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_close(rig, &rig->server);
	rig_rule(rig, WIRE_DROP, WIRE_ACK, HOST_SERVER, 1);
	rig_close(rig, &rig->client);
	rig_expect(rig, TCP_STATE_TIME_WAIT, TCP_STATE_LAST_ACK);
	rig_await(rig, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
	assert_int_equal(rig_count(rig, WIRE_FIN, HOST_CLIENT), 2);
}

/* A packet held for long is sent again by TCP: that is still the one packet. */
static void retransmission_of_a_held_packet_is_merged(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_hold(rig, WIRE_FIN, HOST_SERVER);
	rig_close(rig, &rig->server);
	/* Until the FIN's retransmission timer has fired twice. */
	for (uint32_t fired = 0; fired < 2;) {
		const struct diag_socket *socket = census_socket(
			&rig->lab.census, HOST_SERVER, lab_first_connection(&rig->lab));

		assert_non_null(socket);
		fired = socket->retransmissions;
		rig_settle(rig);
	}
	assert_int_equal(rig_count(rig, WIRE_FIN, HOST_SERVER), 1);
	assert_int_equal(rig->lab.wire.held_count, 1);
	rig_release(rig, WIRE_FIN, HOST_SERVER);
	rig_expect(rig, TCP_STATE_FIN_WAIT2, TCP_STATE_CLOSE_WAIT);
}

/*
 * The hazard of RFC 1337 with no hand of ours in it but a packet doubled on the way: the second ACK
 * finds no connection any more, and the RST that answers it ends TIME_WAIT.
 */
static void duplicated_last_fin_ends_time_wait(void **state)
{
	struct rig *rig = *state;

	rig_sysctl(rig, HOST_SERVER, "net.ipv4.tcp_rfc1337", "0");
	rig_establish(rig);
	rig_close(rig, &rig->server);
	rig_rule(rig, WIRE_DUPLICATE, WIRE_FIN, HOST_CLIENT, 1);
	rig_close(rig, &rig->client);
	assert_int_equal(rig_count(rig, WIRE_FIN, HOST_CLIENT), 1);
	assert_int_equal(rig_count(rig, WIRE_ACK, HOST_SERVER), 2);
	assert_int_equal(rig_count(rig, WIRE_RST, HOST_CLIENT), 1);
	rig_expect_went(rig, HOST_SERVER,
		"CLOSED > SYN_RECV > ESTABLISHED > FIN_WAIT1 > FIN_WAIT2 > TIME_WAIT > CLOSED");
}

static int note_retransmissions(void *context, const struct diag_socket *socket)
{
	*(uint32_t *)context = socket->retransmissions;
	return 0;
}

/*
 * A machine so busy that the laboratory does not get round to its packets: the client sends its FIN
 * again and again meanwhile. Had all of them been passed on, the server's TIME_WAIT would be gone.
 */
static void being_late_does_no_harm(void **state)
{
	struct rig *rig = *state;
	struct diag *diag = &rig->lab.hosts[HOST_CLIENT].diag;
	int64_t deadline_ns = clock_deadline_ns(10 * NS_PER_S);
	uint32_t sent_again = 0;

	rig_sysctl(rig, HOST_SERVER, "net.ipv4.tcp_rfc1337", "0");
	rig_establish(rig);
	rig_close(rig, &rig->server);
	assert_return_code(close(fd_steal(&rig->client)), errno);
	while (sent_again < 2 && clock_now_ns() < deadline_ns) {
		struct error err;

		assert_int_equal(diag_dump(diag, DIAG_STATE(TCP_STATE_LAST_ACK),
					 note_retransmissions, &sent_again, &err),
			0);
	}
	assert_int_equal(sent_again, 2);
	rig_settle(rig);
	rig_expect(rig, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
	assert_int_equal(rig_count(rig, WIRE_FIN, HOST_CLIENT), 1);
	assert_int_equal(rig_count(rig, WIRE_RST, HOST_COUNT), 0);
}

static void newest_rule_decides(void **state)
{
	struct rig *rig = *state;

	rig_rule(rig, WIRE_DROP, WIRE_ANY, HOST_COUNT, WIRE_EVER);
	rig_hold(rig, WIRE_SYN, HOST_CLIENT);
	rig_listen(rig);
	rig_connect(rig);
	assert_int_equal(rig->lab.wire.held_count, 1);
	rig_release(rig, WIRE_SYN, HOST_CLIENT); /* past all rules */
	rig_expect(rig, TCP_STATE_SYN_RECV, TCP_STATE_SYN_SENT);
	wire_pass(&rig->lab.wire);
	rig_await(rig, TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);
}

static void inject(struct rig *rig, enum host_id sender, uint8_t flags, int32_t sequence_offset)
{
	struct lab_injection injection = {
		.connection = lab_first_connection(&rig->lab),
		.sender = sender,
		.flags = flags,
		.sequence_offset = sequence_offset,
	};
	struct error err = {0};

	if (lab_inject(&rig->lab, &injection, &err) < 0)
		fail_msg("%s", err.text);
}

static void put_server_in_time_wait(struct rig *rig)
{
	rig_establish(rig);
	rig_close(rig, &rig->server);
	rig_close(rig, &rig->client);
	rig_expect(rig, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
}

/* RFC 1337: an RST that is exactly expected ends TIME_WAIT early, unless the sysctl forbids. */
static void rst_assassinates_time_wait(void **state)
{
	struct rig *rig = *state;

	rig_sysctl(rig, HOST_SERVER, "net.ipv4.tcp_rfc1337", "0");
	put_server_in_time_wait(rig);
	inject(rig, HOST_CLIENT, SEGMENT_RST, 1);
	rig_expect(rig, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
	inject(rig, HOST_CLIENT, SEGMENT_RST, 0);
	rig_expect(rig, TCP_STATE_CLOSED, TCP_STATE_CLOSED);
}

static void rfc1337_protects_time_wait(void **state)
{
	struct rig *rig = *state;

	rig_sysctl(rig, HOST_SERVER, "net.ipv4.tcp_rfc1337", "1");
	put_server_in_time_wait(rig);
	inject(rig, HOST_CLIENT, SEGMENT_RST, 0);
	rig_expect(rig, TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED);
}

static void injected_fin_is_the_next_expected(void **state)
{
	struct rig *rig = *state;

	rig_establish(rig);
	rig_send(rig, rig->client, "some data first");
	/* The client never sent that FIN, and would protest against its ACK. */
	rig_rule(rig, WIRE_DROP, WIRE_ACK, HOST_SERVER, WIRE_EVER);
	inject(rig, HOST_CLIENT, SEGMENT_FIN | SEGMENT_ACK, 0);
	rig_expect(rig, TCP_STATE_CLOSE_WAIT, TCP_STATE_ESTABLISHED);
}

/* Two ends that disagree on the sequence numbers answer each other's ACKs for ever. */
static void ack_war_is_ended(void **state)
{
	struct rig *rig = *state;
	struct lab_injection injection = {
		.sender = HOST_CLIENT,
		.flags = SEGMENT_ACK | SEGMENT_PSH,
		.payload_length = 5,
	};
	struct error err = {0};

	rig_establish(rig);
	injection.connection = lab_first_connection(&rig->lab);
	assert_int_equal(lab_inject(&rig->lab, &injection, &err), 0);
	assert_true(rig_count(rig, WIRE_ACK, HOST_CLIENT) < 10);
	rig_expect(rig, TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);
}

/* The same four numbers again, bound by hand as a client may: a connection of its own. */
static void reused_tuple_is_a_new_connection(void **state)
{
	struct rig *rig = *state;
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int yes = 1;

	rig_establish(rig);
	assert_return_code(getsockname(rig->client, (struct sockaddr *)&address, &length), errno);
	rig_close(rig, &rig->server);
	rig_close(rig, &rig->client);
	rig->client = -1;
	{
		struct error err;
		struct endpoint server = rig->lab.hosts[HOST_SERVER].address;
		struct sockaddr_storage to;
		int fd = host_socket(
			&rig->lab.hosts[HOST_CLIENT], &rig->lab.sandbox, SOCK_STREAM, &err);

		assert_true(fd >= 0);
		rig->client = fd;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		assert_return_code(bind(fd, (struct sockaddr *)&address, length), errno);
		server.port = RIG_PORT;
		length = endpoint_to_sockaddr(&server, &to);
		assert_int_equal(connect(fd, (struct sockaddr *)&to, length), -1);
		assert_int_equal(errno, EINPROGRESS);
		rig_settle(rig);
	}
	/* listener, conn, conn2 */
	assert_int_equal(rig->lab.timeline.connection_count, 3);
	assert_string_equal(rig->lab.timeline.connections[2].name, "conn2");
	rig_expect(rig, TCP_STATE_CLOSED, TCP_STATE_CLOSED);
	assert_int_equal(lab_state(&rig->lab, HOST_SERVER, 2), TCP_STATE_ESTABLISHED);
	assert_int_equal(lab_state(&rig->lab, HOST_CLIENT, 2), TCP_STATE_ESTABLISHED);
}

static void every_packet_has_right_checksums(void **state)
{
	struct rig *rig = *state;
	size_t packets = 0;

	put_server_in_time_wait(rig);
	inject(rig, HOST_CLIENT, SEGMENT_RST, 1);
	for (size_t i = 0; i < rig->lab.timeline.event_count; i++) {
		const struct event *event = &rig->lab.timeline.events[i];

		if (event->kind != EVENT_PACKET)
			continue;
		assert_int_equal(segment_verify(event->bytes, event->length), 0);
		packets++;
	}
	assert_true(packets >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(handshake_packet_by_packet),
		rig_test(server_closes_first),
		rig_test(client_closes_first),
		rig_test(simultaneous_close),
		rig_test(simultaneous_open),
		rig_test(linger_zero_resets),
		rig_test(close_with_an_unread_byte_resets),
		rig_test(data_after_close_kills_fin_wait2),
		rig_test(nobody_listens),
		rig_test(lost_syn_is_sent_again),
		rig_test(lost_last_ack_is_sent_again),
		rig_test(retransmission_of_a_held_packet_is_merged),
		rig_test(duplicated_last_fin_ends_time_wait),
		rig_test(being_late_does_no_harm),
		rig_test(newest_rule_decides),
		rig_test(rst_assassinates_time_wait),
		rig_test(rfc1337_protects_time_wait),
		rig_test(injected_fin_is_the_next_expected),
		rig_test(ack_war_is_ended),
		rig_test(reused_tuple_is_a_new_connection),
		rig_test(every_packet_has_right_checksums),
	};

	return cmocka_run_group_tests_name(
		getenv("RIG_IPV6") ? "states over IPv6" : "states over IPv4", tests, NULL, NULL);
}
