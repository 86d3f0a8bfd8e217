/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

/*
 * The cable between the two hosts, in user space: an AF_PACKET socket in the base namespace sees
 * every packet a host sends; nothing reaches the other host unless it is delivered from here. So a
 * packet can be held, dropped, duplicated or invented. The kernel acts on a delivered packet within
 * the call: when wire_deliver() returns, the receiver's state has changed.
 *
 * The wire knows rules and packets; it records nothing (pump.c does).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "lab/host.h"
#include "lab/timeline.h"
#include "tcp/segment.h"

/* What a rule or an expectation says of a packet. */
enum wire_kind {
	WIRE_SYN,     /* SYN without ACK */
	WIRE_SYN_ACK, /* both */
	WIRE_ACK,     /* ACK and nothing else: no SYN, FIN, RST, no data */
	WIRE_FIN,     /* any segment that carries it; RST and DATA likewise */
	WIRE_RST,
	WIRE_DATA,
	WIRE_ZERO, /* window 0 */
	WIRE_ANY,
};

struct wire_match {
	enum wire_kind kind;
	int from;       /* enum host_id of the sender, or HOST_COUNT for either */
	int connection; /* CONNECTION_NONE for any; CONNECTION_UNKNOWN matches nothing */
};

enum wire_verb { WIRE_HOLD, WIRE_DROP, WIRE_DUPLICATE };

#define WIRE_EVER (-1)

struct wire_rule {
	enum wire_verb verb;
	struct wire_match match;
	int times;     /* packets it is still for; WIRE_EVER until wire_pass() */
	char name[32]; /* of the connection: the lab keeps match.connection to its newest. Or "" */
};

/* A packet on the cable. `bytes` is the whole IP packet. */
struct wire_packet {
	enum host_id sender;
	int connection;
	struct segment segment; /* payload points into bytes */
	uint8_t *bytes;
	size_t length;
};

struct wire {
	int fd;                     /* readable when a host has sent something */
	int host_index[HOST_COUNT]; /* of the veths' ends here */
	struct wire_rule *rules;    /* oldest first */
	size_t rule_count, rule_room;
	struct wire_packet *held; /* oldest first, over both hosts */
	size_t held_count, held_room;
	struct endpoint tap;      /* a tap: the server; else of no family */
	bool is_mute[HOST_COUNT]; /* what the host sends vanishes: it has crashed */
};

#define WIRE_NONE                                                                                  \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* The largest packet there can be. */
#define WIRE_PACKET_BYTES 65536

/* Opens in the base namespace, where the thread must be. Needs CAP_NET_RAW there. */
int wire_open(struct wire *wire, const struct host hosts[HOST_COUNT], struct error *err);
void wire_close(struct wire *wire);

/*
 * A tap on this machine's loopback instead: what the server at that address and its clients send can be
 * received, and nothing more. Needs CAP_NET_RAW.
 */
int wire_open_tap(struct wire *wire, const struct endpoint *server, struct error *err);

/*
 * The next packet sent by a host, into `buffer` of WIRE_PACKET_BYTES: its length, who sent it and when
 * (CLOCK_REALTIME: the kernel's stamp, however late it is read). 0 when there is none; never
 * blocks. About 256 unread packets are kept, then the kernel drops them: read often.
 */
ssize_t wire_receive(
	struct wire *wire, void *buffer, enum host_id *ret_sender, int64_t *ret_sent_ns);

/* Puts an IP packet before the host that is not `sender`. 0 or a negative errno. */
int wire_deliver(struct wire *wire, enum host_id sender, const void *packet, size_t length);

bool wire_matches(const struct wire_match *match, enum host_id sender, int connection,
	const struct segment *segment);

/* Adds a rule: of several that match, the newest decides. It is the wire's; good until the next. */
struct wire_rule *wire_rule(
	struct wire *wire, enum wire_verb verb, const struct wire_match *match, int times);

/* What the rules say of this packet; uses up one of `times`. */
enum packet_fate wire_judge(
	struct wire *wire, enum host_id sender, int connection, const struct segment *segment);

/* Is the same segment held already, or all that it carries? Then it is a retransmission of that. */
bool wire_is_held(const struct wire *wire, enum host_id sender, int connection,
	const struct segment *segment);

/* Keeps a copy. */
void wire_hold(struct wire *wire, enum host_id sender, int connection, const void *packet,
	size_t length, const struct segment *segment);

/*
 * Takes the oldest held packet that matches out of the queue. True with *ret_packet, whose bytes
 * the caller frees; false when none matches.
 */
bool wire_take(struct wire *wire, const struct wire_match *match, struct wire_packet *ret_packet);

/* How many held packets match. */
size_t wire_count_held(const struct wire *wire, const struct wire_match *match);

/* Ends all rules; what is held stays until taken. */
void wire_pass(struct wire *wire);

/* Ends all rules, throws away what is held, and listens to both hosts again. */
void wire_clear(struct wire *wire);

#endif
