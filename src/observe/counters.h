/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_COUNTERS_H
#define OBSERVE_COUNTERS_H

/*
 * The counters of a network namespace, as /proc/net/netstat and /proc/net/snmp have them: those of
 * the namespace this thread is in. Needs no privilege.
 */

#include <stddef.h>
#include <stdint.h>

struct counter {
	char group[16]; /* "TcpExt", "Tcp", "Ip"... */
	char name[40];  /* "TCPTimeWaitOverflow" */
	int64_t value;  /* a few (Tcp's MaxConn) may be -1 */
};

struct counters {
	struct counter *counters;
	size_t count, room;
};

/* 0, or a negative errno. Replaces what *counters held; it starts zeroed. */
int counters_read(struct counters *counters);
void counters_finish(struct counters *counters);

/*
 * By name, "TCPTimeWaitOverflow", or with its group before it, "TcpExtTCPTimeWaitOverflow" as nstat
 * has it, "Tcp:ActiveOpens", "Tcp.ActiveOpens". Where several groups have the name, TcpExt's and Tcp's
 * come first. NULL when there is none.
 */
const struct counter *counters_find(const struct counters *counters, const char *name);

/* The name nearest to a misspelt one; NULL. */
const char *counters_nearest(const struct counters *counters, const char *name);

#endif
