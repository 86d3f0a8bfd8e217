/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "checkups.h"
#include "explain/findings.h"
#include "scenario/library.h"

static void a_healthy_host_has_no_findings(void **state)
{
	struct checkup checkup = healthy();
	struct findings findings = {0};

	(void)state;
	checkup_listen(&checkup, 80, 0, 128);
	checkup_connect(&checkup, 100, 100);
	findings_judge(&findings, &checkup);
	assert_int_equal(findings.count, 0);
	findings_finish(&findings);
	checkup_finish(&checkup);
}

static void what_is_missing_is_no_finding(void **state)
{
	struct checkup nothing = {0};
	struct findings findings = {0};

	(void)state;
	findings_judge(&findings, &nothing);
	assert_int_equal(findings.count, 0);
	findings_finish(&findings);
	assert_false(findings_judge_one(&findings, &nothing, "no_such_check"));
}

static void scenarios_and_names_are_there(void **state)
{
	size_t count;
	const struct findings_check *checks = findings_checks(&count);

	(void)state;
	assert_true(count >= 20);
	for (size_t i = 0; i < count; i++) {
		if (!library_find(checks[i].scenario))
			fail_msg("%s: no scenario %s", checks[i].name, checks[i].scenario);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(checks[i].name, checks[j].name);
	}
}

static void ports_by_share(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_destination *destination;

	(void)state;
	checkup_range(&checkup, 50000, 50999);
	destination = checkup_connect(&checkup, 499, 0);
	assert_int_equal(judge(&checkup, "port_budget"), -1);
	destination->live = destination->used_before = 500;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_NOTE);
	destination->live = destination->used_before = 799;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_NOTE);
	destination->live = destination->used_before = 800;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_WARN);
	destination->live = destination->used_before = 999;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_WARN);
	assert_int_equal((int)evidence(&checkup, "port_budget", "free"), 1);
	destination->live = destination->used_before = 1000;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_BAD);
	assert_int_equal((int)evidence(&checkup, "port_budget", "exhausted_s"), 0);
	checkup_finish(&checkup);
}

static void ports_that_are_not_to_be_had(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	checkup_range(&checkup, 50000, 50009);
	checkup_connect(&checkup, 7, 0);
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_NOTE);
	checkup.settings.reserved[50001 / 64] |= UINT64_C(1) << 50001 % 64;
	assert_int_equal((int)evidence(&checkup, "port_budget", "reserved"), 1);
	assert_int_equal((int)evidence(&checkup, "port_budget", "free"), 2);
	/* Two listeners of one port take one; a reserved one is counted already. */
	checkup_listen(&checkup, 50004, 0, 9);
	checkup_listen(&checkup, 50004, 0, 9);
	checkup_listen(&checkup, 50001, 0, 9);
	assert_int_equal((int)evidence(&checkup, "port_budget", "listened"), 1);
	assert_int_equal((int)evidence(&checkup, "port_budget", "free"), 1);
	checkup_finish(&checkup);
}

static void ports_until_none_is_left(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_destination *destination;

	(void)state;
	checkup_range(&checkup, 50000, 50999);
	/* 10/s for the last ten seconds, all still there: 600 are needed, and there are 1000. */
	destination = checkup_connect(&checkup, 0, 100);
	destination->left_s[30] = 0;
	destination->left_s[55] = 100;
	destination->young = 100;
	assert_int_equal(judge(&checkup, "port_budget"), -1);
	/* 50/s: 3000 are needed; 500 are left, which is ten seconds. */
	destination->left_s[55] = destination->young = destination->time_wait = 500;
	destination->used_before = 500;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_BAD);
	assert_float_equal(evidence(&checkup, "port_budget", "exhausted_s"), 10, 0.01);
	assert_float_equal(evidence(&checkup, "port_budget", "closes_per_s"), 50, 0.01);
	/* The same where connect() may take them back after a second. */
	checkup_set(&checkup, SETTING_TW_REUSE, 1);
	destination->reusable = 450;
	assert_int_equal(judge(&checkup, "port_budget"), -1);
	/* But not without timestamps; nor is this peer on the loopback. */
	checkup_set(&checkup, SETTING_TIMESTAMPS, 0);
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_BAD);
	checkup_set(&checkup, SETTING_TIMESTAMPS, 1);
	checkup_set(&checkup, SETTING_TW_REUSE, 2);
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_BAD);
	checkup_finish(&checkup);
}

/* Ten seconds would make a tenth of what began a second ago. */
static void ports_of_a_load_that_has_just_begun(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_destination *destination;

	(void)state;
	checkup_range(&checkup, 50000, 50999);
	/* 30/s for three seconds, and on: 1800 are needed. */
	destination = checkup_connect(&checkup, 0, 90);
	destination->left_s[30] = 0;
	destination->left_s[57] = 30;
	destination->left_s[58] = 60;
	destination->young = 90;
	destination->used_before = 75;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_BAD);
	assert_float_equal(evidence(&checkup, "port_budget", "closes_per_s"), 30, 0.01);
	assert_float_equal(evidence(&checkup, "port_budget", "exhausted_s"), 910 / 30.0, 0.01);
	/* A burst that is over: nothing was added between the two looks. */
	destination->used_before = 90;
	assert_int_equal(judge(&checkup, "port_budget"), -1);
	/* What is older does not count as fresh. */
	destination->used_before = 75;
	destination->left_s[57] = destination->left_s[58] = 0;
	destination->left_s[56] = 90;
	assert_int_equal(judge(&checkup, "port_budget"), -1);
	checkup_finish(&checkup);
}

static void ports_that_leak(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_destination *destination;

	(void)state;
	checkup_range(&checkup, 50000, 50999);
	/* 4/s more within the window, none of them closed: 400 are left for 100 s. */
	destination = checkup_connect(&checkup, 600, 0);
	destination->used_before = 598;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_WARN);
	assert_float_equal(evidence(&checkup, "port_budget", "exhausted_s"), 100, 0.01);
	/* Two looks that are hardly apart tell no rate. */
	checkup.looks_s = 0.09;
	assert_int_equal(judge(&checkup, "port_budget"), SEVERITY_NOTE);
	checkup.looks_s = 0.5;
	/* While most are free it may be a pool that fills. */
	destination->live = 400;
	destination->used_before = 100;
	assert_int_equal(judge(&checkup, "port_budget"), -1);
	checkup_finish(&checkup);
}

static void the_worst_destinations_are_shown(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	checkup_range(&checkup, 50000, 50099);
	for (uint32_t i = 0; i < 9; i++)
		checkup_connect(&checkup, 90 + i, 0)->peer.port = (uint16_t)(1 + i);
	assert_int_equal(count_findings(&checkup, "port_budget"), 5);
	assert_int_equal((int)evidence(&checkup, "port_budget", "peer_port"), 9);
	checkup_finish(&checkup);
}

static void close_wait_by_age(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_socket *kept;

	(void)state;
	kept = checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 2999);
	assert_int_equal(judge(&checkup, "close_wait"), -1);
	kept->silent_ms = 3000;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_NOTE);
	kept->silent_ms = 59999;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_NOTE);
	kept->silent_ms = 60000;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_WARN);
	assert_float_equal(evidence(&checkup, "close_wait", "oldest_s"), 60, 0.001);
	/* The FIN itself counts as a byte: nothing but it is unread here. */
	kept->socket.receive_queue = 1;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_WARN);
	assert_int_equal((int)evidence(&checkup, "close_wait", "unread_bytes"), 0);
	assert_int_equal((int)evidence(&checkup, "close_wait", "with_end"), 1);
	kept->socket.receive_queue = 2;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_BAD);
	assert_int_equal((int)evidence(&checkup, "close_wait", "unread_bytes"), 1);
	/* Data unread, but for seconds alone. */
	kept->silent_ms = 4000;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_WARN);
	kept->has_silence = false;
	assert_int_equal(judge(&checkup, "close_wait"), -1);
	checkup_finish(&checkup);
}

static void close_wait_by_number(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	for (int i = 0; i < 9; i++)
		checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 70000);
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_WARN);
	checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 70000);
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_BAD);
	assert_int_equal((int)evidence(&checkup, "close_wait", "close_wait"), 10);
	/* Another process is another finding; one that is not shown is told apart. */
	checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 6, 70000);
	assert_int_equal(count_findings(&checkup, "close_wait"), 2);
	assert_int_equal((int)evidence(&checkup, "close_wait", "pid"), 5);
	checkup_finish(&checkup);
}

static void close_wait_of_a_crowd(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	for (int i = 0; i < 999; i++)
		checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 3000);
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_NOTE);
	checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 3000);
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_BAD);
	checkup_finish(&checkup);
}

static void sockets_of_a_finding_are_bounded(void **state)
{
	struct checkup checkup = healthy();
	struct findings findings = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 70000);
	findings_judge_one(&findings, &checkup, "close_wait");
	assert_int_equal(findings.findings[0].socket_count, FINDING_SOCKETS);
	assert_int_equal(findings.findings[0].sockets_more, 100 - FINDING_SOCKETS);
	findings_finish(&findings);
	checkup_finish(&checkup);
}

/* The worst process comes first, whatever its pid, and no process is left out. */
static void processes_of_a_kind_are_bounded(void **state)
{
	struct checkup checkup = healthy();
	struct findings findings = {0};
	const struct finding *rest;

	(void)state;
	for (int pid = 10; pid < 30; pid++)
		checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, pid, 70000);
	for (int i = 0; i < 10; i++)
		checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 30, 70000);
	/* On its way: not told, and not among the rest. */
	checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 31, 100);
	findings_judge_one(&findings, &checkup, "close_wait");
	assert_int_equal(findings.count, 9);
	assert_int_equal(findings.findings[0].severity, SEVERITY_BAD);
	assert_int_equal((int)evidence(&checkup, "close_wait", "pid"), 30);
	assert_int_equal(findings.findings[1].severity, SEVERITY_WARN);
	rest = &findings.findings[8];
	assert_int_equal(rest->severity, SEVERITY_BAD);
	assert_string_equal(rest->facts[0].key, "processes");
	assert_int_equal((int)rest->facts[0].number, 13);
	assert_string_equal(rest->facts[1].key, "close_wait");
	assert_int_equal((int)rest->facts[1].number, 13);
	assert_int_equal(rest->socket_count, 0);
	findings_finish(&findings);
	checkup_finish(&checkup);
}

static void not_accepted_by_age(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_socket *kept;

	(void)state;
	kept = checkup_keep(&checkup, CHECKUP_UNACCEPTED, TCP_STATE_CLOSE_WAIT, 0, 2999);
	kept->socket.inode = 0;
	assert_int_equal(judge(&checkup, "close_wait"), -1);
	kept->silent_ms = 3000;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_NOTE);
	kept->silent_ms = 60000;
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_WARN);
	assert_int_equal((int)evidence(&checkup, "close_wait", "not_accepted"), 1);
	for (int i = 1; i < 9; i++)
		checkup_keep(&checkup, CHECKUP_UNACCEPTED, TCP_STATE_CLOSE_WAIT, 0, 60000);
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_WARN);
	checkup_keep(&checkup, CHECKUP_UNACCEPTED, TCP_STATE_CLOSE_WAIT, 0, 60000);
	assert_int_equal(judge(&checkup, "close_wait"), SEVERITY_BAD);
	checkup_finish(&checkup);
}

static void half_closed_by_silence(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_socket *kept;

	(void)state;
	kept = checkup_keep(&checkup, CHECKUP_HALF_CLOSED, TCP_STATE_FIN_WAIT2, 5, 2999);
	assert_int_equal(judge(&checkup, "half_closed"), -1);
	kept->silent_ms = 3000;
	assert_int_equal(judge(&checkup, "half_closed"), SEVERITY_NOTE);
	kept->silent_ms = 60000;
	assert_int_equal(judge(&checkup, "half_closed"), SEVERITY_WARN);
	for (int i = 1; i < 99; i++)
		checkup_keep(&checkup, CHECKUP_HALF_CLOSED, TCP_STATE_FIN_WAIT2, 5, 60000);
	assert_int_equal(judge(&checkup, "half_closed"), SEVERITY_WARN);
	checkup_keep(&checkup, CHECKUP_HALF_CLOSED, TCP_STATE_FIN_WAIT2, 5, 60000);
	assert_int_equal(judge(&checkup, "half_closed"), SEVERITY_BAD);
	/* The one kind is not the other. */
	assert_int_equal(judge(&checkup, "close_wait"), -1);
	checkup_finish(&checkup);
}

static void vanished_peers_by_retransmissions(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_socket *kept;

	(void)state;
	kept = checkup_keep(&checkup, CHECKUP_UNANSWERED, TCP_STATE_FIN_WAIT1, 0, 900);
	kept->socket.retransmissions = 1;
	assert_int_equal(judge(&checkup, "vanished_peers"), -1);
	kept->socket.retransmissions = 2;
	kept->socket.inode = 0;
	assert_int_equal(judge(&checkup, "vanished_peers"), SEVERITY_WARN);
	assert_int_equal((int)evidence(&checkup, "vanished_peers", "orphans"), 1);
	assert_int_equal((int)evidence(&checkup, "vanished_peers", "retransmissions"), 2);
	for (int i = 1; i < 99; i++)
		checkup_keep(&checkup, CHECKUP_UNANSWERED, TCP_STATE_LAST_ACK, 0, 900)
			->socket.retransmissions = 3;
	assert_int_equal(judge(&checkup, "vanished_peers"), SEVERITY_WARN);
	checkup_keep(&checkup, CHECKUP_UNANSWERED, TCP_STATE_CLOSING, 0, 900)
		->socket.retransmissions = 3;
	assert_int_equal(judge(&checkup, "vanished_peers"), SEVERITY_BAD);
	checkup_finish(&checkup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_host_has_no_findings),
		cmocka_unit_test(what_is_missing_is_no_finding),
		cmocka_unit_test(scenarios_and_names_are_there),
		cmocka_unit_test(ports_by_share),
		cmocka_unit_test(ports_that_are_not_to_be_had),
		cmocka_unit_test(ports_until_none_is_left),
		cmocka_unit_test(ports_of_a_load_that_has_just_begun),
		cmocka_unit_test(ports_that_leak),
		cmocka_unit_test(the_worst_destinations_are_shown),
		cmocka_unit_test(close_wait_by_age),
		cmocka_unit_test(close_wait_by_number),
		cmocka_unit_test(close_wait_of_a_crowd),
		cmocka_unit_test(sockets_of_a_finding_are_bounded),
		cmocka_unit_test(processes_of_a_kind_are_bounded),
		cmocka_unit_test(not_accepted_by_age),
		cmocka_unit_test(half_closed_by_silence),
		cmocka_unit_test(vanished_peers_by_retransmissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
