/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef UNIT_CHECKUPS_H
#define UNIT_CHECKUPS_H

/* Checkups made up, without a kernel: a healthy host, and what a test changes of it. */

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "explain/findings.h"
#include "observe/checkup.h"

static inline void checkup_set(struct checkup *checkup, enum setting setting, int64_t value)
{
	checkup->settings.is_known[setting] = true;
	checkup->settings.values[setting] = value;
}

static inline void checkup_range(struct checkup *checkup, uint32_t low, uint32_t high)
{
	checkup->settings.has_port_range = true;
	checkup->settings.port_low = low;
	checkup->settings.port_high = high;
}

static inline void count_into(
	struct counters *counters, const char *group, const char *name, int64_t value)
{
	struct counter *counter = list_grow(&counters->counters, &counters->count, &counters->room);

	snprintf(counter->group, sizeof(counter->group), "%s", group);
	snprintf(counter->name, sizeof(counter->name), "%s", name);
	counter->value = value;
}

/* A counter's total, and by how much it grew between the two looks. */
static inline void checkup_count(
	struct checkup *checkup, const char *group, const char *name, int64_t total, int64_t grown)
{
	count_into(&checkup->before, group, name, total - grown);
	count_into(&checkup->after, group, name, total);
}

static inline struct endpoint at(uint8_t last, uint16_t port)
{
	return (struct endpoint){.family = AF_INET, .port = port, .address = {192, 0, 2, last}};
}

static inline struct checkup_socket *checkup_keep(struct checkup *checkup, enum checkup_kind kind,
	enum tcp_state state, pid_t pid, uint32_t silent_ms)
{
	struct checkup_socket *kept =
		list_grow(&checkup->sockets, &checkup->socket_count, &checkup->socket_room);

	*kept = (struct checkup_socket){
		.kind = kind,
		.pid = pid,
		.fd = 7,
		.comm = "prog",
		.has_silence = true,
		.silent_ms = silent_ms,
		.socket = {.state = state,
			.local = at(1, 80),
			.peer = at(2, (uint16_t)(40000 + checkup->socket_count)),
			.inode = (uint32_t)(1000 + checkup->socket_count)},
	};
	checkup->states[state]++;
	checkup->kinds[kind]++;
	return kept;
}

static inline struct checkup_listener *checkup_listen(
	struct checkup *checkup, uint16_t port, uint32_t queue, uint32_t backlog)
{
	struct checkup_listener *listener =
		list_grow(&checkup->listeners, &checkup->listener_count, &checkup->listener_room);

	*listener = (struct checkup_listener){
		.socket = {.state = TCP_STATE_LISTEN,
			.local = at(1, port),
			.receive_queue = queue,
			.send_queue = backlog,
			.inode = port},
		.pid = 99,
		.fd = 3,
		.comm = "server",
		.reuse_address = 1,
	};
	return listener;
}

static inline struct checkup_destination *checkup_connect(
	struct checkup *checkup, uint32_t live, uint32_t time_wait)
{
	struct checkup_destination *destination = list_grow(
		&checkup->destinations, &checkup->destination_count, &checkup->destination_room);

	*destination = (struct checkup_destination){
		.local = at(1, 0),
		.peer = at(2, 443),
		.live = live,
		.time_wait = time_wait,
		.used_before = live + time_wait,
	};
	/* All of an age of 30 s unless the test says otherwise. */
	destination->left_s[30] = time_wait;
	return destination;
}

/* As a host is that nobody has tuned, and that is at rest. The test finishes it. */
static inline struct checkup healthy(void)
{
	struct checkup checkup = {.has_sockets = true,
		.has_counters = true,
		.has_owners = true,
		.window_s = 0.5,
		.looks_s = 0.5};

	checkup_range(&checkup, 32768, 60999);
	checkup.settings.has_reserved = true;
	checkup_set(&checkup, SETTING_TW_REUSE, 2);
	checkup_set(&checkup, SETTING_TIMESTAMPS, 1);
	checkup_set(&checkup, SETTING_FIN_TIMEOUT_S, 60);
	checkup_set(&checkup, SETTING_MAX_TW_BUCKETS, 100000);
	checkup_set(&checkup, SETTING_RFC1337, 0);
	checkup_set(&checkup, SETTING_MAX_ORPHANS, 10000);
	checkup_set(&checkup, SETTING_ABORT_ON_OVERFLOW, 0);
	checkup_set(&checkup, SETTING_SYNCOOKIES, 1);
	checkup_set(&checkup, SETTING_SOMAXCONN, 4096);
	checkup.sockstat = (struct checkup_sockstat){.is_known = true};
	return checkup;
}

/* What one check says of the checkup: the first finding's severity, or -1 for nothing. */
static inline int judge(const struct checkup *checkup, const char *check)
{
	struct findings findings = {0};
	int severity = -1;

	assert_true(findings_judge_one(&findings, checkup, check));
	if (findings.count)
		severity = (int)findings.findings[0].severity;
	findings_finish(&findings);
	return severity;
}

/* The number of the first finding's evidence that programs call so. */
static inline double evidence(const struct checkup *checkup, const char *check, const char *key)
{
	struct findings findings = {0};
	double number = -1;
	bool is_there = false;

	findings_judge_one(&findings, checkup, check);
	assert_true(findings.count > 0);
	for (size_t i = 0; i < findings.findings[0].fact_count; i++) {
		if (!strcmp(findings.findings[0].facts[i].key, key)) {
			number = findings.findings[0].facts[i].number;
			is_there = true;
		}
	}
	findings_finish(&findings);
	assert_true(is_there);
	return number;
}

static inline size_t count_findings(const struct checkup *checkup, const char *check)
{
	struct findings findings = {0};
	size_t count;

	findings_judge_one(&findings, checkup, check);
	count = findings.count;
	findings_finish(&findings);
	return count;
}

#endif
