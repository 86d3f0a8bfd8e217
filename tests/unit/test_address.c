/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "random.h"
#include "tcp/address.h"

#define ROUNDS 2000000

static void same_as_inet_ntop(const struct endpoint *endpoint)
{
	char expected[INET6_ADDRSTRLEN], got[ADDRESS_BYTES];

	assert_non_null(inet_ntop(endpoint->family, endpoint->address, expected, sizeof(expected)));
	*address_put(got, endpoint) = '\0';
	assert_string_equal(got, expected);
}

static void every_octet_is_right_in_every_place(void **state)
{
	struct endpoint endpoint = {.family = AF_INET};

	(void)state;
	for (int place = 0; place < 4; place++) {
		for (int octet = 0; octet < 256; octet++) {
			endpoint.address[place] = (uint8_t)octet;
			same_as_inet_ntop(&endpoint);
		}
	}
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t number = random_number();

		memcpy(endpoint.address, &number, 4);
		same_as_inet_ntop(&endpoint);
	}
}

/* Which groups are zero, in all 256 ways; the others are short and long. */
static void zeros_are_compressed_as_rfc_5952_says(void **state)
{
	struct endpoint endpoint = {.family = AF_INET6};

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int zeros = (unsigned int)i % 256;

		for (int group = 0; group < 8; group++) {
			uint16_t value =
				zeros >> group & 1
					? 0
					: (uint16_t)(random_number() >> random_number() % 16);

			endpoint.address[2 * group] = (uint8_t)(value >> 8);
			endpoint.address[2 * group + 1] = (uint8_t)value;
		}
		same_as_inet_ntop(&endpoint);
	}
}

static void ipv4_inside_is_written_as_such(void **state)
{
	static const char *const samples[] = {"::ffff:192.0.2.1", "::ffff:0.0.0.0", "::192.0.2.1",
		"::ffff:0:192.0.2.1", "64:ff9b::192.0.2.1", "::", "::1", "1::", "::1:0",
		"2001:db8::1:0:0:1", "2001:0:0:1::1", "0:1:0:1:0:1:0:1", "fe80::1"};
	struct endpoint endpoint = {.family = AF_INET6};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		assert_int_equal(inet_pton(AF_INET6, samples[i], endpoint.address), 1);
		same_as_inet_ntop(&endpoint);
	}
}

static void is_what_endpoint_format_says(void **state)
{
	char expected[ENDPOINT_TEXT_BYTES], got[ADDRESS_BYTES];

	(void)state;
	for (int i = 0; i < ROUNDS / 10; i++) {
		struct endpoint endpoint = {
			.family = i % 2 ? AF_INET : AF_INET6,
			.port = (uint16_t)random_of_any_length(),
			.interface = i % 3 ? 0 : (uint32_t)random_of_any_length(),
		};
		uint64_t half = random_number();

		memcpy(endpoint.address, &half, i % 2 ? 4 : 8);
		endpoint_format(&endpoint, expected);
		*address_put_with_port(got, &endpoint) = '\0';
		assert_string_equal(got, expected);
		endpoint_address(&endpoint, expected);
		*address_put(got, &endpoint) = '\0';
		assert_string_equal(got, expected);
	}
	*address_put_with_port(got, &(struct endpoint){0}) = '\0';
	assert_string_equal(got, "*:0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_octet_is_right_in_every_place),
		cmocka_unit_test(zeros_are_compressed_as_rfc_5952_says),
		cmocka_unit_test(ipv4_inside_is_written_as_such),
		cmocka_unit_test(is_what_endpoint_format_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
