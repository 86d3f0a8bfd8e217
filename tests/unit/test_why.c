/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "explain/remedy.h"
#include "report/why_report.h"
#include "scenario/library.h"

/* What is told to help is proved by something that can be run. */
static void every_scenario_is_there(void **state)
{
	size_t named = 0;

	(void)state;
	for (int id = 0; id < REMEDY_COUNT; id++) {
		const struct remedy *remedy = remedy_get((enum remedy_id)id);

		if (!remedy->name || !remedy->what || !remedy->cost)
			fail_msg("remedy %d lacks words", id);
		if (remedy->what[strlen(remedy->what) - 1] == '.')
			fail_msg("%s: the full stop comes with the detail", remedy->name);
		if (!remedy->scenario)
			continue;
		named++;
		if (!library_find(remedy->scenario))
			fail_msg("%s: no scenario %s", remedy->name, remedy->scenario);
		for (int other = 0; other < id; other++)
			assert_string_not_equal(
				remedy->name, remedy_get((enum remedy_id)other)->name);
	}
	assert_true(named >= 15);
}

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint endpoint = {
		.family = strchr(address, ':') ? AF_INET6 : AF_INET, .port = port};

	assert_int_equal(inet_pton(endpoint.family, address, endpoint.address), 1);
	return endpoint;
}

static struct verdict_blocker blockers[2];
static struct verdict_remedy remedies[1];
static char reason[] = "Because.", detail[] = "60 s", note[] = "worth knowing";
static char *notes[] = {note};

/* A TIME_WAIT, and a listener whose name would harm a terminal. */
static struct verdict example(void)
{
	struct verdict verdict = {
		.question = {.call = VERDICT_BIND, .local = at("0.0.0.0", 80), .user = 33},
		.code = EADDRINUSE,
		.is_sure = true,
		.reason = reason,
		.attempts = {{0, EADDRINUSE}, {BIND_REUSEADDR, 0}},
		.attempt_count = 2,
		.blockers = blockers,
		.blocker_count = 2,
		.remedies = remedies,
		.remedy_count = 1,
		.notes = notes,
		.note_count = 1,
	};

	blockers[0] = (struct verdict_blocker){.socket = {.state = TCP_STATE_LISTEN,
						       .local = at("::", 80),
						       .inode = 5,
						       .uid = 33,
						       .is_v6only = true},
		.count = 1,
		.pid = 4711,
		.fd = 6,
		.comm = "e\033vil",
		.reuseaddr = ANSWER_YES,
		.permits = ANSWER_NO};
	blockers[1] = (struct verdict_blocker){.socket = {.state = TCP_STATE_TIME_WAIT,
						       .local = at("192.0.2.1", 80),
						       .peer = at("192.0.2.9", 40000),
						       .timer = DIAG_TIMER_TIMEWAIT,
						       .timer_ms = 59984},
		.count = 3,
		.soonest_ms = 1500,
		.reuseport = ANSWER_NO,
		.permits = ANSWER_YES};
	remedies[0] = (struct verdict_remedy){.id = REMEDY_WAIT, .detail = detail};
	return verdict;
}

static void assert_has(const struct text *out, const char *words)
{
	if (!strstr(out->bytes, words))
		fail_msg("no '%s' in:\n%s", words, out->bytes);
}

static void for_people(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct verdict verdict = example();
	const struct why_rate rate = {0};
	const struct why_look look = {.utf8 = true, .columns = 200};

	(void)state;
	why_print(&out, &verdict, &rate, &look);
	assert_has(&out,
		"bind() to 0.0.0.0:80 fails now: EADDRINUSE (Address already in use)\nBecause.\n");
	assert_has(&out, "  without options  EADDRINUSE\n  SO_REUSEADDR     works\n");
	assert_has(&out, "In the way:\n  LISTEN      [::]:80: 4711/e\\x1Bvil (fd 6, user 33); "
			 "SO_REUSEADDR is set; "
			 "SO_REUSEPORT: not known; IPV6_V6ONLY is set\n");
	assert_has(&out, "lets the new socket in:\n  TIME_WAIT   192.0.2.1:80 to 192.0.2.9:40000 "
			 "and others, 3 in all: "
			 "no process; they end in 1.5 to 60.0 s;");
	assert_has(&out,
		"  1. Wait: 60 s.\n     Costs: no service until then.\n     See it: timewait run "
		"time-wait-full-lifetime\n");
	assert_has(&out, "\nNote: worth knowing\n");
	assert_null(strchr(out.bytes, '\033'));

	text_clear(&out);
	verdict.code = 0;
	verdict.is_sure = false;
	why_print(&out, &verdict, &rate, &(struct why_look){.has_colour = true, .columns = 40});
	assert_has(&out, "\033[32mshould work now\033[m");
}

static void for_programs(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct verdict verdict = example();
	const struct why_rate rate = {0};
	char *line, *rest;
	size_t lines = 0;

	(void)state;
	why_print_json(&out, &verdict, &rate, 42, true);
	assert_has(&out, "{\"v\":1,\"type\":\"verdict\",\"call\":\"bind\",\"local\":\"0.0.0.0\","
			 "\"local_port\":80,"
			 "\"options\":[],\"uid\":33,\"netns\":42,\"works\":false,\"sure\":true,"
			 "\"errno\":\"EADDRINUSE\",\"reason\":\"Because.\"}\n");
	assert_has(&out, "{\"type\":\"attempt\",\"options\":[\"SO_REUSEADDR\"],\"works\":true}\n");
	assert_has(&out, "\"timer_s\":59.984,\"reuseport\":false}");
	assert_has(&out, "\"pid\":4711,");
	for (rest = out.bytes; (line = strsep(&rest, "\n")) && *line; lines++) {
		json_t *object = json_loads(line, 0, NULL);

		if (!object)
			fail_msg("not JSON: %s", line);
		json_decref(object);
	}
	assert_int_equal(lines, 7);
}

/* The ports, with the figures that a budget comes to. */
static void budgets(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct settings settings = {.has_port_range = true, .port_low = 50000, .port_high = 50009};
	struct verdict verdict = {
		.question = {.call = VERDICT_CONNECT, .peer = at("192.0.2.9", 80)},
		.reason = reason,
		.is_sure = true,
		.has_budget = true,
	};
	struct endpoint local = at("192.0.2.1", 0);
	struct diag_socket socket = {.state = TCP_STATE_TIME_WAIT,
		.local = at("192.0.2.1", 50000),
		.peer = at("192.0.2.9", 80),
		.timer = DIAG_TIMER_TIMEWAIT,
		.timer_ms = 55000};
	const struct why_rate rate = {.is_known = true, .seconds = 1, .opens = 7, .time_waits = 6};

	(void)state;
	budget_start(&verdict.budget, &settings, &local, &verdict.question.peer);
	for (; socket.local.port < 50005; socket.local.port++)
		budget_add(&verdict.budget, &socket);
	budget_count(&verdict.budget);
	why_print(&out, &verdict, &rate, &(struct why_look){.columns = 400});
	assert_has(&out, "connect() to 192.0.2.9:80 would work now\n");
	assert_has(&out, "       10  in the range\n");
	assert_has(&out, "        5  in TIME_WAIT (tcp_tw_reuse=2");
	assert_has(&out, "        5  free (2 that connect() looks at first, 3 then)\n");
	assert_has(&out, "0.5 connections a second");
	assert_has(&out, "no port is left in 10 s. This host, in 1.0 s, made 7.0 connections and "
			 "6.0 TIME_WAITs");
	text_clear(&out);
	why_print_json(&out, &verdict, &rate, 0, false);
	assert_has(&out, "\"waiting\":5,\"reusable\":0,\"shared\":0,\"free\":5,");
	assert_has(&out, "\"states\":{\"TIME_WAIT\":5},\"rate\":0.5,\"exhaustion_s\":10.0,\"host_"
			 "opens_rate\":7.0");
	assert_null(strstr(out.bytes, "\"v\":1"));
	budget_finish(&verdict.budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scenario_is_there),
		cmocka_unit_test(for_people),
		cmocka_unit_test(for_programs),
		cmocka_unit_test(budgets),
	};

	return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
