/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/datagram.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "daytime/parse.h"

/*
 * Services above 1023: no client of ours asks from such a port, but whoever wants to set two
 * servers on each other, or to have us bother a third, forges it.
 *
 * The first group answers whatever it is sent, be it with an error; the second answers a small
 * question with a large answer, and so is what forged datagrams are sent to and from (CISA alert
 * TA14-017A, "UDP-Based Amplification Attacks", and what Shadowserver scans for).
 *
 * All lie below 32768: above, clients choose their ports (Linux 32768 to 60999; RFC 6335, and
 * with it Windows and macOS, 49152 to 65535). FreeBSD begins at 10000, a NAT at 1024: one of
 * their clients in some 2000 hits one of these, and its next try another port.
 */
static const uint16_t service_ports[] = {
	2049,  /* NFS: an RPC reject (RFC 5531, 9) */
	2123,  /* GTP-C: Version Not Supported (3GPP TS 29.060, 11.1.1) */
	3386,  /* GTP', the same (3GPP TS 32.295) */
	5060,  /* SIP: 400 Bad Request (RFC 3261, 21.4.1) */
	5351,  /* NAT-PMP and PCP: unsupported version (RFC 6886, 3.5) */
	5683,  /* CoAP: a reset (RFC 7252, 4.2) */
	11211, /* memcached: ERROR */

	1434,  /* Microsoft SQL Server's resolution */
	1604,  /* Citrix ICA browser */
	1900,  /* SSDP */
	3283,  /* Apple Remote Desktop */
	3478,  /* STUN */
	3702,  /* WS-Discovery */
	5093,  /* Sentinel licence manager */
	5353,  /* multicast DNS */
	6881,  /* BitTorrent's DHT */
	10001, /* Ubiquiti discovery */
	17185, /* VxWorks debugging */
	26000, /* Quake */
	27015, /* Steam */
	27960, /* Quake III */
	30718, /* Lantronix */
	32414, /* Plex */
};

#define FIRST_CLIENT_PORT  32768
#define LOOPBACK_INTERFACE 1 /* in every network namespace */

#define SHORTEST_DAYTIME   (sizeof("1-01-01T00:00:00Z") - 1)

const char *datagram_reason(enum datagram_verdict verdict)
{
	switch (verdict) {
	case DATAGRAM_TOO_SHORT: return _("it is shorter than --udp-min-request");
	case DATAGRAM_SOURCE:
		return _("its source is no unicast address, or one of loopback that came from "
			 "outside");
	case DATAGRAM_DESTINATION: return _("it was sent to a broadcast or multicast address");
	case DATAGRAM_LOW_PORT: return _("ports below 1024 belong to services: it may be a loop");
	case DATAGRAM_SERVICE_PORT:
		return _("that port belongs to a service that answers anything: it may be a loop");
	case DATAGRAM_OWN_PORT:
		return _("that is the port served here: we would talk to ourselves");
	case DATAGRAM_IS_DAYTIME:
		return _("it is a daytime itself, an answer or an echo: it may be a loop");
	case DATAGRAM_RATE: return _("its source asks more often than --rate allows");
	case DATAGRAM_ANSWER:
	case DATAGRAM_VERDICTS: break;
	}
	return NULL;
}

/* As it is where a datagram from this very host comes in; or unknown. */
static bool came_by_loopback(const struct datagram *datagram)
{
	unsigned interface = 0;

	if (datagram->destination_family == AF_INET)
		interface = (unsigned)datagram->destination.ipv4.ipi_ifindex;
	else if (datagram->destination_family == AF_INET6)
		interface = datagram->destination.ipv6.ipi6_ifindex;
	return interface == 0 || interface == LOOPBACK_INTERFACE;
}

static bool is_ipv4_client(const struct datagram *datagram, uint32_t address)
{
	uint32_t net = address >> 24;

	/* The kernel lets it in where net.ipv4.conf.*.route_localnet is set. */
	if (net == IN_LOOPBACKNET)
		return came_by_loopback(datagram);
	return net != 0 && net < 224; /* 224/4 multicast; 240/4 reserved, with the broadcast */
}

/* Can it be a single host's address, and one that comes from where it says? */
static bool is_client(const struct datagram *datagram)
{
	const struct in6_addr *ipv6 = &datagram->source.ipv6.sin6_addr;
	uint32_t mapped;

	if (datagram->source.any.sa_family == AF_INET)
		return is_ipv4_client(datagram, ntohl(datagram->source.ipv4.sin_addr.s_addr));
	if (datagram->source.any.sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(ipv6)) {
		memcpy(&mapped, &ipv6->s6_addr[12], sizeof(mapped));
		return is_ipv4_client(datagram, ntohl(mapped));
	}
	if (IN6_IS_ADDR_LOOPBACK(ipv6))
		return came_by_loopback(datagram);
	return !IN6_IS_ADDR_MULTICAST(ipv6) && !IN6_IS_ADDR_UNSPECIFIED(ipv6);
}

/* The kernel proposes another address to answer from when it came to a group of hosts. */
static bool came_to_unicast(const struct datagram *datagram)
{
	const struct in_pktinfo *ipv4 = &datagram->destination.ipv4;

	switch (datagram->destination_family) {
	case AF_INET:
		return !ipv4->ipi_spec_dst.s_addr ||
		       ipv4->ipi_addr.s_addr == ipv4->ipi_spec_dst.s_addr;
	case AF_INET6: return !IN6_IS_ADDR_MULTICAST(&datagram->destination.ipv6.ipi6_addr);
	default: return true;
	}
}

static uint16_t port_of(const union datagram_address *address)
{
	return ntohs(address->ipv4.sin_port); /* both families keep it in the same place */
}

static bool is_service_port(uint16_t port)
{
	if (port >= FIRST_CLIENT_PORT)
		return false;
	for (size_t i = 0; i < sizeof(service_ports) / sizeof(service_ports[0]); i++) {
		if (service_ports[i] == port)
			return true;
	}
	return false;
}

/*
 * The last line of defence: it needs no knowledge of who listens on which port. Reading a
 * daytime costs more than all the rest, so what cannot be one is told by how it begins (with a
 * weekday, a number or a signed year), by its length and by the want of a colon.
 */
static bool is_daytime(const struct datagram *datagram)
{
	char line[sizeof(datagram->bytes)];
	const char *start = datagram->bytes;
	size_t length;

	while (*start == '\r' || *start == '\n')
		start++;
	if (!*start || !strchr("MTWFSmtwfs0123456789+-", *start))
		return false;
	length = strcspn(start, "\r\n");
	if (length < SHORTEST_DAYTIME || !memchr(start, ':', length))
		return false;
	memcpy(line, start, length);
	line[length] = '\0';
	return parse_recognises(line);
}

enum datagram_verdict datagram_judge(
	const struct datagram *datagram, uint16_t own_port, size_t least_bytes)
{
	uint16_t port = port_of(&datagram->source);

	if (!is_client(datagram))
		return DATAGRAM_SOURCE;
	if (!came_to_unicast(datagram))
		return DATAGRAM_DESTINATION;
	if (port < 1024)
		return DATAGRAM_LOW_PORT;
	if (port == own_port)
		return DATAGRAM_OWN_PORT;
	if (is_service_port(port))
		return DATAGRAM_SERVICE_PORT;
	if (is_daytime(datagram))
		return DATAGRAM_IS_DAYTIME;
	if (datagram->length < least_bytes)
		return DATAGRAM_TOO_SHORT;
	return DATAGRAM_ANSWER;
}

void datagram_print_source(const struct datagram *datagram, char *buffer, size_t size)
{
	char host[NI_MAXHOST] = "?";

	getnameinfo(&datagram->source.any, datagram->source_length, host, sizeof(host), NULL, 0,
		NI_NUMERICHOST);
	snprintf(buffer, size, _("%s port %u"), host, port_of(&datagram->source));
}
