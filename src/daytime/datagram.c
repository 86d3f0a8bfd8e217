/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/datagram.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "daytime/format.h"
#include "daytime/parse.h"

/*
 * Services above 1023 that answer whatever they are sent, be it with an error:
 * NFS (an RPC reject), SIP (400), NAT-PMP (unsupported version), CoAP (reset), memcached.
 */
static const uint16_t service_ports[] = {2049, 5060, 5351, 5683, 11211};

const char *datagram_reason(enum datagram_verdict verdict)
{
	switch (verdict) {
	case DATAGRAM_TOO_SHORT: return _("it is shorter than --udp-min-request");
	case DATAGRAM_SOURCE: return _("its source is no unicast address");
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

static void read_destination(struct msghdr *message, struct datagram *datagram)
{
	struct cmsghdr *each;

	datagram->destination_family = AF_UNSPEC;
	for (each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each)) {
		if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
			memcpy(&datagram->destination.ipv4, CMSG_DATA(each),
				sizeof(datagram->destination.ipv4));
			datagram->destination_family = AF_INET;
		}
		if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
			memcpy(&datagram->destination.ipv6, CMSG_DATA(each),
				sizeof(datagram->destination.ipv6));
			datagram->destination_family = AF_INET6;
		}
	}
}

union control {
	struct cmsghdr aligned;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

int datagram_receive(int fd, struct datagram *ret_datagram)
{
	union control control;
	struct iovec into = {ret_datagram->bytes, sizeof(ret_datagram->bytes) - 1};
	struct msghdr message = {
		.msg_name = &ret_datagram->source,
		.msg_namelen = sizeof(ret_datagram->source),
		.msg_iov = &into,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return -errno;
	ret_datagram->length = (size_t)n;
	ret_datagram
		->bytes[ret_datagram->length < into.iov_len ? ret_datagram->length : into.iov_len] =
		'\0';
	ret_datagram->source_length = message.msg_namelen;
	read_destination(&message, ret_datagram);
	return 0;
}

static bool is_ipv4_unicast(uint32_t address)
{
	uint32_t net = address >> 24;

	return net != 0 && net < 224; /* 224/4 multicast; 240/4 reserved, with the broadcast */
}

static bool is_unicast(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;
	uint32_t mapped;

	if (address->ss_family == AF_INET)
		return is_ipv4_unicast(ntohl(ipv4->sin_addr.s_addr));
	if (address->ss_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) {
		memcpy(&mapped, &ipv6->sin6_addr.s6_addr[12], sizeof(mapped));
		return is_ipv4_unicast(ntohl(mapped));
	}
	return !IN6_IS_ADDR_MULTICAST(&ipv6->sin6_addr) &&
	       !IN6_IS_ADDR_UNSPECIFIED(&ipv6->sin6_addr);
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

static uint16_t port_of(const struct sockaddr_storage *address)
{
	/* Both families keep the port in the same place. */
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static bool is_service_port(uint16_t port)
{
	for (size_t i = 0; i < sizeof(service_ports) / sizeof(service_ports[0]); i++) {
		if (service_ports[i] == port)
			return true;
	}
	return false;
}

/* The last line of defence: it needs no knowledge of who listens on which port. */
static bool is_daytime(const struct datagram *datagram)
{
	char line[sizeof(datagram->bytes)];
	const char *start = datagram->bytes + strspn(datagram->bytes, "\r\n");

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(start, "\r\n"), start);
	return parse_recognises(line);
}

enum datagram_verdict datagram_judge(
	const struct datagram *datagram, uint16_t own_port, size_t least_bytes)
{
	uint16_t port = port_of(&datagram->source);

	if (!is_unicast(&datagram->source))
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

static void add_control(struct msghdr *message, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *header;

	message->msg_controllen = CMSG_SPACE(size);
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = level;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), data, size);
}

static void write_source(struct msghdr *message, const struct datagram *datagram)
{
	struct in_pktinfo ipv4 = {.ipi_spec_dst = datagram->destination.ipv4.ipi_spec_dst};
	struct in6_pktinfo ipv6 = datagram->destination.ipv6;

	if (datagram->destination_family == AF_INET) {
		add_control(message, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof(ipv4));
	} else if (datagram->destination_family == AF_INET6) {
		/* The routing table chooses the way back; link-local addresses have but one. */
		if (!IN6_IS_ADDR_LINKLOCAL(&ipv6.ipi6_addr))
			ipv6.ipi6_ifindex = 0;
		add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof(ipv6));
	} else {
		message->msg_control = NULL;
		message->msg_controllen = 0;
	}
}

int datagram_answer(int fd, const struct datagram *datagram, const char *line, size_t length)
{
	union control control = {0};
	struct sockaddr_storage to = datagram->source;
	char copy[FORMAT_LINE_BYTES];
	struct iovec from = {copy, length};
	struct msghdr message = {
		.msg_name = &to,
		.msg_namelen = datagram->source_length,
		.msg_iov = &from,
		.msg_iovlen = 1,
		.msg_control = &control,
	};

	memcpy(copy, line, length);
	write_source(&message, datagram);
	return sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? -errno : 0;
}

void datagram_print_source(const struct datagram *datagram, char *buffer, size_t size)
{
	char host[NI_MAXHOST] = "?";

	getnameinfo((const struct sockaddr *)&datagram->source, datagram->source_length, host,
		sizeof(host), NULL, 0, NI_NUMERICHOST);
	snprintf(buffer, size, _("%s port %u"), host, port_of(&datagram->source));
}
