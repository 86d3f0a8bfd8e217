/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/diagram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/list.h"

/* A state that moves later than this after a packet has moved by a timer. */
#define CONSEQUENCE_NS (500 * NS_PER_MS)

/* A silence as long as a retransmission timer is worth a word. */
#define PAUSE_NS (150 * NS_PER_MS)

/* Both ends seen to have moved at one look: what one call led to, where no packet could be seen. */
#define ONE_LOOK_NS (1 * NS_PER_MS)

/* More connections than this are not introduced one by one. */
#define INTRODUCED_MAX 8

/* Where the walk through the timeline stands. */
struct walk {
	struct diagram *diagram;
	const struct timeline *timeline;
	struct end {
		enum tcp_state states[HOST_COUNT];
		bool has_lived[HOST_COUNT];
	} * ends; /* one a connection */
	bool names_connections;
	bool names_programs[HOST_COUNT];
	bool has_rows;   /* there were some, though they may have been dropped */
	int64_t now_ns;  /* of the event at hand */
	int64_t last_ns; /* of the one before it */
};

static enum diagram_life life_of(const struct walk *walk, enum host_id host)
{
	enum diagram_life life = DIAGRAM_LIFE_NONE;

	for (size_t i = 0; i < walk->timeline->connection_count; i++) {
		if (walk->ends[i].states[host] == TCP_STATE_TIME_WAIT)
			return DIAGRAM_LIFE_WAITING;
		if (walk->ends[i].states[host] != TCP_STATE_CLOSED)
			life = DIAGRAM_LIFE_OPEN;
	}
	return life;
}

/* RFC 9293 figure 5: the end that has not met the SYN yet is in LISTEN, if somebody listens. */
static bool is_listened_for(const struct walk *walk, int connection, enum host_id host)
{
	const struct connection *connections = walk->timeline->connections;

	for (size_t i = 0; i < walk->timeline->connection_count; i++) {
		if (walk->ends[i].states[host] == TCP_STATE_LISTEN &&
			connections[i].ends[host].port == connections[connection].ends[host].port)
			return true;
	}
	return false;
}

static void show_states(const struct walk *walk, struct diagram_row *row)
{
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		struct diagram_side *side = &row->sides[host];
		const struct end *end;

		side->life = life_of(walk, host);
		if (row->kind != DIAGRAM_PACKET && row->kind != DIAGRAM_STATE)
			continue;
		if (row->connection == CONNECTION_NONE)
			continue;
		end = &walk->ends[row->connection];
		side->state = end->states[host];
		side->has_state = end->has_lived[host];
		if (!side->has_state && is_listened_for(walk, row->connection, host)) {
			side->has_state = true;
			side->state = TCP_STATE_LISTEN;
		}
	}
}

static struct diagram_row *add_row(
	struct walk *walk, enum diagram_kind kind, enum host_id host, int connection)
{
	struct diagram *diagram = walk->diagram;
	struct diagram_row *row = list_grow(&diagram->rows, &diagram->count, &diagram->room);

	walk->has_rows = true;
	row->kind = kind;
	row->host = host;
	row->connection = connection;
	row->time_ns = walk->now_ns;
	if (walk->names_connections && connection != CONNECTION_NONE &&
		!walk->timeline->connections[connection].is_listener &&
		(kind == DIAGRAM_PACKET || kind == DIAGRAM_STATE))
		strcpy(row->name, walk->timeline->connections[connection].name);
	show_states(walk, row);
	return row;
}

static struct diagram_row *add_prose(struct walk *walk, struct text *words)
{
	struct diagram_row *row = add_row(walk, DIAGRAM_PROSE, HOST_COUNT, CONNECTION_NONE);

	row->text = text_steal(words);
	return row;
}

static struct diagram_row *last_row(const struct walk *walk)
{
	struct diagram *diagram = walk->diagram;

	return diagram->count ? &diagram->rows[diagram->count - 1] : NULL;
}

static void add_pause(struct walk *walk)
{
	int64_t pause_ns = walk->now_ns - walk->last_ns;
	double seconds = (double)pause_ns / (double)NS_PER_S;
	_cleanup_text_ struct text words = TEXT_INIT;

	if (!walk->has_rows || pause_ns < PAUSE_NS)
		return;
	text_printf(&words, _("%.*f s later"), seconds < 1 ? 2 : 1, seconds);
	add_row(walk, DIAGRAM_PAUSE, HOST_COUNT, CONNECTION_NONE)->text = text_steal(&words);
}

/* The host stands over its column: what is left is "run daytimed 13", or "conn2 close". */
static const char *without_host(const char *text, enum host_id host)
{
	size_t length = strlen(host_name(host));

	if (host == HOST_COUNT || strncmp(text, host_name(host), length) ||
		(text[length] != ' ' && text[length] != '.'))
		return text;
	return text + length + 1;
}

static void add_action(struct walk *walk, const struct event *event)
{
	struct diagram_row *row = add_row(walk, DIAGRAM_ACTION, event->host, event->connection);
	_cleanup_text_ struct text words = TEXT_INIT;
	char name[ERROR_NAME_BYTES];

	text_append(&words, without_host(event->text, event->host));
	/* A failure that the scenario asks for, "fails ERRNO", stands in the text already. */
	row->has_failed = !event->is_pending && (event->code != event->fails || event->is_wrong);
	if (row->has_failed && event->code && event->fails)
		text_printf(&words, _(", but fails %s"), error_name(event->code, name));
	else if (row->has_failed && event->code)
		text_printf(&words, _(" fails %s"), error_name(event->code, name));
	else if (row->has_failed && event->fails)
		text_append(&words, _(", but succeeds"));
	if (event->is_pending)
		text_append(&words, _(" (still waits)"));
	row->text = text_steal(&words);
}

static void add_call(struct walk *walk, const struct event *event)
{
	struct diagram_row *row = add_row(walk, DIAGRAM_CALL, event->host, event->connection);
	_cleanup_text_ struct text words = TEXT_INIT;

	if (walk->names_programs[event->host])
		text_printf(&words, "%s: ", event->program);
	text_append(&words, event->text);
	row->text = text_steal(&words);
}

/* The state row that the packet's sender has just got belongs to the packet: it sent it. */
static struct diagram_row *cause_of(const struct walk *walk, const struct event *event)
{
	struct diagram_row *row = last_row(walk);

	if (!row || row->kind != DIAGRAM_STATE || row->connection != event->connection ||
		row->host != event->host || event->fate == PACKET_INJECTED || event->is_release ||
		event->time_ns - row->time_ns > CONSEQUENCE_NS)
		return NULL;
	return row;
}

static void add_packet(struct walk *walk, const struct event *event)
{
	const struct segment *segment = &event->segment;
	struct diagram_row *row = cause_of(walk, event);

	if (row) {
		row->kind = DIAGRAM_PACKET;
		row->time_ns = event->time_ns;
	} else {
		add_pause(walk);
		row = add_row(walk, DIAGRAM_PACKET, event->host, event->connection);
	}
	row->fate = event->fate;
	row->is_release = event->is_release;
	row->is_retransmission = event->is_retransmission;
	row->flags = segment->flags & (uint8_t) ~(SEGMENT_PSH | SEGMENT_URG);
	row->has_zero_window = !segment->window && !(segment->flags & SEGMENT_RST);
	row->sequence = event->relative_sequence;
	row->acknowledgment = event->relative_acknowledgment;
	row->length = segment->payload_length;
}

/* The packet row that has just come to this end is what moved it. */
static struct diagram_row *delivery_to(const struct walk *walk, const struct event *event)
{
	struct diagram_row *row = last_row(walk);

	if (!row || row->kind != DIAGRAM_PACKET || row->connection != event->connection ||
		row->host == event->host || !diagram_arrives(row) ||
		row->sides[event->host].has_changed ||
		event->time_ns - row->time_ns > CONSEQUENCE_NS)
		return NULL;
	return row;
}

/* The other end's move that was seen at the same look. */
static struct diagram_row *companion_of(const struct walk *walk, const struct event *event)
{
	struct diagram_row *row = last_row(walk);

	if (!row || row->kind != DIAGRAM_STATE || row->connection != event->connection ||
		row->host == event->host || row->sides[event->host].has_changed ||
		event->time_ns - row->time_ns > ONE_LOOK_NS)
		return NULL;
	return row;
}

static void add_state(struct walk *walk, const struct event *event)
{
	struct diagram_row *row = delivery_to(walk, event);
	struct end *end = &walk->ends[event->connection];

	if (!row)
		row = companion_of(walk, event);
	if (!row)
		add_pause(walk);
	end->states[event->host] = event->to;
	end->has_lived[event->host] = true;
	if (row)
		show_states(walk, row);
	else
		row = add_row(walk, DIAGRAM_STATE, event->host, event->connection);
	row->sides[event->host].has_changed = true;
}

static void add_event(struct walk *walk, const struct event *event)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	walk->now_ns = event->time_ns;
	switch (event->kind) {
	case EVENT_COMMENT:
		text_append(&words, event->text);
		add_prose(walk, &words);
		break;
	case EVENT_ACTION: add_action(walk, event); break;
	case EVENT_CALL: add_call(walk, event); break;
	case EVENT_PACKET: add_packet(walk, event); break;
	case EVENT_STATE: add_state(walk, event); break;
	}
	walk->last_ns = event->time_ns;
}

/* One program a host needs no name before its calls: the action that started it has it. */
static bool has_several_programs(const struct timeline *timeline, enum host_id host)
{
	const char *name = NULL;

	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind != EVENT_CALL || event->host != host)
			continue;
		if (name && strcmp(name, event->program))
			return true;
		name = event->program;
	}
	return false;
}

/* Among the first so many, listeners left out. */
static size_t count_among(const struct timeline *timeline, size_t first)
{
	size_t count = 0;

	for (size_t i = 0; i < first; i++)
		count += !timeline->connections[i].is_listener;
	return count;
}

static size_t count_connections(const struct timeline *timeline)
{
	return count_among(timeline, timeline->connection_count);
}

/* The address over a host's column: with its port where all its sockets agree on it. */
static void find_address(
	const struct timeline *timeline, enum host_id host, char address[ENDPOINT_TEXT_BYTES])
{
	const struct endpoint *found = NULL;
	bool is_one = true;

	for (size_t i = 0; i < timeline->connection_count; i++) {
		const struct endpoint *end = &timeline->connections[i].ends[host];

		if (!end->family || endpoint_is_any(end))
			continue;
		if (found && !endpoint_equal(found, end))
			is_one = false;
		if (!found || !timeline->connections[i].is_listener)
			found = end;
	}
	if (found && is_one)
		endpoint_format(found, address);
	else if (found)
		endpoint_address(found, address);
}

/* "conn2: server 192.0.2.1:13, client 192.0.2.2:36714" */
static void introduce(struct walk *walk, const struct connection *connection)
{
	_cleanup_text_ struct text words = TEXT_INIT;
	char address[ENDPOINT_TEXT_BYTES];

	if (!connection->ends[HOST_SERVER].family && !connection->ends[HOST_CLIENT].family)
		return; /* neither is known */
	text_printf(&words, "%s:", connection->name);
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		const struct endpoint *end = &connection->ends[host];

		if (end->family)
			text_printf(&words, "%s %s %s", host ? "," : "", host_name(host),
				endpoint_format(end, address));
	}
	add_prose(walk, &words);
}

/* Those from this one on; the others have been introduced already. */
static void introduce_from(struct walk *walk, size_t first)
{
	const struct timeline *timeline = walk->timeline;

	if (!walk->names_connections || count_connections(timeline) > INTRODUCED_MAX)
		return;
	for (size_t i = first; i < timeline->connection_count; i++) {
		if (!timeline->connections[i].is_listener)
			introduce(walk, &timeline->connections[i]);
	}
}

/* Our own experiments have titles that can be translated; those of scenarios stay as they are. */
static char *translated_title(const struct timeline *timeline)
{
	if (!timeline->title)
		return NULL;
	return text_copy(*timeline->title ? _(timeline->title) : "");
}

static struct walk begin(struct diagram *diagram, const struct timeline *timeline)
{
	struct walk walk = {.diagram = diagram, .timeline = timeline};

	*diagram = (struct diagram){.title = translated_title(timeline)};
	walk.ends = calloc(timeline->connection_count + 1, sizeof(*walk.ends));
	if (!walk.ends || (timeline->title && !diagram->title))
		abort();
	for (size_t j = 0; j < timeline->connection_count; j++) {
		for (enum host_id host = 0; host < HOST_COUNT; host++)
			walk.ends[j].states[host] = TCP_STATE_CLOSED;
	}
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		find_address(timeline, host, diagram->addresses[host]);
		walk.names_programs[host] = has_several_programs(timeline, host);
	}
	walk.names_connections = count_connections(timeline) > 1;
	return walk;
}

void diagram_build(struct diagram *diagram, const struct timeline *timeline)
{
	struct walk walk = begin(diagram, timeline);
	size_t i = 0;

	/* The connections are introduced behind the explanation that begins a scenario. */
	for (; i < timeline->event_count && timeline->events[i].kind == EVENT_COMMENT; i++)
		add_event(&walk, &timeline->events[i]);
	introduce_from(&walk, 0);
	for (; i < timeline->event_count; i++)
		add_event(&walk, &timeline->events[i]);
	free(walk.ends);
}

static void drop_rows(struct diagram *diagram)
{
	for (size_t i = 0; i < diagram->count; i++)
		free(diagram->rows[i].text);
	diagram->count = 0;
}

void diagram_build_since(struct diagram *diagram, const struct timeline *timeline,
	const struct diagram_extent *shown)
{
	struct walk walk = begin(diagram, timeline);

	for (size_t i = 0; i < shown->events; i++)
		add_event(&walk, &timeline->events[i]);
	drop_rows(diagram);
	/* One connection alone needed no introduction. */
	introduce_from(
		&walk, count_among(timeline, shown->connections) > 1 ? shown->connections : 0);
	for (size_t i = shown->events; i < timeline->event_count; i++)
		add_event(&walk, &timeline->events[i]);
	free(walk.ends);
}

void diagram_finish(struct diagram *diagram)
{
	drop_rows(diagram);
	free(diagram->rows);
	free(diagram->title);
	*diagram = (struct diagram){0};
}
