/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef UNIT_PACKETS_H
#define UNIT_PACKETS_H

/* The captured packets as bytes, to be read and bent by the tests of the segment codec. */

#include "unit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "captured.h"
#include "tcp/segment.h"

#define PACKET_MAX 256

/* Decodes hex into an exact allocation, so that a sanitizer sees the first byte read too far. */
static inline uint8_t *bytes_of(const char *hex, size_t *ret_length)
{
	size_t length = strlen(hex) / 2;
	uint8_t *bytes = malloc(length);

	assert_non_null(bytes);
	for (size_t i = 0; i < length; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	*ret_length = length;
	return bytes;
}

static inline uint8_t *copy_of(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

static inline const struct captured *captured_named(const char *name)
{
	for (size_t i = 0; i < CAPTURED_COUNT; i++) {
		if (!strcmp(captured[i].name, name))
			return &captured[i];
	}
	fail_msg("no captured packet '%s'", name);
	return NULL;
}

/* A captured packet with room behind it, to be bent by the test. */
static inline size_t load(const char *name, uint8_t packet[PACKET_MAX])
{
	size_t length;
	_cleanup_free_ uint8_t *bytes = bytes_of(captured_named(name)->hex, &length);

	assert_true(length <= PACKET_MAX);
	memset(packet, 0, PACKET_MAX);
	memcpy(packet, bytes, length);
	return length;
}

static inline void put16(uint8_t *at, size_t number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

/* Makes the checksums right again, by RFC 1071's text rather than by the code under test. */
static inline uint16_t plain_checksum(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void seal(uint8_t *packet, size_t length)
{
	bool is_ipv4 = packet[0] >> 4 == 4;
	size_t header = is_ipv4 ? (size_t)(packet[0] & 15) * 4 : 40;
	const uint8_t *addresses = packet + (is_ipv4 ? 12 : 8);
	size_t address_bytes = is_ipv4 ? 8 : 32;
	uint8_t next = packet[6];
	uint32_t sum;

	while (!is_ipv4 && next != IPPROTO_TCP) {
		next = packet[header];
		header += ((size_t)packet[header + 1] + 1) * 8;
	}
	if (is_ipv4) {
		put16(packet + 10, 0);
		put16(packet + 10, plain_checksum(packet, header, 0));
	}
	put16(packet + header + 16, 0);
	sum = (uint16_t)~plain_checksum(
		addresses, address_bytes, IPPROTO_TCP + (uint32_t)(length - header));
	put16(packet + header + 16, plain_checksum(packet + header, length - header, sum));
}

static inline void assert_same(const struct segment *a, const struct segment *b)
{
	assert_true(endpoint_equal(&a->source, &b->source));
	assert_true(endpoint_equal(&a->destination, &b->destination));
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->acknowledgment, b->acknowledgment);
	assert_int_equal(a->window, b->window);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->has_timestamps, b->has_timestamps);
	assert_int_equal(a->timestamp, b->timestamp);
	assert_int_equal(a->timestamp_echo, b->timestamp_echo);
	assert_int_equal(a->maximum_segment_size, b->maximum_segment_size);
	assert_int_equal(a->window_scale, b->window_scale);
	assert_int_equal(a->permits_sack, b->permits_sack);
	assert_int_equal(a->payload_length, b->payload_length);
	if (a->payload && b->payload)
		assert_memory_equal(a->payload, b->payload, a->payload_length);
}

#endif
