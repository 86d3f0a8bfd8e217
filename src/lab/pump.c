/* SPDX-License-Identifier: BSD-2-Clause */

/* How things move in the laboratory: act, pump, observe. */

#include "lab/lab.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/list.h"
#include "lab/gate.h"

/* A program that has not come to rest by then computes without end: no longer wait for it. */
#define RESTLESS_NS (1 * NS_PER_S)

/*
 * Two ends that disagree on sequence numbers answer each other's ACKs for ever, and nothing here
 * slows them down. No honest exchange has so many pure ACKs in a row.
 */
#define ACKS_IN_A_ROW_MAX    1000

#define INJECTED_PAYLOAD_MAX 1400

static const struct wire_match any_ack = {WIRE_ACK, HOST_COUNT, CONNECTION_NONE};

static struct flow *flow_of(struct lab *lab, int connection, enum host_id sender)
{
	while (lab->flow_count <= (size_t)connection)
		(void)list_grow(&lab->flows, &lab->flow_count, &lab->flow_room);
	return &lab->flows[connection].from[sender];
}

/* Calls made before their socket was in any dump (connect, listen) find their connection now. */
static void place_calls(struct lab *lab)
{
	size_t left = 0;

	for (size_t i = 0; i < lab->unplaced_count; i++) {
		struct lab_unplaced *call = &lab->unplaced[i];
		int connection = census_find(&lab->census, call->host, call->cookie);

		if (connection == CONNECTION_NONE)
			lab->unplaced[left++] = *call;
		else
			lab->timeline.events[call->event].connection = connection;
	}
	lab->unplaced_count = left;
}

static int observe(struct lab *lab, struct error *err)
{
	int r = census_take(&lab->census, lab->hosts, &lab->timeline, err);

	place_calls(lab);
	return r;
}

static int deliver(struct lab *lab, enum host_id sender, int connection,
	const struct segment *segment, const void *packet, size_t length, struct error *err)
{
	int r = wire_deliver(&lab->wire, sender, packet, length);

	if (r < 0)
		return error_errno(err, -r, _("cannot deliver a packet"));
	if (connection != CONNECTION_NONE)
		flow_delivered(flow_of(lab, connection, sender), segment);
	return 0;
}

/* The connection of a segment; a SYN that no census could place begins one. */
static int connection_of(struct lab *lab, enum host_id sender, const struct segment *segment)
{
	int connection =
		timeline_find(&lab->timeline, sender, &segment->source, &segment->destination);
	struct connection *added;

	if (connection != CONNECTION_NONE || !(segment->flags & SEGMENT_SYN))
		return connection;
	connection = census_add(&lab->census, &lab->timeline, false);
	added = &lab->timeline.connections[connection];
	added->ends[sender] = segment->source;
	added->ends[host_other(sender)] = segment->destination;
	return connection;
}

/*
 * Sent again only because we were late: when it left, a packet sent before it still waited to be
 * read here, the original or what would have acknowledged it. On a wire that takes no time it
 * would not exist, and passed on it does harm: a second ACK of a FIN finds no connection any more,
 * and the RST that answers it ends TIME_WAIT (RFC 1337).
 */
static bool is_our_fault(struct lab *lab, enum host_id sender, int connection,
	const struct segment *segment, int64_t sent_ns)
{
	return sent_ns < lab->passed_ns &&
	       timeline_is_retransmission(&lab->timeline, sender, connection, segment);
}

/* A packet that a host has sent: decide, record, deliver. */
static int pass_packet(
	struct lab *lab, enum host_id sender, size_t length, int64_t sent_ns, struct error *err)
{
	struct segment segment;
	enum packet_fate fate;
	int connection;
	int r = 0;

	if (segment_decode(lab->packet, length, &segment) < 0) {
		/* ICMP, UDP, a fragment: no business of ours, but the hosts'. */
		if (!lab->is_loopback)
			wire_deliver(&lab->wire, sender, lab->packet, length);
		return 0;
	}
	connection = connection_of(lab, sender, &segment);
	if (!lab->is_loopback && is_our_fault(lab, sender, connection, &segment, sent_ns))
		return 0;
	fate = lab->is_loopback ? PACKET_DELIVERED
				: wire_judge(&lab->wire, sender, connection, &segment);
	if (connection != CONNECTION_NONE)
		flow_sent(flow_of(lab, connection, sender), &segment);
	if (fate == PACKET_HELD &&
		!wire_hold(&lab->wire, sender, connection, lab->packet, length, &segment))
		return 0;
	timeline_packet(
		&lab->timeline, sender, connection, lab->packet, length, &segment, fate, false);
	if (lab->is_loopback)
		return 0;
	lab->acks_in_a_row =
		wire_matches(&any_ack, sender, connection, &segment) ? lab->acks_in_a_row + 1 : 0;
	if (lab->acks_in_a_row > ACKS_IN_A_ROW_MAX)
		return error_set(err, ELOOP,
			_("both ends answer each other's ACKs without end: %d in a row"),
			ACKS_IN_A_ROW_MAX);
	for (int copies = fate == PACKET_DUPLICATED ? 2 : fate == PACKET_DELIVERED; copies && !r;
		copies--)
		r = deliver(lab, sender, connection, &segment, lab->packet, length, err);
	lab->passed_ns = clock_real_ns();
	return r;
}

/* Is there a connection in the listener's queue for the accept() that is about to be made? */
static bool is_queue_empty(const struct lab *lab, enum host_id host, int listener)
{
	const struct diag_socket *socket = census_socket(&lab->census, host, listener);

	return socket && socket->receive_queue == 0;
}

static void record_call(
	struct lab *lab, const struct program *program, const struct gate_call *call)
{
	char text[GATE_TEXT_BYTES];
	struct gate_socket socket;
	int connection;
	size_t event;

	if (!gate_inspect(call, &socket) || !gate_describe(call, text))
		return;
	connection = census_find(&lab->census, program->host, socket.cookie);
	/* A server that asks for more in vain is no news. */
	if (gate_is_accept(call) && is_queue_empty(lab, program->host, connection))
		return;
	event = timeline_call(&lab->timeline, program->host, connection, program->name, text);
	if (connection == CONNECTION_NONE)
		*list_grow(&lab->unplaced, &lab->unplaced_count, &lab->unplaced_room) =
			(struct lab_unplaced){event, program->host, socket.cookie};
}

/* Lets the first call that waits at a gate go on: the server's before the client's. */
static bool open_a_gate(struct lab *lab)
{
	for (int host = 0; host < HOST_COUNT; host++) {
		for (size_t i = 0; i < lab->program_count; i++) {
			struct program *program = lab->programs[i];
			struct gate_call call;

			if (program->host != (enum host_id)host || program->gate_fd < 0 ||
				gate_receive(program->gate_fd, &call) <= 0)
				continue;
			record_call(lab, program, &call);
			gate_open(program->gate_fd, &call);
			return true;
		}
	}
	return false;
}

/* Waits until every program sleeps: in a system call, or at its gate. */
static void await_rest(struct lab *lab)
{
	int64_t deadline_ns = clock_deadline_ns(RESTLESS_NS);

	for (size_t i = 0; i < lab->program_count; i++) {
		struct program *program = lab->programs[i];

		for (int tries = 0; program_is_moving(program); tries++) {
			program_read_output(program); /* a full pipe would look like rest */
			if (clock_now_ns() > deadline_ns)
				program->is_restless = true;
			if (tries < 100)
				sched_yield();
			else
				usleep(50);
		}
		program_read_output(program);
		program_has_ended(program);
	}
}

/* On the loopback the kernel has acted before a packet is seen: packets come before states. */
static int settle_loopback(struct lab *lab, struct error *err)
{
	enum host_id sender;
	int64_t sent_ns;
	ssize_t length;
	int r;

	do {
		await_rest(lab);
		/* The connection must be known before its packets are put to it. */
		while (lab->wire.fd >= 0 &&
			(length = wire_receive(&lab->wire, lab->packet, &sender, &sent_ns)) > 0)
			pass_packet(lab, sender, (size_t)length, sent_ns, err);
		r = observe(lab, err);
	} while (r == 0 && open_a_gate(lab));
	return r;
}

int lab_settle(struct lab *lab, struct error *err)
{
	if (lab->is_loopback)
		return settle_loopback(lab, err);
	lab->acks_in_a_row = 0;
	while (true) {
		enum host_id sender;
		int64_t sent_ns;
		ssize_t length;
		int r;

		await_rest(lab);
		r = observe(lab, err);
		if (r < 0)
			return r;
		length = wire_receive(&lab->wire, lab->packet, &sender, &sent_ns);
		if (length < 0)
			return error_errno(err, (int)-length, _("cannot read the wire"));
		if (length > 0)
			r = pass_packet(lab, sender, (size_t)length, sent_ns, err);
		else if (!open_a_gate(lab))
			return 0;
		if (r < 0)
			return r;
	}
}

int lab_release(struct lab *lab, const struct wire_match *match, size_t most, struct error *err)
{
	struct wire_packet packet;
	int r = 0;

	while (r == 0 && most-- && wire_take(&lab->wire, match, &packet)) {
		timeline_packet(&lab->timeline, packet.sender, packet.connection, packet.bytes,
			packet.length, &packet.segment, PACKET_DELIVERED, true);
		r = deliver(lab, packet.sender, packet.connection, &packet.segment, packet.bytes,
			packet.length, err);
		free(packet.bytes);
		lab->passed_ns = clock_real_ns();
		if (r == 0)
			r = observe(lab, err);
	}
	return r < 0 ? r : lab_settle(lab, err);
}

int lab_inject(struct lab *lab, const struct lab_injection *injection, struct error *err)
{
	const struct connection *connection = &lab->timeline.connections[injection->connection];
	enum host_id receiver = host_other(injection->sender);
	struct flow *forward = flow_of(lab, injection->connection, injection->sender);
	struct flow *backward = flow_of(lab, injection->connection, receiver);
	struct segment segment = {
		.source = connection->ends[injection->sender],
		.destination = connection->ends[receiver],
		.flags = injection->flags,
		.window_scale = -1,
		.payload_length = injection->payload_length,
	};
	ssize_t length;
	int r;

	if (!forward->has_sent)
		return error_set(err, ENOTCONN,
			_("cannot inject a packet: its sender has not sent any yet"));
	if (injection->payload_length > INJECTED_PAYLOAD_MAX)
		return error_set(err, EMSGSIZE, _("cannot inject more than %d bytes in one packet"),
			INJECTED_PAYLOAD_MAX);
	flow_predict(forward, backward, &segment);
	segment.sequence += (uint32_t)injection->sequence_offset;
	segment.acknowledgment += (uint32_t)injection->acknowledgment_offset;
	segment.timestamp += (uint32_t)injection->timestamp_offset;
	length = segment_encode(&segment, lab->packet, WIRE_PACKET_BYTES);
	if (length < 0)
		return error_errno(err, (int)-length, _("cannot make a packet"));
	timeline_packet(&lab->timeline, injection->sender, injection->connection, lab->packet,
		(size_t)length, &segment, PACKET_INJECTED, false);
	/* What the sender never sent does not count as sent by it, but it has arrived. */
	r = deliver(lab, injection->sender, injection->connection, &segment, lab->packet,
		(size_t)length, err);
	return r < 0 ? r : lab_settle(lab, err);
}
