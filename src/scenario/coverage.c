/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* What ends later than this after the last thing that happened to it was ended by a timer. */
#define CONSEQUENCE_NS (3 * NS_PER_S)

/* TCP_TIMEWAIT_LEN (include/net/tcp.h), which Linux takes for 2MSL: nothing shorter is a
 * time-out. */
#define TIME_WAIT_NS (60 * NS_PER_S)

static const char *const names[COVERAGE_CAUSE_COUNT] = {
	[COVERAGE_PASSIVE_OPEN] = "passive OPEN",
	[COVERAGE_ACTIVE_OPEN] = "active OPEN",
	[COVERAGE_CLOSE] = "CLOSE",
	[COVERAGE_ABORT] = "ABORT",
	[COVERAGE_CLOSE_LISTENER] = "CLOSE of the listener",
	[COVERAGE_DESTROY] = "SOCK_DESTROY",
	[COVERAGE_CRASH] = "crash",
	[COVERAGE_SYN] = "rcv SYN",
	[COVERAGE_SYN_ACK] = "rcv SYN,ACK",
	[COVERAGE_FIN] = "rcv FIN",
	[COVERAGE_RST] = "rcv RST",
	[COVERAGE_DATA] = "rcv data",
	[COVERAGE_ACK] = "rcv ACK",
	[COVERAGE_TIMEOUT] = "timeout",
};

/* How a call begins, of a scenario ("close", "connect server:13") or of a program ("close()"). A
 * signal that ends a program makes the kernel close what it has open. */
static const struct {
	const char *verb;
	enum coverage_cause cause;
} verbs[] = {
	{"listen", COVERAGE_PASSIVE_OPEN},
	{"connect", COVERAGE_ACTIVE_OPEN},
	{"close", COVERAGE_CLOSE},
	{"shutdown", COVERAGE_CLOSE},
	{"exit", COVERAGE_CLOSE},
	{"signal", COVERAGE_CLOSE},
	{"destroy", COVERAGE_DESTROY},
	{"crash", COVERAGE_CRASH},
};

/* Where the walk through the record stands. */
struct walk {
	const struct timeline *timeline;
	struct end {
		enum tcp_state states[HOST_COUNT];
		bool is_passive[HOST_COUNT]; /* it began in SYN_RECV */
		int64_t entered_ns[HOST_COUNT];
		size_t moved_at[HOST_COUNT]; /* the event at which it came to its state */
	} * ends;                            /* one a connection */
	size_t last;                         /* the last event that did something to a host */
	bool has_last;
};

struct reason {
	enum coverage_cause cause;
	uint8_t flags; /* of the packet; 0 where it was none */
};

const char *coverage_cause_name(enum coverage_cause cause)
{
	return names[cause];
}

static bool has_arrived(const struct event *event)
{
	return event->fate != PACKET_HELD && event->fate != PACKET_DROPPED;
}

/* Did the event do something to the host? */
static bool touches(const struct event *event, enum host_id host)
{
	if (event->kind == EVENT_PACKET)
		return event->host != host && has_arrived(event);
	return (event->kind == EVENT_ACTION || event->kind == EVENT_CALL) && event->host == host;
}

static struct reason reason_of_packet(const struct event *event)
{
	uint8_t flags = event->segment.flags;
	struct reason reason = {COVERAGE_ACK, flags};

	if (flags & SEGMENT_RST)
		reason.cause = COVERAGE_RST;
	else if (flags & SEGMENT_SYN)
		reason.cause = flags & SEGMENT_ACK ? COVERAGE_SYN_ACK : COVERAGE_SYN;
	else if (flags & SEGMENT_FIN)
		reason.cause = COVERAGE_FIN;
	else if (event->segment.payload_length)
		reason.cause = COVERAGE_DATA;
	return reason;
}

/* COVERAGE_TIMEOUT for a call that moves no connection: then it was not the call. */
static enum coverage_cause cause_of_call(const struct event *event)
{
	const char *verb = event->text;

	if (event->kind == EVENT_ACTION) /* "client.late close": the end stands first */
		verb += strcspn(verb, " ") + (strchr(verb, ' ') != NULL);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (!strncmp(verb, verbs[i].verb, strlen(verbs[i].verb)))
			return verbs[i].cause;
	}
	return COVERAGE_TIMEOUT;
}

static struct reason reason_of_call(
	const struct walk *walk, const struct event *call, const struct event *state)
{
	const struct connection *connections = walk->timeline->connections;
	struct reason reason = {cause_of_call(call), 0};

	if (reason.cause != COVERAGE_CLOSE)
		return reason;
	if (call->connection >= 0 && call->connection != state->connection &&
		connections[call->connection].is_listener)
		reason.cause = COVERAGE_CLOSE_LISTENER;
	else if (state->to == TCP_STATE_CLOSED && state->from != TCP_STATE_LISTEN &&
		 state->from != TCP_STATE_SYN_SENT)
		reason.cause = COVERAGE_ABORT;
	return reason;
}

/* A connection is ended by some packets alone; an ACK that came before has not done it. */
static bool can_end(const struct reason *reason, enum tcp_state from)
{
	if (!reason->flags || reason->cause != COVERAGE_ACK)
		return true;
	return from == TCP_STATE_LAST_ACK || from == TCP_STATE_FIN_WAIT1 ||
	       from == TCP_STATE_CLOSING || from == TCP_STATE_SYN_RECV;
}

static bool is_listening(const struct walk *walk, enum host_id host, int connection)
{
	const struct connection *connections = walk->timeline->connections;

	for (size_t i = 0; i < walk->timeline->connection_count; i++) {
		if (walk->ends[i].states[host] == TCP_STATE_LISTEN &&
			connections[i].ends[host].port == connections[connection].ends[host].port)
			return true;
	}
	return false;
}

static bool is_birth(const struct event *event)
{
	return event->from == TCP_STATE_CLOSED &&
	       (event->to == TCP_STATE_SYN_RECV || event->to == TCP_STATE_SYN_SENT);
}

static bool is_end_of_wait(const struct event *event)
{
	return event->from == TCP_STATE_TIME_WAIT && event->to == TCP_STATE_CLOSED;
}

static bool have_same_ends(const struct timeline *timeline, int one, int other)
{
	const struct endpoint *a = timeline->connections[one].ends;
	const struct endpoint *b = timeline->connections[other].ends;

	return endpoint_equal(&a[HOST_SERVER], &b[HOST_SERVER]) &&
	       endpoint_equal(&a[HOST_CLIENT], &b[HOST_CLIENT]);
}

/*
 * Of the states seen at the same look, the birth of the connection that took the place of a
 * TIME_WAIT; or the other way round. NULL for none.
 */
static const struct event *twin_of(const struct timeline *timeline, size_t index)
{
	const struct event *events = timeline->events, *event = &events[index];
	size_t from = index, to = index + 1;

	while (from > 0 && events[from - 1].kind == EVENT_STATE)
		from--;
	while (to < timeline->event_count && events[to].kind == EVENT_STATE)
		to++;
	for (size_t i = from; i < to; i++) {
		if (events[i].host == event->host && events[i].connection != event->connection &&
			((is_birth(event) && is_end_of_wait(&events[i])) ||
				(is_end_of_wait(event) && is_birth(&events[i]))) &&
			have_same_ends(timeline, event->connection, events[i].connection))
			return &events[i];
	}
	return NULL;
}

/* Does the figure's "rcv SYN,ACK", "rcv FIN,ACK of FIN", "rcv RST" tell of such a packet? */
static bool is_packet(const char *event, const struct reason *reason)
{
	uint8_t flags = reason->flags, wanted = 0;

	wanted |= strstr(event, "ACK") ? SEGMENT_ACK : 0;
	wanted |= strstr(event, "rcv SYN") ? SEGMENT_SYN : 0;
	wanted |= strstr(event, "rcv FIN") ? SEGMENT_FIN : 0;
	wanted |= strstr(event, "rcv RST") ? SEGMENT_RST : 0;
	/* Data that were missing before a FIN: now it counts. */
	if (reason->cause == COVERAGE_DATA)
		flags |= SEGMENT_FIN;
	if ((flags & wanted) != wanted)
		return false;
	if (wanted == SEGMENT_SYN && flags & SEGMENT_ACK)
		return false;
	return (wanted & SEGMENT_RST) == (flags & SEGMENT_RST);
}

static bool is_told_by(const struct tcp_transition *arrow, const struct reason *reason)
{
	const char *name = coverage_cause_name(reason->cause);

	if (!strncmp(arrow->event, "rcv ", 4))
		return reason->flags && is_packet(arrow->event, reason);
	return !strncmp(arrow->event, name, strlen(name)); /* "timeout 2MSL" */
}

static int arrow_of(enum tcp_state from, enum tcp_state to, const struct reason *reason)
{
	size_t count;
	const struct tcp_transition *arrows = tcp_transitions(&count);

	for (size_t i = 0; i < count; i++) {
		if (arrows[i].from == from && arrows[i].to == to && is_told_by(&arrows[i], reason))
			return (int)i;
	}
	return COVERAGE_NO_ARROW;
}

static struct reason reason_by(
	const struct walk *walk, const struct event *last, const struct event *state)
{
	return last->kind == EVENT_PACKET ? reason_of_packet(last)
					  : reason_of_call(walk, last, state);
}

/*
 * The laboratory looks at a host after every single thing that it has done to it. So the last one
 * since the end came to its state is the reason, unless that was the other host's, or is long ago:
 * then it was a timer. `move` has the states as the figure knows them.
 */
static struct reason reason_of_end(
	const struct walk *walk, size_t index, const struct coverage_move *move)
{
	const struct event *events = walk->timeline->events, *state = &events[index];
	size_t since = walk->ends[state->connection].moved_at[state->host];

	for (size_t i = index; i-- > since;) {
		struct reason reason;

		if (!touches(&events[i], HOST_SERVER) && !touches(&events[i], HOST_CLIENT))
			continue;
		if (!touches(&events[i], move->host) ||
			state->time_ns - events[i].time_ns > CONSEQUENCE_NS)
			break;
		reason = reason_by(walk, &events[i], state);
		if (!can_end(&reason, state->from))
			break;
		return reason;
	}
	return (struct reason){COVERAGE_TIMEOUT, 0};
}

/*
 * No timer leads anywhere but to CLOSED. A close() that lingers takes its time, so other things may
 * lie between it and what it does: the last one that the figure knows as a reason is the reason.
 */
static struct reason reason_of_step(
	const struct walk *walk, size_t index, const struct coverage_move *move)
{
	const struct event *events = walk->timeline->events, *state = &events[index];
	size_t since = walk->ends[state->connection].moved_at[state->host];
	struct reason last = {COVERAGE_TIMEOUT, 0};

	for (size_t i = index; i-- > since;) {
		struct reason reason;

		if (!touches(&events[i], move->host))
			continue;
		reason = reason_by(walk, &events[i], state);
		if (arrow_of(move->from, move->to, &reason) != COVERAGE_NO_ARROW)
			return reason;
		if (last.cause == COVERAGE_TIMEOUT)
			last = reason;
	}
	return last;
}

/* The states as figure 5 knows them; its LISTEN is nothing that a connection's own socket is in. */
static struct coverage_move move_of(const struct walk *walk, const struct event *event)
{
	const struct end *end = &walk->ends[event->connection];
	struct coverage_move move = {.host = event->host,
		.from = event->from,
		.to = event->to,
		.arrow = COVERAGE_NO_ARROW};
	bool is_begun = is_birth(event) && event->to == TCP_STATE_SYN_RECV;
	bool is_dropped = event->from == TCP_STATE_SYN_RECV && event->to == TCP_STATE_CLOSED &&
			  end->is_passive[event->host];

	if ((is_begun || is_dropped) && is_listening(walk, event->host, event->connection)) {
		if (is_begun)
			move.from = TCP_STATE_LISTEN;
		else
			move.to = TCP_STATE_LISTEN;
	}
	return move;
}

/* Not even the time-out is one, if it came before its time. */
static bool has_expired(const struct walk *walk, const struct event *event)
{
	const struct end *end = &walk->ends[event->connection];

	return event->time_ns - end->entered_ns[event->host] >= TIME_WAIT_NS - NS_PER_S;
}

static void take_move(struct coverage_moves *moves, const struct walk *walk, size_t index)
{
	const struct event *event = &walk->timeline->events[index];
	const struct event *twin = twin_of(walk->timeline, index);
	struct coverage_move move = move_of(walk, event);
	struct reason reason;

	if (twin && is_birth(event)) /* told with the end of the TIME_WAIT */
		return;
	if (twin)
		move.to = twin->to;
	if (event->to == TCP_STATE_CLOSED)
		reason = reason_of_end(walk, index, &move);
	else
		reason = reason_of_step(walk, index, &move);
	move.cause = reason.cause;
	if (!is_end_of_wait(event) || has_expired(walk, event))
		move.arrow = arrow_of(move.from, move.to, &reason);
	coverage_add(moves, &move);
}

static void note_state(struct walk *walk, size_t index)
{
	const struct event *event = &walk->timeline->events[index];
	struct end *end = &walk->ends[event->connection];

	if (is_birth(event))
		end->is_passive[event->host] = event->to == TCP_STATE_SYN_RECV;
	end->states[event->host] = event->to;
	end->entered_ns[event->host] = event->time_ns;
	end->moved_at[event->host] = index;
}

void coverage_read(struct coverage_moves *moves, const struct timeline *timeline)
{
	struct walk walk = {.timeline = timeline};

	walk.ends = calloc(timeline->connection_count + 1, sizeof(*walk.ends));
	if (!walk.ends)
		abort();
	for (size_t i = 0; i < timeline->event_count; i++) {
		if (timeline->events[i].kind != EVENT_STATE)
			continue;
		take_move(moves, &walk, i);
		note_state(&walk, i);
	}
	free(walk.ends);
}
