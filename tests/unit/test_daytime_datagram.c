/* SPDX-License-Identifier: BSD-2-Clause */

/* Which datagrams are answered. */

#include "unit.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daytime/datagram.h"
#include "daytime/parse.h"

#define LINE     "Sun Jun  5 21:00:00 2022\r\n"
#define OWN_PORT 1313

static struct datagram datagram_from(const char *address, uint16_t port)
{
	struct datagram datagram = {.destination_family = AF_UNSPEC};

	if (inet_pton(AF_INET, address, &datagram.source.ipv4.sin_addr) == 1) {
		datagram.source.ipv4.sin_family = AF_INET;
		datagram.source.ipv4.sin_port = htons(port);
		datagram.source_length = sizeof(datagram.source.ipv4);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &datagram.source.ipv6.sin6_addr), 1);
		datagram.source.ipv6.sin6_family = AF_INET6;
		datagram.source.ipv6.sin6_port = htons(port);
		datagram.source_length = sizeof(datagram.source.ipv6);
	}
	return datagram;
}

static void every_verdict_has_its_reason(void **state)
{
	(void)state;
	for (int verdict = 0; verdict < DATAGRAM_VERDICTS; verdict++) {
		if (verdict == DATAGRAM_ANSWER)
			assert_null(datagram_reason(verdict));
		else
			assert_non_null(datagram_reason(verdict));
	}
}

/* A client's system chooses among these, and must be answered whichever it chooses. */
static void ports_of_clients(void **state)
{
	int refused = 0;

	(void)state;
	for (int port = 32768; port <= 65535; port++) {
		struct datagram datagram = datagram_from("192.0.2.1", (uint16_t)port);

		assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_ANSWER);
	}
	for (int port = 1024; port <= 32767; port++) {
		struct datagram datagram = datagram_from("192.0.2.1", (uint16_t)port);

		refused += datagram_judge(&datagram, 13, 0) == DATAGRAM_SERVICE_PORT;
	}
	assert_in_range(refused, 1, 32);
}

static void ports_of_services(void **state)
{
	static const uint16_t ports[] = {
		1900, 2049, 2123, 3478, 3702, 5060, 5353, 5683, 11211, 17185, 27015};

	(void)state;
	for (size_t i = 0; i < COUNT(ports); i++) {
		struct datagram datagram = datagram_from("2001:db8::1", ports[i]);

		assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_SERVICE_PORT);
	}
}

/* From outside, this host's loopback address is a forgery that aims at its own services. */
static void loopback_comes_by_loopback(void **state)
{
	static const char *const mapped_too[] = {"127.0.0.1", "127.1.2.3", "::ffff:127.0.0.1"};
	struct datagram datagram;

	(void)state;
	for (size_t i = 0; i < COUNT(mapped_too); i++) {
		datagram = datagram_from(mapped_too[i], 40000);
		assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_ANSWER);
		datagram.destination_family = AF_INET;
		datagram.destination.ipv4 = (struct in_pktinfo){.ipi_ifindex = 1};
		assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_ANSWER);
		datagram.destination.ipv4.ipi_ifindex = 2;
		assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_SOURCE);
	}
	datagram = datagram_from("::1", 40000);
	datagram.destination_family = AF_INET6;
	datagram.destination.ipv6 = (struct in6_pktinfo){.ipi6_ifindex = 1};
	assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_ANSWER);
	datagram.destination.ipv6.ipi6_ifindex = 2;
	assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_SOURCE);
	datagram = datagram_from("::2", 40000);
	assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_ANSWER);
}

static bool is_taken_for_a_daytime(const char *text)
{
	struct datagram datagram = datagram_from("192.0.2.1", 40000);

	snprintf(datagram.bytes, sizeof(datagram.bytes), "%s", text);
	datagram.length = strlen(text);
	return datagram_judge(&datagram, OWN_PORT, 0) == DATAGRAM_IS_DAYTIME;
}

static const char *const daytimes[] = {
	"Sun Jun  5 21:00:00 2022",
	"sun jun 5 21:00:00 1",
	"Sunday, June 5, 2022 21:00:00-PDT",
	"Monday, May 1, 1 21:00:00-Z",
	"2022-06-05T21:00:00+09:00",
	"-2022-06-05T21:00:00Z",
	"1-01-01T00:00:00Z",
	"59735 22-06-05 12:00:00 50 0 0   0.0 UTC(NIST) *",
	"05 JUN 2022 21:00:00 KST",
	"5 Jun 1 21:00:00 Z",
	"05/Jun/2022:21:00:00 +0900",
	"05/Jun/1:21:00:00 +0",
	"Thu Jun  5 21:00:00 2022",
	"Wed Jun  5 21:00:00 2022    ",
	"Friday, June 5, 2022 21:00:00--03",
};

/* One of the edits that a line may undergo on the way to being something else. */
static void edit(char *line, size_t size, unsigned random)
{
	static const char put[] = " :-+/,0123456789abcSMTWFJunZ\t\r\n\x80";
	size_t length = strlen(line);
	size_t at = length ? (random >> 8) % length : 0;
	char byte = put[(random >> 20) % (sizeof(put) - 1)];

	switch (random % 4) {
	case 0:
		if (length)
			memmove(&line[at], &line[at + 1], length - at);
		break;
	case 1:
		if (length + 2 < size) {
			memmove(&line[at + 1], &line[at], length - at + 1);
			line[at] = byte;
		}
		break;
	case 2:
		if (length)
			line[at] = byte;
		break;
	default:
		if (length)
			line[at] ^= 0x20;
	}
}

/* What is told at a glance must be just what the parser would have said. */
static void the_glance_agrees_with_the_parser(void **state)
{
	int recognised = 0;

	(void)state;
	srandom(1);
	for (size_t i = 0; i < COUNT(daytimes); i++) {
		for (int round = 0; round < 20000; round++) {
			char line[100];
			char first[100];
			bool expected;

			snprintf(line, sizeof(line), "%s", daytimes[i]);
			for (int edits = round % 5; edits; edits--)
				edit(line, sizeof(line), (unsigned)random());
			/* Of a datagram, the first line that is not empty counts. */
			snprintf(first, sizeof(first), "%s", line + strspn(line, "\r\n"));
			first[strcspn(first, "\r\n")] = '\0';
			expected = parse_recognises(first);
			recognised += expected;
			if (is_taken_for_a_daytime(line) != expected)
				fail_msg("'%s' is%s a daytime", line, expected ? "" : " not");
		}
	}
	/* The test has seen enough of either sort. */
	assert_in_range(recognised, 50000, (int)COUNT(daytimes) * 20000 - 50000);
}

static void nothing_and_zeroes_are_none(void **state)
{
	struct datagram datagram = datagram_from("192.0.2.1", 40000);

	(void)state;
	assert_false(is_taken_for_a_daytime(""));
	assert_false(is_taken_for_a_daytime("\r\n"));
	assert_true(is_taken_for_a_daytime("\r\n" LINE));
	datagram.length = sizeof(datagram.bytes) - 1; /* all of them 0 */
	assert_int_equal(datagram_judge(&datagram, OWN_PORT, 0), DATAGRAM_ANSWER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict_has_its_reason),
		cmocka_unit_test(ports_of_clients),
		cmocka_unit_test(ports_of_services),
		cmocka_unit_test(loopback_comes_by_loopback),
		cmocka_unit_test(the_glance_agrees_with_the_parser),
		cmocka_unit_test(nothing_and_zeroes_are_none),
	};

	return cmocka_run_group_tests_name("daytime datagram", tests, NULL, NULL);
}
