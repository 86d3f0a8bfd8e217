/* SPDX-License-Identifier: BSD-2-Clause */
#include "life_case.h"

#include "unit/unit.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "observe/netns.h"

struct life_rig_events *life_case_events;

struct life *life_case_watch(struct life_options options)
{
	struct error err = {0};
	struct life *life;

	options.has_events = true;
	options.has_counts = true;
	if (life_open(&life, &options, &err) < 0)
		fail_msg("life_open: %s", err.text);
	life_case_events->count = 0;
	return life;
}

struct life *life_case_watch_new_network(void)
{
	life_rig_new_network();
	return life_case_watch((struct life_options){.netns = netns_number()});
}

const struct life_event *life_case_await(
	struct life *life, enum life_kind kind, enum life_cause cause, uint16_t local_port)
{
	const struct life_event *event =
		life_rig_await(life, life_case_events, kind, cause, local_port, 10);

	assert_non_null(event);
	return event;
}

void life_case_await_state(struct life *life, uint16_t port, enum tcp_state wanted)
{
	const struct life_event *event = NULL;

	for (int i = 0; i < 100 && !(event && event->to == wanted); i++) {
		life_rig_collect(life, life_case_events);
		event = life_rig_last(life_case_events, port);
	}
	assert_non_null(event);
	assert_int_equal(event->to, wanted);
}

void life_case_end(struct life *life)
{
	struct life_losses losses;
	struct life_drift drift;
	struct error err = {0};

	assert_int_equal(life_losses(life, &losses), 0);
	assert_int_equal(losses.events, 0);
	assert_int_equal(losses.missed, 0);
	assert_int_equal(losses.untracked, 0);
	assert_int_equal(life_drift(life, &drift, &err), 0);
	assert_int_equal(drift.kept - drift.dumped, 0);
	life_close(life);
}

void life_case_close_both(struct life_rig_connection *connection)
{
	life_rig_close(&connection->server);
	life_rig_close(&connection->client);
}

void life_case_assert_closed_by_us(const struct life_event *event)
{
	char comm[16] = "";

	prctl(PR_GET_NAME, comm);
	assert_true(event->flags & LIFE_HAS_CLOSER);
	assert_int_equal(event->pid, getpid());
	assert_string_equal(event->comm, comm);
}

bool life_case_was_told(enum life_kind kind, uint16_t local_port)
{
	for (size_t i = 0; i < life_case_events->count; i++) {
		if (life_case_events->events[i].kind == kind &&
			life_case_events->events[i].local_port == local_port)
			return true;
	}
	return false;
}

int life_case_set_up(void **state)
{
	struct error err = {0};
	int r = life_check(&err);

	(void)state;
	life_case_events = calloc(1, sizeof(*life_case_events));
	if (r < 0)
		print_message("life_check: %s\n", err.text);
	return r;
}

int life_case_tear_down(void **state)
{
	(void)state;
	free(life_case_events);
	return 0;
}
