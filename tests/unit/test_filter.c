/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>

#include "observe/filter.h"
#include "random.h"

/*
 * The kernel's two views of such a program, written anew: what it takes at all (every jump forward, to a place
 * that a walk along `yes` comes by, four bytes beyond the end at most), and what a program says of a socket.
 * test_stream.c asks the kernel itself.
 */

struct tuple {
	struct endpoint local, peer;
};

static const struct inet_diag_bc_op *operation_at(const uint8_t *program, size_t at)
{
	return (const void *)(program + at);
}

static size_t operand_bytes(const uint8_t *program, size_t at)
{
	const struct inet_diag_bc_op *operation = operation_at(program, at);
	const struct inet_diag_hostcond *host = (const void *)(operation + 1);

	switch (operation->code) {
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE: return sizeof(*operation);
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		assert_true(host->family == AF_INET || host->family == AF_INET6);
		assert_true(host->prefix_len <= (host->family == AF_INET ? 32 : 128));
		return sizeof(*host) + (host->family == AF_INET ? 4 : 16);
	case INET_DIAG_BC_JMP: return 0;
	default: fail();
	}
	return 0;
}

static bool is_on_the_way(const uint8_t *program, size_t length, size_t place)
{
	size_t at = 0;

	while (at < place && at < length)
		at += operation_at(program, at)->yes;
	return at == place;
}

static void audit(const struct filter *filter)
{
	size_t length, at = 0;
	const uint8_t *program = filter_program(filter, &length);

	assert_int_equal((uintptr_t)program % 4, 0);
	assert_int_equal(length % 4, 0);
	while (at < length) {
		const struct inet_diag_bc_op *operation = operation_at(program, at);
		size_t least = sizeof(*operation) + operand_bytes(program, at);

		assert_true(operation->yes >= least && operation->yes % 4 == 0);
		assert_true(at + operation->yes <= length);
		assert_true(operation->no >= sizeof(*operation) && operation->no % 4 == 0);
		assert_true(at + operation->no <= length + 4);
		if (at + operation->no < length)
			assert_true(is_on_the_way(program, length, at + operation->no));
		at += operation->yes;
	}
	assert_int_equal(at, length);
}

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, int bits)
{
	for (int bit = 0; bit < bits; bit++) {
		if ((address[bit / 8] ^ prefix[bit / 8]) & 0x80 >> bit % 8)
			return false;
	}
	return true;
}

static bool meets_host(const struct inet_diag_hostcond *host, const struct endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *address = endpoint->address;

	if (host->family != endpoint->family) {
		if (host->family != AF_INET || memcmp(address, mapped, 12) != 0)
			return false;
		address += 12;
	}
	return has_prefix(address, (const uint8_t *)host->addr, host->prefix_len);
}

static bool holds(const struct inet_diag_bc_op *operation, const struct tuple *tuple)
{
	const struct inet_diag_hostcond *host = (const void *)(operation + 1);

	switch (operation->code) {
	case INET_DIAG_BC_S_GE: return tuple->local.port >= operation[1].no;
	case INET_DIAG_BC_S_LE: return tuple->local.port <= operation[1].no;
	case INET_DIAG_BC_D_GE: return tuple->peer.port >= operation[1].no;
	case INET_DIAG_BC_D_LE: return tuple->peer.port <= operation[1].no;
	case INET_DIAG_BC_S_COND: return meets_host(host, &tuple->local);
	case INET_DIAG_BC_D_COND: return meets_host(host, &tuple->peer);
	default: return false;
	}
}

static bool takes(const struct filter *filter, const struct tuple *tuple)
{
	size_t length, at = 0;
	const uint8_t *program = filter_program(filter, &length);

	while (at < length) {
		const struct inet_diag_bc_op *operation = operation_at(program, at);

		at += holds(operation, tuple) ? operation->yes : operation->no;
	}
	return at == length;
}

static struct endpoint end_of(const char *address, uint16_t port)
{
	struct endpoint endpoint = {
		.family = strchr(address, ':') ? AF_INET6 : AF_INET, .port = port};

	assert_int_equal(inet_pton(endpoint.family, address, endpoint.address), 1);
	return endpoint;
}

static bool takes_it(const struct filter *filter, const char *local, uint16_t local_port,
	const char *peer, uint16_t peer_port)
{
	const struct tuple tuple = {end_of(local, local_port), end_of(peer, peer_port)};

	return takes(filter, &tuple);
}

static struct filter_condition ports(enum filter_side side, uint16_t least, uint16_t most)
{
	return (struct filter_condition){.side = side, .least_port = least, .most_port = most};
}

static struct filter_condition prefix(enum filter_side side, const char *text)
{
	struct filter_condition condition = {.side = side};

	assert_int_equal(filter_parse_prefix(text, &condition.prefix, &condition.prefix_bits), 0);
	return condition;
}

static void an_empty_one_takes_all(void **state)
{
	const struct filter filter = {0};

	(void)state;
	audit(&filter);
	assert_true(takes_it(&filter, "192.0.2.1", 1, "::1", 65535));
}

static void a_port_may_be_on_either_side(void **state)
{
	struct filter filter = {0};
	const struct filter_condition either[] = {
		ports(FILTER_LOCAL, 80, 80), ports(FILTER_PEER, 80, 80)};

	(void)state;
	assert_int_equal(filter_add(&filter, either, COUNT(either)), 0);
	audit(&filter);
	assert_true(takes_it(&filter, "192.0.2.1", 80, "192.0.2.2", 40000));
	assert_true(takes_it(&filter, "192.0.2.1", 40000, "192.0.2.2", 80));
	assert_true(takes_it(&filter, "2001:db8::1", 80, "2001:db8::2", 80));
	assert_false(takes_it(&filter, "192.0.2.1", 79, "192.0.2.2", 81));
	assert_false(takes_it(&filter, "192.0.2.1", 8080, "192.0.2.2", 0));
}

static void an_ipv4_prefix_takes_mapped_addresses(void **state)
{
	struct filter filter = {0};
	const struct filter_condition one = prefix(FILTER_PEER, "192.0.2.0/24");

	(void)state;
	assert_int_equal(filter_add(&filter, &one, 1), 0);
	audit(&filter);
	assert_true(takes_it(&filter, "198.51.100.1", 1, "192.0.2.255", 1));
	assert_true(takes_it(&filter, "::ffff:198.51.100.1", 1, "::ffff:192.0.2.7", 1));
	assert_false(takes_it(&filter, "192.0.2.1", 1, "192.0.3.0", 1));
	assert_false(takes_it(&filter, "2001:db8::1", 1, "2001:db8::192.0.2.7", 1));
}

static void all_clauses_must_be_met(void **state)
{
	struct filter filter = {0};
	const struct filter_condition local[] = {ports(FILTER_LOCAL, 13, 13),
		ports(FILTER_LOCAL, 8000, 8099), prefix(FILTER_LOCAL, "10.0.0.0/8")};
	const struct filter_condition peer[] = {
		prefix(FILTER_PEER, "2001:db8::/33"), prefix(FILTER_PEER, "192.0.2.7")};

	(void)state;
	assert_int_equal(filter_add(&filter, local, COUNT(local)), 0);
	assert_int_equal(filter_add(&filter, peer, COUNT(peer)), 0);
	audit(&filter);
	assert_true(takes_it(&filter, "::1", 13, "2001:db8:7fff::1", 9));
	assert_false(takes_it(&filter, "::1", 13, "2001:db8:8000::1", 9));
	assert_true(takes_it(&filter, "192.0.2.1", 8050, "192.0.2.7", 9));
	assert_true(takes_it(&filter, "10.9.8.7", 1, "192.0.2.7", 9));
	assert_false(takes_it(&filter, "10.9.8.7", 1, "192.0.2.8", 9));
	assert_false(takes_it(&filter, "192.0.2.1", 7999, "192.0.2.7", 9));
}

/* What the conditions say without any program. */
static bool meets(const struct filter_condition *condition, const struct tuple *tuple)
{
	const struct endpoint *end = condition->side == FILTER_LOCAL ? &tuple->local : &tuple->peer;
	struct endpoint plain = endpoint_unmap(end);

	if (!condition->prefix.family)
		return end->port >= condition->least_port && end->port <= condition->most_port;
	if (end->family == condition->prefix.family)
		plain = *end;
	return plain.family == condition->prefix.family &&
	       has_prefix(plain.address, condition->prefix.address, condition->prefix_bits);
}

/* Few values, so that both answers are frequent. */
static struct endpoint random_end(void)
{
	static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "10.1.0.1",
		"::ffff:10.0.0.1", "::ffff:11.0.0.1", "2001:db8::1", "2001:db8:1::1", "::"};

	return end_of(
		addresses[random_number() % COUNT(addresses)], (uint16_t)(random_number() % 6));
}

static struct filter_condition random_condition(void)
{
	struct filter_condition condition = {
		.side = random_number() % 2 ? FILTER_PEER : FILTER_LOCAL};

	if (random_number() % 2) {
		condition.prefix = random_end();
		condition.prefix_bits = (uint8_t)(random_number() %
						  (condition.prefix.family == AF_INET ? 33 : 129));
	} else {
		condition.least_port = (uint16_t)(random_number() % 6);
		condition.most_port = (uint16_t)(random_number() % 6);
	}
	return condition;
}

static void says_what_the_conditions_say(void **state)
{
	size_t taken = 0, asked = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct filter filter = {0};
		struct filter_condition clauses[3][5];
		size_t sizes[3], count = random_number() % 4;

		for (size_t i = 0; i < count; i++) {
			sizes[i] = 1 + random_number() % 5;
			for (size_t j = 0; j < sizes[i]; j++)
				clauses[i][j] = random_condition();
			assert_int_equal(filter_add(&filter, clauses[i], sizes[i]), 0);
		}
		audit(&filter);
		for (int i = 0; i < 50; i++) {
			const struct tuple tuple = {random_end(), random_end()};
			bool expected = true;

			for (size_t clause = 0; clause < count; clause++) {
				bool is_met = false;

				for (size_t j = 0; j < sizes[clause]; j++)
					is_met |= meets(&clauses[clause][j], &tuple);
				expected &= is_met;
			}
			assert_int_equal(takes(&filter, &tuple), expected);
			taken += expected;
			asked++;
		}
	}
	assert_true(taken > asked / 10 && taken < asked - asked / 10);
}

static void the_largest_fits_and_a_larger_is_refused(void **state)
{
	struct filter filter = {0};
	struct filter_condition many[FILTER_MOST_ALTERNATIVES + 1];
	int added = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = prefix(FILTER_PEER, "2001:db8::/64");
	assert_int_equal(filter_add(&filter, many, COUNT(many)), -E2BIG);
	assert_int_equal(filter_add(&filter, many, 0), -E2BIG);
	assert_int_equal(filter.length, 0);
	while (filter_add(&filter, many, FILTER_MOST_ALTERNATIVES) == 0)
		added++;
	assert_true(added >= 2);
	audit(&filter);
}

static void reads_prefixes(void **state)
{
	static const char *const wrong[] = {"", "/", "192.0.2", "192.0.2.0/33", "192.0.2.0/",
		"192.0.2.0/-1", "192.0.2.0/ 8", "192.0.2.0/8/8", "::/129", "host", "192.0.2.256",
		"::ffff:1.2.3.4:5", "1111:1111:1111:1111:1111:1111:1111:1111:1111/8", " ::1"};
	struct endpoint got = {.port = 7}, expected;
	uint8_t bits = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(filter_parse_prefix(wrong[i], &got, &bits), -EINVAL);
		assert_int_equal(got.port, 7);
		assert_int_equal(bits, 77);
	}
	expected = end_of("192.0.2.7", 0);
	assert_int_equal(filter_parse_prefix("192.0.2.7", &got, &bits), 0);
	assert_true(endpoint_equal(&got, &expected) && bits == 32);
	assert_int_equal(filter_parse_prefix("::ffff:192.0.2.7/120", &got, &bits), 0);
	assert_true(endpoint_equal(&got, &expected) && bits == 24);
	assert_int_equal(filter_parse_prefix("::ffff:0:0/95", &got, &bits), 0);
	assert_true(got.family == AF_INET6 && bits == 95);
	assert_int_equal(filter_parse_prefix("0.0.0.0/0", &got, &bits), 0);
	assert_true(got.family == AF_INET && bits == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_takes_all),
		cmocka_unit_test(a_port_may_be_on_either_side),
		cmocka_unit_test(an_ipv4_prefix_takes_mapped_addresses),
		cmocka_unit_test(all_clauses_must_be_met),
		cmocka_unit_test(says_what_the_conditions_say),
		cmocka_unit_test(the_largest_fits_and_a_larger_is_refused),
		cmocka_unit_test(reads_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
