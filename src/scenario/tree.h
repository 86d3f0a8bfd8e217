/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_TREE_H
#define SCENARIO_TREE_H

/*
 * A scenario as the parser leaves it: a title, an explanation, and steps, each one line of the file.
 * Nothing here acts: run.h carries a tree out, print.h writes it back as text.
 *
 * The tree owns all it points to; scenario_finish() frees it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/socket_options.h"
#include "lab/timeline.h"
#include "lab/wire.h"

/* The longest name of a connection, its NUL included: as in struct connection. */
#define SCENARIO_NAME_BYTES    32

#define SCENARIO_DEFAULT_NAME  "conn"
#define SCENARIO_LISTENER_NAME "listener"

/* One end of a connection, or a listener: "server.conn". */
struct end {
	enum host_id host;
	char name[SCENARIO_NAME_BYTES]; /* never empty: the default is filled in */
};

/* "FIN from server.conn" */
struct packets {
	enum wire_kind kind;
	int from;                       /* enum host_id; HOST_COUNT for both sides */
	char name[SCENARIO_NAME_BYTES]; /* of the connection; "" for any of the host's */
};

/* Bytes with their length: a text may hold NULs. `bytes` is followed by one more NUL. */
struct bytes {
	char *bytes;
	size_t length;
};

enum step_kind {
	STEP_COMMENT, /* a line with a comment alone, past the leading block */
	STEP_SLOW,
	STEP_SLEEP,

	STEP_LISTEN,
	STEP_CONNECT,
	STEP_ACCEPT,
	STEP_SEND,
	STEP_RECV,
	STEP_SHUTDOWN,
	STEP_CLOSE,
	STEP_SET,
	STEP_DESTROY,
	STEP_CRASH,
	STEP_SYSCTL,
	STEP_RUN,
	STEP_WAIT,
	STEP_SIGNAL,

	STEP_WIRE_HOLD,
	STEP_WIRE_RELEASE,
	STEP_WIRE_DROP,
	STEP_WIRE_DUPLICATE,
	STEP_WIRE_PASS,
	STEP_WIRE_INJECT,

	/* The expectations stand last, STEP_EXPECT_STATES first: see step_is_expectation(). */
	STEP_EXPECT_STATES,
	STEP_EXPECT_WENT,
	STEP_EXPECT_PENDING,
	STEP_EXPECT_DONE,
	STEP_EXPECT_COUNT,
	STEP_EXPECT_COUNTER,
	STEP_EXPECT_LISTENING,
	STEP_EXPECT_OUTPUT,
	STEP_EXPECT_WIRE,
	STEP_EXPECT_NO,
	STEP_KIND_COUNT,
};

enum recv_kind { RECV_WHAT_IS_THERE, RECV_TEXT, RECV_COUNT, RECV_EOF };

/* "server TIME_WAIT timer timewait 55s..60s" */
struct end_state {
	struct end end;
	enum tcp_state state;
	bool has_timer;
	int timer; /* enum diag_timer */
	bool has_range;
	int64_t least_ns, most_ns;
};

#define STEP_FOREVER (-1) /* of rules: no "N times" */
#define STEP_NONE    (-1) /* of from_port, times, within_ns: not said */

struct step {
	enum step_kind kind;
	int line, column; /* from 1, of its first word */
	char *text; /* the step as written, without blanks around it and without its comment */
	char *comment; /* behind it on the line, or the whole of STEP_COMMENT; without "# "; else NULL */
	int fails;         /* the errno that actions of a host must fail with; 0 */
	int64_t within_ns; /* of expectations; STEP_NONE */

	/* Whose: actions on a socket, STEP_EXPECT_WENT, _PENDING, _DONE. Of actions and expectations
	 * of a whole host (sysctl, run, crash, count...) end.host alone counts. */
	struct end end;

	union {
		int64_t sleep_ns;
		struct {
			uint16_t port;
			int backlog; /* STEP_NONE */
			struct socket_options options;
		} listen;
		struct {
			enum host_id peer;
			uint16_t port;
			int from_port; /* STEP_NONE; 0 is bind() to port 0 */
			struct socket_options options;
		} connect;
		struct bytes send; /* "send N bytes": bytes NULL, length N */
		struct {
			enum recv_kind kind;
			struct bytes text; /* RECV_TEXT; RECV_COUNT: bytes NULL, length N */
		} recv;
		int shutdown_how; /* SHUT_RD, SHUT_WR, SHUT_RDWR */
		struct socket_options set;
		struct {
			char *name, *value;
		} sysctl;
		char **argv; /* STEP_RUN; ends in NULL; $HERE not yet replaced */
		int wait_status;
		int signal;
		struct {
			struct packets packets;
			int times; /* STEP_FOREVER */
		} rule;            /* STEP_WIRE_HOLD, _DROP, _DUPLICATE */
		struct {
			struct packets packets; /* ANY from both sides when not said */
			bool has_packets;
			bool is_one;
		} release;
		struct {
			struct packets packets;                      /* .from is a host */
			int64_t length;                              /* of the payload; STEP_NONE */
			int32_t sequence, acknowledgment, timestamp; /* offsets */
		} inject;
		struct {
			struct end_state *ends;
			size_t count;
		} states;
		struct {
			enum tcp_state *states;
			size_t count;
		} went;
		struct {
			enum tcp_state state;
			uint64_t number;
		} count;
		struct {
			char *name;
			uint64_t increase;
		} counter;
		uint16_t listening_port;
		struct bytes output;
		struct {
			struct packets packets;
			int times; /* exactly; STEP_NONE: at least one. Of STEP_EXPECT_WIRE */
		} wire;
	};
};

struct scenario {
	char *file;        /* as given to the parser: for messages */
	char *title;       /* "" when the file has no comment to begin with */
	char *explanation; /* the lines of the leading block after the title, joined by '\n'; "" */
	bool is_slow;      /* says so, or sleeps for over a second altogether */
	struct step *steps;
	size_t count, room;
};

/* Frees what it owns; leaves an empty one. */
void scenario_finish(struct scenario *scenario);
void step_finish(struct step *step);

/* Takes one step out, and frees it. */
void scenario_remove(struct scenario *scenario, size_t index);

/* The same title, explanation and steps? Lines, columns and `file` do not count, nor does the
 * spelling kept in `text`. */
bool scenario_equal(const struct scenario *a, const struct scenario *b);

/* Is it a line that begins with "expect"? Adjacent ones form a group. */
static inline bool step_is_expectation(const struct step *step)
{
	return step->kind >= STEP_EXPECT_STATES;
}

#endif
