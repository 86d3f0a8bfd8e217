/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/i18n.h"
#include "explain/findings_checks.h"

/* Fewer than one in so many that came: it has happened, and that is all. */
#define RARE            10000
#define LISTENERS_SHOWN 5

/* SYNs are dropped from here on: a backlog of N admits N + 1. */
static bool is_full(const struct diag_socket *listener)
{
	return listener->receive_queue > listener->send_queue;
}

static void name_listener(struct text *name, const struct checkup_listener *listener)
{
	char local[ENDPOINT_TEXT_BYTES];

	text_printf(name, "%s", endpoint_format(&listener->socket.local, local));
	if (listener->pid)
		text_printf(name, _(" (%s, process %d)"), listener->comm, (int)listener->pid);
}

static void tell_full(
	struct findings *findings, const struct checkup_listener *listener, int64_t somaxconn)
{
	struct text name = TEXT_INIT;
	char local[ENDPOINT_TEXT_BYTES];
	struct finding *finding;

	name_listener(&name, listener);
	finding = finding_add(findings, SEVERITY_BAD, _("the queue of %s is full"), name.bytes);
	finding_fact_text(finding, "local", NULL, endpoint_address(&listener->socket.local, local));
	finding_fact(finding, "local_port", NULL, FACT_COUNT, listener->socket.local.port);
	if (listener->pid) {
		finding_fact(finding, "pid", NULL, FACT_COUNT, listener->pid);
		finding_fact_text(finding, "comm", NULL, listener->comm);
		finding_fact(finding, "fd", N_("descriptor"), FACT_COUNT, listener->fd);
	}
	finding_fact(finding, "queue", N_("not yet accepted"), FACT_COUNT,
		listener->socket.receive_queue);
	finding_fact(finding, "backlog", N_("backlog"), FACT_COUNT, listener->socket.send_queue);
	finding_mean(finding, "%s",
		_("The program does not accept as fast as clients come. Further SYNs are dropped "
		  "in silence: a client tries again after 1 s, 3 s, 7 s, and sees a slow "
		  "connect()."));
	finding_advise(finding, "%s",
		_("See why it does not call accept(): stuck, or too few workers. A longer queue "
		  "(the second argument of listen()) helps against bursts alone."));
	if ((int64_t)listener->socket.send_queue == somaxconn)
		finding_advise(finding, " %s",
			_("This backlog is that of net.core.somaxconn: listen() may have been cut "
			  "down to it, so raise it first."));
	text_finish(&name);
}

static void tell_overflows(
	struct findings *findings, const struct checkup *checkup, bool is_full_now)
{
	int64_t overflows, overflows_grown, drops = 0, drops_grown = 0, opens = 0, opens_grown;
	enum severity severity = SEVERITY_WARN;
	struct finding *finding;

	if (!checkup_counter(checkup, "ListenOverflows", &overflows, &overflows_grown))
		return;
	checkup_counter(checkup, "ListenDrops", &drops, &drops_grown);
	if (overflows <= 0 && drops <= 0)
		return;
	checkup_counter(checkup, "PassiveOpens", &opens, &opens_grown);
	if (overflows_grown > 0 || drops_grown > 0 || is_full_now)
		severity = SEVERITY_BAD;
	else if (drops < opens / RARE)
		severity = SEVERITY_NOTE;
	finding = finding_add(findings, severity, "%s",
		_("connections were dropped because a listener's queue was full"));
	finding_fact(finding, "overflows", N_("so far (ListenOverflows)"), FACT_COUNT,
		(double)overflows);
	finding_fact(
		finding, "overflows_grown", N_("just now"), FACT_COUNT, (double)overflows_grown);
	finding_fact(finding, "drops", N_("for whatever reason (ListenDrops)"), FACT_COUNT,
		(double)drops);
	finding_fact(finding, "passive_opens", N_("that came through"), FACT_COUNT, (double)opens);
	finding_mean(finding, "%s",
		_("Since this network namespace began. The client's SYN, or the last ACK of its "
		  "handshake, was ignored, and it had to try again."));
	finding_advise(finding, "%s",
		_("Accept faster; call listen() with a larger backlog, and raise "
		  "net.core.somaxconn, which cuts it."));
}

void judge_listen_queue(struct findings *findings, const struct checkup *checkup)
{
	int64_t somaxconn = findings_setting(checkup, SETTING_SOMAXCONN, -1);
	size_t full = 0;

	for (size_t i = 0; i < checkup->listener_count; i++) {
		if (is_full(&checkup->listeners[i].socket) && full++ < LISTENERS_SHOWN)
			tell_full(findings, &checkup->listeners[i], somaxconn);
	}
	tell_overflows(findings, checkup, full > 0);
}

void judge_syn_queue(struct findings *findings, const struct checkup *checkup)
{
	int64_t dropped = 0, dropped_grown = 0, cookies = 0, cookies_grown = 0;
	struct finding *finding;

	checkup_counter(checkup, "TCPReqQFullDrop", &dropped, &dropped_grown);
	checkup_counter(checkup, "SyncookiesSent", &cookies, &cookies_grown);
	if (dropped <= 0 && cookies <= 0)
		return;
	finding = finding_add(findings,
		dropped_grown > 0                  ? SEVERITY_BAD
		: dropped > 0 || cookies_grown > 0 ? SEVERITY_WARN
						   : SEVERITY_NOTE,
		"%s",
		dropped > 0 ? _("SYNs were dropped: too many handshakes were under way")
			    : _("SYN cookies were sent: too many handshakes were under way"));
	finding_fact(finding, "dropped", N_("SYNs dropped (TCPReqQFullDrop)"), FACT_COUNT,
		(double)dropped);
	finding_fact(finding, "dropped_grown", N_("just now"), FACT_COUNT, (double)dropped_grown);
	finding_fact(finding, "cookies", N_("cookies sent (SyncookiesSent)"), FACT_COUNT,
		(double)cookies);
	finding_fact(finding, "cookies_grown", N_("just now"), FACT_COUNT, (double)cookies_grown);
	finding_fact(finding, "syncookies", N_("tcp_syncookies"), FACT_COUNT,
		(double)findings_setting(checkup, SETTING_SYNCOOKIES, -1));
	finding_mean(finding, "%s",
		_("A flood of SYNs, or a backlog too small for the clients that come at once. A "
		  "cookie lets the handshake succeed without memory, at the price of some TCP "
		  "options."));
	finding_advise(finding, "%s",
		_("Raise the backlog of listen() and net.ipv4.tcp_max_syn_backlog; leave "
		  "net.ipv4.tcp_syncookies at 1."));
}

void judge_somaxconn(struct findings *findings, const struct checkup *checkup)
{
	int64_t limit = findings_setting(checkup, SETTING_SOMAXCONN, -1);
	struct finding *finding;
	size_t cut = 0;

	if (limit < 0 || limit >= 1024)
		return;
	for (size_t i = 0; i < checkup->listener_count; i++)
		cut += (int64_t)checkup->listeners[i].socket.send_queue == limit;
	if (!cut && limit >= 128)
		return;
	finding = finding_add(findings, SEVERITY_NOTE, "%s",
		_("net.core.somaxconn is low, and cuts the backlogs of servers"));
	finding_fact(finding, "somaxconn", N_("net.core.somaxconn"), FACT_COUNT, (double)limit);
	finding_fact(finding, "listeners", N_("listeners with just that backlog"), FACT_COUNT,
		(double)cut);
	finding_mean(finding, "%s",
		_("listen() silently takes the smaller of its backlog and this. It was 128 before "
		  "Linux 5.4, and is 4096 since; old advice and images still set it."));
	finding_advise(finding, "%s",
		_("Set it to 4096 and restart the servers: a listener keeps what it got."));
}

void judge_abort_on_overflow(struct findings *findings, const struct checkup *checkup)
{
	struct finding *finding;

	if (findings_setting(checkup, SETTING_ABORT_ON_OVERFLOW, 0) == 0)
		return;
	finding = finding_add(
		findings, SEVERITY_NOTE, "%s", _("net.ipv4.tcp_abort_on_overflow is set"));
	finding_fact(finding, "abort_on_overflow", N_("tcp_abort_on_overflow"), FACT_COUNT, 1);
	finding_mean(finding, "%s",
		_("A client whose handshake ends at a full queue gets RST instead of another try a "
		  "moment later: a short burst becomes errors."));
	finding_advise(finding, "%s", _("Leave it at 0 unless clients must fail fast."));
}

void judge_reuse_address(struct findings *findings, const struct checkup *checkup)
{
	for (size_t i = 0; i < checkup->listener_count; i++) {
		const struct checkup_listener *listener = &checkup->listeners[i];
		struct text name = TEXT_INIT;
		struct finding *finding;

		/* A new server that sets SO_REUSEPORT, as the old one did, gets the port as well. */
		if (listener->reuse_address != 0 || listener->reuse_port == 1 ||
			!listener->connections)
			continue;
		name_listener(&name, listener);
		finding = finding_add(findings, listener->time_wait ? SEVERITY_WARN : SEVERITY_NOTE,
			listener->time_wait
				? _("a restart of %s would fail now: it has not set SO_REUSEADDR")
				: _("a restart of %s may fail: it has not set SO_REUSEADDR"),
			name.bytes);
		finding_fact(finding, "local_port", NULL, FACT_COUNT, listener->socket.local.port);
		finding_fact(finding, "pid", NULL, FACT_COUNT, listener->pid);
		finding_fact_text(finding, "comm", NULL, listener->comm);
		finding_fact(finding, "fd", N_("descriptor"), FACT_COUNT, listener->fd);
		finding_fact(finding, "reuse_address", N_("SO_REUSEADDR"), FACT_COUNT, 0);
		finding_fact(finding, "connections", N_("connections on its port"), FACT_COUNT,
			(double)listener->connections);
		finding_fact(finding, "time_wait", N_("of them in TIME_WAIT"), FACT_COUNT,
			(double)listener->time_wait);
		finding_mean(finding, "%s",
			_("Its connections inherit the option. For as long as one of them is "
			  "there, in TIME_WAIT too, bind() to the port fails with EADDRINUSE "
			  "(\"Address already in use\"), even for a new server that sets it: both "
			  "must have it."));
		finding_advise(finding, "%s",
			_("setsockopt(SO_REUSEADDR) before bind() in the server. It helps from the "
			  "second restart on; the first has to wait a minute."));
		text_finish(&name);
	}
}
