/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/list.h"

static int open_packet_socket(struct wire *wire, struct error *err)
{
	int yes = 1;

	wire->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (wire->fd < 0)
		return error_errno(err, errno, _("cannot open a packet socket"));
	/* Else every packet delivered here would be read again as one that was sent. */
	if (setsockopt(wire->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
		setsockopt(wire->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) < 0) {
		int code = errno;

		fd_close(&wire->fd);
		return error_errno(err, code, _("cannot set up a packet socket"));
	}
	return 0;
}

int wire_open(struct wire *wire, const struct host hosts[HOST_COUNT], struct error *err)
{
	*wire = (struct wire)WIRE_NONE;
	for (int host = 0; host < HOST_COUNT; host++)
		wire->host_index[host] = hosts[host].wire_index;
	/* Bound to no device: one queue for both directions keeps the order of sending. */
	return open_packet_socket(wire, err);
}

int wire_open_tap(struct wire *wire, const struct endpoint *server, struct error *err)
{
	struct sockaddr_ll loopback = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("lo"),
	};
	int r;

	*wire = (struct wire)WIRE_NONE;
	wire->tap = *server;
	r = open_packet_socket(wire, err);
	if (r == 0 && bind(wire->fd, (struct sockaddr *)&loopback, sizeof(loopback)) < 0) {
		r = error_errno(err, errno, _("cannot listen on the loopback"));
		fd_close(&wire->fd);
	}
	return r;
}

void wire_close(struct wire *wire)
{
	fd_close(&wire->fd);
	for (size_t i = 0; i < wire->held_count; i++)
		free(wire->held[i].bytes);
	free(wire->held);
	free(wire->rules);
	*wire = (struct wire)WIRE_NONE;
}

static bool find_sender_by_device(const struct wire *wire, int device, enum host_id *ret_sender)
{
	for (int id = 0; id < HOST_COUNT; id++) {
		if (device == wire->host_index[id]) {
			*ret_sender = (enum host_id)id;
			return true;
		}
	}
	return false;
}

static bool find_sender_by_address(
	const struct wire *wire, const void *packet, size_t length, enum host_id *ret_sender)
{
	struct segment segment;

	if (segment_decode(packet, length, &segment) < 0)
		return false;
	*ret_sender = endpoint_equal(&segment.source, &wire->tap) ? HOST_SERVER : HOST_CLIENT;
	return *ret_sender == HOST_SERVER || endpoint_equal(&segment.destination, &wire->tap);
}

/* The kernel's stamp; now, where it has none. */
static int64_t sent_ns_of(struct msghdr *header)
{
	struct timespec stamp;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			return stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
		}
	}
	return clock_real_ns();
}

ssize_t wire_receive(
	struct wire *wire, void *buffer, enum host_id *ret_sender, int64_t *ret_sent_ns)
{
	while (true) {
		char control[CMSG_SPACE(sizeof(struct timespec))];
		struct sockaddr_ll from;
		struct iovec data = {buffer, WIRE_PACKET_BYTES};
		struct msghdr header = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &data,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(wire->fd, &header, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		*ret_sent_ns = sent_ns_of(&header);
		if (!wire->tap.family && find_sender_by_device(wire, from.sll_ifindex, ret_sender))
			return n;
		if (wire->tap.family &&
			find_sender_by_address(wire, buffer, (size_t)n, ret_sender)) {
			segment_complete(buffer, (size_t)n);
			return n;
		}
	}
}

int wire_deliver(struct wire *wire, enum host_id sender, const void *packet, size_t length)
{
	bool is_ipv6 = length && (*(const uint8_t *)packet >> 4) == 6;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(is_ipv6 ? ETH_P_IPV6 : ETH_P_IP),
		.sll_ifindex = wire->host_index[host_other(sender)],
		.sll_halen = sizeof(host_mac),
	};

	memcpy(to.sll_addr, host_mac, sizeof(host_mac));
	while (sendto(wire->fd, packet, length, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static bool kind_matches(enum wire_kind kind, const struct segment *segment)
{
	const uint8_t moves = SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST;
	uint8_t flags = segment->flags;

	switch (kind) {
	case WIRE_SYN: return (flags & (SEGMENT_SYN | SEGMENT_ACK)) == SEGMENT_SYN;
	case WIRE_SYN_ACK: return (flags & SEGMENT_SYN) && (flags & SEGMENT_ACK);
	case WIRE_ACK: return (flags & SEGMENT_ACK) && !(flags & moves) && !segment->payload_length;
	case WIRE_FIN: return flags & SEGMENT_FIN;
	case WIRE_RST: return flags & SEGMENT_RST;
	case WIRE_DATA: return segment->payload_length > 0;
	case WIRE_ZERO: return segment->window == 0;
	case WIRE_ANY: return true;
	}
	return false;
}

bool wire_matches(const struct wire_match *match, enum host_id sender, int connection,
	const struct segment *segment)
{
	return (match->from == HOST_COUNT || match->from == (int)sender) &&
	       (match->connection == CONNECTION_NONE || match->connection == connection) &&
	       kind_matches(match->kind, segment);
}

struct wire_rule *wire_rule(
	struct wire *wire, enum wire_verb verb, const struct wire_match *match, int times)
{
	struct wire_rule *rule = list_grow(&wire->rules, &wire->rule_count, &wire->rule_room);

	*rule = (struct wire_rule){.verb = verb, .match = *match, .times = times};
	return rule;
}

enum packet_fate wire_judge(
	struct wire *wire, enum host_id sender, int connection, const struct segment *segment)
{
	static const enum packet_fate fates[] = {
		[WIRE_HOLD] = PACKET_HELD,
		[WIRE_DROP] = PACKET_DROPPED,
		[WIRE_DUPLICATE] = PACKET_DUPLICATED,
	};

	for (size_t i = wire->rule_count; i--;) {
		struct wire_rule *rule = &wire->rules[i];

		if (!rule->times || !wire_matches(&rule->match, sender, connection, segment))
			continue;
		if (rule->times > 0)
			rule->times--;
		return fates[rule->verb];
	}
	return PACKET_DELIVERED;
}

static bool is_same_segment(const struct wire_packet *packet, enum host_id sender, int connection,
	const struct segment *segment)
{
	return packet->sender == sender && packet->connection == connection &&
	       packet->segment.sequence == segment->sequence &&
	       packet->segment.flags == segment->flags &&
	       packet->segment.payload_length == segment->payload_length &&
	       /* a pure ACK says something new when it acknowledges more */
	       (segment_span(segment) || packet->segment.acknowledgment == segment->acknowledgment);
}

/* Where the held packets of the stream that cover `from` end; `from` itself when none does. */
static uint32_t end_of_cover(
	const struct wire *wire, enum host_id sender, int connection, uint32_t from)
{
	for (size_t i = 0; i < wire->held_count; i++) {
		const struct wire_packet *held = &wire->held[i];
		uint32_t start = held->segment.sequence;

		if (held->sender == sender && held->connection == connection &&
			from - start < segment_span(&held->segment))
			return start + segment_span(&held->segment);
	}
	return from;
}

/* What TCP sends again it may put together anew: several small segments, and the FIN, in one. */
static bool is_covered(
	const struct wire *wire, enum host_id sender, int connection, const struct segment *segment)
{
	uint32_t at = segment->sequence, end = at + segment_span(segment), next;

	if (at == end || (segment->flags & (SEGMENT_SYN | SEGMENT_RST)))
		return false;
	while ((next = end_of_cover(wire, sender, connection, at)) != at) {
		at = next;
		if ((int32_t)(at - end) >= 0)
			return true;
	}
	return false;
}

bool wire_is_held(
	const struct wire *wire, enum host_id sender, int connection, const struct segment *segment)
{
	for (size_t i = 0; i < wire->held_count; i++) {
		if (is_same_segment(&wire->held[i], sender, connection, segment))
			return true;
	}
	return is_covered(wire, sender, connection, segment);
}

void wire_hold(struct wire *wire, enum host_id sender, int connection, const void *packet,
	size_t length, const struct segment *segment)
{
	struct wire_packet *held;
	uint8_t *bytes = malloc(length);

	if (!bytes)
		abort();
	memcpy(bytes, packet, length);
	held = list_grow(&wire->held, &wire->held_count, &wire->held_room);
	*held = (struct wire_packet){
		.sender = sender,
		.connection = connection,
		.bytes = bytes,
		.length = length,
	};
	if (segment_decode(bytes, length, &held->segment) < 0)
		held->segment = *segment;
}

bool wire_take(struct wire *wire, const struct wire_match *match, struct wire_packet *ret_packet)
{
	for (size_t i = 0; i < wire->held_count; i++) {
		struct wire_packet *held = &wire->held[i];

		if (!wire_matches(match, held->sender, held->connection, &held->segment))
			continue;
		*ret_packet = *held;
		memmove(held, held + 1, (wire->held_count - i - 1) * sizeof(*held));
		wire->held_count--;
		return true;
	}
	return false;
}

size_t wire_count_held(const struct wire *wire, const struct wire_match *match)
{
	size_t count = 0;

	for (size_t i = 0; i < wire->held_count; i++) {
		const struct wire_packet *held = &wire->held[i];

		count += wire_matches(match, held->sender, held->connection, &held->segment);
	}
	return count;
}

void wire_pass(struct wire *wire)
{
	wire->rule_count = 0;
}

void wire_clear(struct wire *wire)
{
	wire_pass(wire);
	while (wire->held_count)
		free(wire->held[--wire->held_count].bytes);
	for (int host = 0; host < HOST_COUNT; host++)
		wire->is_mute[host] = false;
}
