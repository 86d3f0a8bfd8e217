/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "observe/diag.h"
#include "observe/netns.h"
#include "observe/sockets.h"
#include "random.h"

/*
 * Thousands of TIME_WAITs in a network namespace of our own: more than all slots of a stream hold, so that
 * its thread has to wait for its reader. Where namespaces are refused, the tests are skipped and say so.
 */
#define CONNECTIONS 15000

#define WAITING     DIAG_STATE(TCP_STATE_TIME_WAIT)

static bool has_room;
static uint64_t home_number;
static int home = -1;

static struct sockaddr_in6 end6(const char *address, uint16_t port)
{
	struct sockaddr_in6 end = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET6, address, &end.sin6_addr), 1);
	return end;
}

/* One that takes both families: connections over IPv4 have mapped addresses there, and plain ones here. */
static int listener(uint16_t port)
{
	struct sockaddr_in6 end = end6("::", port);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&end, sizeof(end)), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

/* The client closes first, then the server: TIME_WAIT is the client's, or the other way round. */
static void connection(int listener_fd, uint16_t port, int number)
{
	struct sockaddr_in source = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f010000u + (uint32_t)number / 64)};
	struct sockaddr_in target = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 target6 = end6("::1", port);
	bool is_ipv6 = number % 4 == 0;
	int client = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int server;

	if (is_ipv6) {
		assert_int_equal(
			connect(client, (const struct sockaddr *)&target6, sizeof(target6)), 0);
	} else {
		assert_int_equal(bind(client, (const struct sockaddr *)&source, sizeof(source)), 0);
		assert_int_equal(
			connect(client, (const struct sockaddr *)&target, sizeof(target)), 0);
	}
	server = accept(listener_fd, NULL, NULL);
	assert_true(server >= 0);
	close(number % 2 ? client : server);
	close(number % 2 ? server : client);
}

static int count_one(void *context, const struct diag_socket *socket)
{
	(void)socket;
	++*(size_t *)context;
	return 0;
}

/* The kernel may work on the last packets a moment longer. */
static void await_time_wait(void)
{
	int64_t deadline = clock_deadline_ns(30 * NS_PER_S);
	struct error err = {0};
	struct diag diag;
	size_t others;

	assert_int_equal(diag_open(&diag, &err), 0);
	do {
		others = 0;
		assert_int_equal(
			diag_dump(&diag, DIAG_ALL_STATES & ~WAITING, count_one, &others, &err), 0);
	} while (others && clock_now_ns() < deadline);
	assert_int_equal(others, 0);
	diag_close(&diag);
}

/* A small machine, such as one that is booted for a test, has room for fewer by itself. */
static void make_room_for_all(void)
{
	int fd = open("/proc/sys/net/ipv4/tcp_max_tw_buckets", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "100000", 6) != 6)
		print_message("tcp_max_tw_buckets stays as it is\n");
	close(fd);
}

static int enter_room(void **state)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	(void)state;
	alarm(60);
	home_number = netns_number();
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	has_room = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
	close(fd);
	if (!has_room)
		return -1;
	make_room_for_all();
	for (uint16_t port = 13; port <= 15; port++) {
		fd = listener(port);
		for (int i = 0; i < CONNECTIONS / 3; i++)
			connection(fd, port, i);
		close(fd);
	}
	await_time_wait();
	return 0;
}

static void need_room(void)
{
	if (!has_room) {
		print_message("network namespaces are refused here\n");
		skip();
	}
}

/* Sockets as a sum: how many, and their cookies in no order. */
struct sum {
	size_t count;
	uint64_t cookies;
	size_t enough; /* after so many no more; 0: never */
	bool (*wants)(const struct diag_socket *socket);
};

static int add(void *context, const struct diag_socket *socket)
{
	struct sum *sum = context;

	if (sum->wants && !sum->wants(socket))
		return 0;
	sum->count++;
	sum->cookies += socket->cookie * socket->cookie;
	return sum->enough && sum->count == sum->enough ? DIAG_ENOUGH : 0;
}

static struct sum stream(const struct filter *filter, size_t enough, bool has_no_legacy)
{
	const struct diag_query query = {.states = WAITING, .filter = filter};
	struct sum sum = {.enough = enough};
	struct error err = {0};
	struct diag diag;

	assert_int_equal(diag_open(&diag, &err), 0);
	diag.has_no_legacy = has_no_legacy;
	assert_int_equal(diag_stream(&diag, &query, add, &sum, &err), enough ? DIAG_ENOUGH : 0);
	diag_close(&diag);
	return sum;
}

/* The same in one piece, the filter in C. */
static struct sum dump(bool (*wants)(const struct diag_socket *socket))
{
	struct sum sum = {.wants = wants};
	struct error err = {0};
	struct diag diag;

	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(diag_dump(&diag, WAITING, add, &sum, &err), 0);
	diag_close(&diag);
	return sum;
}

static void assert_same(struct sum got, struct sum expected)
{
	assert_int_equal(got.count, expected.count);
	assert_int_equal(got.cookies, expected.cookies);
}

static void has_what_a_dump_has(void **state)
{
	struct sum whole;

	(void)state;
	need_room();
	whole = dump(NULL);
	/* A port that waits may be used again over the loopback (tcp_tw_reuse): then there is one less. */
	assert_in_range(whole.count, CONNECTIONS * 9 / 10, CONNECTIONS);
	assert_same(stream(NULL, 0, false), whole);
	assert_same(stream(NULL, 0, true), whole);
	assert_same(stream(&(struct filter){0}, 0, false), whole);
}

static void ends_where_it_is_enough(void **state)
{
	(void)state;
	need_room();
	for (size_t enough = 1; enough <= CONNECTIONS * 9 / 10; enough += 3299)
		assert_int_equal(stream(NULL, enough, false).count, enough);
}

/* Lets the thread run ahead, as far as it likes: in that time the kernel could tell of all sockets twice. */
static int add_slowly(void *context, const struct diag_socket *socket)
{
	struct sum *sum = context;

	if (!sum->count) {
		dump(NULL);
		dump(NULL);
	}
	return add(context, socket);
}

static void a_slow_reader_loses_nothing(void **state)
{
	const struct diag_query query = {.states = WAITING};
	struct sum sum = {0};
	struct error err = {0};
	struct diag diag;

	(void)state;
	need_room();
	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(diag_stream(&diag, &query, add_slowly, &sum, &err), 0);
	diag_close(&diag);
	assert_same(sum, dump(NULL));
}

static int refuse(void *context, const struct diag_socket *socket)
{
	(void)socket;
	return ++*(int *)context == 4000 ? -ECANCELED : 0;
}

static void the_readers_error_is_the_result(void **state)
{
	const struct diag_query query = {.states = WAITING};
	struct error err = {0};
	struct diag diag;
	int rows = 0;

	(void)state;
	need_room();
	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(diag_stream(&diag, &query, refuse, &rows, &err), -ECANCELED);
	assert_int_equal(err.code, ECANCELED);
	assert_int_equal(rows, 4000);
	diag_close(&diag);
}

static void a_refused_program_is_an_error(void **state)
{
	struct filter filter = {.length = 4}; /* an operation that jumps nowhere */
	const struct diag_query query = {.states = WAITING, .filter = &filter};
	struct error err = {0};
	struct diag diag;
	struct sum sum = {0};

	(void)state;
	need_room();
	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(diag_stream(&diag, &query, add, &sum, &err), -EINVAL);
	assert_int_equal(err.code, EINVAL);
	diag_close(&diag);
}

static bool has_local_13(const struct diag_socket *socket)
{
	return socket->local.port == 13;
}

static bool has_peer_14_or_15(const struct diag_socket *socket)
{
	return socket->peer.port == 14 || socket->peer.port == 15;
}

static bool is_in_127_1_0_0_27(const struct endpoint *end)
{
	struct endpoint plain = endpoint_unmap(end);

	return plain.family == AF_INET && plain.address[0] == 127 && plain.address[1] == 1 &&
	       plain.address[2] == 0 && plain.address[3] < 32;
}

static bool has_peer_in_127_1_0_0_27(const struct diag_socket *socket)
{
	return is_in_127_1_0_0_27(&socket->peer);
}

static bool has_local_in_127_1_0_0_27(const struct diag_socket *socket)
{
	return is_in_127_1_0_0_27(&socket->local);
}

static bool has_mapped_or_ipv6_peer(const struct diag_socket *socket)
{
	return socket->peer.family == AF_INET6;
}

static bool has_peer_one(const struct diag_socket *socket)
{
	struct sockaddr_in6 one = end6("::1", 0);

	return socket->peer.family == AF_INET6 && !memcmp(socket->peer.address, &one.sin6_addr, 16);
}

static bool has_15_and_peer_one(const struct diag_socket *socket)
{
	return (socket->local.port == 15 || socket->peer.port == 15) && has_peer_one(socket);
}

static struct filter_condition port(enum filter_side side, uint16_t least, uint16_t most)
{
	return (struct filter_condition){.side = side, .least_port = least, .most_port = most};
}

static struct filter_condition prefix(enum filter_side side, const char *text)
{
	struct filter_condition condition = {.side = side};

	assert_int_equal(filter_parse_prefix(text, &condition.prefix, &condition.prefix_bits), 0);
	return condition;
}

static void kernel_agrees(
	const struct filter *filter, bool (*wants)(const struct diag_socket *socket))
{
	struct sum expected = dump(wants);

	assert_in_range(expected.count, 1, CONNECTIONS - 1);
	assert_same(stream(filter, 0, false), expected);
	assert_same(stream(filter, 0, true), expected);
}

static void kernel_agrees_about(struct filter_condition one, struct filter_condition other,
	size_t count, bool (*wants)(const struct diag_socket *socket))
{
	const struct filter_condition conditions[] = {one, other};
	struct filter filter = {0};

	assert_int_equal(filter_add(&filter, conditions, count), 0);
	kernel_agrees(&filter, wants);
}

static void the_kernel_runs_the_filter(void **state)
{
	const struct filter_condition none = {0};
	const struct filter_condition either[] = {
		port(FILTER_LOCAL, 15, 15), port(FILTER_PEER, 15, 15)};
	const struct filter_condition one = prefix(FILTER_PEER, "::1");
	struct filter both = {0};

	(void)state;
	need_room();
	kernel_agrees_about(port(FILTER_LOCAL, 13, 13), none, 1, has_local_13);
	kernel_agrees_about(port(FILTER_PEER, 14, 15), none, 1, has_peer_14_or_15);
	kernel_agrees_about(
		port(FILTER_PEER, 15, 15), port(FILTER_PEER, 14, 14), 2, has_peer_14_or_15);
	kernel_agrees_about(prefix(FILTER_PEER, "127.1.0.0/27"), none, 1, has_peer_in_127_1_0_0_27);
	kernel_agrees_about(
		prefix(FILTER_PEER, "::ffff:127.1.0.9/123"), none, 1, has_peer_in_127_1_0_0_27);
	kernel_agrees_about(
		prefix(FILTER_LOCAL, "127.1.0.0/27"), none, 1, has_local_in_127_1_0_0_27);
	kernel_agrees_about(prefix(FILTER_PEER, "::/0"), none, 1, has_mapped_or_ipv6_peer);
	kernel_agrees_about(one, none, 1, has_peer_one);
	assert_int_equal(filter_add(&both, either, COUNT(either)), 0);
	assert_int_equal(filter_add(&both, &one, 1), 0);
	kernel_agrees(&both, has_15_and_peer_one);
}

/* Of an address or a port that some socket has, so that no answer is rare. */
static struct filter_condition random_condition(const struct socket_list *all)
{
	const struct diag_socket *sample = &all->sockets[random_number() % all->count];
	struct filter_condition condition = {
		.side = random_number() % 2 ? FILTER_PEER : FILTER_LOCAL};
	const struct endpoint *end = random_number() % 2 ? &sample->peer : &sample->local;
	uint64_t width = random_number() % 3 ? random_number() % 2000 : 0;

	if (random_number() % 2) {
		condition.prefix = *end;
		condition.prefix_bits =
			(uint8_t)(random_number() % (end->family == AF_INET ? 33 : 129));
	} else {
		condition.least_port = end->port;
		condition.most_port =
			(uint16_t)(end->port + (end->port + width < 65536 ? width : 0));
	}
	return condition;
}

static bool meets(const struct filter_condition *condition, const struct diag_socket *socket)
{
	struct endpoint end = condition->side == FILTER_LOCAL ? socket->local : socket->peer;

	if (!condition->prefix.family)
		return end.port >= condition->least_port && end.port <= condition->most_port;
	if (condition->prefix.family == AF_INET)
		end = endpoint_unmap(&end);
	if (end.family != condition->prefix.family)
		return false;
	for (int bit = 0; bit < condition->prefix_bits; bit++) {
		if ((end.address[bit / 8] ^ condition->prefix.address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	}
	return true;
}

#define MOST_CLAUSES 3

struct clauses {
	struct filter_condition conditions[MOST_CLAUSES][FILTER_MOST_ALTERNATIVES];
	size_t sizes[MOST_CLAUSES], count;
};

/* Mostly short ones; now and then as many alternatives as there may be. */
static struct filter random_filter(const struct socket_list *all, struct clauses *clauses)
{
	struct filter filter = {0};

	clauses->count = 1 + random_number() % MOST_CLAUSES;
	for (size_t i = 0; i < clauses->count; i++) {
		clauses->sizes[i] =
			random_number() % 8 ? 1 + random_number() % 4 : FILTER_MOST_ALTERNATIVES;
		for (size_t j = 0; j < clauses->sizes[i]; j++)
			clauses->conditions[i][j] = random_condition(all);
		assert_int_equal(filter_add(&filter, clauses->conditions[i], clauses->sizes[i]), 0);
	}
	return filter;
}

static bool meets_all(const struct clauses *clauses, const struct diag_socket *socket)
{
	bool is_met = true;

	for (size_t i = 0; i < clauses->count && is_met; i++) {
		is_met = false;
		for (size_t j = 0; j < clauses->sizes[i] && !is_met; j++)
			is_met = meets(&clauses->conditions[i][j], socket);
	}
	return is_met;
}

static void the_kernel_runs_any_filter(void **state)
{
	struct socket_list all = SOCKET_LIST_INIT;
	struct error err = {0};
	struct diag diag;
	int middling = 0;

	(void)state;
	need_room();
	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(socket_list_read(&all, &diag, WAITING, &err), 0);
	diag_close(&diag);
	for (int round = 0; round < 100; round++) {
		struct clauses clauses;
		struct filter filter = random_filter(&all, &clauses);
		struct sum expected = {0};

		for (size_t i = 0; i < all.count; i++) {
			if (meets_all(&clauses, &all.sockets[i]))
				add(&expected, &all.sockets[i]);
		}
		assert_same(stream(&filter, 0, round % 8 == 0), expected);
		middling += expected.count > 0 && expected.count < all.count;
	}
	assert_true(middling > 20);
	socket_list_finish(&all);
}

static void namespaces_are_found_and_entered(void **state)
{
	char path[64];
	struct netns own, other;
	struct netns_list list = {0};
	struct error err = {0};
	bool has_own = false;
	int way_back, r;

	(void)state;
	need_room();
	assert_int_equal(netns_open("/proc/thread-self/ns/net", &own, &err), 0);
	assert_int_equal(own.number, netns_number());
	assert_int_equal(own.fd, -1); /* nothing to enter */
	assert_int_equal(netns_list_read(&list, &err), 0);
	for (size_t i = 0; i < list.count; i++) {
		has_own |= list.spaces[i].number == own.number;
		assert_true(!i || list.spaces[i - 1].number < list.spaces[i].number);
	}
	assert_true(has_own);
	netns_list_finish(&list);
	netns_list_finish(&list);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", home);
	assert_int_equal(netns_open(path, &other, &err), 0);
	assert_int_equal(other.number, home_number);
	r = netns_enter(&other, &way_back, &err);
	/* In a user namespace of our own the way back is closed. */
	if (r == 0) {
		assert_int_equal(netns_number(), home_number);
		assert_int_equal(netns_leave(&way_back, &err), 0);
	} else {
		assert_int_equal(r, -EPERM);
	}
	assert_int_equal(way_back, -1);
	assert_int_equal(netns_number(), own.number);
	netns_close(&other);
	netns_close(&other);
}

static void what_is_no_namespace_is_refused(void **state)
{
	static const struct {
		const char *name;
		int code;
	} samples[] = {{"/dev/null", EINVAL}, {"/nonexistent/net", ENOENT}, {"4194304999", ENOENT},
		{"no-such-namespace", ENOENT}, {"", EINVAL}};
	struct netns netns = {.fd = -77};
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		int r = netns_open(samples[i].name, &netns, &err);

		assert_true(r == -samples[i].code || r == -ENOENT);
		assert_int_equal(netns.fd, -77);
		assert_int_equal(err.code, -r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_what_a_dump_has),
		cmocka_unit_test(a_slow_reader_loses_nothing),
		cmocka_unit_test(ends_where_it_is_enough),
		cmocka_unit_test(the_readers_error_is_the_result),
		cmocka_unit_test(a_refused_program_is_an_error),
		cmocka_unit_test(the_kernel_runs_the_filter),
		cmocka_unit_test(the_kernel_runs_any_filter),
		cmocka_unit_test(namespaces_are_found_and_entered),
		cmocka_unit_test(what_is_no_namespace_is_refused),
	};

	return cmocka_run_group_tests(tests, enter_room, NULL);
}
