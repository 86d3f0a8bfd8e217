/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCP_SEGMENT_H
#define TCP_SEGMENT_H

/*
 * A TCP segment inside its IP packet, read and written: IPv4 (RFC 791), IPv6 (RFC 8200),
 * TCP (RFC 9293 section 3.1), its options (RFC 7323), the checksum with the pseudo header.
 * Pure; takes any bytes without harm.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcp/endpoint.h"

/* As in the header's flag byte, lowest bit first. */
enum segment_flag {
	SEGMENT_FIN = 0x01,
	SEGMENT_SYN = 0x02,
	SEGMENT_RST = 0x04,
	SEGMENT_PSH = 0x08,
	SEGMENT_ACK = 0x10,
	SEGMENT_URG = 0x20,
	SEGMENT_ECE = 0x40,
	SEGMENT_CWR = 0x80,
};

struct segment {
	struct endpoint source, destination;
	uint32_t sequence, acknowledgment; /* absolute */
	uint16_t window;                   /* as in the header, not scaled */
	uint8_t flags;                     /* SEGMENT_* */
	bool has_timestamps;               /* RFC 7323 section 3 */
	uint32_t timestamp, timestamp_echo;
	uint16_t maximum_segment_size; /* 0 when not given */
	int8_t window_scale;           /* -1 when not given */
	bool permits_sack;
	uint32_t payload_length; /* as the headers tell it */
	const uint8_t *payload;  /* into the packet it was read from */
};

/* Room for the headers with all options that segment_encode() writes. */
#define SEGMENT_HEADER_BYTES (40 + 60)

/*
 * Reads an IP packet (no link header; padding behind it is ignored). 0; -EPROTONOSUPPORT when
 * it is not TCP, a fragment, or source-routed and not there yet; -EBADMSG when it is cut short
 * or contradicts itself. *ret_segment untouched on failure.
 * Unknown options are passed over; a broken option list ends the options, not the segment.
 */
int segment_decode(const void *packet, size_t length, struct segment *ret_segment);

/* Are the IPv4 header checksum (if IPv4) and the TCP checksum right? -EBADMSG as above. */
int segment_verify(const void *packet, size_t length);

/*
 * Writes the right TCP checksum into a packet that was seen before a network card, or where there
 * is none, as on the loopback: the kernel leaves it to the card. Returns as segment_decode().
 */
int segment_complete(void *packet, size_t length);

/*
 * Writes the packet, checksums filled in, and returns its length; -ENOSPC when it does not fit
 * into `size`, -EMSGSIZE when no IP packet is that long, -EAFNOSUPPORT when the endpoints are
 * not of one family. segment->payload may be NULL for zeroes of payload_length; it must not lie
 * within `packet`.
 */
ssize_t segment_encode(const struct segment *segment, void *packet, size_t size);

/* Sequence numbers that the segment takes: its payload, and one each for SYN and FIN. */
uint32_t segment_span(const struct segment *segment);

/* "SYN,ACK", "FIN,PSH,ACK": the flags by name, lowest bit first; "none". Returns `text`. */
#define SEGMENT_FLAGS_BYTES 40
const char *segment_flags(uint8_t flags, char text[SEGMENT_FLAGS_BYTES]);

/*
 * The Internet checksum (RFC 1071): the sum over bytes, starting from a partial one (of an even
 * number of bytes); then its complement in host order, 0 over what holds its right checksum.
 */
uint32_t segment_sum(const void *bytes, size_t length, uint32_t sum);
uint16_t segment_fold(uint32_t sum);

#endif
