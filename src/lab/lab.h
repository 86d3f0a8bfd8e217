/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_LAB_H
#define LAB_LAB_H

/*
 * The laboratory: two hosts, the wire between them, the programs that run there, and the record of
 * it all. One thread drives everything, one thing at a time:
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
#include "lab/flow.h"
#include "lab/guardian.h"
#include "lab/host.h"
#include "lab/program.h"
#include "lab/sandbox.h"
#include "lab/timeline.h"
#include "lab/wire.h"

struct lab {
	struct timeline timeline;
	struct sandbox sandbox;
	struct host hosts[HOST_COUNT];
	struct wire wire;
	struct census census;
	struct guardian guardian;
	struct text names; /* the hosts' /etc/hosts */
	struct program **programs;
	size_t program_count, program_room;
	struct lab_flows {
		struct flow from[HOST_COUNT];
	} * flows; /* beside timeline.connections */
	size_t flow_count, flow_room;
	struct lab_unplaced { /* calls on sockets that the census has not seen yet */
		size_t event;
		enum host_id host;
		uint64_t cookie;
	} * unplaced;
	size_t unplaced_count, unplaced_room;
	uint8_t *packet;            /* WIRE_PACKET_BYTES */
	int64_t passed_ns;          /* CLOCK_REALTIME, when the last packet was passed on */
	unsigned int acks_in_a_row; /* passed since the last that was anything else */
	bool is_loopback;
};

/*
 * Makes the hosts, in 2 to 3 ms; enters a sandbox for it (sandbox.h), so the calling process
 * stays in other namespaces afterwards unless it is real root. `title` may be NULL. On failure
 * nothing is left open, and the error says what is missing and how to get it.
 */
int lab_open(struct lab *lab, const char *title, bool is_ipv6, struct error *err);

/* On this machine's loopback; the server will be the one on `port`. */
int lab_open_loopback(struct lab *lab, const char *title, uint16_t port, struct error *err);

/* Ends the programs, the sockets and the hosts. Harmless on a lab that did not open. */
void lab_close(struct lab *lab);

/* Pumps until nothing moves. 0 or a negative errno. */
int lab_settle(struct lab *lab, struct error *err);

typedef bool lab_condition(const struct lab *lab, void *context);

/*
 * Settles again and again until the condition holds: 0; -ETIMEDOUT at the deadline; -EINTR when the
 * person asked us to stop. `tick`, which may be NULL, is called about a hundred times a second.
 */
int lab_wait(struct lab *lab, lab_condition *condition, void *context, int64_t deadline_ns,
	void (*tick)(const struct lab *lab, void *context), struct error *err);

/*
 * Starts a real program on the host and settles. *ret_program lives as long as the lab. The
 * action "HOST run ARGV..." is recorded, with its failure if it fails.
 */
int lab_run(struct lab *lab, enum host_id host, const char *const *argv,
	struct program **ret_program, struct error *err);

/* Lets go what is held and matches, oldest first over both hosts, all before anything else moves;
 * at most `most` packets. Then settles. */
int lab_release(struct lab *lab, const struct wire_match *match, size_t most, struct error *err);

/*
 * Puts a segment before the host that is not `sender`, made to be the next one it expects on
 * the connection, then shifted by the offsets. -ENOTCONN when the sender has not sent a SYN yet.
 */
struct lab_injection {
	int connection;
	enum host_id sender;
	uint8_t flags;
	uint32_t payload_length; /* zeroes; at most 1400 */
	int32_t sequence_offset, acknowledgment_offset, timestamp_offset;
};
int lab_inject(struct lab *lab, const struct lab_injection *injection, struct error *err);

/* The state of an end as last observed. */
enum tcp_state lab_state(const struct lab *lab, enum host_id host, int connection);

/* The first connection that is no listener; CONNECTION_NONE before there is one. */
int lab_first_connection(const struct lab *lab);

#endif
