/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_FLOW_H
#define LAB_FLOW_H

/*
 * What each end of a connection has sent and what has reached the other: enough of RFC 9293
 * section 3.3.1 (SND.NXT, RCV.NXT) to make a segment that its receiver expects next. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "tcp/segment.h"

/* One direction, from its sender. */
struct flow {
	bool has_sent;           /* the rest is meaningless before */
	uint32_t isn;            /* of the sender's last SYN */
	uint32_t next_sent;      /* the sender's SND.NXT */
	uint32_t next_expected;  /* the receiver's RCV.NXT, as what was delivered suggests it */
	bool has_acknowledgment; /* the receiver has said so itself */
	uint32_t acknowledgment; /* its last: its RCV.NXT, for our hosts acknowledge at once */
	uint16_t window;         /* as last advertised by the sender */
	bool has_timestamps;
	uint32_t timestamp; /* the sender's last */
};

void flow_sent(struct flow *flow, const struct segment *segment);
void flow_delivered(struct flow *flow, const struct segment *segment);

/* The receiver has sent this, an RST apart: what it acknowledges is what it expects. */
void flow_acknowledged(struct flow *flow, const struct segment *segment);

/* Has all of the segment reached the receiver before? */
bool flow_has_delivered(const struct flow *flow, const struct segment *segment);

/*
 * Fills in what `forward`'s receiver expects next: sequence RCV.NXT, acknowledgment its own
 * SND.NXT, the sender's last timestamp, its window. Flags, payload and addresses are the caller's.
 */
void flow_predict(
	const struct flow *forward, const struct flow *backward, struct segment *ret_segment);

#endif
