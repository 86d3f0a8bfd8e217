/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_INTERNAL_H
#define OBSERVE_LIFE_INTERNAL_H

/* Between life.c, which loads and reads, and life.bpf.c; nobody else's. See life_types.h. */

#include "observe/life_types.h"

/* A socket that is still a request (NEW_SYN_RECV). */
#define LIFE_STATE_REQUEST 12

/* What most records of the ring are: a life_event up to its addresses; the rest of it is zero. */
#define LIFE_BRIEF_BYTES 64

/* Of a life's flags, beside enum life_flag. */
#define LIFE_LIVES      0x80 /* it is born: until then the entry only knows who closed */
#define LIFE_FLAGS_TOLD 0x7f

/* What a kernel function means in the stack of a timer's cancellation; or an enum life_cause. */
enum life_meaning {
	LIFE_MEANS_NOTHING = 0,
	LIFE_MEANS_RESTART = 0x40,
	LIFE_MEANS_EXPIRY,
};

struct life_range {
	uint64_t start, length;
	uint8_t meaning;
	uint8_t unused[7];
};

#define LIFE_RANGES_MAX 24

/* Before loading. */
struct life_setup {
	uint64_t tw_timer_handler; /* its address */
	struct life_range ranges[LIFE_RANGES_MAX];
	uint32_t netns, pid, causes;
	uint32_t pid_namespace;         /* the observer's; 0 for the initial one */
	uint32_t peer[4], peer_mask[4]; /* network order */
	uint16_t port;
	uint8_t peer_family;
	bool has_events, has_no_states, has_counts, has_rdonly_cast;
};

enum life_reading {
	LIFE_READS_NOTHING = 0,
	LIFE_STARTS, /* one of the two programs for states may be alone, and miss some: nothing is counted */
	LIFE_READS_COOKIES,
	LIFE_READS_ALL,
};

/* In memory that both see. */
struct life_shared {
	volatile uint32_t
		is_sleeping; /* the reader waits to be told of the next event; whoever tells clears it */
	volatile uint32_t is_reading; /* enum life_reading */
	volatile uint32_t converted;  /* orphans that look_again() found in TIME_WAIT, ever */
};

/* One life, from FIN_WAIT1 to the minisocket's end. */
struct life_entry {
	uint64_t born_ns, cgroup;
	uint32_t pid, netns;
	char comm[LIFE_COMM_BYTES];
	uint16_t restarts;
	uint8_t substate, flags;
	uint8_t others; /* bit n: counted among the others of dimension n */
	uint8_t unused[3];
};

/* Which change of state the first of two programs has seen to. */
struct life_turn {
	uint64_t socket; /* its address */
	int change;
	int unused;
};

/* A CPU's share. */
struct life_counts {
	int64_t states[16], time_wait, fin_wait2;
	uint64_t born, restarted, died, opened, accepted, lost, untracked;
	uint64_t died_by[16], not_born_by[16];
	struct life_group_counts others[LIFE_DIMENSION_COUNT];
};

#endif
