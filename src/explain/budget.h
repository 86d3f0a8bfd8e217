/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_BUDGET_H
#define EXPLAIN_BUDGET_H

/*
 * The local ports that connect() has for one destination: a connection is a tuple of local address,
 * local port, peer and peer's port, so to each peer and port every local port is good once. What becomes
 * of each port of ip_local_port_range is told by the sockets there are; the rules are those of
 * __inet_hash_connect() and tcp_twsk_unique(). Pure: the sockets are handed in, one at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "observe/diag.h"
#include "observe/settings.h"

/* TIME_WAIT's length (TCP_TIMEWAIT_LEN), which nothing changes. */
#define BUDGET_TIME_WAIT_MS 60000

/* How far back births are counted. */
#define BUDGET_WINDOW_MS 10000

/* When a port comes back by itself is kept by the second; a TIME_WAIT is over within 64. */
#define BUDGET_SECONDS 65

/* What keeps TIME_WAITs from being reused by connect(), or nothing. */
enum budget_reuse {
	BUDGET_REUSE_ON,
	BUDGET_REUSE_OFF,           /* tcp_tw_reuse=0 */
	BUDGET_REUSE_LOOPBACK_ONLY, /* tcp_tw_reuse=2, and this is no loopback address */
	BUDGET_REUSE_NO_TIMESTAMPS, /* tcp_timestamps=0 */
};

struct budget {
	struct endpoint local, peer; /* the destination: local address, peer and its port */
	uint32_t low, high;          /* ip_local_port_range, both included */
	enum budget_reuse reuse;
	bool has_timestamps;     /* tcp_timestamps, as it is now */
	uint32_t reuse_delay_ms; /* a TIME_WAIT is left alone for so long */

	/* Ports of the range, each in one of these. */
	uint32_t range; /* all of them */
	uint32_t reserved;
	uint32_t held;      /* a listener, or a bound socket, keeps it from every connect() */
	uint32_t connected; /* to this destination; TIME_WAIT not among them */
	uint32_t waiting;   /* TIME_WAIT towards this destination, not to be reused (yet) */
	uint32_t reusable;  /* the same, which connect() may take over (if timestamps were used) */
	/* Connections to others alone. connect() may share it, if it was not bind() that chose it;
	 * no socket tells that. */
	uint32_t shared;
	uint32_t free; /* nobody has it */

	/* Of the free ones, those that connect() looks at first and second: of the parity of the range's
	 * first port, and the others. */
	uint32_t free_first, free_second;
	/* In a range of an odd number of ports each search passes over the first or the last: one of
	 * them is free. */
	bool is_one_passed_over;
	bool loses_one;            /* one of them is neither reserved nor held */
	uint32_t reserved_untaken; /* reserved ones that a search would find free, were they not */
	uint32_t waiting_inside;   /* of `waiting`, those that no search leaves out */
	bool is_next_free;         /* the port after the range */

	uint32_t by_state[TCP_STATE_COUNT]; /* connections to this destination in the range */
	uint32_t aged;   /* of `waiting`, those that are older than reuse_delay_ms */
	uint32_t births; /* TIME_WAITs to it that began within the window */
	uint32_t back_in[BUDGET_SECONDS]; /* `waiting`, by the second in which they come back */

	uint8_t *ports; /* what each port is, while counting */
};

/*
 * Begins with no sockets, for connections from `local` to `peer` (local's port is not asked for).
 * The caller finishes it.
 */
void budget_start(struct budget *budget, const struct settings *settings,
	const struct endpoint *local, const struct endpoint *peer);
void budget_add(struct budget *budget, const struct diag_socket *socket);
/* When all sockets have been added: fills in the counts of ports. */
void budget_count(struct budget *budget);
void budget_finish(struct budget *budget);

/* An odd range: may a search leave out this port of it? */
bool budget_may_pass_over(const struct budget *budget, uint32_t port);

/* Ports that the range is good for, to one destination: without the reserved, held and rounded off. */
uint32_t budget_usable(const struct budget *budget);

/* Ports to be had at once for certain: free, without the one that may be passed over. */
uint32_t budget_certain(const struct budget *budget);

/* TIME_WAITs a second to this destination, of late. */
double budget_rate(const struct budget *budget);

/*
 * Seconds until no port is left, if from now on `rate` connections a second take one each and leave it in
 * TIME_WAIT at once, while those there are end as their timers say. Negative: never.
 */
double budget_exhaustion_s(const struct budget *budget, double rate);

#endif
