/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_TIMELINE_H
#define LAB_TIMELINE_H

/*
 * The record of an experiment: what was done, what crossed the wire, and how the states of
 * both ends moved, in the order in which it was observed. The lab appends; every picture is a
 * rendering of it and every expectation a question to it. Nothing is shown that is not here.
 *
 * The timeline owns everything it holds; pointers into it live until timeline_finish(),
 * but `events` itself moves as it grows: keep indices, not pointers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcp/endpoint.h"
#include "tcp/segment.h"
#include "tcp/state.h"

enum host_id { HOST_SERVER, HOST_CLIENT, HOST_COUNT };

/* "server", "client": the names of the language, never translated. HOST_COUNT, where no host
 * acts but the cable between them does, reads "wire". */
const char *host_name(enum host_id host);
static inline enum host_id host_other(enum host_id host)
{
	return host == HOST_SERVER ? HOST_CLIENT : HOST_SERVER;
}

/* A connection, or a listening socket (whose `ends` of the other host stay empty). */
struct connection {
	char name[32]; /* "conn", "conn2"; "listener" */
	char also[32]; /* of a simultaneous open: what the end that joined calls it; else "" */
	bool is_listener;
	struct endpoint ends[HOST_COUNT];
	enum tcp_state states[HOST_COUNT]; /* as last observed; CLOSED without a socket */
	bool has_isn[HOST_COUNT];
	uint32_t isn[HOST_COUNT];           /* initial sequence number each host sent */
	uint32_t next_sequence[HOST_COUNT]; /* after the last byte (or SYN, FIN) it ever sent */
};

#define CONNECTION_NONE    (-1)
#define CONNECTION_UNKNOWN (-2) /* one that is named, but is not there (yet) */

enum packet_fate {
	PACKET_DELIVERED, /* went through at once; or now, when is_release */
	PACKET_HELD,
	PACKET_DROPPED,
	PACKET_DUPLICATED, /* delivered twice */
	PACKET_INJECTED,   /* made by the lab in the name of `host`, and delivered */
};

const char *packet_fate_name(enum packet_fate fate);

enum event_kind {
	EVENT_COMMENT, /* words of the scenario */
	EVENT_ACTION,  /* a step of the experiment, as it begins; completed later by `result` */
	EVENT_CALL,    /* a real program is about to call the kernel */
	EVENT_PACKET,  /* a segment sent, injected, or (is_release) let go after it was held */
	EVENT_STATE,   /* one end of a connection moved */
};

struct event {
	enum event_kind kind;
	int64_t time_ns;     /* since the timeline's start */
	enum host_id host;   /* who acted; a packet's sender. HOST_COUNT: nobody (a comment), or
			       * the wire itself ("wire hold FIN") */
	int connection;      /* index into timeline->connections, or CONNECTION_NONE */
	int line;            /* of the scenario, from 1; 0 for none */
	const char *text;    /* comment; action as written; call: "close()". Else NULL */
	const char *program; /* call: who calls, "daytimed". Else NULL */

	/* EVENT_ACTION */
	bool is_pending; /* it has not completed yet */
	int code;        /* errno it failed with; 0 for success */
	int fails;       /* errno it was to fail with; 0 for success */
	bool is_wrong;   /* it succeeded, but brought something else than it should */

	/* EVENT_PACKET */
	enum packet_fate fate;
	bool is_release; /* held before; the sending itself is an earlier event */
	bool is_retransmission;
	struct segment segment;           /* payload points into `bytes` */
	uint32_t relative_sequence;       /* to the sender's ISN */
	uint32_t relative_acknowledgment; /* to the other's ISN; 0 without ACK */
	const uint8_t *bytes;             /* the whole IP packet */
	size_t length;

	/* EVENT_STATE */
	enum tcp_state from, to;
};

struct timeline {
	int64_t start_ns;      /* CLOCK_MONOTONIC */
	int64_t start_unix_ns; /* CLOCK_REALTIME at the same moment, for captures */
	char *title;           /* may be NULL */
	struct event *events;
	size_t event_count, event_room;
	struct connection *connections;
	size_t connection_count, connection_room;
	void **owned; /* strings and packets */
	size_t owned_count, owned_room;
};

void timeline_init(struct timeline *timeline, const char *title);
void timeline_finish(struct timeline *timeline);

/* Adds a connection and returns its index. Its states are CLOSED until told otherwise. */
int timeline_connection(struct timeline *timeline, const char *name, bool is_listener);

/* The connection of a packet by its tuple, newest first; CONNECTION_NONE. */
int timeline_find(const struct timeline *timeline, enum host_id sender,
	const struct endpoint *source, const struct endpoint *destination);

/*
 * The connection that a host means by a name: the newest so called, and of listeners only its own.
 * CONNECTION_NONE.
 */
int timeline_named(const struct timeline *timeline, enum host_id host, const char *name);

/* Each appends one event, stamped now, copies what it is given, and returns its index. */
size_t timeline_comment(struct timeline *timeline, int line, const char *text);
size_t timeline_action(
	struct timeline *timeline, enum host_id host, int connection, int line, const char *text);
size_t timeline_call(struct timeline *timeline, enum host_id host, int connection,
	const char *program, const char *text);
/* The connection's states are folded (tcp_state_fold()) and move with it. */
size_t timeline_state(
	struct timeline *timeline, enum host_id host, int connection, enum tcp_state to);
/*
 * Learns the ISNs (from a SYN; where the SYN was not seen, from the first numbers that were, as if
 * it had gone just before), and the ends' endpoints while the connection has none. Tells a
 * retransmission (RFC 9293 section 3.8.1): it begins with what its sender has sent before. What
 * the lab injects is neither, and teaches nothing but the ISN of a host that has none.
 */
size_t timeline_packet(struct timeline *timeline, enum host_id sender, int connection,
	const void *packet, size_t length, const struct segment *segment, enum packet_fate fate,
	bool is_release);

/* Would the segment be one, were it appended now? */
bool timeline_is_retransmission(const struct timeline *timeline, enum host_id sender,
	int connection, const struct segment *segment);

/* Completes an action: code 0 or the errno it failed with. */
void timeline_complete(struct timeline *timeline, size_t action, int code);

/* When the end last entered the state, in ns since the start; -1 when it never did. */
int64_t timeline_entered_ns(
	const struct timeline *timeline, enum host_id host, int connection, enum tcp_state state);

/* Which host's own FIN was first to be sent on the connection; HOST_COUNT when none was. */
enum host_id timeline_first_fin(const struct timeline *timeline, int connection);

#endif
