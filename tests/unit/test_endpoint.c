/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "tcp/endpoint.h"

static struct endpoint endpoint_of(const char *text, uint16_t port)
{
	struct endpoint endpoint = {
		.family = strchr(text, ':') ? AF_INET6 : AF_INET,
		.port = port,
	};

	assert_int_equal(inet_pton(endpoint.family, text, endpoint.address), 1);
	return endpoint;
}

static void assert_formats(const struct endpoint *endpoint, const char *address, const char *whole)
{
	char text[ENDPOINT_TEXT_BYTES];

	assert_string_equal(endpoint_address(endpoint, text), address);
	assert_ptr_equal(endpoint_format(endpoint, text), text);
	assert_string_equal(text, whole);
}

static void formats(void **state)
{
	struct endpoint ipv4 = endpoint_of("192.0.2.1", 13);
	struct endpoint ipv6 = endpoint_of("2001:db8::1", 65535);
	struct endpoint any = endpoint_of("::", 0);
	struct endpoint mapped = endpoint_of("::ffff:192.0.2.1", 13);
	struct endpoint none = {0};

	(void)state;
	assert_formats(&ipv4, "192.0.2.1", "192.0.2.1:13");
	assert_formats(&ipv6, "2001:db8::1", "[2001:db8::1]:65535");
	assert_formats(&any, "::", "[::]:0");
	assert_formats(&mapped, "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:13");
	assert_formats(&none, "*", "*:0");
}

/* The longest there is fits, and is not cut. */
static void formats_the_longest(void **state)
{
	struct endpoint longest = endpoint_of("fe80:1111:2222:3333:4444:5555:6666:7777", 65535);
	struct endpoint short_scope = endpoint_of("fe80::1", 13);

	(void)state;
	longest.interface = UINT32_MAX;
	assert_formats(&longest, "fe80:1111:2222:3333:4444:5555:6666:7777%4294967295",
		"[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
	short_scope.interface = 2;
	assert_formats(&short_scope, "fe80::1%2", "[fe80::1%2]:13");
}

static void compares(void **state)
{
	struct endpoint a = endpoint_of("192.0.2.1", 13);
	struct endpoint same = endpoint_of("192.0.2.1", 13);
	struct endpoint port = endpoint_of("192.0.2.1", 14);
	struct endpoint address = endpoint_of("192.0.2.2", 13);
	struct endpoint mapped = endpoint_of("::ffff:192.0.2.1", 13);
	struct endpoint last = endpoint_of("2001:db8::1", 13);
	struct endpoint last_other = endpoint_of("2001:db8::2", 13);
	struct endpoint any4 = endpoint_of("0.0.0.0", 13);
	struct endpoint any6 = endpoint_of("::", 13);

	(void)state;
	assert_true(endpoint_equal(&a, &same));
	assert_false(endpoint_equal(&a, &port));
	assert_false(endpoint_equal(&a, &address));
	assert_false(endpoint_equal(&a, &mapped));
	assert_false(endpoint_equal(&last, &last_other));
	assert_false(endpoint_equal(&any4, &any6)); /* all zeroes both, but of two families */
}

static void knows_any(void **state)
{
	struct endpoint any4 = endpoint_of("0.0.0.0", 13);
	struct endpoint any6 = endpoint_of("::", 13);
	struct endpoint loopback = endpoint_of("::1", 13);
	struct endpoint first = endpoint_of("1.0.0.0", 13);

	(void)state;
	assert_true(endpoint_is_any(&any4));
	assert_true(endpoint_is_any(&any6));
	assert_false(endpoint_is_any(&loopback));
	assert_false(endpoint_is_any(&first));
}

static void unmaps(void **state)
{
	struct endpoint mapped = endpoint_of("::ffff:192.0.2.1", 13);
	struct endpoint plain = endpoint_of("192.0.2.1", 13);
	struct endpoint compatible = endpoint_of("::192.0.2.1", 13); /* not mapped: no ffff */
	struct endpoint ipv6 = endpoint_of("2001:db8::ffff:c000:201", 13);
	struct endpoint result = endpoint_unmap(&mapped);

	(void)state;
	assert_true(endpoint_equal(&result, &plain));
	result = endpoint_unmap(&plain);
	assert_true(endpoint_equal(&result, &plain));
	result = endpoint_unmap(&compatible);
	assert_true(endpoint_equal(&result, &compatible));
	ipv6.interface = 3;
	result = endpoint_unmap(&ipv6);
	assert_true(endpoint_equal(&result, &ipv6));
	assert_int_equal(result.interface, 3);
}

static void goes_to_sockaddr_and_back(void **state)
{
	struct endpoint ipv4 = endpoint_of("192.0.2.1", 13);
	struct endpoint ipv6 = endpoint_of("fe80::1", 65535);
	struct sockaddr_storage storage;
	const struct sockaddr_in *in = (const void *)&storage;
	const struct sockaddr_in6 *in6 = (const void *)&storage;
	struct endpoint back;

	(void)state;
	assert_int_equal(endpoint_to_sockaddr(&ipv4, &storage), sizeof(*in));
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(in->sin_port, htons(13));
	assert_int_equal(in->sin_addr.s_addr, inet_addr("192.0.2.1"));
	assert_int_equal(endpoint_from_sockaddr((const void *)&storage, &back), 0);
	assert_memory_equal(&back, &ipv4, sizeof(back));

	ipv6.interface = 7;
	assert_int_equal(endpoint_to_sockaddr(&ipv6, &storage), sizeof(*in6));
	assert_int_equal(in6->sin6_family, AF_INET6);
	assert_int_equal(in6->sin6_port, htons(65535));
	assert_int_equal(in6->sin6_scope_id, 7);
	assert_int_equal(endpoint_from_sockaddr((const void *)&storage, &back), 0);
	assert_memory_equal(&back, &ipv6, sizeof(back));
}

static void knows_loopback(void **state)
{
	static const char *const inside[] = {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.2"};
	static const char *const outside[] = {
		"0.0.0.0", "126.0.0.1", "128.0.0.1", "::", "::2", "::ffff:192.0.2.1", "7f00::1"};

	(void)state;
	for (size_t i = 0; i < COUNT(inside); i++) {
		struct endpoint endpoint = endpoint_of(inside[i], 13);

		if (!endpoint_is_loopback(&endpoint))
			fail_msg("%s", inside[i]);
	}
	for (size_t i = 0; i < COUNT(outside); i++) {
		struct endpoint endpoint = endpoint_of(outside[i], 13);

		if (endpoint_is_loopback(&endpoint))
			fail_msg("%s", outside[i]);
	}
}

static void refuses_other_families(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct endpoint before = endpoint_of("192.0.2.1", 13), after = before;

	(void)state;
	assert_int_equal(endpoint_from_sockaddr((const void *)&un, &after), -EAFNOSUPPORT);
	assert_memory_equal(&before, &after, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(formats_the_longest),
		cmocka_unit_test(compares),
		cmocka_unit_test(knows_any),
		cmocka_unit_test(knows_loopback),
		cmocka_unit_test(unmaps),
		cmocka_unit_test(goes_to_sockaddr_and_back),
		cmocka_unit_test(refuses_other_families),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
