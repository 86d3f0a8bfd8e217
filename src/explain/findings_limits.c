/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/i18n.h"
#include "explain/findings_checks.h"

#define NEAR_PERCENT 80
#define FULL_PERCENT 95
/* Orphans weigh double in the kernel's count once one of them has been sending for long (tcp_check_oom()). */
#define ORPHANS_PERCENT 50
#define TIME_WAIT_S     60
/* Of segments sent, in percent: so many lost are a broken network. */
#define TIMEOUTS_PERCENT 1.0
#define TIMEOUTS_LEAST   100

static double percent(int64_t part, int64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 100;
}

/* TIME_WAITs that begin in a second. */
static double entry_rate(const struct checkup *checkup)
{
	int64_t total, grown;

	if (checkup->window_s < FINDINGS_LEAST_WINDOW_S ||
		!checkup_counter(checkup, "TcpExtTW", &total, &grown))
		return 0;
	return (double)grown / checkup->window_s;
}

static int64_t time_wait_count(const struct checkup *checkup)
{
	if (checkup->sockstat.is_known)
		return checkup->sockstat.time_wait;
	return checkup->has_sockets ? (int64_t)checkup->states[TCP_STATE_TIME_WAIT] : 0;
}

/* By how much they have grown in a second; where that is not known, as if none had ended. */
static double growth_rate(const struct checkup *checkup)
{
	if (!checkup->sockstat.is_known || !checkup->sockstat_before.is_known ||
		checkup->window_s < FINDINGS_LEAST_WINDOW_S)
		return entry_rate(checkup);
	return (double)(checkup->sockstat.time_wait - checkup->sockstat_before.time_wait) /
	       checkup->window_s;
}

/* How many there will be in a minute, as it goes. On the loopback most end sooner: connect() reuses them. */
static double needed_at_this_rate(const struct checkup *checkup)
{
	double all = entry_rate(checkup) * TIME_WAIT_S;
	double growing = (double)time_wait_count(checkup) + growth_rate(checkup) * TIME_WAIT_S;

	if (growing < 0)
		return 0;
	return growing < all ? growing : all;
}

enum buckets { BUCKETS_ENOUGH, BUCKETS_WILL_DENY, BUCKETS_NEAR, BUCKETS_DENIED, BUCKETS_DENY };

static enum buckets weigh_buckets(
	const struct checkup *checkup, int64_t limit, int64_t total, int64_t grown)
{
	int64_t count = time_wait_count(checkup);

	if (grown > 0 || (total > 0 && count > 0 && percent(count, limit) >= FULL_PERCENT))
		return BUCKETS_DENY;
	if (count > 0 && percent(count, limit) >= NEAR_PERCENT)
		return BUCKETS_NEAR;
	if (total > 0)
		return BUCKETS_DENIED;
	return needed_at_this_rate(checkup) > (double)limit ? BUCKETS_WILL_DENY : BUCKETS_ENOUGH;
}

static const char *title_of(enum buckets buckets)
{
	switch (buckets) {
	case BUCKETS_DENY:
		return _("connections are denied their TIME_WAIT: tcp_max_tw_buckets is reached");
	case BUCKETS_DENIED:
		return _("connections were denied their TIME_WAIT: tcp_max_tw_buckets was reached");
	case BUCKETS_NEAR: return _("TIME_WAIT is near its limit, tcp_max_tw_buckets");
	default: return _("at this rate TIME_WAIT will reach its limit, tcp_max_tw_buckets");
	}
}

/* What was denied long ago is a warning: it may come again, and nothing fails now. */
static enum severity severity_of(enum buckets buckets, const struct checkup *checkup, int64_t limit)
{
	if (buckets == BUCKETS_DENY || (buckets == BUCKETS_NEAR && percent(time_wait_count(checkup),
									   limit) >= FULL_PERCENT))
		return SEVERITY_BAD;
	return SEVERITY_WARN;
}

void judge_time_wait_buckets(struct findings *findings, const struct checkup *checkup)
{
	int64_t limit = findings_setting(checkup, SETTING_MAX_TW_BUCKETS, -1);
	int64_t total = 0, grown = 0;
	struct finding *finding;
	enum buckets buckets;

	if (limit < 0)
		return;
	checkup_counter(checkup, "TCPTimeWaitOverflow", &total, &grown);
	buckets = weigh_buckets(checkup, limit, total, grown);
	if (buckets == BUCKETS_ENOUGH)
		return;
	finding = finding_add(
		findings, severity_of(buckets, checkup, limit), "%s", title_of(buckets));
	finding_fact(finding, "time_wait", N_("in TIME_WAIT"), FACT_COUNT,
		(double)time_wait_count(checkup));
	finding_fact(
		finding, "max_tw_buckets", N_("tcp_max_tw_buckets"), FACT_COUNT, (double)limit);
	finding_fact(
		finding, "entries_per_s", N_("new ones"), FACT_PER_SECOND, entry_rate(checkup));
	finding_fact(finding, "needed", N_("needed at this rate"), FACT_COUNT,
		needed_at_this_rate(checkup));
	finding_fact(finding, "overflows", N_("denied so far (TCPTimeWaitOverflow)"), FACT_COUNT,
		(double)total);
	finding_fact(finding, "overflows_grown", N_("just now"), FACT_COUNT, (double)grown);
	finding_mean(finding, "%s",
		_("Beyond the limit a connection skips TIME_WAIT. If its last ACK is lost, the "
		  "peer's FIN is answered with RST, and an old segment may reach a new connection "
		  "on the same ports."));
	finding_advise(finding,
		_("Raise net.ipv4.tcp_max_tw_buckets above 60 times the connections closed in a "
		  "second; one takes some 256 bytes. Or make fewer connections: keep them open."));
}

void judge_orphans(struct findings *findings, const struct checkup *checkup)
{
	int64_t limit = findings_setting(checkup, SETTING_MAX_ORPHANS, -1);
	int64_t count = checkup->sockstat.orphans;
	struct finding *finding;

	if (limit < 0 || !checkup->sockstat.is_known || count <= 0 ||
		percent(count, limit) < ORPHANS_PERCENT)
		return;
	finding = finding_add(findings,
		percent(count, limit) >= FULL_PERCENT ? SEVERITY_BAD : SEVERITY_WARN, "%s",
		_("orphans are near their limit, tcp_max_orphans"));
	finding_fact(finding, "orphans", N_("orphans"), FACT_COUNT, (double)count);
	finding_fact(finding, "max_orphans", N_("tcp_max_orphans"), FACT_COUNT, (double)limit);
	finding_mean(finding, "%s",
		_("An orphan is closed by its program and still has something to deliver. Beyond "
		  "the limit (half of it where one sends for long) the kernel ends them with RST, "
		  "and what was not delivered is lost."));
	finding_advise(finding, "%s",
		_("Find the peers that do not take what is sent (timewait list, FIN_WAIT1 and "
		  "LAST_ACK); raise net.ipv4.tcp_max_orphans (each takes up to 64 KB)."));
}

void judge_aborted_for_memory(struct findings *findings, const struct checkup *checkup)
{
	struct finding *finding;
	int64_t total, grown;

	if (!checkup_counter(checkup, "TCPAbortOnMemory", &total, &grown) || total <= 0)
		return;
	finding = finding_add(findings, grown > 0 ? SEVERITY_BAD : SEVERITY_WARN, "%s",
		_("connections were ended because there were too many orphans, or no memory"));
	finding_fact(finding, "aborts", N_("so far (TCPAbortOnMemory)"), FACT_COUNT, (double)total);
	finding_fact(finding, "aborts_grown", N_("just now"), FACT_COUNT, (double)grown);
	if (checkup->sockstat.is_known) {
		finding_fact(finding, "orphans", N_("orphans"), FACT_COUNT,
			(double)checkup->sockstat.orphans);
		finding_fact(finding, "memory_pages", N_("pages of memory that TCP has"),
			FACT_COUNT, (double)checkup->sockstat.memory_pages);
	}
	finding_mean(finding, "%s",
		_("The peer got RST instead of what was still to be delivered. The kernel's log "
		  "says which it was: \"too many orphaned sockets\" or \"out of memory\"."));
	finding_advise(finding, "%s",
		_("Raise net.ipv4.tcp_max_orphans or net.ipv4.tcp_mem, whichever the log names, "
		  "and look for peers that do not read."));
}

void judge_timeouts(struct findings *findings, const struct checkup *checkup)
{
	int64_t timeouts, grown, sent, sent_grown;
	struct finding *finding;

	if (!checkup_counter(checkup, "TCPTimeouts", &timeouts, &grown) ||
		!checkup_counter(checkup, "Tcp:OutSegs", &sent, &sent_grown) ||
		timeouts < TIMEOUTS_LEAST || percent(timeouts, sent) < TIMEOUTS_PERCENT)
		return;
	finding = finding_add(findings, SEVERITY_WARN, "%s",
		_("many segments were sent again only after a timeout"));
	finding_fact(
		finding, "timeouts", N_("timeouts (TCPTimeouts)"), FACT_COUNT, (double)timeouts);
	finding_fact(finding, "timeouts_grown", N_("just now"), FACT_COUNT, (double)grown);
	finding_fact(finding, "sent", N_("segments sent"), FACT_COUNT, (double)sent);
	finding_fact(finding, "percent", N_("share"), FACT_PERCENT, percent(timeouts, sent));
	finding_mean(finding, "%s",
		_("Each was silence of 200 ms or more, twice as long each time: packets are lost, "
		  "or peers are gone. SYNs that nobody answers count as well."));
	finding_advise(finding, "%s",
		_("Look which connections wait: timewait list, those with the timer \"on\"; then "
		  "the way to their peers (ip -s link, firewalls)."));
}

void judge_conntrack_full(struct findings *findings, const struct checkup *checkup)
{
	int64_t count = findings_setting(checkup, SETTING_CONNTRACK_COUNT, 0);
	int64_t limit = findings_setting(checkup, SETTING_CONNTRACK_MAX, 0);
	struct finding *finding;

	if (limit <= 0 || count <= 0 || percent(count, limit) < NEAR_PERCENT)
		return;
	finding = finding_add(findings,
		percent(count, limit) >= FULL_PERCENT ? SEVERITY_BAD : SEVERITY_WARN, "%s",
		_("the table of nf_conntrack is nearly full"));
	finding_fact(finding, "count", N_("nf_conntrack_count"), FACT_COUNT, (double)count);
	finding_fact(finding, "max", N_("nf_conntrack_max"), FACT_COUNT, (double)limit);
	finding_fact(finding, "percent", N_("full to"), FACT_PERCENT, percent(count, limit));
	finding_mean(finding, "%s",
		_("The firewall's table, which is not TCP's: when it is full, SYNs are dropped in "
		  "silence, and connect() looks slow or times out. It keeps a closed connection "
		  "for 120 s of its own TIME_WAIT, whatever TCP does."));
	finding_advise(finding, "%s",
		_("Raise net.netfilter.nf_conntrack_max; or exempt what needs no tracking (nft: "
		  "notrack)."));
}
