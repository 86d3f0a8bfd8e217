/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_LAB_H
#define LAB_LAB_H

/*
 * The laboratory: two hosts, the wire between them, the programs that run there, and the record of
 * it all. One thread drives everything (but for a close() that lingers: closer.h), one thing at a
 * time:
 *
 *	act	a program is let through its gate, a socket is used, a held packet is released
 *	pump	packets flow until nothing moves any more, each after the last has had its effect
 *	observe	after each of these both hosts are asked for their sockets; changes are recorded
 *
 * So every state that is not a kernel timer's is observed exactly, however fast it passes.
 *
 * A lab on the loopback (lab_open_loopback) has no hosts of its own: the same programs, gates and
 * record on this machine's own 127.0.0.1. What the kernel does there by itself, a handshake
 * say, it does at once: packets can be seen (with CAP_NET_RAW) but not stopped.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "lab/census.h"
#include "lab/fence.h"
#include "lab/flow.h"
#include "lab/guardian.h"
#include "lab/host.h"
#include "lab/program.h"
#include "lab/sandbox.h"
#include "lab/socket.h"
#include "lab/sysctls.h"
#include "lab/timeline.h"
#include "lab/wire.h"
#include "observe/counters.h"

struct lab {
	struct timeline timeline;
	struct sandbox sandbox;
	struct host hosts[HOST_COUNT];
	struct wire wire;
	struct fence fence;
	struct census census;
	struct guardian guardian;
	struct text names; /* the hosts' /etc/hosts */
	struct program **programs;
	size_t program_count, program_room;
	struct lab_socket **sockets; /* the laboratory's own */
	size_t socket_count, socket_room;
	struct sysctls sysctls[HOST_COUNT];
	char *here; /* what $HERE is to programs; NULL: unset */
	struct lab_flows {
		struct flow from[HOST_COUNT];
		int64_t sent_ns[HOST_COUNT];      /* CLOCK_REALTIME, of the last but pure ACKs */
		int64_t delivered_ns[HOST_COUNT]; /* likewise, when it had reached the other host */
		unsigned int volley;              /* pure ACKs that have just answered each other */
		enum host_id last_acker;
	} * flows; /* beside timeline.connections */
	size_t flow_count, flow_room;
	struct lab_unplaced { /* calls on sockets that the census has not seen yet */
		size_t event;
		enum host_id host;
		uint64_t cookie;
	} * unplaced;
	size_t unplaced_count, unplaced_room;
	uint8_t *packet;             /* WIRE_PACKET_BYTES */
	unsigned int touched;        /* what may have moved since the last census: see census.h */
	int64_t seen_ns[HOST_COUNT]; /* when each was last in a census */
	int64_t passed_ns; /* CLOCK_REALTIME, when the last packet began to be passed on */
	bool is_loopback;
};

/* One in which nothing is open. */
#define LAB_NONE                                                                                   \
	{                                                                                          \
		.sandbox = SANDBOX_NONE, .hosts = {HOST_NONE, HOST_NONE}, .wire = WIRE_NONE,       \
		.fence = FENCE_NONE, .guardian = GUARDIAN_NONE, .names = TEXT_INIT,                \
	}

/*
 * Makes the hosts, in 2 to 3 ms; enters a sandbox for it (sandbox.h), so the calling process
 * stays in other namespaces afterwards unless it is real root. `title` may be NULL. On failure
 * nothing is left open, and the error says what is missing and how to get it.
 */
int lab_open(struct lab *lab, const char *title, bool is_ipv6, struct error *err);

/*
 * Makes the same hosts fit for the next experiment: ends programs, sockets and rules, puts the
 * sysctls back, empties the wire and begins a new record. Some ten times cheaper than new hosts.
 * `here` stays.
 * On failure the laboratory is no longer of use: close it.
 */
int lab_reset(struct lab *lab, const char *title, struct error *err);

/* On this machine's loopback; the server will be the one at that address and port. What an earlier one there has
 * left behind (its client's TIME_WAIT, say) is no business of this record. */
int lab_open_loopback(
	struct lab *lab, const char *title, const struct endpoint *server, struct error *err);

/* Ends the programs, the sockets and the hosts. Harmless on a lab that did not open. */
void lab_close(struct lab *lab);

/*
 * Pumps until nothing moves. 0 or a negative errno. A call or a packet touches one host alone, and only
 * that is looked at after it; where nothing has been touched, both are, for timers move them too.
 */
int lab_settle(struct lab *lab, struct error *err);

/* Were both hosts looked at within the last millisecond, and not touched since? */
bool lab_is_fresh(const struct lab *lab);

typedef bool lab_condition(const struct lab *lab, void *context);

/*
 * Settles again and again until the condition holds: 0; -ETIMEDOUT at the deadline; -EINTR when the
 * person asked us to stop. `tick`, which may be NULL, is called about a hundred times a second.
 */
int lab_wait(struct lab *lab, lab_condition *condition, void *context, int64_t deadline_ns,
	void (*tick)(const struct lab *lab, void *context), struct error *err);

/*
 * Starts a real program on the host. *ret_program lives until the lab is reset or closed. Nothing has
 * flowed yet. -ENOENT where there is no such program.
 */
int lab_run(struct lab *lab, enum host_id host, const char *const *argv,
	struct program **ret_program, struct error *err);

/*
 * Passive and active open by a socket of the laboratory's own, with its options set before. 1 it is
 * done, 0 it is pending, with *ret_socket, which the lab owns; or a negative errno, and then there
 * is neither a socket nor a connection of that name. Nothing has flowed yet: see lab_note_call().
 * backlog and from_port: -1 where not wanted.
 */
int lab_listen(struct lab *lab, enum host_id host, const char *name, uint16_t port, int backlog,
	const struct socket_options *options, struct lab_socket **ret_socket);
int lab_connect(struct lab *lab, enum host_id host, const char *name, uint16_t port, int from_port,
	const struct socket_options *options, struct lab_socket **ret_socket);

/* The laboratory's socket at an end, closed or not; NULL where there was none. */
struct lab_socket *lab_socket_at(const struct lab *lab, enum host_id host, int connection);

/*
 * A call on the socket, recorded as `action`, came to `outcome` (1, 0 or a negative errno): takes what
 * it brought, and completes the action now, or when lab_settle() finds that it has completed.
 */
void lab_note_call(struct lab *lab, struct lab_socket *socket, size_t action, int outcome);

/* SOCK_DESTROY on an end. -ENOENT where it has no socket. */
int lab_destroy(struct lab *lab, enum host_id host, int connection, struct error *err);

/* The host loses its power: every socket and program vanishes, and no packet leaves. */
int lab_crash(struct lab *lab, enum host_id host, struct error *err);

/* Writes a sysctl of the host, until lab_reset(). -ENOENT where this kernel has none so called. */
int lab_sysctl(struct lab *lab, enum host_id host, const char *name, const char *value);

/* Puts back what was written; lab_reset() does it, too. */
int lab_restore_sysctls(struct lab *lab, struct error *err);

/* The host's counters now, into what counters_read() wants. 0 or a negative errno. */
int lab_counters(struct lab *lab, enum host_id host, struct counters *counters, struct error *err);

/* A rule for the wire; with a name (not "") for the newest connection so called alone. */
void lab_rule(struct lab *lab, enum wire_verb verb, const struct wire_match *match, int times,
	const char *name);

/* Lets go what is held and matches, oldest first over both hosts, all before anything else moves;
 * at most `most` packets. Then settles. */
int lab_release(struct lab *lab, const struct wire_match *match, size_t most, struct error *err);

/*
 * Puts a segment before the host that is not `sender`, made to be the next one it expects on
 * the connection, then shifted by the offsets. -ENOTCONN when neither end has sent anything yet.
 */
#define LAB_INJECTED_BYTES_MAX 1400
struct lab_injection {
	int connection;
	enum host_id sender;
	uint8_t flags;
	bool has_zero_window;
	uint32_t payload_length; /* zeroes; at most LAB_INJECTED_BYTES_MAX */
	int32_t sequence_offset, acknowledgment_offset, timestamp_offset;
};
int lab_inject(struct lab *lab, const struct lab_injection *injection, struct error *err);

/* The program that was started last on the host; NULL when none was. */
struct program *lab_program_on(const struct lab *lab, enum host_id host);

/* The state of an end as last observed. */
enum tcp_state lab_state(const struct lab *lab, enum host_id host, int connection);

/* The first connection that is no listener; CONNECTION_NONE before there is one. */
int lab_first_connection(const struct lab *lab);

#endif
