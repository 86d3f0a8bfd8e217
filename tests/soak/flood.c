/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "soak/hostile.h"
#include "tcp/segment.h"

/*
 * Single packets with forged sources, by a raw socket that takes the IP header as it is given. Who is
 * answered does not exist, so nobody ever acknowledges or complains.
 */

#define AT_ONCE      64
#define PACKET_BYTES 65535
#define HEADER_BYTES (sizeof(struct iphdr) + sizeof(struct udphdr))

/* Where forged sources lie: 10/8, which the test routes into nothing. */
#define NOWHERE 0x0a000000u

struct flood {
	struct hostile_plan *plan;
	int fd;
	struct mmsghdr messages[AT_ONCE];
	struct iovec pieces[AT_ONCE];
	uint8_t packets[AT_ONCE][PACKET_BYTES + 1];
	uint8_t garbage[PACKET_BYTES];
};

/* Sources of datagrams that a server must not answer, or that it had better not. */
static const uint16_t service_ports[] = {
	7, 13, 17, 19, 53, 123, 161, 1023, 2049, 5060, 5351, 5683, 11211};
static const uint32_t strange_sources[] = {
	0xffffffff, 0xe0000001, 0xefffffff, 0xf0000001, 0x7fffffff};
static const char daytime_line[] = "Sun Jun  5 21:00:00 2022\r\n";

static uint16_t client_port(uint64_t chance)
{
	return (uint16_t)(16384 + (chance >> 40) % 32768);
}

static uint32_t forged_source(uint64_t chance)
{
	return NOWHERE | (uint32_t)(chance >> 16 & 0x00ffffff);
}

static size_t put_datagram(const struct flood *flood, uint8_t *packet, uint32_t source,
	uint16_t port, const void *payload, size_t length)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = htonl(source),
		.daddr = flood->plan->target.sin_addr.s_addr,
		.tot_len = htons((uint16_t)(HEADER_BYTES + length)),
	};
	struct udphdr udp = {
		.source = htons(port),
		.dest = flood->plan->target.sin_port,
		.len = htons((uint16_t)(sizeof(udp) + length)),
		/* No checksum, as RFC 768 allows. The kernel fills in that of the IP header. */
	};

	memcpy(packet, &ip, sizeof(ip));
	memcpy(packet + sizeof(ip), &udp, sizeof(udp));
	memcpy(packet + HEADER_BYTES, payload, length);
	return HEADER_BYTES + length;
}

/* A SYN whose SYN,ACK goes nowhere. */
static size_t half_open(struct flood *flood, uint8_t *packet, uint64_t chance)
{
	struct segment syn = {
		.source = {.family = AF_INET, .port = client_port(chance)},
		.destination = {.family = AF_INET, .port = ntohs(flood->plan->target.sin_port)},
		.sequence = (uint32_t)hostile_random(&flood->plan->random),
		.window = 65535,
		.flags = SEGMENT_SYN,
		.maximum_segment_size = 1460,
		.window_scale = 7,
		.permits_sack = true,
	};
	uint32_t source_be = htonl(forged_source(chance));
	ssize_t length;

	memcpy(syn.source.address, &source_be, sizeof(source_be));
	memcpy(syn.destination.address, &flood->plan->target.sin_addr, sizeof(source_be));
	length = segment_encode(&syn, packet, PACKET_BYTES);
	return length < 0 ? 0 : (size_t)length;
}

/* Every kind of datagram that a server should think about before it answers. */
static size_t udp_flood(struct flood *flood, uint8_t *packet, uint64_t chance)
{
	const uint8_t *from = flood->garbage + (chance >> 32) % (PACKET_BYTES / 2);
	uint32_t own = ntohl(flood->plan->target.sin_addr.s_addr);
	uint16_t own_port = ntohs(flood->plan->target.sin_port);
	size_t length = (chance >> 8) % 1400;

	switch (chance % 8) {
	case 0: /* to itself, for ever, if it were answered */
		return put_datagram(flood, packet, own, own_port, from, length);
	case 1:
		return put_datagram(flood, packet, forged_source(chance),
			service_ports[(chance >> 20) %
				      (sizeof(service_ports) / sizeof(*service_ports))],
			from, length);
	case 2:
		return put_datagram(flood, packet,
			strange_sources[(chance >> 20) %
					(sizeof(strange_sources) / sizeof(*strange_sources))],
			client_port(chance), from, length);
	case 3: /* somebody's answer */
		return put_datagram(flood, packet, forged_source(chance), client_port(chance),
			daytime_line, sizeof(daytime_line) - 1);
	case 4:
		return put_datagram(
			flood, packet, forged_source(chance), client_port(chance), from, 0);
	case 5: /* now and then a very large one */
		if ((chance >> 24) % 64 == 0)
			length = (chance >> 30) % (PACKET_BYTES / 2);
		break;
	default: break;
	}
	return put_datagram(
		flood, packet, forged_source(chance), client_port(chance), from, length);
}

/* Ordinary questions, from everywhere: each is answered, and each source is a new one. */
static size_t udp_spoof(struct flood *flood, uint8_t *packet, uint64_t chance)
{
	return put_datagram(flood, packet, forged_source(chance), client_port(chance),
		flood->garbage, chance % 65);
}

static size_t (*const makers[])(struct flood *flood, uint8_t *packet, uint64_t chance) = {
	half_open, udp_flood, udp_spoof};
const char *const flood_kinds[] = {"half_open", "udp_flood", "udp_spoof", NULL};

/* Returns how many were made: the last batch may be smaller. */
static unsigned int make_batch(struct flood *flood, int kind, uint64_t left)
{
	unsigned int count = left < AT_ONCE ? (unsigned int)left : AT_ONCE;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t chance = hostile_random(&flood->plan->random);

		flood->pieces[i].iov_base = flood->packets[i];
		flood->pieces[i].iov_len = makers[kind](flood, flood->packets[i], chance);
		flood->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &flood->plan->target,
			.msg_namelen = sizeof(flood->plan->target),
			.msg_iov = &flood->pieces[i],
			.msg_iovlen = 1,
		};
	}
	return count;
}

/* One that the kernel refuses (it knows that no packet comes from 255.255.255.255) is passed over. */
static void send_batch(struct flood *flood, unsigned int count, struct hostile_tally *tally)
{
	unsigned int sent = 0;

	while (sent < count) {
		int n = sendmmsg(flood->fd, flood->messages + sent, count - sent, 0);

		if (n <= 0) {
			hostile_failed(tally, errno);
			sent++;
			continue;
		}
		for (int i = 0; i < n; i++)
			tally->bytes += flood->pieces[sent + (unsigned int)i].iov_len;
		tally->begun += (uint64_t)n;
		sent += (unsigned int)n;
	}
}

int flood_run(
	int kind, struct hostile_plan *plan, struct hostile_tally *ret_tally, struct error *err)
{
	_cleanup_free_ struct flood *flood = calloc(1, sizeof(*flood));
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	*ret_tally = (struct hostile_tally){0};
	if (fd < 0)
		return error_errno(err, errno, "cannot forge packets");
	if (!flood)
		return error_errno(err, ENOMEM, "no memory for packets");
	flood->plan = plan;
	flood->fd = fd;
	for (size_t i = 0; i < sizeof(flood->garbage); i++)
		flood->garbage[i] = (uint8_t)(hostile_random(&plan->random) >> 24);
	while (!interrupt_requested() && clock_now_ns() < plan->deadline_ns) {
		uint64_t done = ret_tally->begun + ret_tally->failed;

		if (done >= plan->count)
			break;
		send_batch(flood, make_batch(flood, kind, plan->count - done), ret_tally);
	}
	return 0;
}
