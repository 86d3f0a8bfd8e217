/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "explain/budget.h"

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint endpoint = {
		.family = strchr(address, ':') ? AF_INET6 : AF_INET, .port = port};

	assert_int_equal(inet_pton(endpoint.family, address, endpoint.address), 1);
	return endpoint;
}

static struct settings with(uint32_t low, uint32_t high, int64_t reuse)
{
	struct settings settings = {.has_port_range = true, .port_low = low, .port_high = high};

	settings.is_known[SETTING_TW_REUSE] = true;
	settings.values[SETTING_TW_REUSE] = reuse;
	return settings;
}

static struct diag_socket connection(enum tcp_state state, uint16_t port)
{
	return (struct diag_socket){.state = state,
		.local = at("192.0.2.1", port),
		.peer = at("192.0.2.9", 80),
		.inode = 1};
}

static struct diag_socket time_wait(uint16_t port, uint32_t left_ms)
{
	struct diag_socket socket = connection(TCP_STATE_TIME_WAIT, port);

	socket.inode = 0;
	socket.timer = DIAG_TIMER_TIMEWAIT;
	socket.timer_ms = left_ms;
	return socket;
}

static struct budget begin(const struct settings *settings)
{
	struct endpoint local = at("192.0.2.1", 0), peer = at("192.0.2.9", 80);
	struct budget budget;

	budget_start(&budget, settings, &local, &peer);
	return budget;
}

static void add(struct budget *budget, struct diag_socket socket)
{
	budget_add(budget, &socket);
}

static void assert_whole(const struct budget *budget)
{
	assert_int_equal(budget->range, budget->reserved + budget->held + budget->connected +
						budget->waiting + budget->reusable +
						budget->shared + budget->free);
	assert_int_equal(budget->free, budget->free_first + budget->free_second);
}

static void an_empty_host(void **state)
{
	struct settings settings = with(50000, 50009, 2);
	struct budget budget = begin(&settings);

	(void)state;
	budget_count(&budget);
	assert_int_equal(budget.range, 10);
	assert_int_equal(budget.free, 10);
	assert_int_equal(budget.free_first, 5);
	assert_int_equal(budget_usable(&budget), 10);
	assert_int_equal(budget_certain(&budget), 10);
	assert_true(budget_exhaustion_s(&budget, budget_rate(&budget)) < 0);
	assert_whole(&budget);
	budget_finish(&budget);
	budget_finish(&budget);
}

/* Where the kernel does not tell, its own defaults. */
static void defaults(void **state)
{
	struct settings settings = {0};
	struct budget budget = begin(&settings);

	(void)state;
	budget_count(&budget);
	assert_int_equal(budget.range, 28232);
	assert_int_equal(budget.reuse, BUDGET_REUSE_LOOPBACK_ONLY);
	assert_int_equal(budget.reuse_delay_ms, 1000);
	budget_finish(&budget);
}

static void each_port_counts_once(void **state)
{
	struct settings settings = with(50000, 50009, 0);
	struct budget budget;
	struct diag_socket listener = {.state = TCP_STATE_LISTEN, .local = at("127.0.0.1", 50001)};
	struct diag_socket bound = {.state = TCP_STATE_BOUND, .local = at("::", 50002)};
	struct diag_socket other = connection(TCP_STATE_ESTABLISHED, 50003);
	struct diag_socket request = connection(TCP_STATE_SYN_RECV, 50009);

	(void)state;
	settings_read_ports("50000", settings.reserved);
	budget = begin(&settings);
	other.peer.port = 81;
	request.inode = 0;
	request.peer.port = 81;
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50000)); /* reserved all the same */
	add(&budget, listener);
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50001)); /* beside a listener */
	add(&budget, bound);
	add(&budget, other);
	add(&budget, other);
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50004));
	add(&budget, connection(TCP_STATE_CLOSE_WAIT, 50005));
	add(&budget, time_wait(50006, 30000));
	other.local.port = 50006;
	add(&budget, other);   /* two connections of one port */
	add(&budget, request); /* has no place in the table of ports */
	add(&budget, connection(TCP_STATE_ESTABLISHED, 49999));
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50010));
	budget_count(&budget);
	assert_int_equal(budget.reserved, 1);
	assert_int_equal(budget.held, 2);
	assert_int_equal(budget.shared, 1);
	assert_int_equal(budget.connected, 2);
	assert_int_equal(budget.waiting, 1);
	assert_int_equal(budget.free, 3);
	assert_int_equal(budget.by_state[TCP_STATE_CLOSE_WAIT], 1);
	assert_int_equal(budget_usable(&budget), 7);
	assert_whole(&budget);
	budget_finish(&budget);
}

/* A socket of AF_INET6 may speak IPv4; another local address is another destination. */
static void destinations(void **state)
{
	struct settings settings = with(50000, 50003, 0);
	struct budget budget = begin(&settings);
	struct diag_socket mapped = connection(TCP_STATE_ESTABLISHED, 50000);
	struct diag_socket elsewhere = connection(TCP_STATE_ESTABLISHED, 50001);

	(void)state;
	mapped.local = at("::ffff:192.0.2.1", 50000);
	mapped.peer = at("::ffff:192.0.2.9", 80);
	elsewhere.local = at("192.0.2.2", 50001);
	add(&budget, mapped);
	add(&budget, elsewhere);
	budget_count(&budget);
	assert_int_equal(budget.connected, 1);
	assert_int_equal(budget.shared, 1);
	budget_finish(&budget);
}

static enum budget_reuse reuse_of(
	int64_t reuse, int64_t timestamps, const char *from, const char *to)
{
	struct settings settings = with(50000, 50003, reuse);
	struct endpoint local = at(from, 0), peer = at(to, 80);
	struct budget budget;

	settings.is_known[SETTING_TIMESTAMPS] = true;
	settings.values[SETTING_TIMESTAMPS] = timestamps;
	budget_start(&budget, &settings, &local, &peer);
	budget_finish(&budget);
	return budget.reuse;
}

static void reuse(void **state)
{
	(void)state;
	assert_int_equal(reuse_of(0, 1, "127.0.0.1", "127.0.0.1"), BUDGET_REUSE_OFF);
	assert_int_equal(reuse_of(1, 1, "192.0.2.1", "192.0.2.9"), BUDGET_REUSE_ON);
	assert_int_equal(reuse_of(2, 0, "192.0.2.1", "192.0.2.9"), BUDGET_REUSE_LOOPBACK_ONLY);
	assert_int_equal(reuse_of(1, 0, "192.0.2.1", "192.0.2.9"), BUDGET_REUSE_NO_TIMESTAMPS);
	assert_int_equal(reuse_of(2, 1, "192.0.2.1", "192.0.2.9"), BUDGET_REUSE_LOOPBACK_ONLY);
	assert_int_equal(reuse_of(2, 1, "127.0.0.1", "127.9.9.9"), BUDGET_REUSE_ON);
	assert_int_equal(reuse_of(2, 1, "::1", "::1"), BUDGET_REUSE_ON);
	assert_int_equal(reuse_of(2, 1, "2001:db8::1", "2001:db8::2"), BUDGET_REUSE_LOOPBACK_ONLY);
	assert_int_equal(reuse_of(2, 1, "::ffff:127.0.0.1", "::ffff:127.0.0.1"), BUDGET_REUSE_ON);
}

static void reuse_waits_for_its_delay(void **state)
{
	struct settings settings = with(50000, 50003, 1);
	struct budget budget = begin(&settings);

	(void)state;
	add(&budget, time_wait(50000, 60000));
	add(&budget, time_wait(50001, 59000)); /* a second old: not yet more */
	add(&budget, time_wait(50002, 58999));
	add(&budget, time_wait(50003, 0));
	budget_count(&budget);
	assert_int_equal(budget.waiting, 2);
	assert_int_equal(budget.reusable, 2);
	assert_int_equal(budget.aged, 0);
	assert_int_equal(budget.births, 3);
	/* In a second, both of them. */
	assert_int_equal(budget.back_in[1] + budget.back_in[2], 2);
	budget_finish(&budget);

	settings.values[SETTING_TW_REUSE] = 0;
	budget = begin(&settings);
	add(&budget, time_wait(50000, 59500));
	add(&budget, time_wait(50001, 5000));
	budget_count(&budget);
	assert_int_equal(budget.waiting, 2);
	assert_int_equal(budget.aged, 1); /* what tcp_tw_reuse=1 would give */
	budget_finish(&budget);
}

static void odd_ranges(void **state)
{
	struct settings settings = with(50000, 50002, 0);
	struct budget budget = begin(&settings);

	(void)state;
	/* Of three the last is never tried. */
	budget_count(&budget);
	assert_int_equal(budget.free, 2);
	assert_int_equal(budget_certain(&budget), 2);
	assert_int_equal(budget_usable(&budget), 2);
	budget_finish(&budget);
	budget = begin(&settings);
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50000));
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50001));
	budget_count(&budget);
	assert_int_equal(budget_certain(&budget), 0);
	budget_finish(&budget);

	/* Of five it is the first or the fifth. */
	settings.port_high = 50004;
	budget = begin(&settings);
	budget_count(&budget);
	assert_true(budget.is_one_passed_over);
	assert_int_equal(budget_certain(&budget), 4);
	budget_finish(&budget);
	budget = begin(&settings);
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50000));
	add(&budget, time_wait(50002, 30000));
	add(&budget, time_wait(50004, 30000));
	budget_count(&budget);
	assert_false(budget.is_one_passed_over);
	assert_int_equal(budget_certain(&budget), 2);
	assert_int_equal(budget.waiting, 2);
	assert_int_equal(budget.waiting_inside, 1);
	assert_true(budget_may_pass_over(&budget, 50000));
	assert_false(budget_may_pass_over(&budget, 50002));
	budget_finish(&budget);

	/* A reserved end is not left out besides. */
	settings.port_high = 50002;
	settings_read_ports("50002", settings.reserved);
	budget = begin(&settings);
	assert_int_equal(budget_usable(&budget), 2);
	budget_count(&budget);
	assert_int_equal(budget.free, 2);
	assert_int_equal(budget_usable(&budget), 2);
	budget_finish(&budget);

	/* A range of one is one. */
	settings.port_high = 50000;
	budget = begin(&settings);
	budget_count(&budget);
	assert_int_equal(budget_certain(&budget), 1);
	assert_int_equal(budget_usable(&budget), 1);
	budget_finish(&budget);
}

/* What would be gained by reserving fewer ports, or by one more. */
static void beside_the_range(void **state)
{
	struct settings settings = with(50000, 50003, 0);
	struct budget budget;

	(void)state;
	settings_read_ports("50000-50002,50004", settings.reserved);
	budget = begin(&settings);
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50001));
	budget_count(&budget);
	assert_int_equal(budget.reserved, 3);
	assert_int_equal(budget.reserved_untaken, 2);
	assert_false(budget.is_next_free);
	assert_int_equal(budget_usable(&budget), 1);
	assert_int_equal(budget.connected, 0);
	assert_whole(&budget);
	budget_finish(&budget);

	settings.port_high = 50005;
	budget = begin(&settings);
	budget_count(&budget);
	assert_true(budget.is_next_free);
	budget_finish(&budget);
	budget = begin(&settings);
	add(&budget, connection(TCP_STATE_ESTABLISHED, 50006));
	budget_count(&budget);
	assert_false(budget.is_next_free);
	assert_int_equal(budget.by_state[TCP_STATE_ESTABLISHED], 0);
	budget_finish(&budget);
}

static void exhaustion(void **state)
{
	struct settings settings = with(50000, 50099, 0);
	struct budget budget = begin(&settings);

	(void)state;
	budget_count(&budget);
	assert_true(budget_exhaustion_s(&budget, 10) == 10);
	assert_true(budget_exhaustion_s(&budget, 200) == 0.5);
	assert_true(
		budget_exhaustion_s(&budget, 1) < 0); /* 60 in TIME_WAIT, and as many go as come */
	assert_true(budget_exhaustion_s(&budget, 2) == 50);
	assert_true(budget_exhaustion_s(&budget, 0) < 0);
	budget_finish(&budget);

	/* Those that end meanwhile come back: 50 are left, and 50 more in the sixth second. */
	budget = begin(&settings);
	for (uint16_t port = 50000; port < 50050; port++)
		add(&budget, time_wait(port, 5500));
	budget_count(&budget);
	assert_true(budget_exhaustion_s(&budget, 10) < 5.01);
	assert_true(budget_exhaustion_s(&budget, 5) == 20);
	budget_finish(&budget);

	/* With reuse a port is away for a second alone. */
	settings.values[SETTING_TW_REUSE] = 1;
	budget = begin(&settings);
	budget_count(&budget);
	assert_true(budget_exhaustion_s(&budget, 99) < 0);
	assert_true(budget_exhaustion_s(&budget, 200) == 0.5);
	budget_finish(&budget);
}

static void rate(void **state)
{
	struct settings settings = with(50000, 50099, 0);
	struct budget budget = begin(&settings);

	(void)state;
	for (uint16_t port = 50000; port < 50030; port++)
		add(&budget, time_wait(port, port < 50020 ? 50001 : 49999));
	budget_count(&budget);
	assert_int_equal(budget.births, 20);
	assert_true(budget_rate(&budget) == 2);
	budget_finish(&budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_host),
		cmocka_unit_test(defaults),
		cmocka_unit_test(each_port_counts_once),
		cmocka_unit_test(destinations),
		cmocka_unit_test(reuse),
		cmocka_unit_test(reuse_waits_for_its_delay),
		cmocka_unit_test(odd_ranges),
		cmocka_unit_test(beside_the_range),
		cmocka_unit_test(exhaustion),
		cmocka_unit_test(rate),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
