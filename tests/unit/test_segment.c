/* SPDX-License-Identifier: BSD-2-Clause */
#include "packets.h"

#include <arpa/inet.h>
#include <errno.h>

static void assert_address(const struct endpoint *endpoint, const char *text, uint16_t port)
{
	struct endpoint expected = {
		.family = strchr(text, ':') ? AF_INET6 : AF_INET,
		.port = port,
	};

	assert_int_equal(inet_pton(expected.family, text, expected.address), 1);
	assert_true(endpoint_equal(endpoint, &expected));
	assert_int_equal(endpoint->interface, 0);
}

/* What tshark reads in a captured packet, we read in it. */
static void decodes_captured(void **state)
{
	const struct captured *expected = *state;
	size_t length;
	_cleanup_free_ uint8_t *packet = bytes_of(expected->hex, &length);
	struct segment segment;

	assert_int_equal(segment_decode(packet, length, &segment), 0);
	assert_address(&segment.source, expected->source, expected->source_port);
	assert_address(&segment.destination, expected->destination, expected->destination_port);
	assert_int_equal(segment.sequence, expected->sequence);
	assert_int_equal(segment.acknowledgment, expected->acknowledgment);
	assert_int_equal(segment.window, expected->window);
	assert_int_equal(segment.flags, expected->flags);
	assert_int_equal(segment.has_timestamps, expected->has_timestamps);
	assert_int_equal(segment.timestamp, expected->timestamp);
	assert_int_equal(segment.timestamp_echo, expected->timestamp_echo);
	assert_int_equal(segment.maximum_segment_size, expected->maximum_segment_size);
	assert_int_equal(segment.window_scale, expected->window_scale);
	assert_int_equal(segment.permits_sack, expected->permits_sack);
	assert_int_equal(segment.payload_length, strlen(expected->payload));
	assert_memory_equal(segment.payload, expected->payload, segment.payload_length);
	assert_ptr_equal(segment.payload + segment.payload_length, packet + length);
	assert_int_equal(segment_verify(packet, length), 0);
}

/* Cut anywhere, a packet is refused, nothing behind the cut is read, nothing is written. */
static void refuses_every_truncation(void **state)
{
	const struct captured *whole = *state;
	size_t length;
	_cleanup_free_ uint8_t *packet = bytes_of(whole->hex, &length);

	for (size_t cut = 0; cut < length; cut++) {
		_cleanup_free_ uint8_t *part = copy_of(packet, cut);
		struct segment segment, untouched;

		memset(&segment, 0xa5, sizeof(segment));
		memset(&untouched, 0xa5, sizeof(untouched));
		assert_int_equal(segment_decode(part, cut, &segment), -EBADMSG);
		assert_int_equal(segment_verify(part, cut), -EBADMSG);
		assert_memory_equal(&segment, &untouched, sizeof(segment));
	}
}

/* IPv6 has no checksum of its own: traffic class, flow label and hop limit are not covered. */
static bool is_covered(const uint8_t *packet, size_t at, uint8_t change)
{
	if (packet[0] >> 4 == 4)
		return true;
	if (at == 0)
		return change & 0xf0;
	return at > 3 && at != 7;
}

/* Any change of one byte is noticed, unless no checksum covers it. */
static void verify_notices_every_corruption(void **state)
{
	const struct captured *right = *state;
	size_t length;
	_cleanup_free_ uint8_t *packet = bytes_of(right->hex, &length);

	for (size_t at = 0; at < length; at++) {
		for (unsigned int change = 1; change < 256; change++) {
			int result;

			packet[at] ^= (uint8_t)change;
			result = segment_verify(packet, length);
			packet[at] ^= (uint8_t)change;
			if (is_covered(packet, at, (uint8_t)change))
				assert_true(result == -EBADMSG || result == -EPROTONOSUPPORT);
			else
				assert_int_equal(result, 0);
		}
	}
}

/* Decoded and encoded again, a packet of Linux is the same bytes, but for the fields that carry no
 * meaning here: the IPv4 identification (RFC 6864: none in an atomic datagram), the flow label. */
static void encodes_as_linux_does(void **state)
{
	const struct captured *expected = *state;
	uint8_t again[PACKET_MAX];
	size_t length;
	_cleanup_free_ uint8_t *packet = bytes_of(expected->hex, &length);
	struct segment segment;

	assert_int_equal(segment_decode(packet, length, &segment), 0);
	assert_int_equal(segment_encode(&segment, again, sizeof(again)), length);
	assert_int_equal(segment_verify(again, length), 0);
	if (packet[0] >> 4 == 4) {
		memset(packet + 4, 0, 2);
		seal(packet, length);
	} else {
		memset(packet + 1, 0, 3);
	}
	assert_memory_equal(again, packet, length);
}

static struct segment sample(uint16_t family)
{
	const struct captured *packet =
		captured_named(family == AF_INET ? "IPv4 ACK" : "IPv6 data");
	size_t length;
	_cleanup_free_ uint8_t *bytes = bytes_of(packet->hex, &length);
	struct segment segment;

	assert_int_equal(segment_decode(bytes, length, &segment), 0);
	segment.payload = NULL;
	segment.payload_length = 0;
	return segment;
}

static void takes_large_packets(void **state)
{
	static const uint16_t families[] = {AF_INET, AF_INET6};
	static uint8_t packet[70000];

	(void)state;
	for (size_t i = 0; i < COUNT(families); i++) {
		struct segment segment = sample(families[i]), again;
		/* 32 bytes of TCP; IPv4's length field counts its own header too. */
		uint32_t most = UINT16_MAX - 32 - (families[i] == AF_INET ? 20 : 0);
		size_t longest = UINT16_MAX + (families[i] == AF_INET ? 0u : 40u);

		segment.payload_length = most;
		assert_int_equal(segment_encode(&segment, packet, sizeof(packet)), longest);
		assert_int_equal(segment_verify(packet, longest), 0);
		assert_int_equal(segment_decode(packet, longest, &again), 0);
		assert_int_equal(again.payload_length, most);
		segment.payload_length = most + 1;
		assert_int_equal(segment_encode(&segment, packet, sizeof(packet)), -EMSGSIZE);
		segment.payload_length = UINT32_MAX;
		assert_int_equal(segment_encode(&segment, packet, sizeof(packet)), -EMSGSIZE);
	}
}

/* Segments joined beyond 64 KiB tell a length of 0: the buffer's counts then. */
static void takes_big_tcp(void **state)
{
	static const uint16_t families[] = {AF_INET, AF_INET6};
	static uint8_t packet[70000];

	(void)state;
	for (size_t i = 0; i < COUNT(families); i++) {
		struct segment segment = sample(families[i]);
		size_t header = families[i] == AF_INET ? 52 : 72;
		size_t field = families[i] == AF_INET ? 2 : 4;

		memset(packet, 0, sizeof(packet));
		assert_int_equal(segment_encode(&segment, packet, sizeof(packet)), header);
		put16(packet + field, 0);
		assert_int_equal(segment_decode(packet, sizeof(packet), &segment), 0);
		assert_int_equal(segment.payload_length, sizeof(packet) - header);
		assert_int_equal(segment_decode(packet, 1000, &segment), -EBADMSG);
	}
}

static void encodes_only_what_fits(void **state)
{
	uint8_t packet[PACKET_MAX];
	size_t length = load("IPv4 SYN", packet);
	struct segment segment;

	(void)state;
	assert_int_equal(segment_decode(packet, length, &segment), 0);
	for (size_t size = 0; size < length; size++) {
		_cleanup_free_ uint8_t *room = copy_of(packet, size);

		assert_int_equal(segment_encode(&segment, room, size), -ENOSPC);
		assert_memory_equal(room, packet, size);
	}
	segment.destination.family = AF_INET6;
	assert_int_equal(segment_encode(&segment, packet, sizeof(packet)), -EAFNOSUPPORT);
	segment.source.family = segment.destination.family = AF_UNIX;
	assert_int_equal(segment_encode(&segment, packet, sizeof(packet)), -EAFNOSUPPORT);
}

/* A small generator, so that every run tries the same. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 32);
}

static struct segment random_segment(uint64_t *seed, const uint8_t payload[PACKET_MAX])
{
	uint32_t choice = next_random(seed);
	struct segment segment = {
		.sequence = next_random(seed),
		.acknowledgment = next_random(seed),
		.window = (uint16_t)next_random(seed),
		.flags = (uint8_t)next_random(seed),
		.has_timestamps = choice & 1,
		.permits_sack = choice & 2,
		.maximum_segment_size = choice & 4 ? (uint16_t)(next_random(seed) | 1) : 0,
		.window_scale = choice & 8 ? (int8_t)(next_random(seed) % 15) : -1,
		.payload_length = next_random(seed) % PACKET_MAX,
		.payload = payload,
	};
	uint16_t family = choice & 16 ? AF_INET : AF_INET6;

	segment.source.family = segment.destination.family = family;
	segment.source.port = (uint16_t)next_random(seed);
	segment.destination.port = (uint16_t)next_random(seed);
	for (size_t i = 0; i < (family == AF_INET ? 4 : 16); i++) {
		segment.source.address[i] = (uint8_t)next_random(seed);
		segment.destination.address[i] = (uint8_t)next_random(seed);
	}
	if (segment.has_timestamps) {
		segment.timestamp = next_random(seed);
		segment.timestamp_echo = next_random(seed);
	}
	return segment;
}

static void round_trips(void **state)
{
	uint8_t payload[PACKET_MAX], packet[SEGMENT_HEADER_BYTES + PACKET_MAX];
	uint64_t seed = 867;

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)next_random(&seed);
	for (int round = 0; round < 20000; round++) {
		struct segment segment = random_segment(&seed, payload), again;
		ssize_t length = segment_encode(&segment, packet, sizeof(packet));

		assert_true(length > 0);
		assert_int_equal(segment_verify(packet, (size_t)length), 0);
		assert_int_equal(segment_decode(packet, (size_t)length, &again), 0);
		assert_same(&segment, &again);
		/* Sealed by other code than the one that wrote it, it stays as it was. */
		seal(packet, (size_t)length);
		assert_int_equal(segment_verify(packet, (size_t)length), 0);
	}
}

static void sums_as_rfc_1071(void **state)
{
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	static uint8_t ones[1 << 20];
	uint32_t sum = 0;

	(void)state;
	assert_int_equal(segment_sum(example, sizeof(example), 0), 0x2ddf0); /* section 3 */
	assert_int_equal(segment_fold(0x2ddf0), 0x220d);
	assert_int_equal(
		segment_fold(segment_sum(example, 7, 0)), 0x2304); /* odd: a zero follows */
	assert_int_equal(segment_sum(example, 0, 77), 77);
	for (size_t i = 0; i < sizeof(example); i += 2)
		sum = segment_sum(example + i, 2, sum);
	assert_int_equal(sum, 0x2ddf0);
	/* More words of ones than a 32-bit sum can hold: it must carry, not wrap. */
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(segment_fold(segment_sum(ones, sizeof(ones), UINT32_MAX)), 0);
}

static void spans_payload_and_flags(void **state)
{
	struct segment segment = {.payload_length = 5};

	(void)state;
	assert_int_equal(segment_span(&segment), 5);
	segment.flags = SEGMENT_SYN;
	assert_int_equal(segment_span(&segment), 6);
	segment.flags = SEGMENT_FIN | SEGMENT_ACK | SEGMENT_PSH;
	assert_int_equal(segment_span(&segment), 6);
	segment.flags = SEGMENT_SYN | SEGMENT_FIN;
	assert_int_equal(segment_span(&segment), 7);
	segment.flags = SEGMENT_RST | SEGMENT_ACK | SEGMENT_URG;
	segment.payload_length = 0;
	assert_int_equal(segment_span(&segment), 0);
}

static void names_the_flags(void **state)
{
	char text[SEGMENT_FLAGS_BYTES];

	(void)state;
	assert_string_equal(segment_flags(0, text), "none");
	assert_string_equal(segment_flags(SEGMENT_SYN, text), "SYN");
	assert_string_equal(segment_flags(SEGMENT_SYN | SEGMENT_ACK, text), "SYN,ACK");
	assert_string_equal(
		segment_flags(SEGMENT_ACK | SEGMENT_FIN | SEGMENT_PSH, text), "FIN,PSH,ACK");
	assert_string_equal(segment_flags(SEGMENT_RST, text), "RST");
	assert_string_equal(segment_flags(0xff, text), "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR");
	assert_ptr_equal(segment_flags(0, text), text);
}

/* What a loopback leaves for a card to do. */
static void completes_the_checksum_of(void **state)
{
	const struct captured *expected = *state;
	size_t length;
	_cleanup_free_ uint8_t *packet = bytes_of(expected->hex, &length);
	_cleanup_free_ uint8_t *whole = bytes_of(expected->hex, &length);
	struct segment segment;
	size_t checksum;

	assert_int_equal(segment_decode(packet, length, &segment), 0);
	checksum = (packet[0] >> 4 == 4 ? (packet[0] & 15) * 4u : 40u) + 16;
	packet[checksum] ^= 0xa5;
	assert_int_equal(segment_verify(packet, length), -EBADMSG);
	assert_int_equal(segment_complete(packet, length), 0);
	assert_memory_equal(packet, whole, length);
	assert_int_equal(segment_complete(packet, 20), -EBADMSG);
}

/* Every captured packet goes through these, each under its own name. */
static const struct {
	const char *what;
	CMUnitTestFunction test;
} for_each_captured[] = {
	{"decodes", decodes_captured},
	{"refuses every truncation of", refuses_every_truncation},
	{"notices every corruption of", verify_notices_every_corruption},
	{"encodes as Linux does", encodes_as_linux_does},
	{"completes the checksum of", completes_the_checksum_of},
};

static const struct CMUnitTest plain_tests[] = {
	cmocka_unit_test(takes_large_packets),
	cmocka_unit_test(takes_big_tcp),
	cmocka_unit_test(encodes_only_what_fits),
	cmocka_unit_test(round_trips),
	cmocka_unit_test(sums_as_rfc_1071),
	cmocka_unit_test(spans_payload_and_flags),
	cmocka_unit_test(names_the_flags),
};

#define CAPTURED_TESTS (CAPTURED_COUNT * COUNT(for_each_captured))

int main(void)
{
	static char names[CAPTURED_TESTS][96];
	static struct CMUnitTest tests[CAPTURED_TESTS + COUNT(plain_tests)];

	for (size_t i = 0; i < CAPTURED_TESTS; i++) {
		const struct captured *packet = &captured[i / COUNT(for_each_captured)];
		size_t which = i % COUNT(for_each_captured);

		snprintf(names[i], sizeof(names[i]), "%s: %s", for_each_captured[which].what,
			packet->name);
		tests[i].name = names[i];
		tests[i].test_func = for_each_captured[which].test;
		tests[i].initial_state = (void *)(uintptr_t)packet;
	}
	memcpy(tests + CAPTURED_TESTS, plain_tests, sizeof(plain_tests));
	return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
