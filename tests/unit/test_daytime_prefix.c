/* SPDX-License-Identifier: BSD-2-Clause */

/* Who counts as one source. */

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>

#include "daytime/prefix.h"

static const struct prefix_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static uint64_t hash_of(const char *text, uint16_t port, uint32_t scope)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 ipv6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_scope_id = scope,
		.sin6_flowinfo = htonl(scope),
	};

	if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
		return prefix_hash(&key, (struct sockaddr *)&ipv4, sizeof(ipv4));
	assert_int_equal(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
	return prefix_hash(&key, (struct sockaddr *)&ipv6, sizeof(ipv6));
}

static bool is_same(const char *one, const char *other)
{
	return hash_of(one, 40000, 0) == hash_of(other, 50000, 2);
}

/* The test vectors that the authors of SipHash publish: bytes 0, 1, 2... under key 0, 1, 2... */
static void siphash_is_siphash(void **state)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} vectors[] = {
		{0, UINT64_C(0x726fdb47dd0e0e31)},
		{1, UINT64_C(0x74f839c593dc67fd)},
		{8, UINT64_C(0x93f5f5799a932462)},
		{15, UINT64_C(0xa129ca6149be45e5)},
	};
	uint8_t bytes[16];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	for (size_t i = 0; i < COUNT(vectors); i++)
		assert_true(prefix_siphash(&key, bytes, vectors[i].length) == vectors[i].hash);
}

static void an_ipv4_address_is_one(void **state)
{
	(void)state;
	assert_true(is_same("192.0.2.1", "192.0.2.1"));
	assert_false(is_same("192.0.2.1", "192.0.2.2"));
	assert_true(is_same("192.0.2.1", "::ffff:192.0.2.1"));
	assert_false(is_same("192.0.2.1", "::ffff:192.0.2.2"));
	assert_false(is_same("0.0.0.0", "::"));
}

static void an_ipv6_network_is_one(void **state)
{
	(void)state;
	assert_true(is_same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
	assert_false(is_same("2001:db8:1:2::1", "2001:db8:1:3::1"));
	assert_false(is_same("2001:db8:1:2::1", "2001:db9:1:2::1"));
	/* Like a mapped address in its lower half, but of another network. */
	assert_false(is_same("192.0.2.1", "2001::ffff:192.0.2.1"));
}

/* A socket of another family must not be read as an address that is not there. */
static void others_are_one(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/one"};
	struct sockaddr_in cut = {.sin_family = AF_INET};
	uint64_t hash = prefix_hash(&key, (struct sockaddr *)&local, sizeof(sa_family_t));

	(void)state;
	assert_true(hash == prefix_hash(&key, (struct sockaddr *)&local, sizeof(local)));
	assert_true(hash == prefix_hash(&key, (struct sockaddr *)&cut, 4));
	assert_true(hash == prefix_hash(&key, NULL, 0));
}

static void keys_differ(void **state)
{
	struct prefix_key one, other;

	(void)state;
	assert_int_equal(prefix_key_make(&one), 0);
	assert_int_equal(prefix_key_make(&other), 0);
	assert_memory_not_equal(&one, &other, sizeof(one));
	assert_true(prefix_siphash(&one, "x", 1) != prefix_siphash(&other, "x", 1));
}

/* Neighbours, as an attacker has them, lie all over: of 65536, each half of each bit. */
static void neighbours_are_scattered(void **state)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int set[64] = {0};

	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		uint64_t hash;

		from.sin_addr.s_addr = htonl(0xcb007100 + i);
		hash = prefix_hash(&key, (struct sockaddr *)&from, sizeof(from));
		for (int bit = 0; bit < 64; bit++)
			set[bit] += hash >> bit & 1;
	}
	for (int bit = 0; bit < 64; bit++) /* 32768, to within 8 standard deviations */
		assert_in_range(set[bit], 32768 - 1024, 32768 + 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_is_siphash),
		cmocka_unit_test(an_ipv4_address_is_one),
		cmocka_unit_test(an_ipv6_network_is_one),
		cmocka_unit_test(others_are_one),
		cmocka_unit_test(keys_differ),
		cmocka_unit_test(neighbours_are_scattered),
	};

	return cmocka_run_group_tests_name("daytime prefix", tests, NULL, NULL);
}
