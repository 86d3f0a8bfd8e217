/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/prefix.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/random.h>

int prefix_key_make(struct prefix_key *ret_key)
{
	struct prefix_key key;
	ssize_t n;

	/* So few bytes come whole, or a signal came before the first of them. */
	do
		n = getrandom(&key, sizeof(key), 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(key))
		return n < 0 ? -errno : -EIO;
	*ret_key = key;
	return 0;
}

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(uint64_t v[4], int count)
{
	while (count--) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

/* The first `count` bytes as a little-endian number. */
static uint64_t little_endian(const uint8_t *bytes, size_t count)
{
	uint64_t word = 0;

	for (size_t i = 0; i < count; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

uint64_t prefix_siphash(const struct prefix_key *key, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	size_t left = length;
	uint64_t v[4] = {
		key->words[0] ^ UINT64_C(0x736f6d6570736575),
		key->words[1] ^ UINT64_C(0x646f72616e646f6d),
		key->words[0] ^ UINT64_C(0x6c7967656e657261),
		key->words[1] ^ UINT64_C(0x7465646279746573),
	};

	for (; left >= 8; left -= 8, at += 8)
		absorb(v, little_endian(at, 8));
	absorb(v, (uint64_t)length << 56 | little_endian(at, left));
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t prefix_hash(const struct prefix_key *key, const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_in *ipv4 = (const void *)address;
	const struct sockaddr_in6 *ipv6 = (const void *)address;

	/* The lengths differ, so no prefix of one family can be taken for one of another. */
	if (length >= sizeof(*ipv4) && address->sa_family == AF_INET)
		return prefix_siphash(key, &ipv4->sin_addr, 4);
	if (length < sizeof(*ipv6) || address->sa_family != AF_INET6)
		return prefix_siphash(key, NULL, 0);
	if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr))
		return prefix_siphash(key, &ipv6->sin6_addr.s6_addr[12], 4);
	return prefix_siphash(key, &ipv6->sin6_addr, 8);
}
