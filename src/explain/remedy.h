/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_REMEDY_H
#define EXPLAIN_REMEDY_H

/*
 * What helps against EADDRINUSE, EADDRNOTAVAIL and their kin: what to do, what it costs, and the
 * scenario that proves it, safest first. Data alone; verdict.h says which of them apply.
 */

/* In the order in which they are to be told: what harms nobody first. */
enum remedy_id {
	/* of the program that asks */
	REMEDY_SET_REUSEADDR,
	REMEDY_SET_REUSEADDR_ALWAYS,
	REMEDY_SET_V6ONLY,
	REMEDY_OWN_ADDRESS,
	REMEDY_NO_PORT,
	REMEDY_KEEP_CONNECTIONS,
	REMEDY_FIX_LEAK,
	REMEDY_PEER_CLOSES_FIRST,
	REMEDY_CLIENT_CLOSES_FIRST,
	REMEDY_START_LISTENER,
	REMEDY_WAIT,
	REMEDY_WAIT_DAD,
	REMEDY_SET_REUSEPORT,
	REMEDY_SET_BOTH,
	REMEDY_SAME_USER,
	REMEDY_MORE_DESTINATIONS,
	REMEDY_SERVICE_MANAGER,
	REMEDY_OTHER_PORT,
	/* of the host */
	REMEDY_RESERVE_PORT,
	REMEDY_EVEN_RANGE,
	REMEDY_UNRESERVE,
	REMEDY_WIDEN_RANGE,
	REMEDY_TIMESTAMPS,
	REMEDY_TW_REUSE,
	REMEDY_CAPABILITY,
	REMEDY_BRING_UP,
	REMEDY_ADD_ROUTE,
	REMEDY_FREEBIND,
	REMEDY_UNPRIVILEGED_PORTS,
	/* at the cost of others */
	REMEDY_END_PROCESS,
	REMEDY_DESTROY,
	REMEDY_COUNT,
};

struct remedy {
	const char *name;     /* for programs: "set_reuseaddr" */
	const char *what;     /* N_() */
	const char *cost;     /* N_() */
	const char *scenario; /* a name for `timewait run`; NULL where none shows it */
};

const struct remedy *remedy_get(enum remedy_id id);

#endif
