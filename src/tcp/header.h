/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCP_HEADER_H
#define TCP_HEADER_H

/*
 * What lies where in the headers of IPv4 (RFC 791 section 3.1), IPv6 (RFC 8200 section 3) and
 * TCP (RFC 9293 section 3.1): byte offsets, and numbers in network order at any alignment.
 * Whoever reads must have checked the lengths.
 */

#include <stdint.h>

#define IPV4_HEADER_BYTES 20
#define IPV6_HEADER_BYTES 40
#define TCP_HEADER_BYTES  20

/* Byte offsets within the headers. */
enum ipv4_offset {
	IPV4_TOTAL_LENGTH = 2,
	IPV4_FRAGMENT = 6,
	IPV4_TTL = 8,
	IPV4_PROTOCOL = 9,
	IPV4_CHECKSUM = 10,
	IPV4_SOURCE = 12,
	IPV4_DESTINATION = 16
};

enum ipv6_offset {
	IPV6_PAYLOAD_LENGTH = 4,
	IPV6_NEXT_HEADER = 6,
	IPV6_HOP_LIMIT = 7,
	IPV6_SOURCE = 8,
	IPV6_DESTINATION = 24
};

enum tcp_offset {
	TCP_SOURCE_PORT = 0,
	TCP_DESTINATION_PORT = 2,
	TCP_SEQUENCE = 4,
	TCP_ACKNOWLEDGMENT = 8,
	TCP_DATA_OFFSET = 12,
	TCP_FLAGS = 13,
	TCP_WINDOW = 14,
	TCP_CHECKSUM = 16
};

/* Kinds of TCP options, and how long each is with its kind and length bytes. */
enum option_kind {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WINDOW_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_TIMESTAMPS = 8
};

enum option_length {
	OPTION_MSS_BYTES = 4,
	OPTION_WINDOW_SCALE_BYTES = 3,
	OPTION_SACK_PERMITTED_BYTES = 2,
	OPTION_TIMESTAMPS_BYTES = 10
};

static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline void put16(uint8_t *at, uint16_t number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

static inline void put32(uint8_t *at, uint32_t number)
{
	put16(at, (uint16_t)(number >> 16));
	put16(at + 2, (uint16_t)number);
}

#endif
