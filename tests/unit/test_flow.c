/* SPDX-License-Identifier: BSD-2-Clause */

/* The numbers that the next segment is to have, from what was sent and what arrived. */

#include "unit.h"

#include "lab/flow.h"

static struct segment segment_of(uint8_t flags, uint32_t sequence, uint32_t length)
{
	return (struct segment){
		.flags = flags,
		.sequence = sequence,
		.payload_length = length,
		.window = 100,
		.has_timestamps = true,
		.timestamp = sequence,
	};
}

static void pass(struct flow *flow, uint8_t flags, uint32_t sequence, uint32_t length)
{
	struct segment segment = segment_of(flags, sequence, length);

	flow_sent(flow, &segment);
	flow_delivered(flow, &segment);
}

static void expects_what_follows(void **state)
{
	struct flow forward = {0}, backward = {0};
	struct segment next = {0};

	(void)state;
	pass(&forward, SEGMENT_SYN, 1000, 0);
	pass(&backward, SEGMENT_SYN | SEGMENT_ACK, 5000, 0);
	pass(&forward, SEGMENT_ACK, 1001, 10);
	pass(&forward, SEGMENT_ACK | SEGMENT_FIN, 1011, 0);
	flow_predict(&forward, &backward, &next);
	assert_int_equal(next.sequence, 1012);
	assert_int_equal(next.acknowledgment, 5001);
	assert_int_equal(next.timestamp, 1011);
	assert_int_equal(next.timestamp_echo, 5000);
	assert_true(next.has_timestamps);
	assert_int_equal(next.window, 100);
}

static void expects_again_what_was_lost(void **state)
{
	struct flow forward = {0}, backward = {0};
	struct segment lost = segment_of(SEGMENT_ACK, 1001, 10), next = {0};

	(void)state;
	pass(&forward, SEGMENT_SYN, 1000, 0);
	flow_sent(&forward, &lost);
	flow_predict(&forward, &backward, &next);
	assert_int_equal(next.sequence, 1001);
	/* What comes behind the gap does not close it. */
	pass(&forward, SEGMENT_ACK, 1011, 10);
	flow_predict(&forward, &backward, &next);
	assert_int_equal(next.sequence, 1001);
}

static void goes_round_the_numbers(void **state)
{
	struct flow forward = {0}, backward = {0};
	struct segment next = {0};

	(void)state;
	pass(&forward, SEGMENT_SYN, UINT32_MAX, 0);
	pass(&forward, SEGMENT_ACK, 0, 7);
	flow_predict(&forward, &backward, &next);
	assert_int_equal(next.sequence, 7);
}

static void a_repeated_segment_changes_nothing(void **state)
{
	struct flow forward = {0}, backward = {0};
	struct segment next = {0};

	(void)state;
	pass(&forward, SEGMENT_SYN, 1000, 0);
	pass(&forward, SEGMENT_ACK, 1001, 10);
	pass(&forward, SEGMENT_ACK, 1001, 10);
	flow_predict(&forward, &backward, &next);
	assert_int_equal(next.sequence, 1011);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expects_what_follows),
		cmocka_unit_test(expects_again_what_was_lost),
		cmocka_unit_test(goes_round_the_numbers),
		cmocka_unit_test(a_repeated_segment_changes_nothing),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
