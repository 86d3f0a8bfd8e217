/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "scenario/coverage.h"

void coverage_add(struct coverage_moves *moves, const struct coverage_move *move)
{
	for (size_t i = 0; i < moves->count; i++) {
		const struct coverage_move *known = &moves->moves[i];

		if (known->host == move->host && known->from == move->from &&
			known->to == move->to && known->cause == move->cause &&
			known->arrow == move->arrow)
			return;
	}
	*list_grow(&moves->moves, &moves->count, &moves->room) = *move;
}

void coverage_encode(const struct coverage_moves *moves, struct text *out)
{
	for (size_t i = 0; i < moves->count; i++) {
		const struct coverage_move *move = &moves->moves[i];

		text_printf(out, "%d %d %d %d %d\n", (int)move->host, (int)move->from,
			(int)move->to, (int)move->cause, move->arrow);
	}
}

static bool is_one_of_ours(const int numbers[5])
{
	const int limits[5] = {
		HOST_COUNT, TCP_STATE_COUNT, TCP_STATE_COUNT, COVERAGE_CAUSE_COUNT, 0};
	size_t arrows;

	tcp_transitions(&arrows);
	for (int i = 0; i < 4; i++) {
		if (numbers[i] < 0 || numbers[i] >= limits[i])
			return false;
	}
	return numbers[4] >= COVERAGE_NO_ARROW && numbers[4] < (int)arrows;
}

bool coverage_decode(struct coverage_moves *moves, const char *text)
{
	int numbers[5], used;

	for (; *text; text += used) {
		used = 0;
		if (sscanf(text, "%d %d %d %d %d\n%n", &numbers[0], &numbers[1], &numbers[2],
			    &numbers[3], &numbers[4], &used) != 5 ||
			!used || !is_one_of_ours(numbers))
			return false;
		coverage_add(moves, &(struct coverage_move){(enum host_id)numbers[0],
					    (enum tcp_state)numbers[1], (enum tcp_state)numbers[2],
					    (enum coverage_cause)numbers[3], numbers[4]});
	}
	return true;
}

void coverage_moves_finish(struct coverage_moves *moves)
{
	free(moves->moves);
	*moves = (struct coverage_moves){0};
}
