/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_SURVEYS_H
#define TESTS_UNIT_SURVEYS_H

/* Surveys as a source takes them, for what is made of them. */

#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "observe/survey.h"

static inline struct endpoint endpoint_of(const char *address, uint16_t port)
{
	struct endpoint endpoint = {.family = AF_INET, .port = port};

	if (inet_pton(AF_INET, address, endpoint.address) != 1) {
		endpoint.family = AF_INET6;
		inet_pton(AF_INET6, address, endpoint.address);
	}
	return endpoint;
}

static inline struct tally_group *add_destination(
	struct survey *survey, const char *local, const char *peer, uint16_t port, uint64_t used)
{
	struct tally_key key = {
		.local = endpoint_of(local, 0),
		.peer = endpoint_of(peer, port),
	};
	struct tally_group *group = tally_groups_get(&survey->groups[SURVEY_BY_DESTINATION], &key);

	group->sockets = group->time_wait = used;
	return group;
}

static inline struct tally_group *add_process(
	struct survey *survey, int pid, const char *comm, uint64_t sockets)
{
	struct tally_key key = {.pid = pid};
	struct tally_group *group;

	memcpy(key.comm, comm, strnlen(comm, sizeof(key.comm)));
	group = tally_groups_get(&survey->groups[SURVEY_BY_PROCESS], &key);
	group->sockets = sockets;
	return group;
}

static inline struct tally_group *add_peer(
	struct survey *survey, const char *address, uint64_t sockets)
{
	struct tally_key key = {.peer = endpoint_of(address, 0)};
	struct tally_group *group = tally_groups_get(&survey->groups[SURVEY_BY_PEER], &key);

	group->sockets = group->time_wait = sockets;
	return group;
}

static inline struct tally_group *add_port(struct survey *survey, uint16_t port, uint64_t sockets)
{
	struct tally_key key = {.local = {.port = port}};
	struct tally_group *group = tally_groups_get(&survey->groups[SURVEY_BY_PORT], &key);

	group->sockets = group->time_wait = sockets;
	return group;
}

/* A busy host, as BPF sees it; survey_finish() it. */
static inline void survey_busy(struct survey *survey)
{
	struct tally_group *group;

	*survey = (struct survey){
		.source = "bpf",
		.time_ns = 100 * NS_PER_S,
		.dump_ns = 100 * NS_PER_S,
		.over_ns = {NS_PER_S, NS_PER_S, NS_PER_S, NS_PER_S},
		.knows_causes = true,
		.knows_closers = true,
		.has_drift = true,
		.range = {32768, 60999, 28232},
		.fin_wait2_timed = 12,
	};
	survey->states[TCP_STATE_TIME_WAIT] = 24812;
	survey->states[TCP_STATE_ESTABLISHED] = 210;
	survey->states[TCP_STATE_CLOSE_WAIT] = 4;
	survey->states[TCP_STATE_LISTEN] = 7;
	survey->totals.born = 50000;
	survey->totals.died = 25000;
	survey->totals.died_by[LIFE_EXPIRED] = 24900;
	survey->totals.died_by[LIFE_REUSED_BY_CONNECT] = 100;
	survey->totals.not_born_by[LIFE_BUCKET_OVERFLOW] = 3;
	group = add_destination(survey, "192.0.2.1", "198.51.100.7", 443, 27000);
	group->sockets_before = group->minisockets_before = 26900;
	group->born = 500;
	add_destination(survey, "192.0.2.1", "198.51.100.8", 443, 100)->born = 100;
	add_destination(survey, "2001:db8:1111:2222:3333:4444:5555:6666",
		"2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", 65535, 7);
	add_process(survey, 4711, "nginx", 210)->close_wait = 4;
	add_process(survey, 4712, "daytimed", 9)->born = 9;
	add_peer(survey, "198.51.100.7", 24000);
	add_peer(survey, "2001:db8::7", 800);
	add_port(survey, 443, 100);
	add_port(survey, 80, 24000)->born = 412;
}

#endif
