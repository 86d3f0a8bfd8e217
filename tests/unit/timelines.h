/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_TIMELINES_H
#define TESTS_TIMELINES_H

/*
 * Timelines as the lab makes them, written by hand: what every rendering is tested with. The ISNs
 * are chosen so that sequence numbers wrap.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "unit.h"

#include "base/clock.h"
#include "lab/timeline.h"

#define SERVER_ISN   UINT32_C(0xfffffff0)
#define CLIENT_ISN   UINT32_C(5000)

#define FLAG_SYN     SEGMENT_SYN
#define FLAG_SYN_ACK (SEGMENT_SYN | SEGMENT_ACK)
#define FLAG_ACK     SEGMENT_ACK
#define FLAG_DATA    (SEGMENT_PSH | SEGMENT_ACK)
#define FLAG_FIN     (SEGMENT_FIN | SEGMENT_ACK)

static inline struct endpoint sample_endpoint(int family, const char *address, uint16_t port)
{
	struct endpoint endpoint = {.family = (uint16_t)family, .port = port};

	assert_int_equal(inet_pton(family, address, endpoint.address), 1);
	return endpoint;
}

static inline int sample_listener(struct timeline *timeline)
{
	int listener = timeline_connection(timeline, "listener", true);

	timeline->connections[listener].ends[HOST_SERVER] =
		sample_endpoint(AF_INET, "192.0.2.1", 13);
	return listener;
}

static inline int sample_connection(struct timeline *timeline, const char *name, uint16_t port)
{
	int connection = timeline_connection(timeline, name, false);
	struct endpoint *ends = timeline->connections[connection].ends;

	ends[HOST_SERVER] = sample_endpoint(AF_INET, "192.0.2.1", 13);
	ends[HOST_CLIENT] = sample_endpoint(AF_INET, "192.0.2.2", port);
	return connection;
}

/* A segment by its relative numbers. */
static inline size_t sample_packet(struct timeline *timeline, int connection, enum host_id sender,
	uint8_t flags, uint32_t sequence, uint32_t acknowledgment, uint32_t length,
	enum packet_fate fate, bool is_release)
{
	const struct endpoint *ends = timeline->connections[connection].ends;
	const uint32_t isns[HOST_COUNT] = {SERVER_ISN, CLIENT_ISN};
	uint8_t payload[256], packet[SEGMENT_HEADER_BYTES + 256];
	struct segment segment = {
		.source = ends[sender],
		.destination = ends[host_other(sender)],
		.sequence = isns[sender] + sequence,
		.window = 502,
		.flags = flags,
		.window_scale = -1,
		.payload_length = length,
		.payload = payload,
	};
	ssize_t size;

	assert_true(length <= sizeof(payload));
	memset(payload, 'x', sizeof(payload));
	if (flags & SEGMENT_ACK)
		segment.acknowledgment = isns[host_other(sender)] + acknowledgment;
	size = segment_encode(&segment, packet, sizeof(packet));
	assert_true(size > 0);
	return timeline_packet(
		timeline, sender, connection, packet, (size_t)size, &segment, fate, is_release);
}

/* One that goes through. */
static inline size_t sample_send(struct timeline *timeline, int connection, enum host_id sender,
	uint8_t flags, uint32_t sequence, uint32_t acknowledgment, uint32_t length)
{
	return sample_packet(timeline, connection, sender, flags, sequence, acknowledgment, length,
		PACKET_DELIVERED, false);
}

/* Lets so much time pass at once: what is appended next happened so much later. */
static inline void sample_wait(struct timeline *timeline, int64_t time_ns)
{
	timeline->start_ns -= time_ns;
}

/* Takes the machine's own delays out of the times: a millisecond between events, and the waits. */
static inline void sample_settle(struct timeline *timeline)
{
	int64_t was_ns = 0, now_ns = 0;

	for (size_t i = 0; i < timeline->event_count; i++) {
		struct event *event = &timeline->events[i];
		int64_t waited_ns = event->time_ns - was_ns;

		was_ns = event->time_ns;
		if (waited_ns < 200 * NS_PER_MS)
			now_ns += NS_PER_MS;
		else
			now_ns += waited_ns - waited_ns % (100 * NS_PER_MS);
		event->time_ns = now_ns;
	}
}

static inline void sample_move(
	struct timeline *timeline, int connection, enum host_id host, enum tcp_state to)
{
	timeline_state(timeline, host, connection, to);
}

static inline void sample_listen(struct timeline *timeline, const char *program)
{
	int listener = sample_listener(timeline);

	timeline_call(timeline, HOST_SERVER, listener, program, "listen()");
	sample_move(timeline, listener, HOST_SERVER, TCP_STATE_LISTEN);
}

static inline void sample_handshake(struct timeline *timeline, int connection)
{
	sample_move(timeline, connection, HOST_CLIENT, TCP_STATE_SYN_SENT);
	sample_send(timeline, connection, HOST_CLIENT, FLAG_SYN, 0, 0, 0);
	sample_move(timeline, connection, HOST_SERVER, TCP_STATE_NEW_SYN_RECV);
	sample_send(timeline, connection, HOST_SERVER, FLAG_SYN_ACK, 0, 1, 0);
	sample_move(timeline, connection, HOST_CLIENT, TCP_STATE_ESTABLISHED);
	sample_send(timeline, connection, HOST_CLIENT, FLAG_ACK, 1, 1, 0);
	sample_move(timeline, connection, HOST_SERVER, TCP_STATE_ESTABLISHED);
}

/* The real programs; the server closes first, so the server waits. */
static inline void sample_server_first(struct timeline *timeline)
{
	size_t action;
	int conn;

	timeline_init(timeline, "TIME_WAIT belongs to the end that closes first");
	action = timeline_action(
		timeline, HOST_SERVER, CONNECTION_NONE, 4, "server run daytimed 13");
	sample_listen(timeline, "daytimed");
	timeline_complete(timeline, action, 0);
	action = timeline_action(
		timeline, HOST_CLIENT, CONNECTION_NONE, 5, "client run daytime server");
	timeline_complete(timeline, action, 0);
	conn = sample_connection(timeline, "conn", 36712);
	timeline_call(timeline, HOST_CLIENT, conn, "daytime", "connect()");
	sample_handshake(timeline, conn);
	timeline_call(timeline, HOST_SERVER, conn, "daytimed", "accept()");
	timeline_call(timeline, HOST_SERVER, conn, "daytimed", "send(26 bytes)");
	sample_send(timeline, conn, HOST_SERVER, FLAG_DATA, 1, 1, 26);
	sample_send(timeline, conn, HOST_CLIENT, FLAG_ACK, 1, 27, 0);
	timeline_call(timeline, HOST_SERVER, conn, "daytimed", "close()");
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_FIN_WAIT1);
	sample_send(timeline, conn, HOST_SERVER, FLAG_FIN, 27, 1, 0);
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_CLOSE_WAIT);
	sample_send(timeline, conn, HOST_CLIENT, FLAG_ACK, 1, 28, 0);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_FIN_WAIT2);
	timeline_call(timeline, HOST_CLIENT, conn, "daytime", "close()");
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_LAST_ACK);
	sample_send(timeline, conn, HOST_CLIENT, FLAG_FIN, 1, 28, 0);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_TIME_WAIT);
	sample_send(timeline, conn, HOST_SERVER, FLAG_ACK, 28, 2, 0);
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_CLOSED);
}

/* Both FINs are held until both ends have closed: CLOSING, and both wait. */
static inline void sample_both(struct timeline *timeline)
{
	size_t action;
	int conn;

	timeline_init(timeline, "Both ends close at once, so both wait");
	timeline_comment(timeline, 2, "The wire keeps the FINs until both are on their way.");
	sample_listen(timeline, "daytimed");
	conn = sample_connection(timeline, "conn", 36712);
	sample_handshake(timeline, conn);
	action = timeline_action(timeline, HOST_COUNT, CONNECTION_NONE, 7, "wire hold FIN");
	timeline_complete(timeline, action, 0);
	action = timeline_action(timeline, HOST_SERVER, conn, 8, "server close");
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_FIN_WAIT1);
	sample_packet(timeline, conn, HOST_SERVER, FLAG_FIN, 1, 1, 0, PACKET_HELD, false);
	timeline_complete(timeline, action, 0);
	action = timeline_action(timeline, HOST_CLIENT, conn, 9, "client close");
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_FIN_WAIT1);
	sample_packet(timeline, conn, HOST_CLIENT, FLAG_FIN, 1, 1, 0, PACKET_HELD, false);
	timeline_complete(timeline, action, 0);
	timeline_comment(timeline, 10, "Now each FIN meets an end that has sent its own.");
	action = timeline_action(timeline, HOST_COUNT, CONNECTION_NONE, 11, "wire release");
	timeline_complete(timeline, action, 0);
	sample_packet(timeline, conn, HOST_SERVER, FLAG_FIN, 1, 1, 0, PACKET_DELIVERED, true);
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_CLOSING);
	sample_packet(timeline, conn, HOST_CLIENT, FLAG_FIN, 1, 1, 0, PACKET_DELIVERED, true);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_CLOSING);
	sample_send(timeline, conn, HOST_CLIENT, FLAG_ACK, 2, 2, 0);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_TIME_WAIT);
	sample_send(timeline, conn, HOST_SERVER, FLAG_ACK, 2, 2, 0);
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_TIME_WAIT);
}

/* A line is lost and sent again, an ACK comes twice; the client's reset ends it. */
static inline void sample_trouble(struct timeline *timeline)
{
	size_t action;
	int conn;

	timeline_init(timeline, NULL);
	sample_listen(timeline, "daytimed");
	conn = sample_connection(timeline, "conn", 36712);
	sample_handshake(timeline, conn);
	action = timeline_action(timeline, HOST_SERVER, conn, 0, "server send 26 bytes");
	timeline_complete(timeline, action, 0);
	sample_packet(timeline, conn, HOST_SERVER, FLAG_DATA, 1, 1, 26, PACKET_DROPPED, false);
	sample_wait(timeline, 204 * NS_PER_MS);
	sample_send(timeline, conn, HOST_SERVER, FLAG_DATA, 1, 1, 26);
	sample_packet(timeline, conn, HOST_CLIENT, FLAG_ACK, 1, 27, 0, PACKET_DUPLICATED, false);
	sample_packet(timeline, conn, HOST_CLIENT, FLAG_ACK, 1, 5, 0, PACKET_INJECTED, false);
	action = timeline_action(timeline, HOST_CLIENT, conn, 0, "client close");
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_CLOSED);
	sample_send(timeline, conn, HOST_CLIENT, SEGMENT_RST | SEGMENT_ACK, 1, 27, 0);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
	timeline_complete(timeline, action, 0);
	action = timeline_action(timeline, HOST_SERVER, conn, 0, "server recv 1 bytes");
	timeline_complete(timeline, action, ECONNRESET);
}

/* Two connections; names and words that XML and terminals could stumble over; a minute passes. */
static inline void sample_two(struct timeline *timeline)
{
	int conn, conn2;

	timeline_init(timeline, "Fish & <chips>, \"twice\"");
	sample_listen(timeline, "daytimed");
	conn = sample_connection(timeline, "conn", 36712);
	sample_handshake(timeline, conn);
	conn2 = sample_connection(timeline, "conn2", 36714);
	sample_handshake(timeline, conn2);
	timeline_comment(timeline, 6, "Words <b>in the middle</b> & \033[31mthen\xff some");
	timeline_call(timeline, HOST_SERVER, conn,
		"a-program-whose-name-goes-on-and-on-and-on-until-nobody-reads-it-any-more",
		"setsockopt(SO_LINGER)");
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_FIN_WAIT1);
	sample_send(timeline, conn, HOST_SERVER, FLAG_FIN, 1, 1, 26);
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_CLOSE_WAIT);
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_LAST_ACK);
	sample_send(timeline, conn, HOST_CLIENT, FLAG_FIN, 1, 28, 0);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_TIME_WAIT);
	sample_send(timeline, conn, HOST_SERVER, FLAG_ACK, 28, 2, 0);
	sample_move(timeline, conn, HOST_CLIENT, TCP_STATE_CLOSED);
	sample_wait(timeline, 60400 * NS_PER_MS);
	sample_move(timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
}

#endif
