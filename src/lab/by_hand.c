/* SPDX-License-Identifier: BSD-2-Clause */

/* What we put before a host with our own hands: packets that were held, packets that we make. */

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "lab/pump.h"

int lab_release(struct lab *lab, const struct wire_match *match, size_t most, struct error *err)
{
	struct wire_packet packet;
	int r = 0;

	while (r == 0 && most-- && wire_take(&lab->wire, match, &packet)) {
		timeline_packet(&lab->timeline, packet.sender, packet.connection, packet.bytes,
			packet.length, &packet.segment, PACKET_DELIVERED, true);
		lab->passed_ns = clock_real_ns();
		r = pump_deliver(lab, packet.sender, packet.connection, &packet.segment,
			packet.bytes, packet.length, err);
		free(packet.bytes);
		if (r == 0)
			r = pump_observe(lab, err);
	}
	return r < 0 ? r : lab_settle(lab, err);
}

/* What every SYN of today offers (RFC 9293 section 3.2, RFC 7323, RFC 2018). */
static void offer_options(struct segment *segment)
{
	segment->maximum_segment_size = 1460 - (segment->source.family == AF_INET6 ? 20 : 0);
	segment->window_scale = 7;
	segment->permits_sack = true;
	if (!segment->window)
		segment->window = 64240;
}

int lab_inject(struct lab *lab, const struct lab_injection *injection, struct error *err)
{
	const struct connection *connection = &lab->timeline.connections[injection->connection];
	enum host_id receiver = host_other(injection->sender);
	struct lab_flows *flows = pump_flows(lab, injection->connection);
	struct flow *forward = &flows->from[injection->sender];
	struct flow *backward = &flows->from[receiver];
	struct segment segment = {
		.source = connection->ends[injection->sender],
		.destination = connection->ends[receiver],
		.flags = injection->flags,
		.window_scale = -1,
		.payload_length = injection->payload_length,
	};
	ssize_t length;
	int r;

	if (!forward->has_sent && !backward->has_sent)
		return error_set(
			err, ENOTCONN, _("cannot inject a packet: neither end has sent any yet"));
	if (injection->payload_length > LAB_INJECTED_BYTES_MAX)
		return error_set(err, EMSGSIZE, _("cannot inject more than %d bytes in one packet"),
			LAB_INJECTED_BYTES_MAX);
	flow_predict(forward, backward, &segment);
	if (injection->has_zero_window)
		segment.window = 0;
	if (injection->flags & SEGMENT_SYN)
		offer_options(&segment);
	/* What acknowledges nothing echoes nothing (RFC 7323 section 3.2). */
	if (!(injection->flags & SEGMENT_ACK))
		segment.acknowledgment = segment.timestamp_echo = 0;
	segment.sequence += (uint32_t)injection->sequence_offset;
	segment.acknowledgment += (uint32_t)injection->acknowledgment_offset;
	segment.timestamp += (uint32_t)injection->timestamp_offset;
	length = segment_encode(&segment, lab->packet, WIRE_PACKET_BYTES);
	if (length < 0)
		return error_errno(err, (int)-length, _("cannot make a packet"));
	timeline_packet(&lab->timeline, injection->sender, injection->connection, lab->packet,
		(size_t)length, &segment, PACKET_INJECTED, false);
	/* What the sender never sent does not count as sent by it, but it has arrived. */
	r = pump_deliver(lab, injection->sender, injection->connection, &segment, lab->packet,
		(size_t)length, err);
	return r < 0 ? r : lab_settle(lab, err);
}
