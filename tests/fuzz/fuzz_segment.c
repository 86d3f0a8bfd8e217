/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Any bytes as an IP packet: nothing is read outside them, both readers agree on what is a segment,
 * and what was read can be written and read again without a change.
 */

#include <stdlib.h>
#include <string.h>

#include "tcp/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

static void check_same(const struct segment *a, const struct segment *b)
{
	CHECK(endpoint_equal(&a->source, &b->source));
	CHECK(endpoint_equal(&a->destination, &b->destination));
	CHECK(a->sequence == b->sequence && a->acknowledgment == b->acknowledgment);
	CHECK(a->window == b->window && a->flags == b->flags);
	CHECK(a->has_timestamps == b->has_timestamps);
	CHECK(a->timestamp == b->timestamp && a->timestamp_echo == b->timestamp_echo);
	CHECK(a->maximum_segment_size == b->maximum_segment_size);
	CHECK(a->window_scale == b->window_scale && a->permits_sack == b->permits_sack);
	CHECK(a->payload_length == b->payload_length);
	CHECK(!memcmp(a->payload, b->payload, a->payload_length));
}

static void check_round_trip(const struct segment *segment)
{
	size_t room = SEGMENT_HEADER_BYTES + segment->payload_length;
	uint8_t *packet = malloc(room);
	ssize_t length;
	struct segment again;

	CHECK(packet);
	length = segment_encode(segment, packet, room);
	CHECK(length > 0 && (size_t)length <= room);
	CHECK(!segment_verify(packet, (size_t)length));
	CHECK(!segment_decode(packet, (size_t)length, &again));
	check_same(segment, &again);
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment segment;
	char flags[SEGMENT_FLAGS_BYTES], text[ENDPOINT_TEXT_BYTES];
	int decoded = segment_decode(data, size, &segment);
	int verified = segment_verify(data, size);

	if (decoded) {
		CHECK(verified == decoded);
		return 0;
	}
	CHECK(segment.payload >= data && segment.payload_length <= size);
	CHECK(segment.payload + segment.payload_length <= data + size);
	CHECK(segment_span(&segment) >= segment.payload_length);
	CHECK(strlen(segment_flags(segment.flags, flags)) < sizeof(flags));
	CHECK(strlen(endpoint_format(&segment.source, text)) < sizeof(text));
	/* Joined segments of more than 64 KiB cannot be written as one packet. */
	if (segment.payload_length <= UINT16_MAX - SEGMENT_HEADER_BYTES)
		check_round_trip(&segment);
	return 0;
}
