/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/segment.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/param.h>

#include "tcp/header.h"

#define TTL           64
#define DONT_FRAGMENT 0x4000

/* RFC 7323 section 2.3: what is larger counts as this. */
#define WINDOW_SCALE_MAX 14

/* Where things lie in a packet whose lengths have been checked. */
struct layout {
	uint8_t version;
	const uint8_t *addresses; /* the source's; the destination's stands behind it */
	size_t address_bytes;
	size_t ip_header_bytes; /* extension headers included */
	size_t tcp_header_bytes;
	size_t tcp_bytes; /* header and payload */
};

uint32_t segment_sum(const void *bytes, size_t length, uint32_t sum)
{
	const uint8_t *at = bytes;
	uint64_t wide = sum;

	for (; length >= 2; length -= 2, at += 2)
		wide += get16(at);
	if (length)
		wide += (uint32_t)at[0] << 8;
	while (wide >> 32)
		wide = (wide & UINT32_MAX) + (wide >> 32);
	return (uint32_t)wide;
}

uint16_t segment_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint16_t tcp_checksum(const struct layout *layout, const uint8_t *tcp)
{
	uint32_t sum = segment_sum(layout->addresses, 2 * layout->address_bytes, IPPROTO_TCP);
	uint8_t length_be[4];

	put32(length_be, (uint32_t)layout->tcp_bytes);
	sum = segment_sum(length_be, sizeof(length_be), sum);
	return segment_fold(segment_sum(tcp, layout->tcp_bytes, sum));
}

/*
 * How long the packet says it is. Behind it there may be padding (an Ethernet frame has at
 * least 46 bytes of payload). Where the kernel joins segments beyond 64 KiB ("BIG TCP") the
 * 16-bit field cannot hold the length and is 0.
 */
static int packet_length(
	size_t header_bytes, size_t told, size_t fixed, size_t length, size_t *ret_length)
{
	if (length > UINT32_MAX)
		return -EBADMSG;
	if (told == 0 && length > UINT16_MAX + fixed) {
		*ret_length = length;
		return 0;
	}
	told += fixed;
	if (told < header_bytes || told > length)
		return -EBADMSG;
	*ret_length = told;
	return 0;
}

static int lay_out_ipv4(const uint8_t *packet, size_t *length, struct layout *layout)
{
	int result;

	if (*length < IPV4_HEADER_BYTES)
		return -EBADMSG;
	layout->ip_header_bytes = (size_t)(packet[0] & 0x0f) * 4;
	if (layout->ip_header_bytes < IPV4_HEADER_BYTES)
		return -EBADMSG;
	result = packet_length(
		layout->ip_header_bytes, get16(packet + IPV4_TOTAL_LENGTH), 0, *length, length);
	if (result < 0)
		return result;
	/* Of the fragment field all but "don't fragment" and the reserved bit. */
	if (packet[IPV4_PROTOCOL] != IPPROTO_TCP || (get16(packet + IPV4_FRAGMENT) & 0x3fff))
		return -EPROTONOSUPPORT;
	layout->addresses = packet + IPV4_SOURCE;
	layout->address_bytes = 4;
	return 0;
}

static int lay_out_ipv6(const uint8_t *packet, size_t *length, struct layout *layout)
{
	size_t at = IPV6_HEADER_BYTES;
	uint8_t next;
	int result;

	if (*length < IPV6_HEADER_BYTES)
		return -EBADMSG;
	result = packet_length(IPV6_HEADER_BYTES, get16(packet + IPV6_PAYLOAD_LENGTH),
		IPV6_HEADER_BYTES, *length, length);
	if (result < 0)
		return result;
	next = packet[IPV6_NEXT_HEADER];
	while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS) {
		size_t bytes;

		if (*length - at < 8)
			return -EBADMSG;
		bytes = ((size_t)packet[at + 1] + 1) * 8;
		if (*length - at < bytes)
			return -EBADMSG;
		/* Segments left: the header's destination is not yet the connection's. */
		if (next == IPPROTO_ROUTING && packet[at + 3])
			return -EPROTONOSUPPORT;
		next = packet[at];
		at += bytes;
	}
	if (next != IPPROTO_TCP)
		return -EPROTONOSUPPORT;
	layout->ip_header_bytes = at;
	layout->addresses = packet + IPV6_SOURCE;
	layout->address_bytes = 16;
	return 0;
}

static int lay_out(const uint8_t *packet, size_t length, struct layout *layout)
{
	int result;

	if (!length)
		return -EBADMSG;
	layout->version = packet[0] >> 4;
	if (layout->version == 4)
		result = lay_out_ipv4(packet, &length, layout);
	else if (layout->version == 6)
		result = lay_out_ipv6(packet, &length, layout);
	else
		result = -EPROTONOSUPPORT;
	if (result < 0)
		return result;
	layout->tcp_bytes = length - layout->ip_header_bytes;
	if (layout->tcp_bytes < TCP_HEADER_BYTES)
		return -EBADMSG;
	layout->tcp_header_bytes =
		(size_t)(packet[layout->ip_header_bytes + TCP_DATA_OFFSET] >> 4) * 4;
	if (layout->tcp_header_bytes < TCP_HEADER_BYTES ||
		layout->tcp_header_bytes > layout->tcp_bytes)
		return -EBADMSG;
	return 0;
}

/* One option that lies whole within the header. A known kind of a wrong length says nothing. */
static void decode_option(const uint8_t *option, size_t length, struct segment *segment)
{
	const uint8_t *value = option + 2;

	switch (option[0]) {
	case OPTION_MSS:
		if (length == OPTION_MSS_BYTES)
			segment->maximum_segment_size = get16(value);
		break;
	case OPTION_WINDOW_SCALE:
		if (length == OPTION_WINDOW_SCALE_BYTES)
			segment->window_scale = (int8_t)MIN(value[0], WINDOW_SCALE_MAX);
		break;
	case OPTION_SACK_PERMITTED:
		if (length == OPTION_SACK_PERMITTED_BYTES)
			segment->permits_sack = true;
		break;
	case OPTION_TIMESTAMPS:
		if (length == OPTION_TIMESTAMPS_BYTES) {
			segment->has_timestamps = true;
			segment->timestamp = get32(value);
			segment->timestamp_echo = get32(value + 4);
		}
		break;
	default: break;
	}
}

static void decode_options(const uint8_t *options, size_t length, struct segment *segment)
{
	while (length && options[0] != OPTION_END) {
		size_t taken = 1;

		if (options[0] != OPTION_NOP) {
			if (length < 2 || options[1] < 2 || options[1] > length)
				return;
			taken = options[1];
			decode_option(options, taken, segment);
		}
		options += taken;
		length -= taken;
	}
}

static struct endpoint decode_endpoint(
	const struct layout *layout, size_t which, const uint8_t *port)
{
	struct endpoint endpoint = {
		.family = layout->version == 4 ? AF_INET : AF_INET6,
		.port = get16(port),
	};

	memcpy(endpoint.address, layout->addresses + which * layout->address_bytes,
		layout->address_bytes);
	return endpoint;
}

int segment_decode(const void *packet, size_t length, struct segment *ret_segment)
{
	struct layout layout = {0};
	const uint8_t *tcp;
	int result = lay_out(packet, length, &layout);

	if (result < 0)
		return result;
	tcp = (const uint8_t *)packet + layout.ip_header_bytes;
	*ret_segment = (struct segment){
		.source = decode_endpoint(&layout, 0, tcp + TCP_SOURCE_PORT),
		.destination = decode_endpoint(&layout, 1, tcp + TCP_DESTINATION_PORT),
		.sequence = get32(tcp + TCP_SEQUENCE),
		.acknowledgment = get32(tcp + TCP_ACKNOWLEDGMENT),
		.window = get16(tcp + TCP_WINDOW),
		.flags = tcp[TCP_FLAGS],
		.window_scale = -1,
		.payload_length = (uint32_t)(layout.tcp_bytes - layout.tcp_header_bytes),
		.payload = tcp + layout.tcp_header_bytes,
	};
	decode_options(
		tcp + TCP_HEADER_BYTES, layout.tcp_header_bytes - TCP_HEADER_BYTES, ret_segment);
	return 0;
}

int segment_verify(const void *packet, size_t length)
{
	struct layout layout = {0};
	int result = lay_out(packet, length, &layout);

	if (result < 0)
		return result;
	/* A sum that includes its own right checksum is all ones: it folds to 0. */
	if (layout.version == 4 && segment_fold(segment_sum(packet, layout.ip_header_bytes, 0)))
		return -EBADMSG;
	if (tcp_checksum(&layout, (const uint8_t *)packet + layout.ip_header_bytes))
		return -EBADMSG;
	return 0;
}

int segment_complete(void *packet, size_t length)
{
	struct layout layout = {0};
	int result = lay_out(packet, length, &layout);
	uint8_t *tcp;

	if (result < 0)
		return result;
	tcp = (uint8_t *)packet + layout.ip_header_bytes;
	put16(tcp + TCP_CHECKSUM, 0);
	put16(tcp + TCP_CHECKSUM, tcp_checksum(&layout, tcp));
	return 0;
}

static uint8_t *put_bytes(uint8_t *at, int a, int b, int c, int d)
{
	at[0] = (uint8_t)a;
	at[1] = (uint8_t)b;
	at[2] = (uint8_t)c;
	at[3] = (uint8_t)d;
	return at + 4;
}

/* The order and the padding are those of Linux; returns the length. */
static size_t encode_options(const struct segment *segment, uint8_t options[40])
{
	uint8_t *at = options;
	uint16_t mss = segment->maximum_segment_size;

	if (mss)
		at = put_bytes(at, OPTION_MSS, OPTION_MSS_BYTES, mss >> 8, mss & 0xff);
	if (segment->has_timestamps) {
		if (segment->permits_sack)
			at = put_bytes(at, OPTION_SACK_PERMITTED, OPTION_SACK_PERMITTED_BYTES,
				OPTION_TIMESTAMPS, OPTION_TIMESTAMPS_BYTES);
		else
			at = put_bytes(at, OPTION_NOP, OPTION_NOP, OPTION_TIMESTAMPS,
				OPTION_TIMESTAMPS_BYTES);
		put32(at, segment->timestamp);
		put32(at + 4, segment->timestamp_echo);
		at += 8;
	} else if (segment->permits_sack) {
		at = put_bytes(at, OPTION_NOP, OPTION_NOP, OPTION_SACK_PERMITTED,
			OPTION_SACK_PERMITTED_BYTES);
	}
	if (segment->window_scale >= 0)
		at = put_bytes(at, OPTION_NOP, OPTION_WINDOW_SCALE, OPTION_WINDOW_SCALE_BYTES,
			segment->window_scale);
	return (size_t)(at - options);
}

static void encode_ipv4(const struct segment *segment, uint8_t *packet, size_t length)
{
	packet[0] = 4 << 4 | IPV4_HEADER_BYTES / 4;
	put16(packet + IPV4_TOTAL_LENGTH, (uint16_t)length);
	put16(packet + IPV4_FRAGMENT, DONT_FRAGMENT);
	packet[IPV4_TTL] = TTL;
	packet[IPV4_PROTOCOL] = IPPROTO_TCP;
	memcpy(packet + IPV4_SOURCE, segment->source.address, 4);
	memcpy(packet + IPV4_DESTINATION, segment->destination.address, 4);
	put16(packet + IPV4_CHECKSUM, segment_fold(segment_sum(packet, IPV4_HEADER_BYTES, 0)));
}

static void encode_ipv6(const struct segment *segment, uint8_t *packet, size_t length)
{
	packet[0] = 6 << 4;
	put16(packet + IPV6_PAYLOAD_LENGTH, (uint16_t)(length - IPV6_HEADER_BYTES));
	packet[IPV6_NEXT_HEADER] = IPPROTO_TCP;
	packet[IPV6_HOP_LIMIT] = TTL;
	memcpy(packet + IPV6_SOURCE, segment->source.address, 16);
	memcpy(packet + IPV6_DESTINATION, segment->destination.address, 16);
}

static void encode_tcp(
	const struct segment *segment, const uint8_t *options, size_t option_bytes, uint8_t *tcp)
{
	put16(tcp + TCP_SOURCE_PORT, segment->source.port);
	put16(tcp + TCP_DESTINATION_PORT, segment->destination.port);
	put32(tcp + TCP_SEQUENCE, segment->sequence);
	put32(tcp + TCP_ACKNOWLEDGMENT, segment->acknowledgment);
	tcp[TCP_DATA_OFFSET] = (uint8_t)((TCP_HEADER_BYTES + option_bytes) / 4 << 4);
	tcp[TCP_FLAGS] = segment->flags;
	put16(tcp + TCP_WINDOW, segment->window);
	memcpy(tcp + TCP_HEADER_BYTES, options, option_bytes);
	if (segment->payload && segment->payload_length)
		memcpy(tcp + TCP_HEADER_BYTES + option_bytes, segment->payload,
			segment->payload_length);
}

ssize_t segment_encode(const struct segment *segment, void *packet, size_t size)
{
	bool is_ipv4 = segment->source.family == AF_INET;
	uint8_t options[40];
	size_t option_bytes = encode_options(segment, options);
	size_t ip_bytes = is_ipv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
	struct layout layout = {
		.tcp_bytes = TCP_HEADER_BYTES + option_bytes + segment->payload_length,
		.address_bytes = is_ipv4 ? 4 : 16,
	};
	size_t length = ip_bytes + layout.tcp_bytes;
	uint8_t *tcp = (uint8_t *)packet + ip_bytes;

	if ((!is_ipv4 && segment->source.family != AF_INET6) ||
		segment->destination.family != segment->source.family)
		return -EAFNOSUPPORT;
	if ((is_ipv4 ? length : layout.tcp_bytes) > UINT16_MAX)
		return -EMSGSIZE;
	if (length > size)
		return -ENOSPC;
	memset(packet, 0, length);
	if (is_ipv4)
		encode_ipv4(segment, packet, length);
	else
		encode_ipv6(segment, packet, length);
	encode_tcp(segment, options, option_bytes, tcp);
	layout.addresses = (uint8_t *)packet + (is_ipv4 ? IPV4_SOURCE : IPV6_SOURCE);
	put16(tcp + TCP_CHECKSUM, tcp_checksum(&layout, tcp));
	return (ssize_t)length;
}

uint32_t segment_span(const struct segment *segment)
{
	return segment->payload_length + !!(segment->flags & SEGMENT_SYN) +
	       !!(segment->flags & SEGMENT_FIN);
}

const char *segment_flags(uint8_t flags, char text[SEGMENT_FLAGS_BYTES])
{
	static const char names[8][4] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	size_t used = 0;

	memcpy(text, "none", sizeof("none"));
	for (size_t bit = 0; bit < 8; bit++) {
		if (!(flags & 1u << bit))
			continue;
		if (used)
			text[used++] = ',';
		memcpy(text + used, names[bit], sizeof(names[bit]));
		used += strlen(names[bit]);
	}
	return text;
}
