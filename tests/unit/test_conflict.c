/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "explain/conflict.h"

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint endpoint = {
		.family = strchr(address, ':') ? AF_INET6 : AF_INET, .port = port};

	assert_int_equal(inet_pton(endpoint.family, address, endpoint.address), 1);
	return endpoint;
}

static struct diag_socket listener(const char *address, bool is_v6only)
{
	return (struct diag_socket){.state = TCP_STATE_LISTEN,
		.local = at(address, 80),
		.inode = 1,
		.is_v6only = is_v6only};
}

/* As the kernel was seen to do it. */
static void addresses(void **state)
{
	static const struct {
		const char *wanted, *theirs;
		bool is_ours_v6only, is_theirs_v6only, overlap;
	} cases[] = {
		{"127.0.0.1", "127.0.0.1", false, false, true},
		{"127.0.0.1", "127.0.0.2", false, false, false},
		{"0.0.0.0", "127.0.0.1", false, false, true},
		{"127.0.0.1", "0.0.0.0", false, false, true},
		{"0.0.0.0", "0.0.0.0", false, false, true},
		{"::1", "::1", false, false, true},
		{"::1", "2001:db8::1", false, false, false},
		{"::", "::1", false, false, true},
		{"::1", "::", false, true, true},
		{"::", "::", true, true, true},
		{"::", "127.0.0.1", false, false, true},
		{"::", "0.0.0.0", false, false, true},
		{"::", "127.0.0.1", true, false, false},
		{"::1", "0.0.0.0", false, false, false},
		{"::1", "127.0.0.1", false, false, false},
		{"127.0.0.1", "::", false, false, true},
		{"0.0.0.0", "::", false, true, false},
		/* bind() to ::1 sets it by itself; what came through [::] has ::1 without it. */
		{"0.0.0.0", "::1", false, true, false},
		{"0.0.0.0", "::1", false, false, true},
		{"127.0.0.1", "::1", false, false, false},
		{"::ffff:0.0.0.0", "::1", false, false, false},
		{"127.0.0.1", "::ffff:127.0.0.1", false, false, true},
		{"::ffff:127.0.0.1", "0.0.0.0", false, false, true},
		{"::ffff:127.0.0.1", "127.0.0.2", false, false, false},
		{"::", "::ffff:127.0.0.1", false, false, true},
		{"::", "::ffff:127.0.0.1", true, false, false},
		{"::ffff:0.0.0.0", "127.0.0.1", false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diag_socket socket = listener(cases[i].theirs, cases[i].is_theirs_v6only);
		struct endpoint wanted = at(cases[i].wanted, 80);
		unsigned int options = cases[i].is_ours_v6only ? BIND_V6ONLY : 0;

		if (conflict_overlaps(&wanted, options, &socket) != cases[i].overlap)
			fail_msg("%s beside %s (%zu)", cases[i].wanted, cases[i].theirs, i);
		wanted.port = 81;
		assert_false(conflict_overlaps(&wanted, options, &socket));
	}
}

static void requests_and_devices(void **state)
{
	struct diag_socket socket = listener("fe80::1", false);
	struct endpoint wanted = at("fe80::1", 80);

	(void)state;
	wanted.interface = socket.local.interface = 2;
	assert_true(conflict_overlaps(&wanted, 0, &socket));
	socket.local.interface = 3;
	assert_false(conflict_overlaps(&wanted, 0, &socket));
	socket.local.interface = 0;
	assert_true(conflict_overlaps(&wanted, 0, &socket));

	socket = listener("127.0.0.1", false);
	wanted = at("127.0.0.1", 80);
	socket.state = TCP_STATE_SYN_RECV;
	assert_true(conflict_overlaps(&wanted, 0, &socket));
	socket.inode = 0;
	assert_false(conflict_overlaps(&wanted, 0, &socket));
}

#define NOT_KNOWN ANSWER_UNKNOWN
#define NO        ANSWER_NO
#define YES       ANSWER_YES
#define BOTH      (BIND_REUSEADDR | BIND_REUSEPORT)

static void options(void **state)
{
	static const struct {
		enum tcp_state state;
		enum answer reuseaddr, reuseport;
		unsigned int options;
		uid_t user;
		enum answer permits;
	} cases[] = {
		{TCP_STATE_TIME_WAIT, YES, YES, 0, 0, NO},
		{TCP_STATE_TIME_WAIT, YES, NO, BIND_REUSEADDR, 0, YES},
		{TCP_STATE_TIME_WAIT, NO, YES, BIND_REUSEADDR, 0, NO},
		{TCP_STATE_TIME_WAIT, NOT_KNOWN, NO, BIND_REUSEADDR, 0, NOT_KNOWN},
		{TCP_STATE_TIME_WAIT, NO, YES, BIND_REUSEPORT, 99, YES},
		{TCP_STATE_TIME_WAIT, NO, YES, BOTH, 0, YES},
		{TCP_STATE_LISTEN, YES, NO, BIND_REUSEADDR, 7, NO},
		{TCP_STATE_LISTEN, NOT_KNOWN, NO, BIND_REUSEADDR, 7, NO},
		{TCP_STATE_LISTEN, NO, YES, BIND_REUSEPORT, 7, YES},
		{TCP_STATE_LISTEN, NO, YES, BIND_REUSEPORT, 8, NO},
		{TCP_STATE_LISTEN, YES, NOT_KNOWN, BIND_REUSEPORT, 7, NOT_KNOWN},
		{TCP_STATE_LISTEN, YES, NOT_KNOWN, BIND_REUSEPORT, 8, NO},
		{TCP_STATE_BOUND, YES, NO, BIND_REUSEADDR, 8, YES},
		{TCP_STATE_ESTABLISHED, YES, NO, BOTH, 8, YES},
		{TCP_STATE_ESTABLISHED, NO, YES, BOTH, 8, NO},
		{TCP_STATE_ESTABLISHED, NO, YES, BOTH, 7, YES},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diag_socket socket = {.state = cases[i].state, .uid = 7};
		enum answer permits = conflict_permits(&socket, cases[i].reuseaddr,
			cases[i].reuseport, cases[i].options, cases[i].user);

		if (permits != cases[i].permits)
			fail_msg("case %zu: %d", i, (int)permits);
	}
}

/* To bind() an orphan in FIN_WAIT2 is a TIME_WAIT, whose user does not matter. */
static void orphans(void **state)
{
	struct diag_socket socket = {
		.state = TCP_STATE_FIN_WAIT2, .uid = 7, .timer = DIAG_TIMER_TIMEWAIT};

	(void)state;
	assert_int_equal(conflict_permits(&socket, NO, YES, BIND_REUSEPORT, 8), YES);
	socket.timer = DIAG_TIMER_NONE;
	assert_int_equal(conflict_permits(&socket, NO, YES, BIND_REUSEPORT, 8), NO);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(bind_options_name(0), "");
	assert_string_equal(bind_options_name(BOTH), "SO_REUSEADDR, SO_REUSEPORT");
	assert_string_equal(
		bind_options_name(BIND_REUSEPORT | BIND_V6ONLY), "SO_REUSEPORT, IPV6_V6ONLY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(requests_and_devices),
		cmocka_unit_test(options),
		cmocka_unit_test(orphans),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("conflict", tests, NULL, NULL);
}
