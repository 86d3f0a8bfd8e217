/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/why_operand.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "timewait/output.h"

static int complain(const char *text, const char *why, struct error *err)
{
	_cleanup_text_ struct text safe = output_safe(text);

	return error_set(err, EINVAL, "'%.100s': %s", safe.bytes, why);
}

static int read_port(const char *text, const char *port, uint16_t *ret_port, struct error *err)
{
	const struct servent *service;
	uint64_t number;

	if (text_to_number(port, 0, UINT16_MAX, &number) == 0) {
		*ret_port = (uint16_t)number;
		return 0;
	}
	service = *port && strspn(port, "0123456789") < strlen(port) ? getservbyname(port, "tcp")
								     : NULL;
	if (!service)
		return complain(text,
			_("the port is no number from 0 to 65535, and no service of TCP"), err);
	*ret_port = ntohs((uint16_t)service->s_port);
	return 0;
}

/* Finds the port's colon; NULL where there is none. An IPv6 address may be without brackets if no port is
 * to follow. */
static const char *find_port(const char *text, bool has_default_port)
{
	const char *colon = strrchr(text, ':');

	if (text[0] == '[') {
		colon = strchr(text, ']');
		return colon && colon[1] == ':' ? colon + 1 : NULL;
	}
	if (has_default_port && colon && strchr(text, ':') != colon)
		return NULL;
	return colon;
}

int why_operand_split(
	const char *text, bool has_default_port, struct why_operand *ret_operand, struct error *err)
{
	const char *colon = find_port(text, has_default_port);
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	const char *host = text;
	struct why_operand operand = {0};
	int r;

	if (!colon && !has_default_port)
		return complain(
			text, _("no port (as in 0.0.0.0:80, [::]:80, localhost:http)"), err);
	if (text[0] == '[') {
		if (length < 2 || text[length - 1] != ']')
			return complain(text,
				_("the bracket is not closed, or more follows than a port"), err);
		host++;
		length -= 2;
		if (!memchr(host, ':', length))
			return complain(text, _("brackets are for IPv6 addresses"), err);
	} else if (memchr(text, ':', length) && !has_default_port) {
		return complain(text,
			_("an IPv6 address needs brackets before a port (as in [::1]:80)"), err);
	}
	if (length >= sizeof(operand.host))
		return complain(text, _("the name is too long"), err);
	if (length != 1 || *host != '*')
		memcpy(operand.host, host, length);
	r = colon ? read_port(text, colon + 1, &operand.port, err) : 0;
	if (r == 0)
		*ret_operand = operand;
	return r;
}

bool why_operand_has_scope(const struct why_operand *operand)
{
	return strchr(operand->host, '%');
}

static bool is_known(const struct endpoint *endpoints, size_t count, const struct endpoint *one)
{
	for (size_t i = 0; i < count; i++) {
		if (endpoint_equal(&endpoints[i], one) && endpoints[i].interface == one->interface)
			return true;
	}
	return false;
}

static int explain(const char *host, int code, struct error *err)
{
	_cleanup_text_ struct text safe = output_safe(host);

	return error_set(err, code == EAI_SYSTEM ? errno : ENOENT, "%.100s: %s", safe.bytes,
		code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

int why_operand_resolve(const struct why_operand *operand, int family,
	struct endpoint ret_endpoints[WHY_ADDRESSES], size_t *ret_count, struct error *err)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	size_t count = 0;
	int code;

	if (!operand->host[0]) {
		ret_endpoints[0] = (struct endpoint){
			.family = family == AF_INET6 ? AF_INET6 : AF_INET, .port = operand->port};
		*ret_count = 1;
		return 0;
	}
	code = getaddrinfo(operand->host, NULL, &hints, &found);
	if (code)
		return explain(operand->host, code, err);
	for (const struct addrinfo *one = found; one && count < WHY_ADDRESSES; one = one->ai_next) {
		struct endpoint endpoint;

		if (endpoint_from_sockaddr(one->ai_addr, &endpoint) < 0)
			continue;
		endpoint.port = operand->port;
		if (!is_known(ret_endpoints, count, &endpoint))
			ret_endpoints[count++] = endpoint;
	}
	freeaddrinfo(found);
	*ret_count = count;
	return count ? 0 : explain(operand->host, EAI_NONAME, err);
}
