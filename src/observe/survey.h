/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_SURVEY_H
#define OBSERVE_SURVEY_H

/*
 * All TCP sockets of a network namespace in numbers, taken again and again: how many there are in each
 * state and by whom, how many were born and died meanwhile. There are two sources of it:
 *
 * - by sock_diag: full dumps, and the kernel's counters between them. Anybody may. It cannot know what
 *   ended a TIME_WAIT or who made it.
 * - by life (BPF): every birth and death, from counts that are kept in the kernel. Needs its privileges.
 *
 * A dump of a million sockets takes a tenth of a second and more, so dumps are spaced such that they
 * take a twentieth of the time at most; the numbers that need none are always fresh.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "observe/life_types.h"
#include "observe/tally_groups.h"
#include "tcp/state.h"

enum survey_by {
	/* Local address, peer and peer's port, of connections that this host opened from the range
	 * of local ports that the kernel hands out: whoever shares all three needs a port each. */
	SURVEY_BY_DESTINATION,
	SURVEY_BY_PROCESS, /* pid and comm: who holds the socket or, for a minisocket, closed it */
	SURVEY_BY_PEER,    /* the peer's address */
	SURVEY_BY_PORT,    /* the local port */
	SURVEY_BYS,
};

/* All since the source was opened. */
struct survey_totals {
	uint64_t born, died; /* minisockets: TIME_WAIT and FIN_WAIT2 with a timer */
	uint64_t restarted;  /* at least; 0 where not known */
	uint64_t active_opens, passive_opens; /* connections: by connect(), by accept() */
	/* Why they died, and why others were not born: bucket overflows are always known, the rest
	 * only where the survey knows causes. */
	uint64_t died_by[LIFE_CAUSE_COUNT], not_born_by[LIFE_CAUSE_COUNT];
	uint64_t dropped; /* events that could not be kept: the rest may be too low */
};

struct survey_range {
	uint16_t first, last; /* net.ipv4.ip_local_port_range */
	uint32_t usable;      /* how many, without ip_local_reserved_ports */
};

struct survey {
	const char *source; /* "bpf", "sock_diag" */
	int64_t time_ns;    /* CLOCK_MONOTONIC, of the totals */
	int64_t dump_ns; /* when the last dump was made, which full sockets and destinations are from */
	int64_t over_ns[SURVEY_BYS]; /* born and died in groups are of so long; 0: not known yet */
	bool knows_causes;           /* why minisockets died */
	bool knows_closers;          /* which process made a minisocket */
	bool has_drift;              /* the kept counts have been held against a full dump */
	int64_t drift;               /* how many minisockets more than that had */
	const char *
		lacks; /* why causes and closers are not known; translated. NULL: they are. The source's */

	uint64_t states[TCP_STATE_COUNT]; /* FIN_WAIT2: those that a process holds */
	uint64_t fin_wait2_timed;         /* ... and the minisockets */
	struct survey_totals totals;
	struct survey_range range;
	struct tally_groups groups[SURVEY_BYS];
	size_t unreadable; /* processes that may not be looked into */
};

struct survey_source {
	bool wants_dumps; /* set by the caller: a dump at every look, whatever it costs */
	bool wants_drift; /* set by the caller: hold the kept counts against a full dump at the next look */
	/* 0 or a negative errno, the survey as it was. May block as long as the kernel takes for a dump. */
	int (*take)(struct survey_source *source, struct survey *survey, struct error *err);
	void (*close)(struct survey_source *source);
};

/*
 * Opens the source in the caller's network namespace. The caller ends it by survey_close(). The
 * thread must be in that namespace at every look, too.
 */
int survey_open_life(struct survey_source **ret_source, struct error *err);

/* `why_not`: why it is not by life, for what it lacks; NULL for the usual words. Copied. */
int survey_open_diag(struct survey_source **ret_source, const char *why_not, struct error *err);

/* Takes a look; the survey starts zeroed, is given to each look, and is finished by the caller. */
int survey_take(struct survey_source *source, struct survey *survey, struct error *err);
void survey_close(struct survey_source *source);
void survey_finish(struct survey *survey);

#endif
