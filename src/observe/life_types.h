/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_TYPES_H
#define OBSERVE_LIFE_TYPES_H

/*
 * What the BPF programs (life.bpf.c) and those who read them (life.c) both know: plain data, fixed in
 * size.
 */

#include <stdbool.h>
#ifdef __bpf__
#include "observe/kernel.bpf.h"
#else
#include <stdint.h>
#endif

#define LIFE_COMM_BYTES 16

/* What happened. */
enum life_kind {
	LIFE_STATE = 0, /* a socket went from one state to another */
	LIFE_BORN = 1, /* a minisocket took a socket's place: TIME_WAIT, or an orphan's FIN_WAIT2 */
	LIFE_RESTARTED = 2, /* its time begins anew, or its FIN_WAIT2 became TIME_WAIT */
	LIFE_DIED = 3,
	LIFE_NOT_BORN = 4, /* the end that would have waited does not */
	LIFE_KIND_COUNT,
};

/* Why a TIME_WAIT ended, or never was. The words of `timewait watch` (life_cause_name()). */
enum life_cause {
	LIFE_CAUSE_NONE = 0,
	/* of LIFE_DIED */
	LIFE_EXPIRED,
	LIFE_REUSED_BY_CONNECT,
	LIFE_REOPENED_BY_SYN,
	LIFE_KILLED_BY_RST,
	LIFE_DATA_AFTER_CLOSE, /* to a FIN_WAIT2 minisocket: answered with RST */
	LIFE_SOCK_DESTROY,
	LIFE_NAMESPACE_GONE,
	LIFE_UNKNOWN, /* of LIFE_NOT_BORN too: the peer fell silent, say */
	/* of LIFE_NOT_BORN */
	LIFE_BUCKET_OVERFLOW, /* tcp_max_tw_buckets */
	LIFE_LINGER,          /* closed with SO_LINGER of 0 seconds */
	LIFE_RESET,           /* RST sent or received, SOCK_DESTROY */
	LIFE_CAUSE_COUNT,
};

/* struct life_event's flags. */
enum life_flag {
	LIFE_HAS_CLOSER =
		1, /* pid, comm and cgroup are those of the process that closed (LIFE_STATE: that acts) */
	LIFE_WAS_BEFORE =
		2, /* it was there before we looked: its closer is unknown, its lifetime at least that */
	LIFE_WAS_FINWAIT2 = 4, /* it was born as FIN_WAIT2 */
};

/*
 * One event. Addresses are in network order, the first 4 bytes for AF_INET and the rest 0; IPv4
 * inside IPv6 reads AF_INET. Ports are in host order, 0 where there is none yet.
 */
struct life_event {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t cookie;  /* the socket's, the same for its whole life, TIME_WAIT included */
	uint32_t netns;   /* inode number of its network namespace */
	uint16_t local_port, peer_port;
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t kind;   /* enum life_kind */
	uint8_t from;   /* enum tcp_state: LIFE_STATE, LIFE_NOT_BORN */
	uint8_t to;     /* enum tcp_state: LIFE_STATE's new one, else the minisocket's substate */
	uint8_t cause;  /* enum life_cause: LIFE_DIED, LIFE_NOT_BORN */
	uint8_t flags;  /* enum life_flag */
	uint16_t restarts; /* LIFE_RESTARTED, LIFE_DIED: at least so many so far */
	uint8_t local[16], peer[16];

	uint64_t cgroup;      /* id; with LIFE_HAS_CLOSER */
	uint64_t lifetime_ns; /* LIFE_RESTARTED, LIFE_DIED: since it was born; 0 for unknown */
	uint32_t
		pid; /* with LIFE_HAS_CLOSER: process id (tgid), as the observer has it in /proc; 0 for none there */
	uint32_t
		ended_by; /* LIFE_DIED by connect or SOCK_DESTROY: the process that did it; else 0 */
	char comm[LIFE_COMM_BYTES]; /* with LIFE_HAS_CLOSER; not escaped, NUL at the end */
};

/* By what minisockets are counted, beside their state. */
enum life_dimension {
	LIFE_BY_PEER, /* address */
	LIFE_BY_LOCAL_PORT,
	LIFE_BY_PROCESS, /* pid and comm of the closer; pid 0 for unknown */
	LIFE_BY_CGROUP,  /* of the closer; 0 for unknown */
	LIFE_DIMENSION_COUNT,
};

/* So many groups of a dimension are told apart; what is beyond is counted as one, `others`. */
#define LIFE_GROUPS_MAX 4096

/* Zeroed but for what the dimension has. */
struct life_group_key {
	uint64_t cgroup;
	uint8_t peer[16];
	char comm[LIFE_COMM_BYTES];
	uint32_t pid;
	uint16_t local_port;
	uint8_t dimension;
	uint8_t family; /* of peer */
};

/* Counts of one group. `now` is what lives: all minisockets, and those of them in FIN_WAIT2. */
struct life_group_counts {
	int64_t now, now_fin_wait2;
	uint64_t born, died;
};

#endif
