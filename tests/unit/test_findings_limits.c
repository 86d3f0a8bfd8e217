/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "checkups.h"

static void buckets_by_share(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	checkup_set(&checkup, SETTING_MAX_TW_BUCKETS, 1000);
	checkup.sockstat.time_wait = 799;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), -1);
	checkup.sockstat.time_wait = 800;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), SEVERITY_WARN);
	checkup.sockstat.time_wait = 950;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), SEVERITY_BAD);
	/* Without sockstat, as the sockets are. */
	checkup.sockstat.is_known = false;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), -1);
	checkup.states[TCP_STATE_TIME_WAIT] = 950;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), SEVERITY_BAD);
	checkup_finish(&checkup);
}

static void buckets_by_rate(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	checkup_set(&checkup, SETTING_MAX_TW_BUCKETS, 1200);
	/* Ten in half a second are 20/s, 1200 in a minute. */
	checkup_count(&checkup, "TcpExt", "TW", 500, 10);
	assert_int_equal(judge(&checkup, "time_wait_buckets"), -1);
	checkup_set(&checkup, SETTING_MAX_TW_BUCKETS, 1199);
	assert_int_equal(judge(&checkup, "time_wait_buckets"), SEVERITY_WARN);
	assert_float_equal(evidence(&checkup, "time_wait_buckets", "needed"), 1200, 0.01);
	/* As many as come go, being reused: there will be no more than there are. */
	checkup.sockstat.time_wait = checkup.sockstat_before.time_wait = 500;
	checkup.sockstat_before.is_known = true;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), -1);
	/* 12/s more, and 500 there are: 1220. */
	checkup.sockstat_before.time_wait = 494;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), SEVERITY_WARN);
	assert_float_equal(evidence(&checkup, "time_wait_buckets", "needed"), 1200, 0.01);
	checkup.window_s = 0.09;
	assert_int_equal(judge(&checkup, "time_wait_buckets"), -1);
	checkup_finish(&checkup);
}

/* The first finding's title has these words. */
static bool says(const struct checkup *checkup, const char *check, const char *words)
{
	struct findings findings = {0};
	bool is_said;

	findings_judge_one(&findings, checkup, check);
	is_said = findings.count && strstr(findings.findings[0].title.bytes, words);
	findings_finish(&findings);
	return is_said;
}

static void buckets_that_overflow(void **state)
{
	struct checkup before = healthy(), now = healthy(), never = healthy();

	(void)state;
	checkup_count(&never, "TcpExt", "TCPTimeWaitOverflow", 0, 0);
	assert_int_equal(judge(&never, "time_wait_buckets"), -1);
	checkup_count(&before, "TcpExt", "TCPTimeWaitOverflow", 7, 0);
	assert_int_equal(judge(&before, "time_wait_buckets"), SEVERITY_WARN);
	assert_true(says(&before, "time_wait_buckets", "were denied"));
	checkup_count(&now, "TcpExt", "TCPTimeWaitOverflow", 7, 1);
	assert_int_equal(judge(&now, "time_wait_buckets"), SEVERITY_BAD);
	assert_true(says(&now, "time_wait_buckets", "are denied"));
	assert_int_equal((int)evidence(&now, "time_wait_buckets", "overflows"), 7);
	checkup_finish(&before);
	checkup_finish(&now);
	checkup_finish(&never);
}

static void orphans_by_share(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	checkup_set(&checkup, SETTING_MAX_ORPHANS, 1000);
	checkup.sockstat.orphans = 499;
	assert_int_equal(judge(&checkup, "orphans"), -1);
	checkup.sockstat.orphans = 500;
	assert_int_equal(judge(&checkup, "orphans"), SEVERITY_WARN);
	checkup.sockstat.orphans = 950;
	assert_int_equal(judge(&checkup, "orphans"), SEVERITY_BAD);
	/* Not to be had in a namespace that is not the first. */
	checkup.settings.is_known[SETTING_MAX_ORPHANS] = false;
	assert_int_equal(judge(&checkup, "orphans"), -1);
	checkup_finish(&checkup);
}

static void aborts_for_memory(void **state)
{
	struct checkup none = healthy(), before = healthy(), now = healthy();

	(void)state;
	checkup_count(&none, "TcpExt", "TCPAbortOnMemory", 0, 0);
	assert_int_equal(judge(&none, "aborted_for_memory"), -1);
	checkup_count(&before, "TcpExt", "TCPAbortOnMemory", 1, 0);
	assert_int_equal(judge(&before, "aborted_for_memory"), SEVERITY_WARN);
	checkup_count(&now, "TcpExt", "TCPAbortOnMemory", 1, 1);
	assert_int_equal(judge(&now, "aborted_for_memory"), SEVERITY_BAD);
	checkup_finish(&none);
	checkup_finish(&before);
	checkup_finish(&now);
}

static int judge_timeouts_of(int64_t timeouts, int64_t sent)
{
	struct checkup checkup = healthy();
	int severity;

	checkup_count(&checkup, "TcpExt", "TCPTimeouts", timeouts, 0);
	checkup_count(&checkup, "Tcp", "OutSegs", sent, 0);
	severity = judge(&checkup, "timeouts");
	checkup_finish(&checkup);
	return severity;
}

static void timeouts_by_share(void **state)
{
	(void)state;
	assert_int_equal(judge_timeouts_of(99, 100), -1);
	assert_int_equal(judge_timeouts_of(100, 10001), -1);
	assert_int_equal(judge_timeouts_of(100, 10000), SEVERITY_WARN);
}

static void conntrack_by_share(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	assert_int_equal(judge(&checkup, "conntrack_full"), -1);
	checkup_set(&checkup, SETTING_CONNTRACK_MAX, 1000);
	checkup_set(&checkup, SETTING_CONNTRACK_COUNT, 799);
	assert_int_equal(judge(&checkup, "conntrack_full"), -1);
	checkup_set(&checkup, SETTING_CONNTRACK_COUNT, 800);
	assert_int_equal(judge(&checkup, "conntrack_full"), SEVERITY_WARN);
	checkup_set(&checkup, SETTING_CONNTRACK_COUNT, 950);
	assert_int_equal(judge(&checkup, "conntrack_full"), SEVERITY_BAD);
	checkup_finish(&checkup);
}

static void queues_that_are_full(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_listener *listener = checkup_listen(&checkup, 80, 5, 5);

	(void)state;
	/* A backlog of N admits N + 1. */
	assert_int_equal(judge(&checkup, "listen_queue"), -1);
	listener->socket.receive_queue = 6;
	assert_int_equal(judge(&checkup, "listen_queue"), SEVERITY_BAD);
	assert_int_equal((int)evidence(&checkup, "listen_queue", "backlog"), 5);
	checkup_finish(&checkup);
}

static int judge_overflows(int64_t overflows, int64_t grown, int64_t opens)
{
	struct checkup checkup = healthy();
	int severity;

	checkup_count(&checkup, "TcpExt", "ListenOverflows", overflows, grown);
	checkup_count(&checkup, "TcpExt", "ListenDrops", overflows, grown);
	checkup_count(&checkup, "Tcp", "PassiveOpens", opens, 0);
	severity = judge(&checkup, "listen_queue");
	checkup_finish(&checkup);
	return severity;
}

static void queues_that_overflowed(void **state)
{
	(void)state;
	assert_int_equal(judge_overflows(0, 0, 1000000), -1);
	assert_int_equal(judge_overflows(99, 0, 1000000), SEVERITY_NOTE);
	assert_int_equal(judge_overflows(100, 0, 1000000), SEVERITY_WARN);
	assert_int_equal(judge_overflows(1, 1, 1000000), SEVERITY_BAD);
}

static int judge_syns(int64_t dropped, int64_t grown, int64_t cookies, int64_t cookies_grown)
{
	struct checkup checkup = healthy();
	int severity;

	checkup_count(&checkup, "TcpExt", "TCPReqQFullDrop", dropped, grown);
	checkup_count(&checkup, "TcpExt", "SyncookiesSent", cookies, cookies_grown);
	severity = judge(&checkup, "syn_queue");
	checkup_finish(&checkup);
	return severity;
}

static void syns_by_what_became_of_them(void **state)
{
	(void)state;
	assert_int_equal(judge_syns(0, 0, 0, 0), -1);
	assert_int_equal(judge_syns(0, 0, 2, 0), SEVERITY_NOTE);
	assert_int_equal(judge_syns(0, 0, 2, 1), SEVERITY_WARN);
	assert_int_equal(judge_syns(1, 0, 1, 0), SEVERITY_WARN);
	assert_int_equal(judge_syns(1, 1, 0, 0), SEVERITY_BAD);
}

static void somaxconn_by_what_it_cuts(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_listener *listener = checkup_listen(&checkup, 80, 0, 127);

	(void)state;
	checkup_set(&checkup, SETTING_SOMAXCONN, 128);
	assert_int_equal(judge(&checkup, "somaxconn"), -1);
	listener->socket.send_queue = 128;
	assert_int_equal(judge(&checkup, "somaxconn"), SEVERITY_NOTE);
	listener->socket.send_queue = 5;
	checkup_set(&checkup, SETTING_SOMAXCONN, 127);
	assert_int_equal(judge(&checkup, "somaxconn"), SEVERITY_NOTE);
	/* High enough to be meant. */
	listener->socket.send_queue = 1024;
	checkup_set(&checkup, SETTING_SOMAXCONN, 1024);
	assert_int_equal(judge(&checkup, "somaxconn"), -1);
	checkup_finish(&checkup);
}

static void restarts_that_fail(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_listener *listener = checkup_listen(&checkup, 80, 0, 9);

	(void)state;
	listener->reuse_address = 0;
	assert_int_equal(judge(&checkup, "reuse_address"), -1);
	listener->connections = 1;
	assert_int_equal(judge(&checkup, "reuse_address"), SEVERITY_NOTE);
	listener->time_wait = 1;
	assert_int_equal(judge(&checkup, "reuse_address"), SEVERITY_WARN);
	/* Either option is good for a restart that sets it again. */
	listener->reuse_port = 1;
	assert_int_equal(judge(&checkup, "reuse_address"), -1);
	listener->reuse_port = 0;
	listener->reuse_address = 1;
	assert_int_equal(judge(&checkup, "reuse_address"), -1);
	/* Not this user's to ask: then nothing is said. */
	listener->reuse_address = -1;
	assert_int_equal(judge(&checkup, "reuse_address"), -1);
	checkup_finish(&checkup);
}

/* What the check says when the healthy host has that setting. */
static int judge_setting(const char *check, enum setting setting, int64_t value)
{
	struct checkup checkup = healthy();
	int severity;

	checkup_set(&checkup, setting, value);
	severity = judge(&checkup, check);
	checkup_finish(&checkup);
	return severity;
}

static void settings_by_value(void **state)
{
	static const struct {
		const char *check;
		enum setting setting;
		int64_t value;
		int severity;
	} cases[] = {
		{"fin_timeout_high", SETTING_FIN_TIMEOUT_S, 60, -1},
		{"fin_timeout_high", SETTING_FIN_TIMEOUT_S, 61, SEVERITY_WARN},
		{"fin_timeout_low", SETTING_FIN_TIMEOUT_S, 60, -1},
		{"fin_timeout_low", SETTING_FIN_TIMEOUT_S, 59, SEVERITY_NOTE},
		{"fin_timeout_low", SETTING_FIN_TIMEOUT_S, 5, SEVERITY_NOTE},
		{"fin_timeout_low", SETTING_FIN_TIMEOUT_S, 4, SEVERITY_WARN},
		{"max_tw_buckets", SETTING_MAX_TW_BUCKETS, 1024, -1},
		{"max_tw_buckets", SETTING_MAX_TW_BUCKETS, 1023, SEVERITY_WARN},
		{"max_orphans", SETTING_MAX_ORPHANS, 1024, -1},
		{"max_orphans", SETTING_MAX_ORPHANS, 1023, SEVERITY_WARN},
		{"rfc1337", SETTING_RFC1337, 1, SEVERITY_NOTE},
		{"abort_on_overflow", SETTING_ABORT_ON_OVERFLOW, 1, SEVERITY_NOTE},
		{"tw_recycle", SETTING_TW_RECYCLE, 0, -1},
		{"tw_recycle", SETTING_TW_RECYCLE, 1, SEVERITY_BAD},
		{"tw_reuse", SETTING_TW_REUSE, 1, -1},
		{"tw_reuse", SETTING_TIMESTAMPS, 0, SEVERITY_NOTE},
		{"conntrack_time_wait", SETTING_CONNTRACK_TIME_WAIT_S, 120, -1},
		{"conntrack_time_wait", SETTING_CONNTRACK_TIME_WAIT_S, 119, SEVERITY_NOTE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int severity = judge_setting(cases[i].check, cases[i].setting, cases[i].value);

		if (severity != cases[i].severity)
			fail_msg("%s at %lld: %d", cases[i].check, (long long)cases[i].value,
				severity);
	}
}

static void settings_that_need_each_other(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	checkup_set(&checkup, SETTING_TW_REUSE, 1);
	checkup_set(&checkup, SETTING_TIMESTAMPS, 0);
	assert_int_equal(judge(&checkup, "tw_reuse"), SEVERITY_WARN);
	checkup_finish(&checkup);
	checkup = healthy();
	checkup_set(&checkup, SETTING_FIN_TIMEOUT_S, 61);
	assert_int_equal((int)evidence(&checkup, "fin_timeout_high", "fin_wait2_s"), 2);
	checkup_set(&checkup, SETTING_FIN_TIMEOUT_S, 90);
	assert_int_equal((int)evidence(&checkup, "fin_timeout_high", "fin_wait2_s"), 60);
	checkup_finish(&checkup);
}

static int judge_range(uint32_t low, uint32_t high)
{
	struct checkup checkup = healthy();
	int severity;

	checkup_range(&checkup, low, high);
	severity = judge(&checkup, "port_range");
	checkup_finish(&checkup);
	return severity;
}

static void ranges(void **state)
{
	(void)state;
	assert_int_equal(judge_range(32768, 60999), -1);
	assert_int_equal(judge_range(1024, 65535), -1);
	assert_int_equal(judge_range(1023, 65534), SEVERITY_WARN);
	assert_int_equal(judge_range(32768, 60998), SEVERITY_NOTE);
	assert_int_equal(judge_range(40000, 49999), -1);
	assert_int_equal(judge_range(40000, 49997), SEVERITY_NOTE);
	assert_int_equal(judge_range(40000, 40999), SEVERITY_NOTE);
	assert_int_equal(judge_range(40000, 40997), SEVERITY_WARN);
	assert_int_equal(judge_range(50000, 50000), SEVERITY_WARN);
}

static void listeners_in_the_range(void **state)
{
	struct checkup checkup = healthy();
	struct findings findings = {0};

	(void)state;
	checkup_listen(&checkup, 32767, 0, 9);
	checkup_listen(&checkup, 61000, 0, 9);
	assert_int_equal(judge(&checkup, "listener_in_range"), -1);
	checkup_listen(&checkup, 32768, 0, 9);
	checkup_listen(&checkup, 60999, 0, 9);
	assert_int_equal(judge(&checkup, "listener_in_range"), SEVERITY_NOTE);
	findings_judge_one(&findings, &checkup, "listener_in_range");
	assert_non_null(strstr(findings.findings[0].remedy.bytes, "=32768,60999"));
	findings_finish(&findings);
	for (int port = 32768; port <= 60999; port++)
		checkup.settings.reserved[port / 64] |= UINT64_C(1) << port % 64;
	assert_int_equal(judge(&checkup, "listener_in_range"), -1);
	checkup_finish(&checkup);
}

static void add_line(struct checkup *checkup, const char *name, const char *value)
{
	struct settings_line *line =
		list_grow(&checkup->files.lines, &checkup->files.count, &checkup->files.room);

	line->path = text_copy("/etc/sysctl.d/99-tuning.conf");
	line->line = 3;
	snprintf(line->name, sizeof(line->name), "%s", name);
	snprintf(line->value, sizeof(line->value), "%s", value);
}

static void lines_of_files(void **state)
{
	struct checkup checkup = healthy();

	(void)state;
	add_line(&checkup, "tcp_tw_recycle", "0");
	assert_int_equal(judge(&checkup, "tw_recycle"), -1);
	add_line(&checkup, "tcp_tw_recycle", "1");
	assert_int_equal(judge(&checkup, "tw_recycle"), SEVERITY_WARN);
	assert_int_equal((int)evidence(&checkup, "tw_recycle", "line"), 3);
	assert_int_equal(judge(&checkup, "conntrack_time_wait"), -1);
	add_line(&checkup, "nf_conntrack_tcp_timeout_time_wait", "30");
	assert_int_equal(judge(&checkup, "conntrack_time_wait"), SEVERITY_NOTE);
	checkup_finish(&checkup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_by_share),
		cmocka_unit_test(buckets_by_rate),
		cmocka_unit_test(buckets_that_overflow),
		cmocka_unit_test(orphans_by_share),
		cmocka_unit_test(aborts_for_memory),
		cmocka_unit_test(timeouts_by_share),
		cmocka_unit_test(conntrack_by_share),
		cmocka_unit_test(queues_that_are_full),
		cmocka_unit_test(queues_that_overflowed),
		cmocka_unit_test(syns_by_what_became_of_them),
		cmocka_unit_test(somaxconn_by_what_it_cuts),
		cmocka_unit_test(restarts_that_fail),
		cmocka_unit_test(settings_by_value),
		cmocka_unit_test(settings_that_need_each_other),
		cmocka_unit_test(ranges),
		cmocka_unit_test(listeners_in_the_range),
		cmocka_unit_test(lines_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
