/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "explain/findings_checks.h"

/* In this order among findings that are as bad. */
static const struct findings_check checks[] = {
	{"port_budget", "ephemeral-exhaustion", "EADDRNOTAVAIL", judge_port_budget},
	{"close_wait", "close-wait-forever", "CLOSE_WAIT", judge_close_wait},
	{"listen_queue", "syn-to-full-backlog", "backlog", judge_listen_queue},
	{"syn_queue", "syn-cookies", "syn_cookies", judge_syn_queue},
	{"time_wait_buckets", "bucket-overflow", "tcp_max_tw_buckets", judge_time_wait_buckets},
	{"conntrack_full", "lost-syn", "conntrack", judge_conntrack_full},
	{"orphans", "fin-wait2-orphan", "tcp_max_orphans", judge_orphans},
	{"aborted_for_memory", "fin-wait2-orphan", "orphan", judge_aborted_for_memory},
	{"half_closed", "fin-wait2-open-has-no-timer", "FIN_WAIT2", judge_half_closed},
	{"vanished_peers", "orphan-retries", "tcp_orphan_retries", judge_vanished_peers},
	{"timeouts", "retransmission-backs-off", "retransmission", judge_timeouts},
	{"reuse_address", "reuseaddr-on-new-only", "SO_REUSEADDR", judge_reuse_address},
	{"tw_recycle", "tw-recycle", "tcp_tw_recycle", judge_tw_recycle},
	{"tw_reuse", "tw-reuse-needs-timestamps", "tcp_tw_reuse", judge_tw_reuse},
	{"fin_timeout_high", "fin-timeout-90", "tcp_fin_timeout", judge_fin_timeout_high},
	{"fin_timeout_low", "fin-timeout-shortens-time-wait", "tcp_fin_timeout",
		judge_fin_timeout_low},
	{"max_tw_buckets", "small-tw-buckets-are-harmless", "tcp_max_tw_buckets",
		judge_max_tw_buckets},
	{"max_orphans", "fin-wait2-orphan", "tcp_max_orphans", judge_max_orphans},
	{"port_range", "odd-range", "ip_local_port_range", judge_port_range},
	{"listener_in_range", "listen-blocked-by-ephemeral", "ip_local_reserved_ports",
		judge_listener_in_range},
	{"somaxconn", "backlog-cut-by-somaxconn", "somaxconn", judge_somaxconn},
	{"abort_on_overflow", "abort-on-overflow", "tcp_abort_on_overflow",
		judge_abort_on_overflow},
	{"rfc1337", "assassination-refused", "tcp_rfc1337", judge_rfc1337},
	{"conntrack_time_wait", "time-wait-full-lifetime", "conntrack", judge_conntrack_time_wait},
};

#define CHECK_COUNT (sizeof(checks) / sizeof(*checks))

const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_NOTE: return "note";
	case SEVERITY_WARN: return "warn";
	case SEVERITY_BAD: return "bad";
	}
	return "note";
}

const struct findings_check *findings_checks(size_t *ret_count)
{
	*ret_count = CHECK_COUNT;
	return checks;
}

static void run(struct findings *findings, const struct checkup *checkup,
	const struct findings_check *check)
{
	findings->check = check;
	check->judge(findings, checkup);
	findings->check = NULL;
}

/* The worst first, and otherwise as they were found: qsort() alone would not keep that. */
static void sort(struct findings *findings)
{
	struct finding *sorted;
	size_t count = 0;

	if (!findings->count)
		return;
	sorted = calloc(findings->room, sizeof(*sorted));
	if (!sorted)
		abort();
	for (int severity = SEVERITY_BAD; severity >= SEVERITY_NOTE; severity--) {
		for (size_t i = 0; i < findings->count; i++) {
			if (findings->findings[i].severity == (enum severity)severity)
				sorted[count++] = findings->findings[i];
		}
	}
	free(findings->findings);
	findings->findings = sorted;
}

void findings_judge(struct findings *findings, const struct checkup *checkup)
{
	for (size_t i = 0; i < CHECK_COUNT; i++)
		run(findings, checkup, &checks[i]);
	sort(findings);
}

bool findings_judge_one(struct findings *findings, const struct checkup *checkup, const char *name)
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		if (!strcmp(checks[i].name, name)) {
			run(findings, checkup, &checks[i]);
			return true;
		}
	}
	return false;
}

void findings_finish(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *finding = &findings->findings[i];

		text_finish(&finding->title);
		text_finish(&finding->meaning);
		text_finish(&finding->remedy);
		for (size_t j = 0; j < finding->fact_count; j++)
			free(finding->facts[j].text);
	}
	free(findings->findings);
	*findings = (struct findings){0};
}

size_t findings_count(const struct findings *findings, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->findings[i].severity == severity;
	return count;
}

struct finding *finding_add(
	struct findings *findings, enum severity severity, const char *title, ...)
{
	struct finding *finding = list_grow(&findings->findings, &findings->count, &findings->room);
	va_list args;

	*finding = (struct finding){
		.check = findings->check->name,
		.scenario = findings->check->scenario,
		.page = findings->check->page,
		.severity = severity,
		.title = TEXT_INIT,
		.meaning = TEXT_INIT,
		.remedy = TEXT_INIT,
	};
	va_start(args, title);
	text_vprintf(&finding->title, title, args);
	va_end(args);
	return finding;
}

static struct fact *add_fact(
	struct finding *finding, const char *key, const char *label, enum fact_unit unit)
{
	struct fact *fact;

	if (finding->fact_count == FINDING_FACTS)
		abort(); /* a check's mistake, which its test finds */
	fact = &finding->facts[finding->fact_count++];
	*fact = (struct fact){.key = key, .label = label, .unit = unit};
	return fact;
}

void finding_fact(struct finding *finding, const char *key, const char *label, enum fact_unit unit,
	double number)
{
	add_fact(finding, key, label, unit)->number = number;
}

void finding_fact_text(
	struct finding *finding, const char *key, const char *label, const char *text)
{
	add_fact(finding, key, label, FACT_TEXT)->text = text_copy(text);
}

void finding_mean(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(&finding->meaning, format, args);
	va_end(args);
}

void finding_advise(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(&finding->remedy, format, args);
	va_end(args);
}

void finding_socket(struct finding *finding, const struct checkup_socket *socket)
{
	if (finding->socket_count < FINDING_SOCKETS)
		finding->sockets[finding->socket_count++] = *socket;
	else
		finding->sockets_more++;
}

int64_t findings_setting(const struct checkup *checkup, enum setting setting, int64_t otherwise)
{
	return checkup->settings.is_known[setting] ? checkup->settings.values[setting] : otherwise;
}
