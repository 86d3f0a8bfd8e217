/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *endpoint_address(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_BYTES])
{
	size_t used;

	if (!inet_ntop(endpoint->family, endpoint->address, text, ENDPOINT_TEXT_BYTES)) {
		snprintf(text, ENDPOINT_TEXT_BYTES, "*");
		return text;
	}
	used = strlen(text);
	if (endpoint->family == AF_INET6 && endpoint->interface)
		snprintf(text + used, ENDPOINT_TEXT_BYTES - used, "%%%u", endpoint->interface);
	return text;
}

const char *endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_BYTES])
{
	char address[ENDPOINT_TEXT_BYTES];
	bool is_ipv6 = endpoint->family == AF_INET6;

	endpoint_address(endpoint, address);
	snprintf(text, ENDPOINT_TEXT_BYTES, is_ipv6 ? "[%.60s]:%u" : "%.60s:%u", address,
		endpoint->port);
	return text;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       !memcmp(a->address, b->address, sizeof(a->address));
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->address, b->address, sizeof(a->address));
	if (order)
		return order;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return a->interface < b->interface ? -1 : a->interface > b->interface;
}

bool endpoint_is_any(const struct endpoint *endpoint)
{
	static const uint8_t zeroes[16];

	return !memcmp(endpoint->address, zeroes, sizeof(zeroes));
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	static const uint8_t one[16] = {[15] = 1};
	struct endpoint plain = endpoint_unmap(endpoint);

	if (plain.family == AF_INET)
		return plain.address[0] == 127;
	return !memcmp(plain.address, one, sizeof(one));
}

struct endpoint endpoint_unmap(const struct endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct endpoint plain = {.family = AF_INET, .port = endpoint->port};

	if (endpoint->family != AF_INET6 || memcmp(endpoint->address, mapped, sizeof(mapped)))
		return *endpoint;
	memcpy(plain.address, endpoint->address + sizeof(mapped), 4);
	return plain;
}

int endpoint_from_sockaddr(const struct sockaddr *address, struct endpoint *ret_endpoint)
{
	struct endpoint endpoint = {.family = address->sa_family};

	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		endpoint.port = ntohs(in->sin_port);
		memcpy(endpoint.address, &in->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		endpoint.port = ntohs(in6->sin6_port);
		endpoint.interface = in6->sin6_scope_id;
		memcpy(endpoint.address, &in6->sin6_addr, 16);
	} else {
		return -EAFNOSUPPORT;
	}
	*ret_endpoint = endpoint;
	return 0;
}

socklen_t endpoint_to_sockaddr(
	const struct endpoint *endpoint, struct sockaddr_storage *ret_address)
{
	*ret_address = (struct sockaddr_storage){.ss_family = endpoint->family};
	if (endpoint->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (void *)ret_address;

		in6->sin6_port = htons(endpoint->port);
		in6->sin6_scope_id = endpoint->interface;
		memcpy(&in6->sin6_addr, endpoint->address, 16);
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (void *)ret_address;

	in->sin_port = htons(endpoint->port);
	memcpy(&in->sin_addr, endpoint->address, 4);
	return sizeof(*in);
}
