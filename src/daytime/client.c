/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/text.h"

#define DAYTIME_PORT 13

int client_service_port(const char *service, bool is_datagram, uint16_t *ret_port)
{
	uint64_t number;
	int result = text_to_number(service, 1, 65535, &number);
	struct servent *entry;

	if (result == -ERANGE)
		return result;
	if (!result) {
		*ret_port = (uint16_t)number;
		return 0;
	}
	entry = getservbyname(service, is_datagram ? "udp" : "tcp");
	if (entry)
		*ret_port = ntohs((uint16_t)entry->s_port);
	else if (!strcmp(service, "daytime"))
		*ret_port = DAYTIME_PORT;
	else
		return -EINVAL;
	return 0;
}

static const char *lookup_remedy(const struct client_request *request, int result)
{
	if (result == EAI_AGAIN)
		return _(" (no name server answered: check the network and /etc/resolv.conf, or "
			 "give an IP address)");
	/* A name without such an address and a name that nobody has are not always told apart. */
	if (request->family == AF_INET6)
		return _(" (it may have no IPv6 address: try without -6)");
	if (request->family == AF_INET)
		return _(" (it may have no IPv4 address: try without -4)");
	if (result == EAI_NONAME)
		return _(" (check the spelling; 'getent hosts NAME' asks the same question)");
	return "";
}

int client_resolve(
	const struct client_request *request, struct addrinfo **ret_addresses, struct error *err)
{
	struct addrinfo hints = {
		.ai_family = request->family,
		.ai_socktype = request->is_datagram ? SOCK_DGRAM : SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	char port[8];
	int result;

	snprintf(port, sizeof(port), "%u", request->port);
	result = getaddrinfo(request->host, port, &hints, ret_addresses);
	if (!result)
		return 0;
	return error_set(err, result == EAI_SYSTEM ? errno : ENOENT,
		_("cannot find host '%s': %s%s"), request->host,
		result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result),
		lookup_remedy(request, result));
}

static const char *remedy(int code)
{
	switch (code) {
	case ECONNREFUSED:
		return _(" (nothing listens on that port there: start daytimed, or name the port "
			 "it was given)");
	case ETIMEDOUT:
		return _(" (the host is down, a firewall drops the packets, or the answer takes "
			 "longer: see --timeout)");
	case EHOSTUNREACH:
	case ENETUNREACH:
		return _(" (there is no way to that address from here: check the network, or try "
			 "-4 or -6)");
	case EADDRNOTAVAIL:
		return _(" (no local address or port is left for it; many connections in "
			 "TIME_WAIT? 'timewait list' shows them)");
	case EAFNOSUPPORT: return _(" (this host lacks that family: try -4 or -6)");
	case EACCES:
	case EPERM: return _(" (a firewall here forbids it, or it is a broadcast address)");
	default: return "";
	}
}

static int cannot_reach(const struct client_request *request, int code, struct error *err)
{
	return error_set(err, code,
		request->is_datagram ? _("no answer from %s UDP port %u: %s%s")
				     : _("cannot connect to %s port %u: %s%s"),
		request->host, request->port, strerror(code), remedy(code));
}

/* An address that this host has no way to says less than one that answered with a refusal. */
static bool tells_more(int code, int known)
{
	bool is_here = code == EAFNOSUPPORT || code == EADDRNOTAVAIL || code == ENETUNREACH;

	return !known || !is_here;
}

static int count(const struct addrinfo *addresses)
{
	int count = 0;

	for (; addresses; addresses = addresses->ai_next)
		count++;
	return count;
}

int client_ask(const struct client_request *request, const struct addrinfo *addresses,
	struct reply *ret_reply, struct error *err)
{
	int left = count(addresses);
	int known = 0;

	for (; addresses; addresses = addresses->ai_next, left--) {
		/* A silent address must leave the others their share of the time. */
		int64_t now_ns = clock_now_ns();
		int64_t share_ns = now_ns + (request->deadline_ns - now_ns) / left;
		int result;

		if (request->is_datagram)
			result = exchange_datagram(
				addresses->ai_addr, addresses->ai_addrlen, share_ns, ret_reply);
		else
			result = exchange_stream(addresses->ai_addr, addresses->ai_addrlen,
				share_ns, request->deadline_ns, request->leaving, ret_reply);
		if (!result)
			return 0;
		if (tells_more(-result, known))
			known = -result;
	}
	return cannot_reach(request, known ? known : ENOENT, err);
}

static int judge_whole(const struct reply *reply, struct error *err)
{
	if (reply->ending == ENDING_RESET)
		error_set(err, 0,
			_("the server reset the connection after its reply, which came whole"));
	if (reply->ending == ENDING_DEADLINE)
		error_set(err, 0,
			_("the reply came whole, but the server did not close (it may wait for us "
			  "to: --close-first closes after the first line)"));
	return 0;
}

int client_judge(const struct client_request *request, const struct reply *reply, struct error *err)
{
	double timeout_s = (double)request->timeout_ns / (double)NS_PER_S;

	*err = (struct error){0};
	if (reply->ending == ENDING_ENDLESS)
		return error_set(err, EMSGSIZE,
			_("%s port %u sent %d bytes and no end: this is no daytime (is it the "
			  "right port?)"),
			request->host, request->port, REPLY_BYTES_MAX);
	if (reply_has_line(reply))
		return judge_whole(reply, err);
	if (reply->ending == ENDING_DEADLINE)
		return error_set(err, ETIMEDOUT,
			_("%s port %u sent no whole line within %g s (is it a daytime server? "
			  "--timeout waits longer)"),
			request->host, request->port, timeout_s);
	if (reply->ending == ENDING_RESET)
		return error_set(err, ECONNRESET,
			_("%s port %u reset the connection before a whole line had come (it may "
			  "be overloaded, or refuse this host)"),
			request->host, request->port);
	if (reply_is_empty(reply))
		return error_set(err, ENODATA,
			_("%s port %u answered with nothing (is it a daytime server?)"),
			request->host, request->port);
	return 0;
}
