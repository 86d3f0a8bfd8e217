/* SPDX-License-Identifier: BSD-2-Clause */
#include "packets.h"

#include <errno.h>

static void ignores_padding(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct segment bare, padded;

	(void)state;
	for (size_t i = 0; i < CAPTURED_COUNT; i++) {
		size_t length = load(captured[i].name, packet);

		memset(packet + length, 0xee, PACKET_MAX - length);
		assert_int_equal(segment_decode(packet, length, &bare), 0);
		for (size_t more = 1; more < 60; more++) {
			assert_int_equal(segment_decode(packet, length + more, &padded), 0);
			assert_same(&bare, &padded);
			assert_int_equal(segment_verify(packet, length + more), 0);
		}
	}
}

static void reads_behind_ipv4_options(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct segment plain, segment;

	(void)state;
	for (size_t words = 1; words <= 10; words++) {
		size_t length = load("IPv4 data", packet);

		assert_int_equal(segment_decode(packet, length, &plain), 0);
		plain.payload = NULL;
		memmove(packet + 20 + 4 * words, packet + 20, length - 20);
		memset(packet + 20, 1, 4 * words); /* NOP */
		packet[0] = (uint8_t)(0x45 + words);
		length += 4 * words;
		put16(packet + 2, length);
		seal(packet, length);
		assert_int_equal(segment_decode(packet, length, &segment), 0);
		assert_same(&plain, &segment);
		assert_memory_equal(segment.payload, "Sun Jun  5 21:00:00 2022\r\n", 26);
		assert_int_equal(segment_verify(packet, length), 0);
		packet[20] = 0;
		assert_int_equal(segment_verify(packet, length), -EBADMSG);
	}
}

static void refuses_bad_ipv4(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct segment segment;
	size_t length = load("IPv4 SYN", packet);

	(void)state;
	for (uint8_t words = 0; words < 5; words++) {
		packet[0] = (uint8_t)(0x40 | words);
		assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
	}
	packet[0] = 0x4f; /* 60 bytes: no room for TCP */
	assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
	packet[0] = 0x45;
	for (size_t total = 0; total < 40; total++) {
		put16(packet + 2, total);
		assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
	}
	put16(packet + 2, length + 1);
	assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
}

static void refuses_what_is_not_tcp(void **state)
{
	static const uint8_t arp[28] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t packet[PACKET_MAX];
	struct segment segment;
	size_t length = load("IPv4 SYN", packet);

	(void)state;
	assert_int_equal(segment_decode(arp, sizeof(arp), &segment), -EPROTONOSUPPORT);
	assert_int_equal(segment_verify(arp, sizeof(arp)), -EPROTONOSUPPORT);
	for (unsigned int protocol = 0; protocol < 256; protocol++) {
		packet[9] = (uint8_t)protocol;
		assert_int_equal(segment_decode(packet, length, &segment),
			protocol == IPPROTO_TCP ? 0 : -EPROTONOSUPPORT);
	}
	packet[9] = IPPROTO_TCP;
	put16(packet + 6, 0x2000); /* more fragments follow */
	assert_int_equal(segment_decode(packet, length, &segment), -EPROTONOSUPPORT);
	put16(packet + 6, 0x0001); /* a later fragment: no TCP header in it */
	assert_int_equal(segment_decode(packet, length, &segment), -EPROTONOSUPPORT);
	put16(packet + 6, 0x1fff);
	assert_int_equal(segment_decode(packet, length, &segment), -EPROTONOSUPPORT);
	put16(packet + 6, 0x0000); /* may be fragmented, but is not */
	assert_int_equal(segment_decode(packet, length, &segment), 0);
}

/* Puts an extension header of 8 * units bytes before what follows the IPv6 header. */
static size_t extend(uint8_t *packet, size_t length, uint8_t kind, size_t units)
{
	uint8_t *header = packet + 40;

	memmove(header + 8 * units, header, length - 40);
	memset(header, 0, 8 * units);
	header[0] = packet[6];
	header[1] = (uint8_t)(units - 1);
	packet[6] = kind;
	put16(packet + 4, length + 8 * units - 40);
	return length + 8 * units;
}

static void walks_ipv6_extension_headers(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct segment plain, segment;
	size_t length = load("IPv6 data", packet);

	(void)state;
	assert_int_equal(segment_decode(packet, length, &plain), 0);
	plain.payload = NULL;
	length = extend(packet, length, IPPROTO_DSTOPTS, 1);
	length = extend(packet, length, IPPROTO_ROUTING, 3);
	length = extend(packet, length, IPPROTO_HOPOPTS, 2);
	assert_int_equal(segment_decode(packet, length, &segment), 0);
	assert_same(&plain, &segment);
	assert_memory_equal(segment.payload, "Sun Jun  5 21:00:00 2022\r\n", 26);
	assert_int_equal(segment_verify(packet, length), 0); /* they are not in the checksum */
	for (size_t cut = 0; cut < length; cut++) {
		_cleanup_free_ uint8_t *part = copy_of(packet, cut);

		assert_int_equal(segment_decode(part, cut, &segment), -EBADMSG);
		if (cut < 40)
			continue;
		put16(part + 4, cut - 40); /* short by its own account: cut within a header */
		if (cut < length - 26)
			assert_int_equal(segment_decode(part, cut, &segment), -EBADMSG);
		else
			assert_int_equal(segment_decode(part, cut, &segment), 0);
	}
	packet[40 + 16 + 3] = 1; /* segments left: it is on its way to somewhere else */
	assert_int_equal(segment_decode(packet, length, &segment), -EPROTONOSUPPORT);
}

static void refuses_bad_ipv6(void **state)
{
	static const uint8_t others[] = {IPPROTO_FRAGMENT, IPPROTO_ESP, IPPROTO_AH, IPPROTO_NONE,
		IPPROTO_UDP, IPPROTO_ICMPV6, 135, 253};
	uint8_t packet[PACKET_MAX];
	struct segment segment;
	size_t length = load("IPv6 SYN", packet);

	(void)state;
	put16(packet + 4, length - 40 + 1);
	assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
	for (size_t told = 0; told < 20; told++) {
		put16(packet + 4, told);
		assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		length = extend(packet, load("IPv6 SYN", packet), others[i], 1);
		assert_int_equal(segment_decode(packet, length, &segment), -EPROTONOSUPPORT);
	}
	length = extend(packet, load("IPv6 SYN", packet), IPPROTO_DSTOPTS, 1);
	packet[41] = 255; /* longer than the packet */
	assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
	packet[41] = 5; /* to the end: nothing left for TCP */
	assert_int_equal(segment_decode(packet, length, &segment), -EBADMSG);
}

static void refuses_bad_data_offsets(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct segment segment;
	size_t length = load("IPv4 SYN", packet); /* 40 bytes of TCP */

	(void)state;
	for (unsigned int words = 0; words < 16; words++) {
		int expected = words >= 5 && words <= 10 ? 0 : -EBADMSG;

		packet[20 + 12] = (uint8_t)(words << 4);
		assert_int_equal(segment_decode(packet, length, &segment), expected);
		if (!expected)
			assert_int_equal(segment.payload_length, 40 - 4 * words);
	}
}

/* An IPv4 SYN with these bytes as its options, of a length that is a multiple of 4. */
static struct segment with_options(const uint8_t *options, size_t option_bytes)
{
	uint8_t packet[PACKET_MAX];
	size_t length = 40 + option_bytes;
	struct segment segment;

	load("IPv4 SYN", packet);
	memcpy(packet + 40, options, option_bytes);
	packet[20 + 12] = (uint8_t)((20 + option_bytes) / 4 << 4);
	put16(packet + 2, length);
	assert_int_equal(segment_decode(packet, length, &segment), 0);
	assert_int_equal(segment.payload_length, 0);
	segment.payload = NULL; /* into a packet that is about to go */
	return segment;
}

#define WITH_OPTIONS(...)                                                                          \
	with_options((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void reads_options_in_any_order(void **state)
{
	struct segment segment = WITH_OPTIONS(3, 3, 7, 4, 2, 1, 254, 5, 9, 9, 9, 2, 4, 0x21, 0x98,
		8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 0);

	(void)state;
	assert_int_equal(segment.window_scale, 7);
	assert_true(segment.permits_sack);
	assert_int_equal(segment.maximum_segment_size, 8600);
	assert_true(segment.has_timestamps);
	assert_int_equal(segment.timestamp, 0x01020304);
	assert_int_equal(segment.timestamp_echo, 0x05060708);
}

static void assert_mss_alone(const struct segment *segment)
{
	assert_int_equal(segment->maximum_segment_size, 1460);
	assert_int_equal(segment->window_scale, -1);
	assert_false(segment->permits_sack);
	assert_false(segment->has_timestamps);
}

/* Each list has a good MSS, then a break, then what must not be read any more. */
static void ends_at_a_broken_option(void **state)
{
	const struct segment broken[] = {
		WITH_OPTIONS(2, 4, 5, 0xb4, 3, 0, 4, 2),    /* length 0 */
		WITH_OPTIONS(2, 4, 5, 0xb4, 3, 1, 4, 2),    /* length 1 */
		WITH_OPTIONS(2, 4, 5, 0xb4, 8, 10, 4, 2),   /* beyond the end */
		WITH_OPTIONS(2, 4, 5, 0xb4, 1, 1, 3, 3),    /* beyond it by one */
		WITH_OPTIONS(2, 4, 5, 0xb4, 1, 1, 1, 3),    /* no length at all */
		WITH_OPTIONS(2, 4, 5, 0xb4, 0, 4, 2, 0),    /* end of the list */
		WITH_OPTIONS(2, 4, 5, 0xb4, 77, 255, 4, 2), /* unknown and too long */
		WITH_OPTIONS(1, 2, 4, 5, 0xb4, 3, 200, 7),  /* odd, and too long */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++)
		assert_mss_alone(&broken[i]);
}

static void passes_over_known_options_of_a_wrong_length(void **state)
{
	struct segment segment =
		WITH_OPTIONS(3, 4, 7, 7, 4, 3, 0, 8, 3, 0, 2, 3, 9, 2, 4, 5, 0xb4, 1, 1, 1);

	(void)state;
	assert_mss_alone(&segment);
}

/* RFC 7323 section 2.3: a shift of more than 14 counts as 14. */
static void bounds_the_window_scale(void **state)
{
	struct segment largest = WITH_OPTIONS(3, 3, 14, 0);
	struct segment larger = WITH_OPTIONS(3, 3, 15, 0);
	struct segment huge = WITH_OPTIONS(3, 3, 255, 0);

	(void)state;
	assert_int_equal(largest.window_scale, 14);
	assert_int_equal(larger.window_scale, 14);
	assert_int_equal(huge.window_scale, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ignores_padding),
		cmocka_unit_test(reads_behind_ipv4_options),
		cmocka_unit_test(refuses_bad_ipv4),
		cmocka_unit_test(refuses_what_is_not_tcp),
		cmocka_unit_test(walks_ipv6_extension_headers),
		cmocka_unit_test(refuses_bad_ipv6),
		cmocka_unit_test(refuses_bad_data_offsets),
		cmocka_unit_test(reads_options_in_any_order),
		cmocka_unit_test(ends_at_a_broken_option),
		cmocka_unit_test(passes_over_known_options_of_a_wrong_length),
		cmocka_unit_test(bounds_the_window_scale),
	};

	return cmocka_run_group_tests_name("segment edges", tests, NULL, NULL);
}
