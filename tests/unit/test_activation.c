/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daytime/activation.h"

/*
 * Descriptors 3 and up may be anybody's in this process, so each test hands sockets to a child of
 * its own, which tells by its exit code whether all was as expected.
 */

enum kind { LISTENER, UNLISTENED, DATAGRAM, UNBOUND, DUAL_LISTENER, DUAL_DATAGRAM };

static int make(int family, enum kind kind)
{
	bool is_datagram = kind == DATAGRAM || kind == UNBOUND || kind == DUAL_DATAGRAM;
	int v6only = kind != DUAL_LISTENER && kind != DUAL_DATAGRAM;
	struct sockaddr_in ipv4 = {.sin_family = AF_INET};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
	int fd = socket(family, is_datagram ? SOCK_DGRAM : SOCK_STREAM, 0);

	ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	if (kind != UNBOUND)
		assert_return_code(family == AF_INET
					   ? bind(fd, (struct sockaddr *)&ipv4, sizeof(ipv4))
					   : bind(fd, (struct sockaddr *)&ipv6, sizeof(ipv6)),
			errno);
	if (kind == LISTENER || kind == DUAL_LISTENER)
		assert_return_code(listen(fd, 5), errno);
	return fd;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	getsockname(fd, (struct sockaddr *)&address, &length);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Both ends of a connection; what the service gets is [1]. */
static void connect_pair(int pair[2])
{
	int listener = make(AF_INET, LISTENER);
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	getsockname(listener, (struct sockaddr *)&address, &length);
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_return_code(connect(pair[0], (struct sockaddr *)&address, length), errno);
	pair[1] = accept(listener, NULL, NULL);
	assert_return_code(pair[1], errno);
	close(listener);
}

/* LISTEN_PID is ours unless `pid` says otherwise. NULL: the variable is not set. */
static void set_variables(const char *pid, const char *fds, const char *names)
{
	char own[16];

	snprintf(own, sizeof(own), "%d", getpid());
	if (pid)
		setenv("LISTEN_PID", *pid ? pid : own, 1);
	if (fds)
		setenv("LISTEN_FDS", fds, 1);
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
}

struct handover {
	const char *pid, *fds, *names;
	int sockets[4];
	int count;
};

typedef bool expectation(struct activation *activation, const struct handover *handover);

/* Moves them to 3 and up, away from where they are first. */
static void place(const struct handover *handover)
{
	int high[4];

	for (int i = 0; i < handover->count; i++)
		high[i] = fcntl(handover->sockets[i], F_DUPFD, 100);
	for (int i = 0; i < handover->count; i++)
		dup2(high[i], ACTIVATION_FIRST_FD + i);
	for (int i = ACTIVATION_FIRST_FD + handover->count; i < 200; i++)
		close(i);
}

static void in_child(const struct handover *handover, const char *error, expectation *expected)
{
	pid_t child = fork();
	int status;

	if (!child) {
		struct activation activation = {.connection_fd = -77};
		struct error err = {0};
		int result;
		bool ok;

		place(handover);
		set_variables(handover->pid, handover->fds, handover->names);
		result = activation_take(&activation, &err);
		ok = !getenv("LISTEN_PID") && !getenv("LISTEN_FDS") && !getenv("LISTEN_FDNAMES");
		if (error)
			ok = ok && result < 0 && -result == err.code && strstr(err.text, error) &&
			     activation.connection_fd == -77; /* left alone */
		else
			ok = ok && !result;
		if (expected)
			ok = ok && expected(&activation, handover);
		if (!ok)
			fprintf(stderr, "# %d, '%s', expected '%s'\n", result, err.text,
				error ? error : "success");
		_exit(!ok);
	}
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (int i = 0; i < handover->count; i++)
		close(handover->sockets[i]);
}

static bool has_none(struct activation *activation, const struct handover *handover)
{
	(void)handover;
	return activation->listeners.count == 0 && activation->connection_fd == -1;
}

static bool has_all(struct activation *activation, const struct handover *handover)
{
	if ((int)activation->listeners.count != handover->count || activation->connection_fd != -1)
		return false;
	for (int i = 0; i < handover->count; i++) {
		struct listen_socket *socket = &activation->listeners.sockets[i];
		int family, type;
		socklen_t size = sizeof(int);

		getsockopt(socket->fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
		getsockopt(socket->fd, SOL_SOCKET, SO_TYPE, &type, &size);
		if (socket->fd != ACTIVATION_FIRST_FD + i || socket->family != family ||
			socket->is_datagram != (type == SOCK_DGRAM) ||
			socket->port != port_of(socket->fd) || !socket->port ||
			!(fcntl(socket->fd, F_GETFL) & O_NONBLOCK) ||
			!(fcntl(socket->fd, F_GETFD) & FD_CLOEXEC))
			return false;
	}
	activation_close(activation);
	activation_close(activation);
	return fcntl(ACTIVATION_FIRST_FD, F_GETFD) < 0;
}

static bool has_connection(struct activation *activation, const struct handover *handover)
{
	(void)handover;
	return activation->listeners.count == 0 &&
	       activation->connection_fd == ACTIVATION_FIRST_FD && activation->connection_port &&
	       fcntl(ACTIVATION_FIRST_FD, F_GETFL) & O_NONBLOCK;
}

static bool is_closed(struct activation *activation, const struct handover *handover)
{
	(void)activation;
	for (int i = 0; i < handover->count; i++) {
		if (fcntl(ACTIVATION_FIRST_FD + i, F_GETFD) >= 0)
			return false;
	}
	return true;
}

static void takes_nothing_where_nothing_is_for_us(void **state)
{
	struct handover none = {0};
	struct handover no_count = {.pid = ""};
	struct handover no_pid = {.fds = "1"};
	struct handover of_another = {.pid = "1", .fds = "1"};
	struct handover zero = {.pid = "", .fds = "0"};

	(void)state;
	in_child(&none, NULL, has_none);
	in_child(&no_count, NULL, has_none);
	in_child(&no_pid, NULL, has_none);
	in_child(&of_another, NULL, has_none);
	in_child(&zero, NULL, has_none);
}

static void takes_each_kind(void **state)
{
	struct handover each = {"", "4", "a:b:c:d",
		{make(AF_INET, LISTENER), make(AF_INET6, LISTENER), make(AF_INET, DATAGRAM),
			make(AF_INET6, DATAGRAM)},
		4};
	struct handover dual = {
		"", "2", NULL, {make(AF_INET6, DUAL_LISTENER), make(AF_INET6, DUAL_DATAGRAM)}, 2};

	(void)state;
	in_child(&each, NULL, has_all);
	in_child(&dual, NULL, has_all);
}

/* Without IP_PKTINFO beside the IPv6 one, a broadcast over IPv4 would pass for a datagram to us. */
static bool tells_both(struct activation *activation, const struct handover *handover)
{
	int four = 0, six = 0;
	socklen_t size = sizeof(int);

	(void)handover;
	getsockopt(activation->listeners.sockets[0].fd, IPPROTO_IP, IP_PKTINFO, &four, &size);
	getsockopt(
		activation->listeners.sockets[0].fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &six, &size);
	return four && six;
}

static void asks_for_destinations_of_both_families(void **state)
{
	struct handover dual = {"", "1", NULL, {make(AF_INET6, DUAL_DATAGRAM)}, 1};

	(void)state;
	in_child(&dual, NULL, tells_both);
}

static void takes_several_of_one_port(void **state)
{
	int on = 1;
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	struct handover shared = {
		"", "2", NULL, {socket(AF_INET, SOCK_DGRAM, 0), socket(AF_INET, SOCK_DGRAM, 0)}, 2};

	(void)state;
	for (int i = 0; i < 2; i++) {
		setsockopt(shared.sockets[i], SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
		assert_return_code(
			bind(shared.sockets[i], (struct sockaddr *)&address, length), errno);
		getsockname(shared.sockets[i], (struct sockaddr *)&address, &length);
	}
	in_child(&shared, NULL, has_all);
}

static void takes_one_connection(void **state)
{
	int pair[2];
	struct handover alone = {.pid = "", .fds = "1", .count = 1};

	(void)state;
	connect_pair(pair);
	alone.sockets[0] = pair[1];
	in_child(&alone, NULL, has_connection);
	close(pair[0]);
}

/* The client reset it before the service had started: no fault of the unit's. */
static void takes_a_connection_that_is_gone(void **state)
{
	struct linger at_once = {1, 0};
	int pair[2];
	struct handover gone = {.pid = "", .fds = "1", .count = 1};

	(void)state;
	connect_pair(pair);
	setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(pair[0]);
	gone.sockets[0] = pair[1];
	in_child(&gone, NULL, has_connection);
}

static void refuses_what_it_cannot_serve(void **state)
{
	int pair[2], local[2];
	struct handover unlistened = {"", "1", "web", {make(AF_INET, UNLISTENED)}, 1};
	struct handover unbound = {"", "1", "\033[2J", {make(AF_INET, UNBOUND)}, 1};
	struct handover no_socket = {"", "1", NULL, {open("/dev/null", O_RDWR)}, 1};
	struct handover unix_socket = {.pid = "", .fds = "1", .count = 1};
	struct handover missing = {"", "3", "a:b:c", {make(AF_INET, LISTENER)}, 1};
	struct handover early = {"", "2", NULL, {-1, make(AF_INET, LISTENER)}, 2};
	struct handover beside = {.pid = "", .fds = "2", .count = 2};

	(void)state;
	in_child(&unlistened, "descriptor 3 (web), which the service manager passed: it neither",
		is_closed);
	in_child(&unbound, "descriptor 3, which the service manager passed: it has no port",
		is_closed);
	in_child(&no_socket, "Socket operation on non-socket", is_closed);
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, local), errno);
	unix_socket.sockets[0] = local[0];
	in_child(&unix_socket, "neither IPv4 nor IPv6", is_closed);
	close(local[1]);
	in_child(&missing, "descriptor 4 (b)", is_closed);
	early.sockets[0] = open("/dev/null", O_RDWR);
	in_child(&early, "descriptor 3", is_closed); /* and what came behind it, too */
	connect_pair(pair);
	beside.sockets[0] = make(AF_INET, LISTENER);
	beside.sockets[1] = pair[1];
	in_child(&beside, "a connection comes alone", is_closed);
	close(pair[0]);
}

static void refuses_variables_that_are_no_numbers(void **state)
{
	static const struct {
		struct handover handover;
		const char *error;
	} cases[] = {
		{{.pid = "me", .fds = "1"}, "LISTEN_PID 'me'"},
		{{.pid = "-1", .fds = "1"}, "LISTEN_PID '-1'"},
		{{.pid = "", .fds = "-1"}, "LISTEN_FDS '-1'"},
		{{.pid = "", .fds = ""}, "LISTEN_FDS ''"},
		{{.pid = "", .fds = "1 "}, "LISTEN_FDS '1 '"},
		{{.pid = "", .fds = "99999999999999999999"}, "LISTEN_FDS"},
		{{.pid = "", .fds = "1000"}, " at most (give"},
		{{.pid = "", .fds = "2147483647"}, " at most (give"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		in_child(&cases[i].handover, cases[i].error, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_nothing_where_nothing_is_for_us),
		cmocka_unit_test(takes_each_kind),
		cmocka_unit_test(asks_for_destinations_of_both_families),
		cmocka_unit_test(takes_several_of_one_port),
		cmocka_unit_test(takes_one_connection),
		cmocka_unit_test(takes_a_connection_that_is_gone),
		cmocka_unit_test(refuses_what_it_cannot_serve),
		cmocka_unit_test(refuses_variables_that_are_no_numbers),
	};

	return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}
