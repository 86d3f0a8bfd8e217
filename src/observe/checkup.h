/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_CHECKUP_H
#define OBSERVE_CHECKUP_H

/*
 * A network namespace, looked over once: how many sockets are in which state, those that deserve a
 * look by themselves, how the ports to each destination are taken, the counters at two times, the
 * settings. What doctor judges (explain/findings.h); no judgement here. Everything in it may be missing, and
 * then says so.
 *
 * Memory is bounded: a socket in TIME_WAIT is counted and not kept. A dump is no snapshot, so counts of
 * what changes meanwhile are approximate.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "observe/counters.h"
#include "observe/diag.h"
#include "observe/settings.h"
#include "observe/settings_files.h"

/* Which of the sockets with troubles of their own are kept, at most so many of a kind. */
enum checkup_kind {
	CHECKUP_CLOSE_WAIT,  /* the peer has closed, the process that holds it has not */
	CHECKUP_UNACCEPTED,  /* the peer has closed what no process has accepted */
	CHECKUP_HALF_CLOSED, /* FIN_WAIT2 that a process holds, and no timer */
	CHECKUP_UNANSWERED,  /* FIN_WAIT1, CLOSING, LAST_ACK that had to repeat the FIN */
	CHECKUP_KIND_COUNT,
};
#define CHECKUP_KIND_MAX 65536

struct checkup_socket {
	struct diag_socket socket;
	enum checkup_kind kind;
	pid_t pid; /* 0 where no process holds it, or it is not this user's to see */
	int fd;
	char comm[16]; /* not escaped */
	bool has_silence;
	uint32_t silent_ms; /* since the peer's last segment: it closed no later than that */
};

struct checkup_listener {
	struct diag_socket socket; /* receive_queue: not yet accepted; send_queue: the backlog */
	pid_t pid;
	int fd;
	char comm[16];
	int reuse_address;               /* SO_REUSEADDR: 1, 0, or -1 where not known */
	int reuse_port;                  /* SO_REUSEPORT, likewise */
	uint64_t connections, time_wait; /* on its port; time_wait are among connections */
};

/* A TIME_WAIT is over within 64 s. */
#define CHECKUP_SECONDS 65

/*
 * Connections from an address of this host to an endpoint of another, by ports of ip_local_port_range that
 * no listener has: what connect() may draw on.
 */
struct checkup_destination {
	struct endpoint local; /* port 0 */
	struct endpoint peer;
	uint32_t live; /* all that are not in TIME_WAIT */
	uint32_t time_wait;
	uint32_t young;       /* of them: at most CHECKUP_YOUNG_S old, as their timers tell */
	uint32_t reusable;    /* of them: old enough for tcp_tw_reuse */
	uint32_t used_before; /* live and time_wait at the first look */
	uint32_t left_s[CHECKUP_SECONDS]; /* TIME_WAITs by the full seconds that are left to them */
};

#define CHECKUP_YOUNG_S          10
#define CHECKUP_DESTINATIONS_MAX 16384

/* A number of /proc/net/sockstat; of the namespace, but orphans and mem of the whole machine. */
struct checkup_sockstat {
	bool is_known;
	int64_t in_use, orphans, time_wait, memory_pages;
};

struct checkup {
	bool has_sockets; /* else why not: */
	struct error sockets_error;
	uint64_t states[TCP_STATE_COUNT]; /* how many sockets are in each */
	uint64_t kinds[CHECKUP_KIND_COUNT];

	struct checkup_socket *sockets; /* by kind, then pid, then the longest silent first */
	size_t socket_count, socket_room;
	uint64_t sockets_left_out; /* such beyond the maximum */
	struct checkup_listener *listeners;
	size_t listener_count, listener_room;
	struct checkup_destination *destinations; /* in no order */
	size_t destination_count, destination_room;
	uint64_t destinations_left_out; /* connections to those beyond the maximum */

	bool has_counters;
	struct counters before, after;
	double window_s; /* between the two */
	double looks_s;  /* between the two looks at destinations: a dump takes its time */

	struct checkup_sockstat sockstat, sockstat_before;
	struct settings settings;
	struct settings_files files;

	bool has_owners;          /* /proc could be read */
	size_t unreadable;        /* processes that may not be looked into */
	uint64_t unowned;         /* kept sockets and listeners whose process is not shown */
	uint64_t unknown_options; /* listeners whose SO_REUSEADDR may not be asked for */
};

/* Called now and then while the checkup waits between its two looks. May be NULL. */
typedef void checkup_wait(void *context, double done_s, double total_s);

/*
 * Looks over the namespace that this thread is in. Blocks for `window_ns`, and what the dumps take. 0, or
 * -EINTR where interrupt_requested() came to be; what cannot be had is told in *checkup. The caller
 * finishes it either way.
 */
int checkup_read(struct checkup *checkup, int64_t window_ns, checkup_wait *wait, void *context);
void checkup_finish(struct checkup *checkup);

/* What TCP counts by that name: the total, and how much it grew within the window. False where this
 * kernel has no such counter. */
bool checkup_counter(
	const struct checkup *checkup, const char *name, int64_t *ret_total, int64_t *ret_grown);

#endif
