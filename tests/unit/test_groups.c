/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "observe/doubles.h"
#include "observe/groups.h"
#include "random.h"
#include "report/group_table.h"

static struct endpoint end_of(const char *address, uint16_t port)
{
	struct endpoint endpoint = {
		.family = strchr(address, ':') ? AF_INET6 : AF_INET, .port = port};

	assert_int_equal(inet_pton(endpoint.family, address, endpoint.address), 1);
	return endpoint;
}

static void count(struct groups *groups, enum tcp_state state, const char *local, const char *peer,
	uint16_t peer_port, const struct owner *owner)
{
	const struct diag_socket socket = {
		.local = end_of(local, 13), .peer = end_of(peer, peer_port), .state = state};

	groups_count(groups, &socket, owner);
}

static void prints(struct groups *groups, const char *table, const char *json)
{
	_cleanup_text_ struct text text = TEXT_INIT, lines = TEXT_INIT;

	groups_sort(groups);
	group_table_append_header(&text, groups->by, groups->groups[0].count);
	for (size_t i = 0; i < groups->count; i++) {
		group_table_append(
			&text, groups->by, &groups->groups[i], groups->groups[0].count, false);
		group_json_append(&lines, groups->by, &groups->groups[i], i == 0);
	}
	assert_string_equal(text.bytes, table);
	assert_string_equal(lines.bytes, json);
	groups_finish(groups);
	groups_finish(groups);
}

static void peers_are_addresses(void **state)
{
	struct groups groups;

	(void)state;
	groups_init(&groups, GROUP_BY_PEER);
	count(&groups, TCP_STATE_LISTEN, "0.0.0.0", "0.0.0.0", 0, NULL);
	count(&groups, TCP_STATE_TIME_WAIT, "::1", "2001:db8::1", 1, NULL);
	count(&groups, TCP_STATE_TIME_WAIT, "192.0.2.1", "192.0.2.9", 1, NULL);
	count(&groups, TCP_STATE_TIME_WAIT, "192.0.2.1", "192.0.2.9", 2, NULL);
	count(&groups, TCP_STATE_ESTABLISHED, "::ffff:192.0.2.1", "::ffff:192.0.2.9", 3, NULL);
	count(&groups, TCP_STATE_BOUND, "::", "::", 0, NULL);
	count(&groups, TCP_STATE_TIME_WAIT, "192.0.2.1", "192.0.2.8", 3, NULL);
	prints(&groups,
		"Count  Foreign Address\n"
		"    3  192.0.2.9\n"
		"    2  -\n"
		"    1  192.0.2.8\n"
		"    1  2001:db8::1\n",
		"{\"v\":1,\"by\":\"peer\",\"peer\":\"192.0.2.9\",\"count\":3}\n"
		"{\"by\":\"peer\",\"count\":2}\n"
		"{\"by\":\"peer\",\"peer\":\"192.0.2.8\",\"count\":1}\n"
		"{\"by\":\"peer\",\"peer\":\"2001:db8::1\",\"count\":1}\n");
}

static void local_ends_have_their_port(void **state)
{
	struct groups groups;

	(void)state;
	groups_init(&groups, GROUP_BY_LOCAL);
	for (int i = 0; i < 123456; i++)
		count(&groups, TCP_STATE_TIME_WAIT, "192.0.2.1", "192.0.2.9", 1, NULL);
	count(&groups, TCP_STATE_LISTEN, "::", "::", 0, NULL);
	prints(&groups,
		" Count  Local Address\n"
		"123456  192.0.2.1:13\n"
		"     1  [::]:13\n",
		"{\"v\":1,\"by\":\"local\",\"local\":\"192.0.2.1\",\"local_port\":13,"
		"\"count\":123456}\n"
		"{\"by\":\"local\",\"local\":\"::\",\"local_port\":13,\"count\":1}\n");
}

/* Two lines of the same words would be one too many; IPv6 addresses are written with the device. */
static void devices_count_where_they_are_written(void **state)
{
	struct diag_socket four = {.local = end_of("192.0.2.1", 13), .state = TCP_STATE_LISTEN};
	struct diag_socket six = {.local = end_of("2001:db8::1", 13), .state = TCP_STATE_LISTEN};
	struct groups groups;

	(void)state;
	groups_init(&groups, GROUP_BY_LOCAL);
	for (unsigned int device = 0; device < 2; device++) {
		four.local.interface = six.local.interface = device;
		groups_count(&groups, &four, NULL);
		groups_count(&groups, &six, NULL);
	}
	prints(&groups,
		"Count  Local Address\n"
		"    2  192.0.2.1:13\n"
		"    1  [2001:db8::1]:13\n"
		"    1  [2001:db8::1%1]:13\n",
		"{\"v\":1,\"by\":\"local\",\"local\":\"192.0.2.1\",\"local_port\":13,\"count\":2}\n"
		"{\"by\":\"local\",\"local\":\"2001:db8::1\",\"local_port\":13,\"count\":1}\n"
		"{\"by\":\"local\",\"local\":\"2001:db8::1%1\",\"local_port\":13,\"count\":1}\n");
}

static void states_have_their_names(void **state)
{
	struct groups groups;

	(void)state;
	groups_init(&groups, GROUP_BY_STATE);
	count(&groups, TCP_STATE_LISTEN, "::", "::", 0, NULL);
	count(&groups, TCP_STATE_TIME_WAIT, "::1", "::1", 1, NULL);
	count(&groups, TCP_STATE_TIME_WAIT, "::1", "::1", 2, NULL);
	prints(&groups,
		"Count  State\n"
		"    2  TIME_WAIT\n"
		"    1  LISTEN\n",
		"{\"v\":1,\"by\":\"state\",\"state\":\"TIME_WAIT\",\"count\":2}\n"
		"{\"by\":\"state\",\"state\":\"LISTEN\",\"count\":1}\n");
}

static void processes_and_cgroups_may_be_unknown(void **state)
{
	char cgroup[] = "/a\"b", same[] = "/a\"b";
	const struct owner one = {.pid = 7, .comm = "a\tb", .cgroup = cgroup};
	const struct owner two = {.pid = 8, .comm = "a\tb", .cgroup = same};
	struct groups groups;

	(void)state;
	for (int by = 0; by < 2; by++) {
		groups_init(&groups, by ? GROUP_BY_CGROUP : GROUP_BY_PROCESS);
		count(&groups, TCP_STATE_ESTABLISHED, "::1", "::1", 1, &one);
		count(&groups, TCP_STATE_ESTABLISHED, "::1", "::1", 2, &two);
		count(&groups, TCP_STATE_ESTABLISHED, "::1", "::1", 3, &one);
		count(&groups, TCP_STATE_TIME_WAIT, "::1", "::1", 4, NULL);
		if (by)
			prints(&groups,
				"Count  Cgroup\n"
				"    3  /a\"b\n"
				"    1  -\n",
				"{\"v\":1,\"by\":\"cgroup\",\"cgroup\":\"/a\\\"b\",\"count\":3}\n"
				"{\"by\":\"cgroup\",\"count\":1}\n");
		else
			prints(&groups,
				"Count  PID/Program\n"
				"    2  7/a\\tb\n"
				"    1  -\n"
				"    1  8/a\\tb\n",
				"{\"v\":1,\"by\":\"process\",\"pid\":7,\"comm\":\"a\\u0009b\","
				"\"count\":2}\n"
				"{\"by\":\"process\",\"count\":1}\n"
				"{\"by\":\"process\",\"pid\":8,\"comm\":\"a\\u0009b\",\"count\":1}"
				"\n");
	}
}

static int by_count_then_endpoint(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return endpoint_compare(&a->endpoint, &b->endpoint);
}

struct sort_case {
	bool has_ipv6, has_devices;
	int address_bytes;  /* that are not zero in IPv6 */
	uint64_t counts[2]; /* some of the numbers need more bytes */
};

/* So many that they are sorted byte by byte: the order is the same, and no socket is lost. */
static void many_are_in_order(const struct sort_case *sort)
{
	struct group *expected;
	struct groups groups;
	uint64_t total = 0;

	groups_init(&groups, GROUP_BY_LOCAL);
	for (int i = 0; i < 300001; i++) {
		bool is_ipv4 = !sort->has_ipv6 || random_number() % 4;
		struct diag_socket socket = {.state = TCP_STATE_ESTABLISHED,
			.local = {.family = is_ipv4 ? AF_INET : AF_INET6,
				.port = (uint16_t)(random_of_any_length())}};

		if (sort->has_devices && random_number() % 2)
			socket.local.interface = (uint32_t)random_number();
		for (int byte = 0; byte < (is_ipv4 ? 4 : sort->address_bytes); byte++)
			socket.local.address[byte] = (uint8_t)(random_number() % 3);
		groups_count(&groups, &socket, NULL);
	}
	groups_settle(&groups);
	groups.groups[0].count = sort->counts[0];
	groups.groups[1].count = sort->counts[1];
	expected = calloc(groups.count, sizeof(*expected));
	memcpy(expected, groups.groups, groups.count * sizeof(*expected));
	qsort(expected, groups.count, sizeof(*expected), by_count_then_endpoint);
	groups_sort(&groups);
	for (size_t i = 0; i < groups.count; i++) {
		assert_memory_equal(&expected[i], &groups.groups[i], sizeof(*expected));
		total += i < 2 ? 0 : groups.groups[i].count;
	}
	assert_true(groups.count > 100000 && total > 100000);
	free(expected);
	groups_finish(&groups);
}

/* Of one, two, three and four words each. */
static void many_are_in_the_same_order_as_few(void **state)
{
	static const struct sort_case cases[] = {
		{.counts = {300, 40000}},
		{.has_ipv6 = true, .address_bytes = 8, .counts = {300, 70000}},
		{.has_ipv6 = true, .address_bytes = 16, .counts = {300, 70000}},
		{.has_ipv6 = true,
			.address_bytes = 16,
			.has_devices = true,
			.counts = {70000, UINT64_MAX}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		many_are_in_order(&cases[i]);
}

static bool is_double(struct doubles *doubles, enum tcp_state state, uint64_t cookie)
{
	const struct diag_socket socket = {.state = state, .cookie = cookie};

	return doubles_seen(doubles, &socket);
}

static void doubles_are_found_near_by(void **state)
{
	struct doubles doubles;

	(void)state;
	doubles_init(&doubles);
	for (uint64_t cookie = 1; cookie <= 100000; cookie++) {
		assert_false(is_double(&doubles, TCP_STATE_TIME_WAIT, cookie));
		if (cookie > 1000)
			assert_true(is_double(&doubles, TCP_STATE_TIME_WAIT, cookie - 999));
	}
	assert_int_equal(doubles.dropped, 99000);
	doubles_finish(&doubles);
}

static void listeners_and_bound_sockets_are_never_forgotten(void **state)
{
	struct doubles doubles;

	(void)state;
	doubles_init(&doubles);
	for (uint64_t cookie = 1; cookie <= 10000; cookie++)
		assert_false(is_double(
			&doubles, cookie % 2 ? TCP_STATE_LISTEN : TCP_STATE_BOUND, cookie));
	for (uint64_t cookie = 10001; cookie <= 50000; cookie++)
		assert_false(is_double(&doubles, TCP_STATE_ESTABLISHED, cookie));
	for (uint64_t cookie = 1; cookie <= 10000; cookie++)
		assert_true(is_double(&doubles, TCP_STATE_ESTABLISHED, cookie));
	/* One without a cookie is never the same as another. */
	assert_false(is_double(&doubles, TCP_STATE_ESTABLISHED, 0));
	assert_false(is_double(&doubles, TCP_STATE_ESTABLISHED, 0));
	doubles_finish(&doubles);
	doubles_finish(&doubles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_are_addresses),
		cmocka_unit_test(local_ends_have_their_port),
		cmocka_unit_test(devices_count_where_they_are_written),
		cmocka_unit_test(states_have_their_names),
		cmocka_unit_test(processes_and_cgroups_may_be_unknown),
		cmocka_unit_test(many_are_in_the_same_order_as_few),
		cmocka_unit_test(doubles_are_found_near_by),
		cmocka_unit_test(listeners_and_bound_sockets_are_never_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
