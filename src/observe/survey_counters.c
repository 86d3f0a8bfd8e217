/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/survey_counters.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"

static uint64_t value_of(const struct counters *counters, const char *name)
{
	const struct counter *counter = counters_find(counters, name);

	return counter && counter->value > 0 ? (uint64_t)counter->value : 0;
}

/* "TCP: inuse 5 orphan 0 tw 12 alloc 7 mem 1": those that wait, FIN_WAIT2 minisockets among them. */
static int read_waiting(uint64_t *ret_waiting)
{
	char text[1024] = "";
	ssize_t length = fd_read_file("/proc/thread-self/net/sockstat", text, sizeof(text));
	const char *at;

	if (length < 0)
		return (int)length;
	at = strstr(text, "TCP:");
	at = at ? strstr(at, " tw ") : NULL;
	*ret_waiting = at ? strtoull(at + strlen(" tw "), NULL, 10) : 0;
	return 0;
}

int survey_counters_read(struct survey_counters *counters, struct survey_totals *totals,
	uint64_t *ret_waiting, struct error *err)
{
	struct counters *all = &counters->counters;
	struct survey_totals now = {0};
	int r = counters_read(all);

	if (r == 0)
		r = read_waiting(ret_waiting);
	if (r < 0)
		return error_errno(err, -r, _("cannot read the kernel's counters in /proc/net"));
	/* TW counts entries, and TWKilled those of a few seconds (a short tcp_fin_timeout). */
	now.born = value_of(all, "TcpExt:TW") + value_of(all, "TcpExt:TWKilled");
	now.active_opens = value_of(all, "Tcp:ActiveOpens");
	now.passive_opens = value_of(all, "Tcp:PassiveOpens");
	now.not_born_by[LIFE_BUCKET_OVERFLOW] = value_of(all, "TcpExt:TCPTimeWaitOverflow");
	if (!counters->has_first) {
		counters->first = now;
		counters->has_first = true;
	}
	totals->born = now.born - counters->first.born;
	totals->active_opens = now.active_opens - counters->first.active_opens;
	totals->passive_opens = now.passive_opens - counters->first.passive_opens;
	totals->not_born_by[LIFE_BUCKET_OVERFLOW] =
		now.not_born_by[LIFE_BUCKET_OVERFLOW] -
		counters->first.not_born_by[LIFE_BUCKET_OVERFLOW];
	return 0;
}

void survey_counters_finish(struct survey_counters *counters)
{
	counters_finish(&counters->counters);
	*counters = (struct survey_counters){0};
}
