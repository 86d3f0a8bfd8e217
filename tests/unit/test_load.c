/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "daytime/load.h"
#include "daytime/load_report.h"
#include "daytime/load_verify.h"

static void sources_are_understood(void **state)
{
	static const struct {
		const char *text, *canonical;
		uint64_t count;
		const char *first, *last;
	} cases[] = {
		{"127.0.0.0/8", "127.0.0.0/8", 16777214, "127.0.0.1", "127.255.255.254"},
		{"127.0.0.5/8", "127.0.0.0/8", 16777214, "127.0.0.1", "127.255.255.254"},
		{"10.1.2.0/30", "10.1.2.0/30", 2, "10.1.2.1", "10.1.2.2"},
		{"10.1.2.4/31", "10.1.2.4/31", 2, "10.1.2.4", "10.1.2.5"},
		{"10.1.2.3", "10.1.2.3/32", 1, "10.1.2.3", "10.1.2.3"},
		{"10.1.2.255/25", "10.1.2.128/25", 126, "10.1.2.129", "10.1.2.254"},
		{"0.0.0.0/0", "0.0.0.0/0", 4294967294, "0.0.0.1", "255.255.255.254"},
		{"::1", "::1/128", 1, "::1", "::1"},
		{"fd00::/64", "fd00::/64", 4294967295, "fd00::1", "fd00::ffff:ffff"},
		{"fd00::ff00/120", "fd00::ff00/120", 255, "fd00::ff01", "fd00::ffff"},
		{"fd00::6/127", "fd00::6/127", 2, "fd00::6", "fd00::7"},
		{"fd00::1:2:3/33", "fd00::/33", 4294967295, "fd00::1", "fd00::ffff:ffff"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct load_source source;
		union load_address address;
		char text[INET6_ADDRSTRLEN];

		assert_int_equal(load_source_parse(cases[i].text, &source), 0);
		assert_string_equal(source.text, cases[i].canonical);
		assert_true(source.count == cases[i].count);
		for (int is_last = 0; is_last <= 1; is_last++) {
			socklen_t length;
			const void *bytes = &address.ipv4.sin_addr;

			load_source_address(
				&source, is_last ? source.count - 1 : 0, &address, &length);
			if (source.family == AF_INET6)
				bytes = &address.ipv6.sin6_addr;
			inet_ntop(source.family, bytes, text, sizeof(text));
			assert_string_equal(text, is_last ? cases[i].last : cases[i].first);
			assert_int_equal(length, source.family == AF_INET ? sizeof(address.ipv4)
									  : sizeof(address.ipv6));
			assert_int_equal(address.any.sa_family, source.family);
		}
	}
}

static void sources_go_round(void **state)
{
	struct load_source source;
	union load_address one, other;
	socklen_t length;

	(void)state;
	assert_int_equal(load_source_parse("10.9.8.0/29", &source), 0);
	assert_int_equal(source.count, 6);
	for (uint64_t i = 0; i < 6; i++) {
		load_source_address(&source, i, &one, &length);
		load_source_address(&source, i + 6 * UINT64_C(1000000007), &other, &length);
		assert_memory_equal(&one, &other, sizeof(one));
		assert_int_equal(ntohl(one.ipv4.sin_addr.s_addr), 0x0a090801 + i);
	}
}

static void bad_sources(void **state)
{
	static const char *const cases[] = {"", "/8", "127.0.0.0/", "127.0.0.0/33", "127.0.0.0/-1",
		"127.0.0.0/8x", "127.0.0/8", "fd00::/129", "fd00::/ 64", "localhost", "1.2.3.4.5",
		"::1/1/1", "12345678901234567890123456789012345678901234567890/8"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct load_source source = {.family = -7};

		if (load_source_parse(cases[i], &source) != -EINVAL || source.family != -7)
			fail_msg("'%s' was taken", cases[i]);
	}
}

static void the_schedule_is_absolute(void **state)
{
	(void)state;
	assert_int_equal(load_schedule_ns(0, 12345), 0);
	assert_int_equal(load_schedule_ns(1, 3), 3 * NS_PER_S);
	assert_int_equal(load_schedule_ns(3, 1), 333333333);
	assert_int_equal(load_schedule_ns(3, 2), 666666666);
	assert_int_equal(load_schedule_ns(3, 3), NS_PER_S); /* no rounding is carried on */
	assert_int_equal(load_schedule_ns(3, 3000000), 1000000 * NS_PER_S);
	assert_int_equal(load_schedule_ns(LOAD_RATE_MAX, 7), 7);
	assert_true(load_schedule_ns(LOAD_RATE_MAX, LOAD_COUNT_MAX) == 1000 * NS_PER_S);
	assert_true(load_schedule_ns(999999937, LOAD_COUNT_MAX - 1) > 0);
}

static void replies_are_verified(void **state)
{
	static const struct {
		const char *reply;
		int result;
	} cases[] = {
		{"Sun Jun  5 21:00:00 2022\r\n", 0},
		{"Sun Jun  5 21:00:00 2022\n", 0},
		{"\n59735 22-06-05 12:00:00 50 0 0 232.6 UTC(NIST) * \n", 0},
		{"05/Jun/2022:21:00:00 +0900\n", 0},
		{"Sun Jun  5 21:00:00 2022", LOAD_NO_LINE},
		{"", LOAD_NO_LINE},
		{"\r\n\r\n", LOAD_NO_LINE},
		{"Sun Jun  5 25:00:00 2022\r\n", LOAD_WRONG_REPLY},
		{"SSH-2.0-OpenSSH_9.2\r\n", LOAD_WRONG_REPLY},
	};
	struct load_verifier verifier = {0};
	char full[LOAD_REPLY_BYTES];

	(void)state;
	/* Twice: what was right once is compared, what was wrong must stay wrong. */
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		const char *reply = cases[i / 2].reply;

		if (load_verify(&verifier, reply, strlen(reply)) != cases[i / 2].result)
			fail_msg("'%s'", reply);
	}
	assert_int_equal(
		load_verify(&verifier, "Sun Jun  5\0 21:00:00 2022\n", 26), LOAD_WRONG_REPLY);
	assert_int_equal(
		load_verify(&verifier, "Sun Jun  5 21:00:00 2022\0\n", 26), LOAD_WRONG_REPLY);
	memset(full, 'x', sizeof(full));
	memcpy(full, cases[0].reply, strlen(cases[0].reply));
	assert_int_equal(load_verify(&verifier, full, sizeof(full)), LOAD_WRONG_REPLY);
}

static struct load_result result, more;

static void make_result(void)
{
	memset(&result, 0, sizeof(result));
	load_result_answered(&result, 10 * NS_PER_US);
	load_result_answered(&result, 30 * NS_PER_US);
	load_result_failed(&result, ECONNREFUSED);
	load_result_failed(&result, ECONNREFUSED);
	load_result_failed(&result, LOAD_TIMEOUT);
	load_result_failed(&result, LOAD_NO_LINE);
	load_result_failed(&result, LOAD_WRONG_REPLY);
	result.duration_ns = NS_PER_S / 2;
	result.user_ns = 5 * NS_PER_US;
	result.system_ns = 65 * NS_PER_US;
}

static struct load_plan make_plan(void)
{
	struct load_plan plan = {.count = 7, .concurrency = 2, .workers = 1, .address_length = 16};

	plan.address.ipv4 = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(1313),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return plan;
}

static void results_add_up(void **state)
{
	(void)state;
	make_result();
	memset(&more, 0, sizeof(more));
	load_result_answered(&more, 50 * NS_PER_US);
	load_result_failed(&more, EADDRNOTAVAIL);
	load_result_failed(&more, 100000); /* nothing has such a number: counted nonetheless */
	more.duration_ns = NS_PER_S;
	load_result_add(&result, &more);
	assert_int_equal(result.answered, 3);
	assert_int_equal(result.failed, 7);
	assert_int_equal(load_result_done(&result), 10);
	assert_int_equal(result.failures[ECONNREFUSED], 2);
	assert_int_equal(result.failures[EADDRNOTAVAIL], 1);
	assert_int_equal(result.failures[0], 1);
	assert_int_equal(histogram_count(&result.latency), 3);
	assert_true(result.duration_ns == NS_PER_S);
	assert_true(load_result_per_second(&result) == 3);
	memset(&result, 0, sizeof(result));
	assert_true(load_result_per_second(&result) == 0);
	assert_true(load_result_cpu_s_each(&result) == 0);
}

static void the_text(void **state)
{
	struct load_plan plan = make_plan();
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	make_result();
	load_report_text(&plan, &result, &text);
	assert_string_equal(text.bytes, "127.0.0.1 port 1313, TCP, 2 at once\n"
					"connections                  7\n"
					"  answered                   2\n"
					"  failed                     5\n"
					"  ECONNREFUSED               2\n"
					"  wrong_reply                1\n"
					"  no_line                    1\n"
					"  timeout                    1\n"
					"seconds                  0.500\n"
					"a second                     4\n"
					"latency min           10.00 us\n"
					"  p50                 10.00 us\n"
					"  p90                 30.00 us\n"
					"  p99                 30.00 us\n"
					"  p99.9               30.00 us\n"
					"  max                 30.00 us\n"
					"  mean                20.00 us\n"
					"own CPU each          10.00 us\n");
}

static void the_json(void **state)
{
	struct load_plan plan = make_plan();
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	make_result();
	load_report_json("localhost", &plan, &result, &text);
	assert_string_equal(text.bytes,
		"{\"v\":1,\"type\":\"load\",\"host\":\"localhost\",\"address\":\"127.0.0.1\","
		"\"port\":1313,\"transport\":\"tcp\",\"count\":7,\"answered\":2,\"failed\":5,"
		"\"concurrency\":2,\"workers\":1,\"duration_s\":0.5,\"per_second\":4.0,"
		"\"latency_s\":{\"min\":1e-5,\"p50\":1e-5,\"p90\":3e-5,\"p99\":3e-5,"
		"\"p999\":3e-5,\"max\":3e-5,\"mean\":2e-5},"
		"\"cpu_s\":{\"user\":5e-6,\"system\":6.5e-5},"
		"\"errors\":{\"ECONNREFUSED\":2,\"wrong_reply\":1,\"no_line\":1,\"timeout\":1}}\n");
	/* Not known: no latency without an answer, no rate without one asked for; no name that is
	 * no text. */
	memset(&result, 0, sizeof(result));
	plan.rate = 50;
	plan.is_datagram = true;
	text_clear(&text);
	load_report_json("\xff", &plan, &result, &text);
	assert_null(strstr(text.bytes, "latency_s"));
	assert_null(strstr(text.bytes, "host"));
	assert_non_null(strstr(text.bytes, "\"rate\":50"));
	assert_non_null(strstr(text.bytes, "\"transport\":\"udp\""));
	assert_non_null(strstr(text.bytes, "\"errors\":{}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_understood),
		cmocka_unit_test(sources_go_round),
		cmocka_unit_test(bad_sources),
		cmocka_unit_test(the_schedule_is_absolute),
		cmocka_unit_test(replies_are_verified),
		cmocka_unit_test(results_add_up),
		cmocka_unit_test(the_text),
		cmocka_unit_test(the_json),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
