/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_LIFE_H
#define OBSERVE_LIFE_H

/*
 * The life of every TIME_WAIT, and every change of state, as BPF programs on the kernel's BTF tracepoints see them:
 * who closed, when it was born, how long it lived, what ended it. And counts of them that are kept
 * instead of recounted: reading them takes the same time however many sockets there are.
 *
 * Needs CAP_BPF, CAP_PERFMON, CAP_SYSLOG (root has them; CAP_SYS_ADMIN only for all namespaces); a kernel of 6.1 or later with BTF; kallsyms
 * that show addresses. Without any of these life_open() says which: nothing here runs blind. FIN_WAIT2 "minisockets",
 * what an orphan in FIN_WAIT2 is turned into, are counted and told beside those of TIME_WAIT.
 *
 *	struct life *life;
 *	struct life_options options = {.netns = netns_number(), .has_events = true};
 *
 *	r = life_open(&life, &options, &err);
 *	while (!interrupt_requested())
 *		life_poll(life, each, context, 1000);
 *	life_close(life);
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "observe/life_types.h"
#include "tcp/endpoint.h"
#include "tcp/state.h"

struct life;

/* What to see. All filters hold at once, and are applied in the kernel. */
struct life_options {
	uint64_t netns; /* a namespace's number (netns_number()); 0 for all */
	uint32_t pid;  /* connections that this process opened or closed, from then on; 0 for all */
	uint16_t port; /* either side's; 0 for all */
	struct endpoint peer; /* with peer_bits: a prefix; family 0 for all */
	uint8_t peer_bits;    /* 0 to 32, or to 128; IPv4 inside IPv6 is IPv4 */
	uint32_t causes;      /* bit n is enum life_cause n: those events alone; 0 for all */
	bool has_events;      /* life_poll() tells events: else counts alone, which is cheaper */
	bool has_no_states;   /* no LIFE_STATE among them: cheaper by half */
	bool has_counts; /* life_totals() and life_groups() count what passes netns, port and peer (not pid, causes) */
	uint32_t ring_bytes; /* room for events that wait, a power of two; 0 for 32 MiB */
};

/* Was it built with the BPF programs? If not, life_open() fails with -ENOSYS. */
bool life_is_built(void);

/*
 * Loads, attaches, and reads by iterator what waits already. 0 and *ret_life, which life_close() frees; or a negative errno, *err
 * saying what is missing and how to get it: -ENOSYS (built without), -EPERM (which capability), -EACCES (addresses
 * of kallsyms are hidden), -EOPNOTSUPP (the kernel is too old, or has no BTF), or what the kernel said.
 * Each of them is exit 77 for a command. Takes some 30 ms.
 */
int life_open(struct life **ret_life, const struct life_options *options, struct error *err);
void life_close(struct life *life);

/* The event lives for the call alone. Returns 0, or a negative errno, which ends life_poll(). */
typedef int life_each(void *context, const struct life_event *event);

/*
 * Hands over what has happened since the last call, oldest first as a CPU saw it (over several CPUs the order may differ by
 * microseconds). Waits up to timeout_ms (-1 for ever) for a first event, idle without cost; then does not wait. Returns how
 * many events there were, 0 after a timeout or EINTR, or what `each` returned. Under load callers get at most
 * LIFE_POLL_MAX at once, so that they can look at their clock.
 */
#define LIFE_POLL_MAX 65536
int life_poll(struct life *life, life_each *each, void *context, int timeout_ms);

/* A descriptor for poll(2), so that a caller can wait for other things too: readable when life_poll() has something.
 * Call life_arm() first, each time: true means there is something already. */
int life_fd(const struct life *life);
bool life_arm(struct life *life);

/* Events that could not be told. Never silent: show them. */
struct life_losses {
	uint64_t events; /* there was no room: the reader was too slow */
	uint64_t missed; /* the kernel did not run our program, which it was in the middle of */
	uint64_t
		untracked; /* no room or memory for a closer, or a life: told without closer, counted wrong */
};
int life_losses(struct life *life, struct life_losses *ret_losses);

/* The counts since life_open(), of has_counts. */
struct life_totals {
	/* Sockets now, by enum tcp_state. TIME_WAIT and FIN_WAIT2 include minisockets; SYN_RECV and BOUND are not counted. */
	int64_t states[TCP_STATE_COUNT];
	int64_t fin_wait2_minisockets; /* of states[TCP_STATE_FIN_WAIT2] */
	uint64_t born, restarted, died;
	uint64_t died_by[LIFE_CAUSE_COUNT], not_born_by[LIFE_CAUSE_COUNT];
	uint64_t opened,
		accepted; /* connections that became ESTABLISHED, by SYN_SENT and by SYN_RECV */
};
int life_totals(struct life *life, struct life_totals *ret_totals);

typedef int life_each_group(
	void *context, const struct life_group_key *key, const struct life_group_counts *counts);

/*
 * Every group of the dimension that has anything now, or was born into or died since life_open(); in no order. What did not fit is
 * in *ret_others. Time depends on the number of groups, LIFE_GROUPS_MAX at most.
 */
int life_groups(struct life *life, enum life_dimension dimension, life_each_group *each,
	void *context, struct life_group_counts *ret_others);

/*
 * Recounts minisockets by a full sock_diag dump of the namespace of options.netns, which must be the caller's, and tells the difference to the kept
 * count: kept minus dumped. A dump is no snapshot: what was born or died meanwhile is the `slack` that a
 * difference may have.
 */
struct life_drift {
	int64_t kept, dumped, slack;
	bool is_within; /* |kept - dumped| <= slack and one a CPU, which may be in the middle of it */
	int64_t took_ns;
};
int life_drift(struct life *life, struct life_drift *ret_drift, struct error *err);

/* "expired", "reused_by_connect"... as JSON and --cause have them; "" for LIFE_CAUSE_NONE. Never translated. */
const char *life_cause_name(enum life_cause cause);
/* 0, or -EINVAL. */
int life_cause_parse(const char *name, enum life_cause *ret_cause);
const char *life_kind_name(
	enum life_kind kind); /* "state", "born", "restarted", "died", "not_born" */

/* What of life_open()'s needs is missing: 0, or -errno as life_open() has it. Loads nothing. */
int life_check(struct error *err);

#endif
