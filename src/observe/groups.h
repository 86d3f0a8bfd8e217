/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_GROUPS_H
#define OBSERVE_GROUPS_H

/*
 * How many sockets there are by state, process, peer, local endpoint or cgroup: counted one after the other,
 * in memory that grows with the groups, not with the sockets.
 */

#include "base/hash.h"
#include "observe/diag.h"
#include "observe/owner.h"

enum group_by {
	GROUP_BY_STATE,
	GROUP_BY_PROCESS,
	GROUP_BY_PEER,  /* its address, whatever the port */
	GROUP_BY_LOCAL, /* address and port */
	GROUP_BY_CGROUP,
};

struct group {
	uint64_t count;
	union {
		enum tcp_state state;
		/* IPv4-mapped addresses count as IPv4. By peer, sockets without one (LISTEN, BOUND) have
		 * family 0. */
		struct endpoint endpoint;
		struct {
			pid_t pid; /* 0: no process has them, or none that we are shown */
			const char *
				name; /* comm, or the cgroup; NULL where unknown. The owner table's */
		} owner;
	};
};

/*
 * Where there are a million groups, to find one is to wait for memory: so sockets are first gathered, and the
 * places of all of them fetched side by side.
 */
#define GROUPS_GATHERED 32

struct groups {
	enum group_by by;
	struct group *groups; /* in the order of their first sockets, until groups_sort() */
	size_t count, room;
	struct hash index;
	struct groups_gathered {
		struct group key;
		uint32_t hash;
	} gathered[GROUPS_GATHERED];
	size_t gathered_count;
};

void groups_init(struct groups *groups, enum group_by by);
void groups_finish(struct groups *groups);

/* Do they ask who owns a socket? */
bool groups_need_owner(enum group_by by);

/* `owner` is NULL where unknown; its table must outlive the groups. The last sockets may be gathered only. */
void groups_count(
	struct groups *groups, const struct diag_socket *socket, const struct owner *owner);

/* Counts those that are still gathered. */
void groups_settle(struct groups *groups);

/* Settles; the largest first, equal ones by what they are. Nothing can be counted any more. */
void groups_sort(struct groups *groups);

#endif
