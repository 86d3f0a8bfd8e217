/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_DIAGRAM_H
#define REPORT_DIAGRAM_H

/*
 * The sequence diagram as a list of rows: the server's lifeline on the left, the client's on the
 * right, time running down. diagram_text.h and diagram_svg.h draw it; neither knows more than is
 * here. A row holds one step and the states of both ends after it: what a call led to stands in
 * the row of the packet it sent, what a delivery led to in the row of the packet delivered.
 *
 * The diagram is a copy: the timeline may go on, or end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "lab/timeline.h"

enum diagram_kind {
	DIAGRAM_PROSE,  /* words of the scenario, over the whole width */
	DIAGRAM_ACTION, /* a step of the scenario, in the margin of its host */
	DIAGRAM_CALL,   /* a call of a real program, likewise */
	DIAGRAM_PACKET, /* a segment between the lifelines, and what it led to */
	DIAGRAM_STATE,  /* an end moved, and no packet had to do with it: a timer did */
	DIAGRAM_PAUSE,  /* nothing happened for a time worth telling */
};

/* What a host's lifeline looks like below the row, by all its sockets together. */
enum diagram_life {
	DIAGRAM_LIFE_NONE,    /* it has no socket */
	DIAGRAM_LIFE_OPEN,    /* it has */
	DIAGRAM_LIFE_WAITING, /* one of them is in TIME_WAIT */
};

struct diagram_side {
	bool has_state; /* there is one to show */
	bool has_changed;
	enum tcp_state state; /* of the row's connection, after the row */
	enum diagram_life life;
};

struct diagram_row {
	enum diagram_kind kind;
	int64_t time_ns;   /* since the timeline's start */
	enum host_id host; /* whose margin; a packet's sender. HOST_COUNT: between the two */
	int connection;
	char name[32];   /* the connection's, where there are several to tell apart; else "" */
	char *text;      /* of prose, actions, calls and pauses, not escaped; else NULL */
	bool has_failed; /* the action, and nobody expected it */
	struct diagram_side sides[HOST_COUNT];

	/* DIAGRAM_PACKET */
	enum packet_fate fate;
	bool is_release;
	bool is_retransmission;
	uint8_t flags; /* SEGMENT_* without PSH and URG, which say nothing here */
	bool has_zero_window;
	uint32_t sequence, acknowledgment; /* relative */
	uint32_t length;                   /* of the payload */
};

struct diagram {
	char *title; /* may be NULL */
	/* "192.0.2.1:13"; without port where several differ; "" where none is known. */
	char addresses[HOST_COUNT][ENDPOINT_TEXT_BYTES];
	struct diagram_row *rows;
	size_t count, room;
};

void diagram_build(struct diagram *diagram, const struct timeline *timeline);

/*
 * What has come to the timeline since so much of it was shown: for a picture that grows while the
 * experiment goes on. A row is never taken back: what belongs to one that was shown gets its own.
 */
struct diagram_extent {
	size_t events, connections; /* of the timeline, at that time */
};
void diagram_build_since(struct diagram *diagram, const struct timeline *timeline,
	const struct diagram_extent *shown);

void diagram_finish(struct diagram *diagram);

/* Does the packet get to the other side in this row? */
bool diagram_arrives(const struct diagram_row *row);
/* Does it start at its sender in this row (it was neither held before nor injected)? */
bool diagram_departs(const struct diagram_row *row);

/*
 * What stands on a packet's arrow, "FIN,ACK  seq 1  26 bytes  ack 1", into `label`, with less and
 * less said as the level grows from 0 to DIAGRAM_LABEL_LEVELS - 1. Translated where it is words.
 */
#define DIAGRAM_LABEL_LEVELS 5
void diagram_label(const struct diagram_row *row, int level, struct text *label);

/* What befell the packet, "held", "lost", "injected", "released", translated; else NULL. */
const char *diagram_mark(const struct diagram_row *row);

/* Appends the row as it would be told, in a line without newline; nothing for prose. */
void diagram_describe(const struct diagram_row *row, struct text *out);

#endif
