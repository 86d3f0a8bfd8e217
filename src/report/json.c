/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/json.h"

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

/* Nanoseconds of 60 s have eleven digits, of an hour thirteen. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(13))

static void set_string(json_t *object, const char *key, const char *string)
{
	json_t *value;

	if (!string)
		return;
	value = json_string(string);
	if (!value) {
		_cleanup_text_ struct text valid = TEXT_INIT;

		utf8_append(&valid, string);
		value = json_string(valid.bytes);
	}
	json_object_set_new(object, key, value);
}

static void set_number(json_t *object, const char *key, json_int_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

static void set_bool(json_t *object, const char *key, bool value)
{
	json_object_set_new(object, key, json_boolean(value));
}

static json_t *object_of(const char *type)
{
	json_t *object = json_object();

	set_string(object, "type", type);
	return object;
}

static void print_line(json_t *object, FILE *stream)
{
	json_dumpf(object, stream, DUMP_FLAGS);
	fputc('\n', stream);
	json_decref(object);
}

static void set_seconds(json_t *object, const char *key, int64_t time_ns)
{
	json_object_set_new(object, key, json_real((double)time_ns / (double)NS_PER_S));
}

static void set_time(json_t *object, const struct event *event)
{
	set_seconds(object, "time_s", event->time_ns);
}

/* Who and which connection, as far as there is one. */
static void set_end(json_t *object, const struct timeline *timeline, const struct event *event)
{
	if (event->host != HOST_COUNT)
		set_string(object, "host", host_name(event->host));
	if (event->connection != CONNECTION_NONE)
		set_string(object, "connection", timeline->connections[event->connection].name);
}

static json_t *comment_object(const struct event *event)
{
	json_t *object = object_of("comment");

	if (event->line)
		set_number(object, "line", event->line);
	set_string(object, "text", event->text);
	return object;
}

static json_t *action_object(
	const struct timeline *timeline, const struct event *event, const char *file)
{
	json_t *object = object_of("action");
	char name[ERROR_NAME_BYTES];

	set_string(object, "file", file);
	if (event->line)
		set_number(object, "line", event->line);
	set_string(object, "text", event->text);
	set_end(object, timeline, event);
	if (event->is_pending)
		return object;
	set_bool(object, "ok", event->code == event->fails && !event->is_wrong);
	if (event->code)
		set_string(object, "errno", error_name(event->code, name));
	return object;
}

static json_t *call_object(const struct timeline *timeline, const struct event *event)
{
	json_t *object = object_of("call");

	set_time(object, event);
	set_end(object, timeline, event);
	set_string(object, "program", event->program);
	set_string(object, "text", event->text);
	return object;
}

static json_t *packet_object(const struct timeline *timeline, const struct event *event)
{
	json_t *object = object_of("packet");
	char flags[SEGMENT_FLAGS_BYTES];

	set_time(object, event);
	set_end(object, timeline, event);
	set_string(object, "flags", segment_flags(event->segment.flags, flags));
	set_number(object, "seq", event->relative_sequence);
	if (event->segment.flags & SEGMENT_ACK)
		set_number(object, "ack", event->relative_acknowledgment);
	set_number(object, "length", event->segment.payload_length);
	set_string(object, "fate", packet_fate_name(event->fate));
	if (event->is_release)
		set_bool(object, "released", true);
	if (event->is_retransmission)
		set_bool(object, "retransmission", true);
	return object;
}

static json_t *state_object(const struct timeline *timeline, const struct event *event)
{
	json_t *object = object_of("state");

	set_time(object, event);
	set_end(object, timeline, event);
	set_string(object, "from", tcp_state_name(event->from));
	set_string(object, "to", tcp_state_name(event->to));
	return object;
}

static json_t *event_object(
	const struct timeline *timeline, const struct event *event, const char *file)
{
	switch (event->kind) {
	case EVENT_COMMENT: return comment_object(event);
	case EVENT_ACTION: return action_object(timeline, event, file);
	case EVENT_CALL: return call_object(timeline, event);
	case EVENT_PACKET: return packet_object(timeline, event);
	case EVENT_STATE: break;
	}
	return state_object(timeline, event);
}

void json_print_scenario(const char *file, const char *title, bool is_slow, FILE *stream)
{
	json_t *object = json_object();

	set_number(object, "v", 1);
	set_string(object, "type", "scenario");
	set_string(object, "file", file);
	set_string(object, "title", title);
	set_bool(object, "slow", is_slow);
	print_line(object, stream);
}

void json_print_timeline(
	const struct timeline *timeline, const char *file, bool is_slow, FILE *stream)
{
	json_print_scenario(file, timeline->title, is_slow, stream);
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		/* An empty line of prose is for the eye. */
		if (event->kind != EVENT_COMMENT || *event->text)
			print_line(event_object(timeline, event, file), stream);
	}
}

static void set_endpoint(
	json_t *object, const char *address, const char *port, const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT_BYTES];

	set_string(object, address, endpoint_address(endpoint, text));
	set_number(object, port, endpoint->port);
}

void json_print_lifetimes(const struct closing *closing, FILE *stream)
{
	const struct connection *connection = &closing->timeline->connections[closing->connection];

	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		json_t *object;

		if (closing->entered_ns[host] < 0 || closing->left_ns[host] < 0)
			continue;
		object = object_of("time_wait");
		set_string(object, "event", "died");
		set_seconds(object, "time_s", closing->left_ns[host]);
		set_string(object, "host", host_name(host));
		set_string(object, "connection", connection->name);
		set_string(
			object, "cause", closing->was_killed[host] ? "killed_by_rst" : "expired");
		set_seconds(
			object, "lifetime_s", closing->left_ns[host] - closing->entered_ns[host]);
		set_endpoint(object, "local", "local_port", &connection->ends[host]);
		set_endpoint(object, "peer", "peer_port", &connection->ends[host_other(host)]);
		print_line(object, stream);
	}
}

static json_t *further_array(const struct json_result *result)
{
	json_t *array = json_array();

	for (size_t i = 0; i < result->further_count; i++) {
		json_t *object = json_object();

		set_number(object, "line", result->further[i].line);
		set_string(object, "expected", result->further[i].expected);
		set_string(object, "observed", result->further[i].observed);
		json_array_append_new(array, object);
	}
	return array;
}

void json_print_result(const struct json_result *result, FILE *stream)
{
	json_t *object = object_of("result");

	set_string(object, "file", result->file);
	set_bool(object, "ok", result->ok);
	set_bool(object, "skipped", result->skipped);
	set_string(object, "reason", result->reason);
	if (result->line)
		set_number(object, "line", result->line);
	set_string(object, "expected", result->expected);
	set_string(object, "observed", result->observed);
	if (result->further_count)
		json_object_set_new(object, "further", further_array(result));
	if (result->runs) {
		set_number(object, "runs", (json_int_t)result->runs);
		set_number(object, "failed_runs", (json_int_t)result->failed_runs);
	}
	if (result->first_failed_run)
		set_number(object, "first_failed_run", (json_int_t)result->first_failed_run);
	print_line(object, stream);
}
