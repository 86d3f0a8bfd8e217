/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/address.h"

#include <string.h>

#include "base/digits.h"

/* An octet with the dot behind it: four bytes are copied, whatever the length. */
struct octet {
	char text[4];
};

#define DIGIT(n) (char)('0' + (n) % 10)
#define OCTET(n)                                                                                   \
	{                                                                                          \
		{                                                                                  \
			(n) >= 100  ? DIGIT((n) / 100)                                             \
			: (n) >= 10 ? DIGIT((n) / 10)                                              \
				    : DIGIT(n),                                                    \
				(n) >= 100  ? DIGIT((n) / 10)                                      \
				: (n) >= 10 ? DIGIT(n)                                             \
					    : '.',                                                 \
				(n) >= 100 ? DIGIT(n) : '.', '.'                                   \
		}                                                                                  \
	}
#define OCTETS_4(n)  OCTET(n), OCTET((n) + 1), OCTET((n) + 2), OCTET((n) + 3)
#define OCTETS_16(n) OCTETS_4(n), OCTETS_4((n) + 4), OCTETS_4((n) + 8), OCTETS_4((n) + 12)
#define OCTETS_64(n) OCTETS_16(n), OCTETS_16((n) + 16), OCTETS_16((n) + 32), OCTETS_16((n) + 48)

static const struct octet octets[256] = {
	OCTETS_64(0), OCTETS_64(64), OCTETS_64(128), OCTETS_64(192)};

static char *put_octet(char *at, uint8_t octet)
{
	memcpy(at, octets[octet].text, sizeof(octets[octet].text));
	return at + 2 + (octet >= 10) + (octet >= 100);
}

char *address_put_ipv4(char *at, const uint8_t address[4])
{
	at = put_octet(at, address[0]);
	at = put_octet(at, address[1]);
	at = put_octet(at, address[2]);
	return put_octet(at, address[3]) - 1;
}

static char *put_group(char *at, unsigned int group)
{
	static const char digits[] = "0123456789abcdef";

	if (group >= 0x1000)
		*at++ = digits[group >> 12];
	if (group >= 0x100)
		*at++ = digits[group >> 8 & 15];
	if (group >= 0x10)
		*at++ = digits[group >> 4 & 15];
	*at++ = digits[group & 15];
	return at;
}

/* The longest run of zero groups, the first of equals, two at least (RFC 5952 section 4.2). */
static int longest_run(const uint16_t groups[8], int *ret_length)
{
	int best = -1, best_length = 1;

	for (int i = 0; i < 8; i++) {
		int length = 0;

		while (i + length < 8 && !groups[i + length])
			length++;
		if (length > best_length) {
			best = i;
			best_length = length;
		}
		i += length;
	}
	*ret_length = best_length;
	return best;
}

/* IPv4 inside: mapped (::ffff:192.0.2.1, RFC 5952 section 5), and compatible as inet_ntop() has it. */
static bool ends_in_ipv4(const uint16_t groups[8], int run, int length)
{
	return run == 0 && (length == 6 || (length == 5 && groups[5] == 0xffff));
}

char *address_put_ipv6(char *at, const uint8_t address[16])
{
	uint16_t groups[8];
	int length, run;
	bool has_ipv4;

	for (int i = 0; i < 8; i++)
		groups[i] = (uint16_t)(address[2 * i] << 8 | address[2 * i + 1]);
	run = longest_run(groups, &length);
	has_ipv4 = ends_in_ipv4(groups, run, length);
	for (int i = 0; i < 8; i++) {
		if (i == run) {
			*at++ = ':';
			i += length - 1;
			if (i == 7)
				*at++ = ':';
			continue;
		}
		if (i)
			*at++ = ':';
		if (has_ipv4 && i == 6)
			return address_put_ipv4(at, address + 12);
		at = put_group(at, groups[i]);
	}
	return at;
}

char *address_put(char *at, const struct endpoint *endpoint)
{
	if (endpoint->family == AF_INET)
		return address_put_ipv4(at, endpoint->address);
	if (endpoint->family != AF_INET6) {
		*at++ = '*';
		return at;
	}
	at = address_put_ipv6(at, endpoint->address);
	if (endpoint->interface) {
		*at++ = '%';
		at = digits_put(at, endpoint->interface);
	}
	return at;
}

char *address_put_with_port(char *at, const struct endpoint *endpoint)
{
	bool is_ipv6 = endpoint->family == AF_INET6;

	if (is_ipv6)
		*at++ = '[';
	at = address_put(at, endpoint);
	if (is_ipv6)
		*at++ = ']';
	*at++ = ':';
	return digits_put(at, endpoint->port);
}
