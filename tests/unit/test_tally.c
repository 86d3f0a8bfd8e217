/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "observe/tally.h"
#include "surveys.h"

static struct tally_key key_of(uint32_t number)
{
	struct tally_key key = {.peer = {.family = AF_INET}};

	memcpy(key.peer.address, &number, sizeof(number));
	return key;
}

static void test_groups(void **state)
{
	struct tally_groups groups = {0};
	struct tally_key key = key_of(1);

	(void)state;
	assert_null(tally_groups_find(&groups, &key));
	for (uint32_t i = 0; i < 10000; i++) {
		key = key_of(i);
		tally_groups_get(&groups, &key)->sockets += i;
		tally_groups_get(&groups, &key)->sockets += 1;
	}
	assert_int_equal(groups.count, 10000);
	for (uint32_t i = 0; i < 10000; i++) {
		key = key_of(i);
		assert_int_equal(tally_groups_find(&groups, &key)->sockets, i + 1);
	}
	tally_groups_clear(&groups);
	assert_int_equal(groups.count, 0);
	assert_null(tally_groups_find(&groups, &key));
	tally_groups_finish(&groups);
	tally_groups_finish(&groups);
}

/* However many keys come, memory is bounded, the large ones are there, and nothing is lost in sum. */
static void test_bounded(void **state)
{
	struct tally_groups groups = {0};
	struct tally_key large = key_of(7);
	uint64_t total = 0;

	(void)state;
	for (uint32_t i = 0; i < 300000; i++) {
		struct tally_key key = key_of(i);

		tally_groups_get(&groups, &key)->sockets++;
		tally_groups_get(&groups, &large)->sockets++;
	}
	assert_true(groups.count <= TALLY_GROUPS_MAX);
	assert_true(groups.room <= TALLY_GROUPS_MAX);
	assert_true(groups.folded > 0);
	assert_int_equal(tally_groups_find(&groups, &large)->sockets, 300001);
	for (size_t i = 0; i < groups.count; i++)
		total += groups.groups[i].sockets;
	assert_int_equal(total + groups.others.sockets, 600000);
	tally_groups_finish(&groups);
}

static const struct survey_range range = {32768, 60999, 28232};

static bool has_key(const struct tally *tally, enum survey_by by, struct diag_socket socket,
	struct tally_key *key)
{
	struct owner owner = {.pid = 4711, .comm = "nginx"};

	return tally_key_of(tally, &range, by, &socket, &owner, key);
}

static void test_destination(void **state)
{
	static struct tally tally;
	struct diag_socket socket = {
		.local = endpoint_of("192.0.2.1", 40000),
		.peer = endpoint_of("192.0.2.2", 80),
		.state = TCP_STATE_TIME_WAIT,
	};
	struct tally_key key;

	(void)state;
	assert_true(has_key(&tally, SURVEY_BY_DESTINATION, socket, &key));
	assert_int_equal(key.local.port, 0);
	assert_int_equal(key.peer.port, 80);
	/* The other end of a connection to ourselves: its port is not of the range. */
	socket.local.port = 80;
	assert_false(has_key(&tally, SURVEY_BY_DESTINATION, socket, &key));
	/* A server within the range: what listens there has not opened the connection. */
	socket.local.port = 40001;
	tally.listening[40001 / 8] |= 1 << 40001 % 8;
	assert_false(has_key(&tally, SURVEY_BY_DESTINATION, socket, &key));
	/* Nobody is at the other end. */
	socket.local.port = 40002;
	socket.peer.port = 0;
	assert_false(has_key(&tally, SURVEY_BY_DESTINATION, socket, &key));
}

static void test_keys(void **state)
{
	static struct tally tally;
	struct diag_socket socket = {
		.local = endpoint_of("::ffff:192.0.2.1", 80),
		.peer = endpoint_of("::ffff:192.0.2.2", 40000),
	};
	struct owner owner = {.pid = 4711, .comm = "nginx"};
	struct tally_key key;

	(void)state;
	/* IPv4 in a socket of IPv6 is the same peer as IPv4 in one of IPv4. */
	assert_true(has_key(&tally, SURVEY_BY_PEER, socket, &key));
	assert_int_equal(key.peer.family, AF_INET);
	assert_int_equal(key.peer.port, 0);
	assert_true(has_key(&tally, SURVEY_BY_PORT, socket, &key));
	assert_int_equal(key.local.port, 80);
	assert_int_equal(key.local.family, 0);
	assert_true(has_key(&tally, SURVEY_BY_PROCESS, socket, &key));
	assert_int_equal(key.pid, 4711);
	assert_string_equal(key.comm, owner.comm);
	assert_false(tally_key_of(&tally, &range, SURVEY_BY_PROCESS, &socket, NULL, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_destination),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
