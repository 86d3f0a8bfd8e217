/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "observe/checkup_internal.h"
#include "observe/silence.h"

/* Unless restarted, a TIME_WAIT counts down from here (TCP_TIMEWAIT_LEN). */
#define TIME_WAIT_MS 60000

struct walk {
	struct checkup *checkup;
	struct destination_table destinations;
	int32_t *first; /* of each port: its first listener, or -1 */
	int32_t *next;  /* of each listener: another of its port, or -1 */
	uint32_t reuse_age_ms;
	bool is_first_look; /* at destinations alone */
};

static int add_listener(void *context, const struct diag_socket *socket)
{
	struct checkup *checkup = context;
	struct checkup_listener *listener;

	listener =
		list_grow(&checkup->listeners, &checkup->listener_count, &checkup->listener_room);
	listener->socket = *socket;
	listener->reuse_address = listener->reuse_port = -1;
	return 0;
}

/* What the kernel prefers for a connection: the listener at its address, then one of its family. */
enum preference { OF_ANY_IPV6, OF_ANY_IPV4, OF_ONE_ADDRESS, PREFERENCE_COUNT };

static enum preference preference_of(const struct endpoint *listener)
{
	if (!endpoint_is_any(listener))
		return OF_ONE_ADDRESS;
	return listener->family == AF_INET6 ? OF_ANY_IPV6 : OF_ANY_IPV4;
}

/* Each goes to the head of its port's chain: those that are preferred come last, to be found first. */
static void index_listeners(struct walk *walk)
{
	const struct checkup *checkup = walk->checkup;

	walk->first = malloc(SETTINGS_PORTS * sizeof(*walk->first));
	walk->next = calloc(checkup->listener_count + 1, sizeof(*walk->next));
	if (!walk->first || !walk->next)
		abort();
	memset(walk->first, 0xff, SETTINGS_PORTS * sizeof(*walk->first));
	for (int preference = OF_ANY_IPV6; preference < PREFERENCE_COUNT; preference++) {
		for (size_t i = 0; i < checkup->listener_count; i++) {
			const struct endpoint *local = &checkup->listeners[i].socket.local;

			if ((int)preference_of(local) != preference)
				continue;
			walk->next[i] = walk->first[local->port];
			walk->first[local->port] = (int32_t)i;
		}
	}
}

/* May the connection have come through the listener? */
static bool is_of(const struct diag_socket *connection, const struct diag_socket *listener)
{
	struct endpoint local = endpoint_unmap(&connection->local);

	if (endpoint_is_any(&listener->local))
		return listener->local.family == AF_INET6 || local.family == AF_INET;
	local.port = listener->local.port;
	return endpoint_equal(&local, &listener->local);
}

static struct checkup_listener *find_listener(
	const struct walk *walk, const struct diag_socket *socket)
{
	for (int32_t i = walk->first[socket->local.port]; i >= 0; i = walk->next[i]) {
		if (is_of(socket, &walk->checkup->listeners[i].socket))
			return &walk->checkup->listeners[i];
	}
	return NULL;
}

static void count_time_wait(
	const struct walk *walk, struct checkup_destination *destination, uint32_t left_ms)
{
	uint32_t left_s = left_ms / 1000;

	destination->time_wait++;
	destination->young += left_ms + CHECKUP_YOUNG_S * 1000 >= TIME_WAIT_MS;
	destination->reusable += left_ms + walk->reuse_age_ms < TIME_WAIT_MS;
	destination->left_s[left_s < CHECKUP_SECONDS ? left_s : CHECKUP_SECONDS - 1]++;
}

static void count_for_destination(struct walk *walk, const struct diag_socket *socket)
{
	const struct settings *settings = &walk->checkup->settings;
	struct endpoint local = endpoint_unmap(&socket->local);
	struct endpoint peer = endpoint_unmap(&socket->peer);
	struct checkup_destination *destination;

	if (!peer.port || (settings->has_port_range && (local.port < settings->port_low ||
							       local.port > settings->port_high)))
		return;
	destination = destination_table_find(&walk->destinations, &local, &peer);
	if (!destination)
		walk->checkup->destinations_left_out++;
	else if (walk->is_first_look)
		destination->used_before++;
	else if (socket->state == TCP_STATE_TIME_WAIT)
		count_time_wait(walk, destination, socket->timer_ms);
	else
		destination->live++;
}

/* -1 for a socket that needs no look of its own. */
static int kind_of(const struct diag_socket *socket)
{
	switch (socket->state) {
	/* One that nobody holds has not been accepted yet. */
	case TCP_STATE_CLOSE_WAIT: return socket->inode ? CHECKUP_CLOSE_WAIT : CHECKUP_UNACCEPTED;
	case TCP_STATE_FIN_WAIT2:
		return socket->inode && socket->timer == DIAG_TIMER_NONE ? CHECKUP_HALF_CLOSED : -1;
	case TCP_STATE_FIN_WAIT1:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
		return socket->retransmissions && socket->timer == DIAG_TIMER_ON
			       ? CHECKUP_UNANSWERED
			       : -1;
	default: return -1;
	}
}

static void keep(struct checkup *checkup, const struct diag_socket *socket)
{
	int kind = kind_of(socket);
	struct checkup_socket *kept;

	if (kind < 0)
		return;
	if (checkup->kinds[kind]++ >= CHECKUP_KIND_MAX) {
		checkup->sockets_left_out++;
		return;
	}
	kept = list_grow(&checkup->sockets, &checkup->socket_count, &checkup->socket_room);
	kept->socket = *socket;
	kept->kind = (enum checkup_kind)kind;
}

static int look_at(void *context, const struct diag_socket *socket)
{
	struct walk *walk = context;
	struct checkup_listener *listener;

	if (!walk->is_first_look)
		walk->checkup->states[socket->state]++;
	if (socket->state == TCP_STATE_LISTEN || socket->state == TCP_STATE_BOUND)
		return 0;
	listener = find_listener(walk, socket);
	if (!listener)
		count_for_destination(walk, socket);
	if (walk->is_first_look)
		return 0;
	if (listener) {
		listener->connections++;
		listener->time_wait += socket->state == TCP_STATE_TIME_WAIT;
	}
	keep(walk->checkup, socket);
	return 0;
}

static int by_cookie(const void *left, const void *right)
{
	const struct checkup_socket *a = left, *b = right;

	return a->socket.cookie < b->socket.cookie ? -1 : a->socket.cookie > b->socket.cookie;
}

static int note_silence(void *context, const struct silence *silence)
{
	struct checkup *checkup = context;
	const struct checkup_socket key = {.socket.cookie = silence->cookie};
	struct checkup_socket *kept =
		bsearch(&key, checkup->sockets, checkup->socket_count, sizeof(key), by_cookie);

	if (kept) {
		kept->has_silence = true;
		kept->silent_ms = silence->last_segment_ms;
	}
	return 0;
}

/* The kernel is asked for those states alone, and only when there is such a socket. */
static int read_silence(struct checkup *checkup, struct diag *diag, struct error *err)
{
	uint32_t states = 0;

	if (!checkup->socket_count)
		return 0;
	qsort(checkup->sockets, checkup->socket_count, sizeof(*checkup->sockets), by_cookie);
	for (size_t i = 0; i < checkup->socket_count; i++)
		states |= DIAG_STATE(checkup->sockets[i].socket.state);
	return silence_dump(diag, states, note_silence, checkup, err);
}

static int walk_over(struct walk *walk, struct diag *diag, uint32_t states, struct error *err)
{
	struct checkup *checkup = walk->checkup;
	const struct settings *settings = &checkup->settings;
	int r = diag_dump(diag, DIAG_STATE(TCP_STATE_LISTEN), add_listener, checkup, err);

	if (r < 0)
		return r;
	walk->reuse_age_ms = settings->is_known[SETTING_TW_REUSE_DELAY_MS]
				     ? (uint32_t)settings->values[SETTING_TW_REUSE_DELAY_MS]
				     : 1000;
	index_listeners(walk);
	destination_table_open(&walk->destinations, checkup);
	r = diag_dump(diag, states, look_at, walk, err);
	destination_table_close(&walk->destinations);
	free(walk->first);
	free(walk->next);
	return r;
}

int checkup_read_destinations(struct checkup *checkup, struct error *err)
{
	struct walk walk = {.checkup = checkup, .is_first_look = true};
	struct diag diag;
	int r = diag_open(&diag, err);

	if (r < 0)
		return r;
	r = walk_over(&walk, &diag, DIAG_LIVE_STATES & ~DIAG_STATE(TCP_STATE_LISTEN), err);
	diag_close(&diag);
	/* Those that listened then may have gone since. */
	checkup->listener_count = 0;
	checkup->destinations_left_out = 0;
	return r;
}

int checkup_read_sockets(struct checkup *checkup, struct error *err)
{
	struct walk walk = {.checkup = checkup};
	struct diag diag;
	int r = diag_open(&diag, err);

	if (r < 0)
		return r;
	r = walk_over(&walk, &diag, DIAG_ALL_STATES, err);
	/* Without it, nothing is said of how long. */
	if (r == 0)
		read_silence(checkup, &diag, NULL);
	diag_close(&diag);
	return r;
}
