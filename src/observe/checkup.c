/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/checkup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "observe/checkup_internal.h"

/* What people set that the kernel no longer knows, or that is another's. */
static const char *const names_in_files[] = {
	"tcp_tw_recycle", "nf_conntrack_tcp_timeout_time_wait", NULL};

/* "TCP: inuse 1 orphan 0 tw 0 alloc 9 mem 99" */
static void read_sockstat(struct checkup_sockstat *sockstat)
{
	char text[2048];
	const char *line;
	long long in_use, orphans, time_wait, pages;

	if (fd_read_file("/proc/thread-self/net/sockstat", text, sizeof(text)) <= 0)
		return;
	line = strstr(text, "TCP: inuse ");
	if (!line || sscanf(line, "TCP: inuse %lld orphan %lld tw %lld alloc %*d mem %lld", &in_use,
			     &orphans, &time_wait, &pages) != 4)
		return;
	*sockstat = (struct checkup_sockstat){true, in_use, orphans, time_wait, pages};
}

static int pass_window(int64_t window_ns, checkup_wait *wait, void *context)
{
	int64_t start_ns = clock_now_ns(), deadline_ns = start_ns + window_ns;

	for (;;) {
		int64_t now_ns = clock_now_ns();
		int left_ms = clock_poll_ms(deadline_ns);

		if (interrupt_requested())
			return -EINTR;
		if (now_ns >= deadline_ns)
			return 0;
		if (wait)
			wait(context, (double)(now_ns - start_ns) / NS_PER_S,
				(double)window_ns / NS_PER_S);
		poll(NULL, 0, left_ms < 100 ? left_ms : 100);
	}
}

int checkup_read(struct checkup *checkup, int64_t window_ns, checkup_wait *wait, void *context)
{
	int64_t look_ns = clock_now_ns(), before_ns, after_ns;
	int r;

	*checkup = (struct checkup){0};
	settings_read(&checkup->settings);
	settings_files_read(&checkup->files, "", names_in_files);
	/* Refused now, it will be refused then, and said. */
	checkup_read_destinations(checkup, NULL);
	before_ns = clock_now_ns();
	checkup->has_counters = counters_read(&checkup->before) == 0;
	read_sockstat(&checkup->sockstat_before);
	r = pass_window(window_ns, wait, context);
	if (r < 0)
		return r;
	checkup->has_counters &= counters_read(&checkup->after) == 0;
	read_sockstat(&checkup->sockstat);
	after_ns = clock_now_ns();
	checkup->window_s = (double)(after_ns - before_ns) / NS_PER_S;
	checkup->looks_s = (double)(after_ns - look_ns) / NS_PER_S;
	checkup->has_sockets = checkup_read_sockets(checkup, &checkup->sockets_error) == 0;
	checkup_read_owners(checkup);
	return 0;
}

void checkup_finish(struct checkup *checkup)
{
	free(checkup->sockets);
	free(checkup->listeners);
	free(checkup->destinations);
	counters_finish(&checkup->before);
	counters_finish(&checkup->after);
	settings_files_finish(&checkup->files);
	*checkup = (struct checkup){0};
}

bool checkup_counter(
	const struct checkup *checkup, const char *name, int64_t *ret_total, int64_t *ret_grown)
{
	const struct counter *before, *after;

	if (!checkup->has_counters)
		return false;
	before = counters_find(&checkup->before, name);
	after = counters_find(&checkup->after, name);
	if (!before || !after)
		return false;
	*ret_total = after->value;
	*ret_grown = after->value - before->value;
	return true;
}
