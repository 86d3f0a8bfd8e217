/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/tally.h"

#include <string.h>

#include "base/clock.h"
#include "observe/settings.h"

/* TCP_TIMEWAIT_LEN: the kernel has no setting for it. */
#define TIME_WAIT_MS 60000

struct count {
	struct tally *tally;
	struct survey *survey;
	const struct owner_table *owners;
	int64_t over_ms; /* since the look before; 0 at the first */
};

static bool has_bit(const uint8_t *bitmap, uint16_t port)
{
	return bitmap[port / 8] & 1u << port % 8;
}

/* An address alone: without the port, and IPv4 as such in whatever socket it is. */
static struct endpoint address_of(const struct endpoint *endpoint)
{
	struct endpoint address = endpoint_unmap(endpoint);

	address.port = 0;
	address.interface = 0;
	return address;
}

/* Did this host open the connection from a port that the kernel chose? What listens there has not. */
static bool is_outgoing(const struct tally *tally, const struct survey_range *range,
	const struct diag_socket *socket)
{
	uint16_t port = socket->local.port;

	return socket->peer.port && port >= range->first && port <= range->last &&
	       !has_bit(tally->listening, port);
}

bool tally_key_of(const struct tally *tally, const struct survey_range *range, enum survey_by by,
	const struct diag_socket *socket, const struct owner *owner, struct tally_key *ret_key)
{
	*ret_key = (struct tally_key){0};
	switch (by) {
	case SURVEY_BY_DESTINATION:
		if (!is_outgoing(tally, range, socket))
			return false;
		ret_key->local = address_of(&socket->local);
		ret_key->peer = address_of(&socket->peer);
		ret_key->peer.port = socket->peer.port;
		return true;
	case SURVEY_BY_PROCESS:
		if (!owner)
			return false;
		ret_key->pid = owner->pid;
		memcpy(ret_key->comm, owner->comm, sizeof(ret_key->comm));
		return true;
	case SURVEY_BY_PEER: ret_key->peer = address_of(&socket->peer); return socket->peer.port;
	case SURVEY_BY_PORT: ret_key->local.port = socket->local.port; return socket->local.port;
	case SURVEY_BYS: break;
	}
	return false;
}

/* Was it born, or begun anew, since the look before? Its timer tells. */
static bool is_new(const struct count *count, const struct diag_socket *socket)
{
	uint32_t length =
		socket->state == TCP_STATE_TIME_WAIT ? TIME_WAIT_MS : count->tally->fin_timeout_ms;

	return count->over_ms && (int64_t)socket->timer_ms > (int64_t)length - count->over_ms;
}

static void count_in_group(
	const struct count *count, struct tally_group *group, const struct diag_socket *socket)
{
	group->sockets++;
	if (diag_is_minisocket(socket)) {
		group->time_wait += socket->state == TCP_STATE_TIME_WAIT;
		group->fin_wait2_timed += socket->state == TCP_STATE_FIN_WAIT2;
		group->born += is_new(count, socket);
	}
	group->established += socket->state == TCP_STATE_ESTABLISHED;
	group->close_wait += socket->state == TCP_STATE_CLOSE_WAIT;
}

/* A listener's port is one for as long as there are connections that it may have taken, too. */
static void note_listener(struct tally *tally, const struct diag_socket *socket)
{
	uint16_t port = socket->local.port;

	if (socket->state == TCP_STATE_LISTEN || has_bit(tally->listened, port))
		tally->listening[port / 8] |= (uint8_t)(1u << port % 8);
}

static int count_socket(void *context, const struct diag_socket *socket)
{
	const struct count *count = context;
	struct survey *survey = count->survey;
	const struct owner *owner = NULL;

	if (diag_is_minisocket(socket) && socket->state == TCP_STATE_FIN_WAIT2)
		survey->fin_wait2_timed++;
	else if (socket->state < TCP_STATE_COUNT)
		survey->states[socket->state]++;
	note_listener(count->tally, socket);
	if (socket->inode)
		owner = owner_table_find(count->owners, socket->inode);
	for (int by = 0; by < SURVEY_BYS; by++) {
		struct tally_key key;

		if (tally_key_of(
			    count->tally, &survey->range, (enum survey_by)by, socket, owner, &key))
			count_in_group(count, tally_groups_get(&survey->groups[by], &key), socket);
	}
	return 0;
}

/* What there was of each group, and what must have gone since. */
static void compare_groups(struct tally_groups *now, const struct tally_groups *before)
{
	for (size_t i = 0; i < now->count; i++) {
		struct tally_group *group = &now->groups[i];
		const struct tally_group *old = tally_groups_find(before, &group->key);
		uint64_t left = group->time_wait + group->fin_wait2_timed;

		if (old) {
			group->sockets_before = old->sockets;
			group->minisockets_before = old->time_wait + old->fin_wait2_timed;
		}
		if (group->born + group->minisockets_before > left)
			group->died = group->born + group->minisockets_before - left;
	}
}

static void keep_groups(struct tally *tally, struct survey *survey)
{
	for (int by = 0; by < SURVEY_BYS; by++) {
		struct tally_groups kept = tally->before[by];

		tally->before[by] = survey->groups[by];
		survey->groups[by] = kept;
		tally_groups_clear(&survey->groups[by]);
	}
}

static struct survey_range range_of(const struct settings *settings)
{
	struct survey_range range = {.first = 32768, .last = 60999};
	uint32_t count, reserved = 0;

	if (settings->has_port_range) {
		range.first = (uint16_t)settings->port_low;
		range.last = (uint16_t)settings->port_high;
	}
	for (uint32_t port = range.first; port <= range.last; port++)
		reserved += settings_reserves(settings, port);
	count = (uint32_t)range.last - range.first + 1;
	/* connect() takes ports in pairs: of an odd number, it never tries the last. */
	if (count > 1)
		count &= ~1u;
	range.usable = count > reserved ? count - reserved : 0;
	return range;
}

static uint32_t fin_timeout_ms(const struct settings *settings)
{
	if (!settings->is_known[SETTING_FIN_TIMEOUT_S])
		return TIME_WAIT_MS;
	return (uint32_t)settings->values[SETTING_FIN_TIMEOUT_S] * 1000;
}

static void start(struct tally *tally, struct survey *survey, struct count *count)
{
	int64_t now_ns = clock_now_ns();
	struct settings settings;

	if (survey->dump_ns)
		count->over_ms = (now_ns - survey->dump_ns) / NS_PER_MS;
	for (int by = 0; by < SURVEY_BYS; by++)
		survey->over_ns[by] = survey->dump_ns ? now_ns - survey->dump_ns : 0;
	survey->dump_ns = now_ns;
	settings_read(&settings);
	survey->range = range_of(&settings);
	tally->fin_timeout_ms = fin_timeout_ms(&settings);
	keep_groups(tally, survey);
	memset(survey->states, 0, sizeof(survey->states));
	survey->fin_wait2_timed = 0;
	memcpy(tally->listened, tally->listening, sizeof(tally->listened));
	memset(tally->listening, 0, sizeof(tally->listening));
}

/* Listeners first: who else has a port of theirs has not opened its connection. */
static int dump(struct diag *diag, struct count *count, struct error *err)
{
	static const struct diag_query all = {.states = DIAG_ALL_STATES};
	static const struct diag_query held = {
		.states = DIAG_ALL_STATES & ~DIAG_STATE(TCP_STATE_TIME_WAIT)};
	const struct survey_range *range = &count->survey->range;
	const struct filter_condition is_chosen = {
		.side = FILTER_LOCAL, .least_port = range->first, .most_port = range->last};
	struct filter filter = {0};
	struct diag_query waiting = {DIAG_STATE(TCP_STATE_TIME_WAIT), &filter};
	int r;

	if (!count->tally->leaves_waiting)
		return diag_stream(diag, &all, count_socket, count, err);
	r = diag_stream(diag, &held, count_socket, count, err);
	if (r == 0 && filter_add(&filter, &is_chosen, 1) == 0)
		r = diag_stream(diag, &waiting, count_socket, count, err);
	return r;
}

int tally_take(struct tally *tally, struct survey *survey, struct diag *diag, struct error *err)
{
	struct owner_table owners = {0};
	struct count count = {.tally = tally, .survey = survey, .owners = &owners};
	int r;

	start(tally, survey, &count);
	/* Without /proc there are no owners; the rest is as good as ever. */
	owner_table_read(&owners);
	survey->unreadable = owners.unreadable;
	r = dump(diag, &count, err);
	owner_table_finish(&owners);
	if (count.over_ms) {
		for (int by = 0; by < SURVEY_BYS; by++)
			compare_groups(&survey->groups[by], &tally->before[by]);
	}
	tally->took_ns = clock_now_ns() - survey->dump_ns;
	return r;
}

void tally_finish(struct tally *tally)
{
	for (int by = 0; by < SURVEY_BYS; by++)
		tally_groups_finish(&tally->before[by]);
	*tally = (struct tally){0};
}
