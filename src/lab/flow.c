/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/flow.h"

/* Sequence numbers go round: a is before b when the way from a to b is the shorter one. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

void flow_sent(struct flow *flow, const struct segment *segment)
{
	uint32_t end = segment->sequence + segment_span(segment);

	if (segment->flags & SEGMENT_RST)
		return;
	/* A stream begins, unless it is the same SYN again. */
	if (!flow->has_sent || ((segment->flags & SEGMENT_SYN) && segment->sequence != flow->isn)) {
		flow->isn = flow->next_expected = segment->sequence;
		flow->next_sent = end;
		flow->has_acknowledgment = false;
	} else if (is_before(flow->next_sent, end)) {
		flow->next_sent = end;
	}
	flow->has_sent = true;
	flow->window = segment->window;
	if (segment->has_timestamps) {
		flow->has_timestamps = true;
		flow->timestamp = segment->timestamp;
	}
}

void flow_delivered(struct flow *flow, const struct segment *segment)
{
	uint32_t end = segment->sequence + segment_span(segment);

	if (segment->flags & SEGMENT_RST)
		return;
	/* Out of order: the receiver goes on expecting what it lacks. */
	if (!is_before(flow->next_expected, segment->sequence) &&
		is_before(flow->next_expected, end))
		flow->next_expected = end;
}

void flow_acknowledged(struct flow *flow, const struct segment *segment)
{
	if (!(segment->flags & SEGMENT_ACK) || (segment->flags & SEGMENT_RST))
		return;
	flow->has_acknowledgment = true;
	flow->acknowledgment = segment->acknowledgment;
}

bool flow_has_delivered(const struct flow *flow, const struct segment *segment)
{
	uint32_t end = segment->sequence + segment_span(segment);

	return flow->has_sent && !is_before(flow->next_expected, end);
}

void flow_predict(
	const struct flow *forward, const struct flow *backward, struct segment *ret_segment)
{
	ret_segment->sequence =
		forward->has_acknowledgment ? forward->acknowledgment : forward->next_expected;
	ret_segment->acknowledgment = backward->next_sent;
	ret_segment->window = forward->window;
	ret_segment->has_timestamps = forward->has_timestamps && backward->has_timestamps;
	ret_segment->timestamp = forward->timestamp;
	ret_segment->timestamp_echo = backward->timestamp;
}
