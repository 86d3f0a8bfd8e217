/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "observe/diag.h"
#include "observe/sockets.h"

/*
 * Real sockets on the loopback of a fresh network namespace, where nobody else has any. Where
 * namespaces are refused, the tests are skipped and say so.
 */

static bool has_room;
static struct diag diag;
static int descriptors[1000];
static size_t descriptor_count;

static int enter_room(void **state)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	has_room = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
	close(fd);
	return has_room ? 0 : -1;
}

static int begin(void **state)
{
	(void)state;
	alarm(60);
	descriptor_count = 0;
	return has_room ? diag_open(&diag, NULL) : 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < descriptor_count; i++)
		close(descriptors[i]);
	diag_close(&diag);
	alarm(0);
	return 0;
}

static void need_room(void)
{
	if (!has_room) {
		print_message("network namespaces are refused here\n");
		skip();
	}
}

static int keep(int fd)
{
	assert_true(fd >= 0);
	assert_true(descriptor_count < COUNT(descriptors));
	descriptors[descriptor_count++] = fd;
	return fd;
}

/* Closes one socket before the test's end. */
static void drop(int fd)
{
	for (size_t i = 0; i < descriptor_count; i++) {
		if (descriptors[i] == fd)
			descriptors[i] = descriptors[--descriptor_count];
	}
	assert_int_equal(close(fd), 0);
}

static struct sockaddr_storage loopback(int family, uint16_t port, socklen_t *ret_length)
{
	struct endpoint endpoint = {.family = (uint16_t)family, .port = port};
	struct sockaddr_storage address;

	inet_pton(family, family == AF_INET ? "127.0.0.1" : "::1", endpoint.address);
	*ret_length = endpoint_to_sockaddr(&endpoint, &address);
	return address;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct endpoint endpoint;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(endpoint_from_sockaddr((const struct sockaddr *)&address, &endpoint), 0);
	return endpoint.port;
}

static int bound(int family)
{
	socklen_t length;
	struct sockaddr_storage address = loopback(family, 0, &length);
	int fd = keep(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, length), 0);
	return fd;
}

static int listening(int family, int backlog)
{
	int fd = bound(family);

	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* A client's socket that may still be on its way. */
static int connecting(int family, uint16_t port)
{
	socklen_t length;
	struct sockaddr_storage address = loopback(family, port, &length);
	int fd = keep(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	if (connect(fd, (const struct sockaddr *)&address, length) < 0)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

struct connection {
	int listener, server, client;
};

static struct connection connected(int family)
{
	struct connection connection = {.listener = listening(family, 5)};

	connection.client = connecting(family, port_of(connection.listener));
	connection.server = keep(accept4(connection.listener, NULL, NULL, SOCK_CLOEXEC));
	return connection;
}

struct search {
	uint16_t local, peer;
	size_t hits;
	struct diag_socket found;
};

static int compare(void *context, const struct diag_socket *socket)
{
	struct search *search = context;

	if (socket->local.port == search->local && socket->peer.port == search->peer) {
		search->hits++;
		search->found = *socket;
	}
	return 0;
}

/* How many sockets have these ports; the last of them in *ret_socket. */
static size_t find_among(
	uint32_t states, uint16_t local, uint16_t peer, struct diag_socket *ret_socket)
{
	struct search search = {.local = local, .peer = peer};
	struct error err = {0};

	if (diag_dump(&diag, states, compare, &search, &err) < 0)
		fail_msg("%s", err.text);
	if (search.hits)
		*ret_socket = search.found;
	return search.hits;
}

static struct diag_socket find(uint16_t local, uint16_t peer)
{
	struct diag_socket socket = {0};

	if (find_among(DIAG_ALL_STATES, local, peer, &socket) != 1)
		fail_msg("not exactly one socket with ports %u and %u", local, peer);
	return socket;
}

/* Looks until the socket is in the state; an ACK may be delayed, and timers take their time. */
static struct diag_socket await_state(uint16_t local, uint16_t peer, enum tcp_state state)
{
	int64_t deadline_ns = clock_deadline_ns(5 * NS_PER_S);
	struct diag_socket socket = {0};

	do {
		if (find_among(DIAG_ALL_STATES, local, peer, &socket) && socket.state == state)
			return socket;
		sched_yield();
	} while (clock_now_ns() < deadline_ns);
	fail_msg("%s instead of %s", tcp_state_name(socket.state), tcp_state_name(state));
	return socket;
}

static struct diag_socket await_timer(uint16_t local, uint16_t peer, enum diag_timer timer)
{
	int64_t deadline_ns = clock_deadline_ns(5 * NS_PER_S);
	struct diag_socket socket = {0};

	do {
		if (find_among(DIAG_ALL_STATES, local, peer, &socket) && socket.timer == timer)
			return socket;
		sched_yield();
	} while (clock_now_ns() < deadline_ns);
	fail_msg("timer %s instead of %s", diag_timer_name(socket.timer), diag_timer_name(timer));
	return socket;
}

static uint32_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return (uint32_t)status.st_ino;
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie;
	socklen_t length = sizeof(cookie);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length), 0);
	return cookie;
}

static void shows_a_listener(int family, const char *address)
{
	int fd = listening(family, 7);
	struct diag_socket socket = find(port_of(fd), 0);
	char text[ENDPOINT_TEXT_BYTES];

	assert_int_equal(socket.state, TCP_STATE_LISTEN);
	assert_int_equal(socket.local.family, family);
	assert_string_equal(endpoint_address(&socket.local, text), address);
	assert_int_equal(socket.peer.family, family);
	assert_true(endpoint_is_any(&socket.peer));
	assert_int_equal(socket.receive_queue, 0);
	assert_int_equal(socket.send_queue, 7);
	assert_int_equal(socket.timer, DIAG_TIMER_NONE);
	assert_int_equal(socket.timer_ms, 0);
	assert_int_equal(socket.inode, inode_of(fd));
	assert_int_equal(socket.uid, geteuid());
	assert_int_equal(socket.cookie, cookie_of(fd));
}

static void shows_listeners_of_both_families(void **state)
{
	(void)state;
	need_room();
	shows_a_listener(AF_INET, "127.0.0.1");
	shows_a_listener(AF_INET6, "::1");
}

static void shows_a_connection_and_its_queues(void **state)
{
	struct connection connection;
	struct diag_socket listener, server, client;
	uint16_t port, client_port;

	(void)state;
	need_room();
	connection = connected(AF_INET);
	port = port_of(connection.listener);
	client_port = port_of(connection.client);
	assert_int_equal(send(connection.client, "hello", 5, 0), 5);
	server = find(port, client_port);
	client = find(client_port, port);
	assert_int_equal(server.state, TCP_STATE_ESTABLISHED);
	assert_int_equal(client.state, TCP_STATE_ESTABLISHED);
	assert_int_equal(server.receive_queue, 5);
	assert_int_equal(server.inode, inode_of(connection.server));
	assert_int_equal(client.cookie, cookie_of(connection.client));
	assert_true(endpoint_equal(&server.local, &client.peer));
	assert_true(endpoint_equal(&server.peer, &client.local));

	/* Another one that nobody accepts: no inode yet, and the listener counts it. */
	client_port = port_of(connecting(AF_INET, port));
	server = find(port, client_port);
	listener = find(port, 0);
	assert_int_equal(server.state, TCP_STATE_ESTABLISHED);
	assert_int_equal(server.inode, 0);
	assert_int_equal(listener.receive_queue, 1);
}

static void follows_a_connection_into_time_wait(int family)
{
	struct connection connection = connected(family);
	uint16_t port = port_of(connection.listener);
	uint16_t client_port = port_of(connection.client);
	uint64_t cookie = find(port, client_port).cookie;
	struct diag_socket socket;

	assert_int_equal(shutdown(connection.server, SHUT_WR), 0);
	socket = await_state(port, client_port, TCP_STATE_FIN_WAIT2);
	assert_int_equal(socket.cookie, cookie);
	assert_int_equal(socket.timer, DIAG_TIMER_NONE); /* its descriptor is open */
	assert_int_equal(find(client_port, port).state, TCP_STATE_CLOSE_WAIT);

	/* An orphan waits in the small form, on TIME_WAIT's timer, and is not in TIME_WAIT. */
	drop(connection.server);
	socket = await_timer(port, client_port, DIAG_TIMER_TIMEWAIT);
	assert_int_equal(socket.state, TCP_STATE_FIN_WAIT2);
	assert_int_equal(socket.cookie, cookie);
	assert_int_equal(socket.inode, 0);

	drop(connection.client);
	socket = await_state(port, client_port, TCP_STATE_TIME_WAIT);
	assert_int_equal(socket.cookie, cookie);
	assert_int_equal(socket.local.family, family);
	assert_int_equal(socket.timer, DIAG_TIMER_TIMEWAIT);
	assert_in_range(socket.timer_ms, 50000, 64000);
	assert_int_equal(socket.inode, 0);
	assert_int_equal(find_among(DIAG_LIVE_STATES, client_port, port, &socket), 0); /* CLOSED */
	/* The mask is obeyed. */
	assert_int_equal(
		find_among(DIAG_STATE(TCP_STATE_TIME_WAIT), port, client_port, &socket), 1);
	assert_int_equal(
		find_among(DIAG_STATE(TCP_STATE_FIN_WAIT2), port, client_port, &socket), 0);
}

static void cookie_outlives_the_socket(void **state)
{
	(void)state;
	need_room();
	follows_a_connection_into_time_wait(AF_INET);
	follows_a_connection_into_time_wait(AF_INET6);
}

static void shows_an_unanswered_syn(void **state)
{
	int listener;
	uint16_t port, client_port;
	struct diag_socket socket;

	(void)state;
	need_room();
	/* A backlog of 0 admits one; the second SYN is dropped, and sent again after a second. */
	listener = listening(AF_INET, 0);
	port = port_of(listener);
	connecting(AF_INET, port);
	client_port = port_of(connecting(AF_INET, port));
	socket = find(client_port, port);
	assert_int_equal(socket.state, TCP_STATE_SYN_SENT);
	assert_int_equal(socket.timer, DIAG_TIMER_ON);
	assert_in_range(socket.timer_ms, 0, 1100);
	assert_int_equal(find_among(DIAG_STATE(TCP_STATE_SYN_SENT), client_port, port, &socket), 1);
}

static void shows_a_request_as_syn_recv(void **state)
{
	int listener, seconds = 30;
	uint16_t port, client_port;
	uint64_t cookie;
	struct diag_socket socket;
	int client;

	(void)state;
	need_room();
	/* The kernel is asked to wait for data before it makes a socket out of the request. */
	listener = listening(AF_INET, 5);
	assert_int_equal(
		setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)), 0);
	port = port_of(listener);
	client = connecting(AF_INET, port);
	client_port = port_of(client);
	socket = find(port, client_port);
	assert_int_equal(socket.state, TCP_STATE_SYN_RECV);
	assert_int_equal(socket.timer, DIAG_TIMER_ON);
	assert_int_equal(socket.inode, 0);
	cookie = socket.cookie;
	assert_int_equal(find(client_port, port).state, TCP_STATE_ESTABLISHED);
	assert_int_equal(send(client, "x", 1, 0), 1);
	socket = await_state(port, client_port, TCP_STATE_ESTABLISHED);
	assert_int_equal(socket.cookie, cookie);
}

static void tells_bound_from_closed(void **state)
{
	uint16_t ports[2];
	struct diag_socket found;

	(void)state;
	need_room();
	ports[0] = port_of(bound(AF_INET));
	ports[1] = port_of(bound(AF_INET6));
	keep(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); /* bound to nothing */
	if (!find_among(DIAG_STATE(TCP_STATE_BOUND), ports[0], 0, &found)) {
		print_message("this kernel does not tell of bound sockets (6.8)\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(ports); i++) {
		assert_int_equal(find(ports[i], 0).state, TCP_STATE_BOUND);
		assert_int_equal(find_among(DIAG_LIVE_STATES, ports[i], 0, &found), 0);
	}
	assert_int_equal(find_among(DIAG_ALL_STATES, 0, 0, &found), 0);
}

static void fill(int fd)
{
	static const char zeroes[65536];

	while (send(fd, zeroes, sizeof(zeroes), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

static void tells_the_timers(void **state)
{
	struct connection connection;
	struct diag_socket found;
	uint16_t port, client_port;
	int yes = 1;

	(void)state;
	need_room();
	connection = connected(AF_INET);
	port = port_of(connection.listener);
	client_port = port_of(connection.client);
	assert_int_equal(
		setsockopt(connection.server, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes)), 0);
	found = await_timer(port, client_port, DIAG_TIMER_KEEPALIVE);
	assert_in_range(found.timer_ms, 7100 * 1000, 7200 * 1000);

	/* The server does not read: its window closes, and the client probes it. */
	fill(connection.client);
	found = await_timer(client_port, port, DIAG_TIMER_PERSIST);
	assert_true(found.send_queue > 0);
	assert_true(find(port, client_port).receive_queue > 0);

	/* Its FIN stands behind the data. */
	drop(connection.client);
	assert_int_equal(find(client_port, port).state, TCP_STATE_FIN_WAIT1);
}

static void shows_last_ack(void **state)
{
	struct connection connection;
	uint16_t port, client_port;

	(void)state;
	need_room();
	connection = connected(AF_INET6);
	port = port_of(connection.listener);
	client_port = port_of(connection.client);
	assert_int_equal(shutdown(connection.server, SHUT_WR), 0);
	await_state(client_port, port, TCP_STATE_CLOSE_WAIT);
	fill(connection.client);
	drop(connection.client);
	assert_int_equal(find(client_port, port).state, TCP_STATE_LAST_ACK);
}

static void keeps_mapped_addresses_as_they_are(void **state)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	struct endpoint plain;
	struct diag_socket found;
	char text[ENDPOINT_TEXT_BYTES];
	int listener, no = 0;
	uint16_t port;

	(void)state;
	need_room();
	listener = keep(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	assert_int_equal(setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)), 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(listener, 5), 0);
	port = port_of(listener);
	found = find(port, port_of(connecting(AF_INET, port)));
	assert_int_equal(found.local.family, AF_INET6);
	assert_string_equal(endpoint_address(&found.peer, text), "::ffff:127.0.0.1");
	plain = endpoint_unmap(&found.peer);
	assert_string_equal(endpoint_address(&plain, text), "127.0.0.1");
}

/* Only a socket that is bound to a device has one. */
static void names_the_device(void **state)
{
	struct diag_socket found;
	int fd;

	(void)state;
	need_room();
	fd = listening(AF_INET, 1);
	assert_int_equal(find(port_of(fd), 0).local.interface, 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
	found = find(port_of(fd), 0);
	assert_int_equal(found.local.interface, if_nametoindex("lo"));
	assert_int_equal(diag_destroy(&diag, &found, NULL), 0);
}

static void destroys(int family)
{
	struct connection connection = connected(family);
	uint16_t port = port_of(connection.listener);
	uint16_t client_port = port_of(connection.client);
	struct diag_socket server = find(port, client_port), socket;
	struct error err = {0};
	char byte;

	if (diag_destroy(&diag, &server, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(recv(connection.client, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET); /* as if by ABORT */
	assert_int_equal(find_among(DIAG_LIVE_STATES, port, client_port, &socket), 0);
	assert_int_equal(diag_destroy(&diag, &server, &err), -ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strchr(err.text, ':'));

	/* The listener, and only the one with the cookie. */
	server = find(port, 0);
	server.cookie++;
	assert_int_equal(diag_destroy(&diag, &server, NULL), -ENOENT);
	server.cookie--;
	assert_int_equal(diag_destroy(&diag, &server, NULL), 0);
	assert_int_equal(find_among(DIAG_LIVE_STATES, port, 0, &socket), 0);
}

static void destroys_sockets(void **state)
{
	(void)state;
	need_room();
	destroys(AF_INET);
	destroys(AF_INET6);
}

static void destroys_time_wait(void **state)
{
	struct connection connection;
	struct diag_socket socket;
	uint16_t port, client_port;

	(void)state;
	need_room();
	connection = connected(AF_INET);
	port = port_of(connection.listener);
	client_port = port_of(connection.client);
	drop(connection.server);
	drop(connection.client);
	socket = await_state(port, client_port, TCP_STATE_TIME_WAIT);
	assert_int_equal(diag_destroy(&diag, &socket, NULL), 0);
	assert_int_equal(find_among(DIAG_ALL_STATES, port, client_port, &socket), 0);
}

/* More rows than one reply holds; and each once, whatever way they are asked for. */
static void tells_of_many(void **state)
{
	struct socket_list one = SOCKET_LIST_INIT, two = SOCKET_LIST_INIT;

	(void)state;
	need_room();
	for (int i = 0; i < 400; i++) {
		listening(AF_INET, 1);
		listening(AF_INET6, 1);
	}
	assert_int_equal(socket_list_read(&one, &diag, DIAG_STATE(TCP_STATE_LISTEN), NULL), 0);
	assert_int_equal(one.count, 800);
	diag.has_no_legacy = true; /* as if the kernel had refused the one request for both */
	assert_int_equal(socket_list_read(&two, &diag, DIAG_STATE(TCP_STATE_LISTEN), NULL), 0);
	assert_int_equal(two.count, one.count);
	for (size_t i = 0; i < one.count; i++) {
		assert_int_equal(one.sockets[i].cookie, two.sockets[i].cookie);
		assert_true(endpoint_equal(&one.sockets[i].local, &two.sockets[i].local));
	}
	socket_list_finish(&one);
	socket_list_finish(&two);
}

static int refuse(void *context, const struct diag_socket *socket)
{
	(void)socket;
	++*(int *)context;
	return -ECANCELED;
}

static void reader_may_stop(void **state)
{
	struct error err = {0};
	struct diag_socket socket;
	int rows = 0, fd;

	(void)state;
	need_room();
	for (int i = 0; i < 400; i++)
		listening(AF_INET, 1);
	fd = listening(AF_INET, 1);
	assert_int_equal(diag_dump(&diag, DIAG_ALL_STATES, refuse, &rows, &err), -ECANCELED);
	assert_int_equal(err.code, ECANCELED);
	assert_int_equal(rows, 1);
	/* The rest was drained: the next dump is whole. */
	assert_int_equal(find_among(DIAG_ALL_STATES, port_of(fd), 0, &socket), 1);
}

static int ignore(const struct nlmsghdr *message, void *context)
{
	(void)message;
	(void)context;
	return MNL_CB_OK;
}

/* The kernel tells a dump's error in its last message, where libmnl does not look. */
static void failed_dump_is_no_empty_dump(void **state)
{
	char bytes[128] = {0};
	struct inet_diag_req_v2 *body;
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct error err = {0};

	(void)state;
	need_room();
	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->sdiag_family = AF_INET;
	body->sdiag_protocol = 200; /* nobody's */
	assert_int_equal(netlink_dump(&diag.netlink, request, ignore, NULL, "dump", &err), -ENOENT);
	assert_string_equal(err.text, "dump: No such file or directory");
}

static void sorts_listeners_first(void **state)
{
	struct socket_list list = SOCKET_LIST_INIT;
	struct connection connection;

	(void)state;
	need_room();
	bound(AF_INET);
	connection = connected(AF_INET6);
	listening(AF_INET, 1);
	assert_int_equal(socket_list_read(&list, &diag, DIAG_ALL_STATES, NULL), 0);
	assert_true(list.count >= 4);
	assert_int_equal(list.sockets[0].state, TCP_STATE_LISTEN);
	assert_int_equal(list.sockets[0].local.family, AF_INET);
	assert_int_equal(list.sockets[1].local.port, port_of(connection.listener));
	for (size_t i = 1; i < list.count; i++)
		assert_true(socket_compare(&list.sockets[i - 1], &list.sockets[i]) <= 0);
	socket_list_finish(&list);
}

static void names_timers(void **state)
{
	(void)state;
	assert_string_equal(diag_timer_name(DIAG_TIMER_NONE), "none");
	assert_string_equal(diag_timer_name(DIAG_TIMER_ON), "on");
	assert_string_equal(diag_timer_name(DIAG_TIMER_KEEPALIVE), "keepalive");
	assert_string_equal(diag_timer_name(DIAG_TIMER_TIMEWAIT), "timewait");
	assert_string_equal(diag_timer_name(DIAG_TIMER_PERSIST), "persist");
}

#define room_test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(shows_listeners_of_both_families),
		room_test(shows_a_connection_and_its_queues),
		room_test(cookie_outlives_the_socket),
		room_test(shows_an_unanswered_syn),
		room_test(shows_a_request_as_syn_recv),
		room_test(tells_bound_from_closed),
		room_test(tells_the_timers),
		room_test(shows_last_ack),
		room_test(keeps_mapped_addresses_as_they_are),
		room_test(names_the_device),
		room_test(destroys_sockets),
		room_test(destroys_time_wait),
		room_test(tells_of_many),
		room_test(reader_may_stop),
		room_test(failed_dump_is_no_empty_dump),
		room_test(sorts_listeners_first),
		cmocka_unit_test(names_timers),
	};

	return cmocka_run_group_tests(tests, enter_room, NULL);
}
