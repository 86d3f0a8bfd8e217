/* SPDX-License-Identifier: BSD-2-Clause */
#include "life_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define DEADLINE_NS (10 * NS_PER_S)

static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "life_rig: %s: %s\n", what, strerror(errno));
	exit(1);
}

void life_rig_new_network(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};
	int fd;

	must(unshare(CLONE_NEWNET) == 0, "unshare");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0, "lo");
	close(fd);
}

bool life_rig_set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	return fd_write_file(path, value) == 0;
}

static socklen_t loopback(struct sockaddr_storage *address, bool ipv6, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	memset(address, 0, sizeof(*address));
	if (ipv6)
		memcpy(address, &in6, sizeof(in6));
	else
		memcpy(address, &in, sizeof(in));
	return ipv6 ? sizeof(in6) : sizeof(in);
}

static int new_socket(bool ipv6, uint16_t port)
{
	int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_storage address;
	socklen_t length = loopback(&address, ipv6, port);

	must(fd >= 0, "socket");
	if (port) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		must(bind(fd, (struct sockaddr *)&address, length) == 0, "bind");
	}
	return fd;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "getsockname");
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* A port in TIME_WAIT may be reused after a moment alone: it is tried until then. */
static int connect_until(int fd, const struct sockaddr_storage *address, socklen_t length)
{
	int64_t deadline_ns = clock_deadline_ns(DEADLINE_NS);

	while (connect(fd, (const struct sockaddr *)address, length) < 0) {
		if (errno != EADDRNOTAVAIL || clock_now_ns() > deadline_ns)
			return -1;
		poll(NULL, 0, 10);
	}
	return 0;
}

struct life_rig_connection life_rig_connect(bool ipv6, uint16_t server_port, uint16_t client_port)
{
	struct life_rig_connection new = {.server_port = server_port};
	struct sockaddr_storage address;
	socklen_t length = loopback(&address, ipv6, server_port);

	new.listener = new_socket(ipv6, server_port);
	must(listen(new.listener, 8) == 0, "listen");
	new.client = new_socket(ipv6, client_port);
	must(connect_until(new.client, &address, length) == 0, "connect");
	new.server = accept4(new.listener, NULL, NULL, SOCK_CLOEXEC);
	must(new.server >= 0, "accept");
	new.client_port = port_of(new.client);
	return new;
}

void life_rig_close(int *fd)
{
	fd_close(fd);
}

void life_rig_reset(int *fd)
{
	struct linger linger = {.l_onoff = 1};

	setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	fd_close(fd);
}

void life_rig_finish(struct life_rig_connection *connection)
{
	fd_close(&connection->server);
	fd_close(&connection->client);
	fd_close(&connection->listener);
}

struct life_rig_tap life_rig_tap(void)
{
	struct life_rig_tap tap = {.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP)};

	must(tap.fd >= 0, "raw socket");
	return tap;
}

static uint16_t checksum(const struct tcphdr *segment, size_t length)
{
	const uint16_t *words = (const uint16_t *)(const void *)segment;
	/* The pseudo header: 127.0.0.1 twice, protocol, length. */
	uint32_t sum = 2 * (ntohs(0) + 0x7f00 + 0x0001) + IPPROTO_TCP + (uint32_t)length;

	for (size_t i = 0; i < length / 2; i++)
		sum += ntohs(words[i]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void send_again(int fd, const struct tcphdr *fin, bool reset)
{
	char copy[60] = "";
	struct sockaddr_storage address;
	socklen_t length = loopback(&address, false, 0);
	size_t size = fin->doff * 4u;
	struct tcphdr *segment = (struct tcphdr *)(void *)copy;

	memcpy(copy, fin, size);
	if (reset) {
		segment->fin = 0;
		segment->rst = 1;
		segment->seq = htonl(ntohl(segment->seq) + 1);
	}
	segment->check = 0;
	segment->check = checksum(segment, size);
	must(sendto(fd, copy, size, 0, (struct sockaddr *)&address, length) == (ssize_t)size,
		"sendto");
}

void life_rig_repeat_fin(
	struct life_rig_tap *tap, const struct life_rig_connection *connection, bool reset)
{
	char packet[2048] __attribute__((aligned(8)));

	for (int i = 0; i < 64; i++) {
		struct pollfd ready = {.fd = tap->fd, .events = POLLIN};
		const struct tcphdr *segment;
		ssize_t length;

		must(poll(&ready, 1, 10000) == 1, "no FIN was seen");
		length = recv(tap->fd, packet, sizeof(packet), 0);
		must(length >= 40, "recv");
		segment = (const struct tcphdr *)(const void
				*)(packet +
				   (((const struct iphdr *)(const void *)packet)->ihl * 4));
		if (ntohs(segment->source) != connection->client_port || !segment->fin)
			continue;
		send_again(tap->fd, segment, reset);
		close(tap->fd);
		return;
	}
	must(false, "no FIN among 64 packets");
}

static int collect(void *context, const struct life_event *event)
{
	struct life_rig_events *events = context;

	must(events->count < LIFE_RIG_EVENTS, "too many events");
	events->events[events->count++] = *event;
	return 0;
}

static const struct life_event *find(const struct life_rig_events *events, enum life_kind kind,
	enum life_cause cause, uint16_t local_port)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct life_event *event = &events->events[i];

		if (event->kind == kind && event->cause == cause &&
			(!local_port || event->local_port == local_port))
			return event;
	}
	return NULL;
}

void life_rig_collect(struct life *life, struct life_rig_events *events)
{
	must(life_poll(life, collect, events, 100) >= 0, "life_poll");
}

const struct life_event *life_rig_last(const struct life_rig_events *events, uint16_t local_port)
{
	for (size_t i = events->count; i > 0; i--) {
		if (events->events[i - 1].local_port == local_port)
			return &events->events[i - 1];
	}
	return NULL;
}

static void print_all(const struct life_rig_events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct life_event *event = &events->events[i];

		fprintf(stderr, "# %s %s > %s %s %u:%u pid %u\n", life_kind_name(event->kind),
			tcp_state_name(event->from), tcp_state_name(event->to),
			life_cause_name(event->cause), event->local_port, event->peer_port,
			event->pid);
	}
}

const struct life_event *life_rig_await(struct life *life, struct life_rig_events *events,
	enum life_kind kind, enum life_cause cause, uint16_t local_port, int seconds)
{
	int64_t deadline_ns = clock_deadline_ns(seconds * NS_PER_S);
	const struct life_event *event;

	do {
		event = find(events, kind, cause, local_port);
		if (event)
			return event;
		life_rig_collect(life, events);
	} while (clock_now_ns() < deadline_ns);
	print_all(events);
	return NULL;
}
