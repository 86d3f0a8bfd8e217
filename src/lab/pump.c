/* SPDX-License-Identifier: BSD-2-Clause */

/* How things move in the laboratory: act, pump, observe. */

#include "lab/pump.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/list.h"
#include "lab/gate.h"

/* A program that has not come to rest by then computes without end: no longer wait for it. */
#define RESTLESS_NS (1 * NS_PER_S)

/*
 * Two ends that disagree on sequence numbers, after an injected packet say, answer each other's ACKs
 * for ever: a host's tcp_invalid_ratelimit would slow them down, but ours have none. No honest
 * exchange goes to and fro so often with nothing but ACKs; the next one is lost, and the volley ends.
 */
#define VOLLEY_MAX 6

/* TCP's timers count in jiffies, and a retransmission takes two at least. */
#define FASTEST_TIMER_NS (3 * NS_PER_MS)

/* Longer than to read the answer to a packet takes, shorter than any timer. */
#define JUST_NOW_NS (1 * NS_PER_MS)

/* No kernel timer that matters is finer: what was seen so lately is so. */
#define FRESH_NS        (1 * NS_PER_MS)

#define LOOPBACK_FENCES 4

static const struct wire_match any_ack = {WIRE_ACK, HOST_COUNT, CONNECTION_NONE};

struct lab_flows *pump_flows(struct lab *lab, int connection)
{
	while (lab->flow_count <= (size_t)connection)
		(void)list_grow(&lab->flows, &lab->flow_count, &lab->flow_room);
	return &lab->flows[connection];
}

static struct flow *flow_of(struct lab *lab, int connection, enum host_id sender)
{
	return &pump_flows(lab, connection)->from[sender];
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

static void touch(struct lab *lab, enum host_id host)
{
	/* A packet makes no listener; a program may, at any time. */
	lab->touched |= lab->program_count ? CENSUS_LISTENERS(host) : CENSUS_HOST(host);
}

/* Looks at what has been touched. */
int pump_observe(struct lab *lab, struct error *err)
{
	int r = fence_pass(&lab->fence, err);
	int64_t now_ns = clock_now_ns();

	if (r == 0 && lab->touched)
		r = census_take(&lab->census, lab->hosts, lab->touched, &lab->timeline, err);
	for (int host = 0; host < HOST_COUNT; host++) {
		if (lab->touched & CENSUS_HOST(host))
			lab->seen_ns[host] = now_ns;
	}
	lab->touched = 0;
	place_calls(lab);
	return r;
}

bool lab_is_fresh(const struct lab *lab)
{
	int64_t since_ns = clock_now_ns() - FRESH_NS;

	return !lab->touched && lab->seen_ns[HOST_SERVER] >= since_ns &&
	       lab->seen_ns[HOST_CLIENT] >= since_ns;
}

int pump_deliver(struct lab *lab, enum host_id sender, int connection,
	const struct segment *segment, const void *packet, size_t length, struct error *err)
{
	int r = wire_deliver(&lab->wire, sender, packet, length);

	touch(lab, host_other(sender));
	if (r < 0)
		return error_errno(err, -r, _("cannot deliver a packet"));
	if (connection != CONNECTION_NONE) {
		flow_delivered(flow_of(lab, connection, sender), segment);
		if (segment_span(segment))
			pump_flows(lab, connection)->delivered_ns[sender] = clock_real_ns();
	}
	return 0;
}

/* The connection of a segment; a SYN that no census could place begins one. */
static int connection_of(struct lab *lab, enum host_id sender, const struct segment *segment)
{
	int connection =
		timeline_find(&lab->timeline, sender, &segment->source, &segment->destination);

	if (connection != CONNECTION_NONE || !(segment->flags & SEGMENT_SYN))
		return connection;
	return census_add(&lab->census, &lab->timeline, sender, NULL, &segment->source,
		&segment->destination);
}

/*
 * Sent again only because we were late: when it left, a packet sent before it still waited to be
 * read here, or the original had only just been delivered, and what acknowledges it was not under
 * way yet. On a wire that takes no time it would not exist, and passed on it does harm: a second ACK
 * of a FIN finds no connection any more, and the RST that answers it ends TIME_WAIT (RFC 1337). What
 * was sent again at once is none of that, but an answer: to a duplicate, or to the third duplicate
 * ACK.
 */
static bool is_our_fault(struct lab *lab, enum host_id sender, int connection,
	const struct segment *segment, int64_t sent_ns)
{
	const struct lab_flows *flows;

	if (!timeline_is_retransmission(&lab->timeline, sender, connection, segment))
		return false;
	flows = pump_flows(lab, connection);
	if (sent_ns - flows->sent_ns[sender] <= FASTEST_TIMER_NS)
		return false;
	return sent_ns < lab->passed_ns ||
	       (flow_has_delivered(&flows->from[sender], segment) &&
		       sent_ns < flows->delivered_ns[sender] + JUST_NOW_NS);
}

static void note_sent(struct lab *lab, enum host_id sender, int connection,
	const struct segment *segment, int64_t sent_ns)
{
	struct lab_flows *flows = pump_flows(lab, connection);

	flow_sent(&flows->from[sender], segment);
	flow_acknowledged(&flows->from[host_other(sender)], segment);
	if (segment_span(segment))
		flows->sent_ns[sender] = sent_ns;
}

/* A name means its newest connection: the rules that have one follow it. */
static void bind_rules(struct lab *lab)
{
	for (size_t i = 0; i < lab->wire.rule_count; i++) {
		struct wire_rule *rule = &lab->wire.rules[i];
		int connection;

		if (!rule->name[0])
			continue;
		connection =
			timeline_named(&lab->timeline, (enum host_id)rule->match.from, rule->name);
		rule->match.connection =
			connection == CONNECTION_NONE ? CONNECTION_UNKNOWN : connection;
	}
}

void lab_rule(struct lab *lab, enum wire_verb verb, const struct wire_match *match, int times,
	const char *name)
{
	struct wire_rule *rule = wire_rule(&lab->wire, verb, match, times);

	snprintf(rule->name, sizeof(rule->name), "%s", name);
}

/* Counts the pure ACKs of a connection that answer each other. */
static bool is_endless_volley(
	struct lab *lab, enum host_id sender, int connection, const struct segment *segment)
{
	struct lab_flows *flows;

	if (lab->is_loopback || connection == CONNECTION_NONE)
		return false;
	flows = pump_flows(lab, connection);
	if (!wire_matches(&any_ack, sender, connection, segment))
		flows->volley = 0;
	else if (flows->volley && flows->last_acker == sender)
		flows->volley = 1;
	else
		flows->volley++;
	flows->last_acker = sender;
	return flows->volley > VOLLEY_MAX;
}

/* A packet that a host has sent: decide, record, deliver. */
static int pass_packet(
	struct lab *lab, enum host_id sender, size_t length, int64_t sent_ns, struct error *err)
{
	struct segment segment;
	enum packet_fate fate;
	int connection;
	int r = 0;

	if (lab->wire.is_mute[sender])
		return 0;
	if (segment_decode(lab->packet, length, &segment) < 0) {
		/* ICMP, UDP, a fragment: no business of ours, but the hosts'. */
		if (!lab->is_loopback)
			wire_deliver(&lab->wire, sender, lab->packet, length);
		return 0;
	}
	connection = connection_of(lab, sender, &segment);
	/* What is still held and comes again changes nothing: it is one packet. */
	if (!lab->is_loopback && (is_our_fault(lab, sender, connection, &segment, sent_ns) ||
					 wire_is_held(&lab->wire, sender, connection, &segment)))
		return 0;
	bind_rules(lab);
	fate = lab->is_loopback ? PACKET_DELIVERED
				: wire_judge(&lab->wire, sender, connection, &segment);
	if (connection != CONNECTION_NONE)
		note_sent(lab, sender, connection, &segment, sent_ns);
	if (fate == PACKET_DELIVERED && is_endless_volley(lab, sender, connection, &segment)) {
		fate = PACKET_DROPPED;
		timeline_comment(&lab->timeline, 0,
			_("Each end answers the other's ACKs, without end: the wire loses the "
			  "next."));
	}
	if (fate == PACKET_HELD)
		wire_hold(&lab->wire, sender, connection, lab->packet, length, &segment);
	timeline_packet(
		&lab->timeline, sender, connection, lab->packet, length, &segment, fate, false);
	if (lab->is_loopback)
		return 0;
	/* Before: what a host sends during the delivery is its answer. */
	lab->passed_ns = clock_real_ns();
	for (int copies = fate == PACKET_DUPLICATED ? 2 : fate == PACKET_DELIVERED; copies && !r;
		copies--)
		r = pump_deliver(lab, sender, connection, &segment, lab->packet, length, err);
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
			touch(lab, program->host);
			record_call(lab, program, &call);
			gate_open(program->gate_fd, &call);
			return true;
		}
	}
	return false;
}

/*
 * Waits until what was sent has arrived, and then until every program sleeps: in a system call, or at its
 * gate. The answers to what was sent, and what the programs did meanwhile, have left then, but it takes another
 * fence until they are to be seen: pump_observe() has it.
 */
static int await_rest(struct lab *lab, struct error *err)
{
	int64_t deadline_ns = clock_deadline_ns(RESTLESS_NS);
	int r = fence_pass(&lab->fence, err);

	for (size_t i = 0; i < lab->program_count; i++) {
		struct program *program = lab->programs[i];

		/* Whatever it does without asking at its gate, its end included. */
		if (!program->has_ended)
			touch(lab, program->host);
		for (int tries = 0; program_is_moving(program); tries++) {
			program_read_output(program); /* a full pipe would look like rest */
			if (clock_now_ns() > deadline_ns)
				program->is_restless = true;
			if (tries < 3)
				sched_yield();
			else
				usleep(50);
		}
		program_read_output(program);
		program_has_ended(program);
	}
	return r;
}

/* Tries what is pending on our own sockets, now that all is at rest: has anything come of it? */
static bool go_on_with_calls(struct lab *lab)
{
	bool has_moved = false;

	for (size_t i = 0; i < lab->socket_count; i++) {
		struct lab_socket *socket = lab->sockets[i];
		size_t sent = socket->sent, received = socket->received.length;
		int outcome;

		if (socket->call == SOCKET_IDLE)
			continue;
		outcome = lab_socket_go_on(socket);
		if (outcome)
			lab_note_call(lab, socket, socket->action, outcome);
		/* Part of it counts: what was read may open the window, what was sent is under way. */
		if (!outcome && socket->sent == sent && socket->received.length == received)
			continue;
		touch(lab, socket->host);
		has_moved = true;
	}
	return has_moved;
}

/*
 * On the loopback nobody passes packets on: what answers a packet is answered itself. The longest chain that one
 * call sets off is a handshake, three packets; a fence waits for one.
 */
static int pass_fences(struct lab *lab, struct error *err)
{
	int r = 0;

	for (int i = 0; i < LOOPBACK_FENCES && r == 0; i++)
		r = fence_pass(&lab->fence, err);
	return r;
}

/* On the loopback the kernel has acted before a packet is seen: packets come before states. */
static int settle_loopback(struct lab *lab, struct error *err)
{
	enum host_id sender;
	int64_t sent_ns;
	ssize_t length;
	int r;

	do {
		lab->touched = CENSUS_ALL;
		r = pass_fences(lab, err);
		if (r == 0)
			r = await_rest(lab, err);
		if (r == 0)
			r = pass_fences(lab, err);
		/* The connection must be known before its packets are put to it. */
		while (lab->wire.fd >= 0 &&
			(length = wire_receive(&lab->wire, lab->packet, &sender, &sent_ns)) > 0)
			pass_packet(lab, sender, (size_t)length, sent_ns, err);
		if (r == 0)
			r = pump_observe(lab, err);
	} while (r == 0 && open_a_gate(lab));
	return r;
}

int lab_settle(struct lab *lab, struct error *err)
{
	if (lab->is_loopback)
		return settle_loopback(lab, err);
	for (size_t i = 0; i < lab->flow_count; i++)
		lab->flows[i].volley = 0;
	if (!lab->touched)
		lab->touched = CENSUS_ALL;
	while (true) {
		enum host_id sender;
		int64_t sent_ns;
		ssize_t length;
		int r;

		r = await_rest(lab, err);
		if (r == 0)
			r = pump_observe(lab, err);
		if (r < 0)
			return r;
		length = wire_receive(&lab->wire, lab->packet, &sender, &sent_ns);
		if (length < 0)
			return error_errno(err, (int)-length, _("cannot read the wire"));
		if (length > 0)
			r = pass_packet(lab, sender, (size_t)length, sent_ns, err);
		else if (!open_a_gate(lab) && !go_on_with_calls(lab))
			return 0;
		if (r < 0)
			return r;
	}
}
