/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "explain/findings_checks.h"

/* The kernel's own value is half of its table of connections: 2048 with 512 MB of memory. */
#define FEW_TW_BUCKETS 1024
#define FEW_ORPHANS    1024
#define FIN_TIMEOUT_S  60
/* A peer on another continent, or behind a lost packet, takes seconds for its FIN. */
#define HASTY_FIN_TIMEOUT_S   5
#define CONNTRACK_TIME_WAIT_S 120

static void add_setting(
	struct finding *finding, const struct checkup *checkup, enum setting setting)
{
	const char *name = setting_name(setting);

	finding_fact(finding, name, name, FACT_COUNT, (double)checkup->settings.values[setting]);
}

void judge_tw_reuse(struct findings *findings, const struct checkup *checkup)
{
	struct finding *finding;

	if (findings_setting(checkup, SETTING_TIMESTAMPS, 1) != 0)
		return;
	if (findings_setting(checkup, SETTING_TW_REUSE, 0) == 1) {
		finding = finding_add(findings, SEVERITY_WARN, "%s",
			_("net.ipv4.tcp_tw_reuse does nothing: timestamps are off"));
		add_setting(finding, checkup, SETTING_TW_REUSE);
	} else {
		finding = finding_add(
			findings, SEVERITY_NOTE, "%s", _("TCP timestamps are switched off"));
	}
	add_setting(finding, checkup, SETTING_TIMESTAMPS);
	finding_mean(finding, "%s",
		_("A port may be taken from TIME_WAIT only because timestamps tell old segments "
		  "from new ones (PAWS). Without them none is reused, and a wrapped sequence "
		  "number on a fast link is not noticed."));
	finding_advise(finding, "%s", _("net.ipv4.tcp_timestamps=1, the kernel's own value."));
}

/* What an orphan's FIN_WAIT2 lasts: what is above a minute is waited for twice (tcp_close()). */
static int64_t fin_wait2_s(int64_t fin_timeout_s)
{
	return fin_timeout_s > FIN_TIMEOUT_S ? 2 * (fin_timeout_s - FIN_TIMEOUT_S) : fin_timeout_s;
}

void judge_fin_timeout_high(struct findings *findings, const struct checkup *checkup)
{
	int64_t timeout_s = findings_setting(checkup, SETTING_FIN_TIMEOUT_S, 0);
	struct finding *finding;

	if (timeout_s <= FIN_TIMEOUT_S)
		return;
	finding = finding_add(findings, SEVERITY_WARN,
		_("net.ipv4.tcp_fin_timeout=%lld does not mean %lld s"), (long long)timeout_s,
		(long long)timeout_s);
	add_setting(finding, checkup, SETTING_FIN_TIMEOUT_S);
	finding_fact(finding, "fin_wait2_s", N_("FIN_WAIT2 of a closed socket lasts"), FACT_SECONDS,
		(double)fin_wait2_s(timeout_s));
	finding_mean(finding, "%s",
		_("Above 60 it is not monotonic: the time is about 2 x (value - 60) s, so 61 is 2 "
		  "s and 90 a minute. And it is for FIN_WAIT2 alone, never for TIME_WAIT."));
	finding_advise(finding, "%s", _("net.ipv4.tcp_fin_timeout=60, the kernel's own value."));
}

void judge_fin_timeout_low(struct findings *findings, const struct checkup *checkup)
{
	int64_t timeout_s = findings_setting(checkup, SETTING_FIN_TIMEOUT_S, FIN_TIMEOUT_S);
	struct finding *finding;

	if (timeout_s >= FIN_TIMEOUT_S)
		return;
	finding = finding_add(findings,
		timeout_s < HASTY_FIN_TIMEOUT_S ? SEVERITY_WARN : SEVERITY_NOTE,
		_("net.ipv4.tcp_fin_timeout=%lld does not shorten TIME_WAIT"),
		(long long)timeout_s);
	add_setting(finding, checkup, SETTING_FIN_TIMEOUT_S);
	finding_mean(finding, "%s",
		_("It is for how long a closed socket waits in FIN_WAIT2 for the peer's FIN. "
		  "TIME_WAIT takes 60 s, and no setting changes that. A peer whose FIN, or whose "
		  "data, comes later gets RST."));
	finding_advise(finding, "%s",
		_("net.ipv4.tcp_fin_timeout=60, unless many sockets are really in FIN_WAIT2."));
}

/* The value is a file's: anything. */
static void add_line(struct finding *finding, const struct settings_line *line)
{
	finding_fact_text(finding, "file", N_("in"), line->path);
	finding_fact(finding, "line", N_("line"), FACT_COUNT, line->line);
	finding_fact_text(finding, "value", N_("value"), line->value);
}

void judge_tw_recycle(struct findings *findings, const struct checkup *checkup)
{
	int64_t value = findings_setting(checkup, SETTING_TW_RECYCLE, 0);
	struct finding *finding;

	/* Kernels before 4.12: older than what is supported, and yet worth a warning. */
	if (value) {
		finding = finding_add(findings, SEVERITY_BAD, "%s",
			_("net.ipv4.tcp_tw_recycle is on: clients behind a NAT are dropped"));
		add_setting(finding, checkup, SETTING_TW_RECYCLE);
		finding_mean(finding, "%s",
			_("It takes the timestamps of all clients behind one address for those of "
			  "one host, and drops the SYNs of most."));
		finding_advise(finding, "%s", _("net.ipv4.tcp_tw_recycle=0, now."));
	}
	for (size_t i = 0; i < checkup->files.count; i++) {
		const struct settings_line *line = &checkup->files.lines[i];

		if (strcmp(line->name, "tcp_tw_recycle") != 0 || atoi(line->value) == 0)
			continue;
		finding = finding_add(findings, SEVERITY_WARN,
			_("%s sets tcp_tw_recycle, which is gone"), line->path);
		add_line(finding, line);
		finding_mean(finding, "%s",
			_("Linux has no such setting since 4.12 (2017), for it dropped clients "
			  "behind a NAT. sysctl says so at each boot, and TIME_WAIT is what it "
			  "always was."));
		finding_advise(finding, "%s", _("Take the line out."));
	}
}

void judge_max_tw_buckets(struct findings *findings, const struct checkup *checkup)
{
	int64_t limit = findings_setting(checkup, SETTING_MAX_TW_BUCKETS, FEW_TW_BUCKETS);
	struct finding *finding;

	if (limit >= FEW_TW_BUCKETS)
		return;
	finding = finding_add(findings, SEVERITY_WARN,
		_("net.ipv4.tcp_max_tw_buckets=%lld is no cure for TIME_WAIT"), (long long)limit);
	add_setting(finding, checkup, SETTING_MAX_TW_BUCKETS);
	finding_fact(finding, "closes_per_s", N_("reached from"), FACT_PER_SECOND,
		(double)limit / FIN_TIMEOUT_S);
	finding_mean(finding, "%s",
		_("Beyond it connections skip TIME_WAIT, and with it what it is for: a lost last "
		  "ACK becomes a RST for the peer, and old segments may reach new connections."));
	finding_advise(finding, "%s",
		_("Leave it to the kernel, which allows for half of its table of connections; one "
		  "takes some 256 bytes."));
}

void judge_max_orphans(struct findings *findings, const struct checkup *checkup)
{
	int64_t limit = findings_setting(checkup, SETTING_MAX_ORPHANS, FEW_ORPHANS);
	struct finding *finding;

	if (limit >= FEW_ORPHANS)
		return;
	finding = finding_add(findings, SEVERITY_WARN, _("net.ipv4.tcp_max_orphans=%lld is low"),
		(long long)limit);
	add_setting(finding, checkup, SETTING_MAX_ORPHANS);
	finding_mean(finding, "%s",
		_("It is no protection but for a last resort: connections that were closed and "
		  "still deliver are ended with RST beyond it, on the whole machine."));
	finding_advise(finding, "%s", _("Raise it; the kernel's own value is thousands."));
}

void judge_rfc1337(struct findings *findings, const struct checkup *checkup)
{
	struct finding *finding;

	if (findings_setting(checkup, SETTING_RFC1337, 0) == 0)
		return;
	finding = finding_add(findings, SEVERITY_NOTE, "%s",
		_("net.ipv4.tcp_rfc1337 keeps TIME_WAIT, and does not reduce it"));
	add_setting(finding, checkup, SETTING_RFC1337);
	finding_mean(finding, "%s",
		_("With 1 a RST does not end a TIME_WAIT, which is safer (RFC 1337) and, if "
		  "anything, leaves more of them. Lists of tunings have it for the opposite."));
	finding_advise(finding, "%s",
		_("Keep it if it is meant for safety; it does nothing for ports or load."));
}

void judge_conntrack_time_wait(struct findings *findings, const struct checkup *checkup)
{
	int64_t timeout_s =
		findings_setting(checkup, SETTING_CONNTRACK_TIME_WAIT_S, CONNTRACK_TIME_WAIT_S);
	const struct settings_line *line = NULL;
	struct finding *finding;

	for (size_t i = 0; i < checkup->files.count; i++) {
		if (!strcmp(checkup->files.lines[i].name, "nf_conntrack_tcp_timeout_time_wait"))
			line = &checkup->files.lines[i]; /* the last holds */
	}
	if (timeout_s == CONNTRACK_TIME_WAIT_S && !line)
		return;
	finding = finding_add(findings, SEVERITY_NOTE, "%s",
		_("nf_conntrack_tcp_timeout_time_wait is set, which is not TCP's TIME_WAIT"));
	if (checkup->settings.is_known[SETTING_CONNTRACK_TIME_WAIT_S])
		add_setting(finding, checkup, SETTING_CONNTRACK_TIME_WAIT_S);
	if (line)
		add_line(finding, line);
	finding_mean(finding, "%s",
		_("The firewall's table of connections has states of its own; they hold no port "
		  "and no socket. TCP's TIME_WAIT stays 60 s."));
	finding_advise(finding, "%s",
		_("Set it only where nf_conntrack_max is the trouble; if it is, raise that."));
}
