/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>
#include <string.h>

#include "report/findings_report.h"
#include "report/json_line.h"

/* Twelve digits: a count stays whole, and seconds keep their milliseconds. */
#define DIGITS 12

/* JSON is UTF-8; a process may be called anything, and a file may say anything. */
static void set_words(json_t *object, const char *key, const char *words)
{
	struct text safe = TEXT_INIT;

	if (!words[0] || !json_object_set_new(object, key, json_string(words)))
		return;
	text_append_escaped(&safe, words, strlen(words), false);
	json_object_set_new(object, key, json_string(safe.bytes));
	text_finish(&safe);
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_endpoint(json_t *object, const char *address_key, const char *port_key,
	const struct endpoint *endpoint)
{
	char address[ENDPOINT_TEXT_BYTES];

	set_words(object, address_key, endpoint_address(endpoint, address));
	set_number(object, port_key, endpoint->port);
}

static json_t *make_evidence(const struct finding *finding)
{
	json_t *evidence = json_object();

	for (size_t i = 0; i < finding->fact_count; i++) {
		const struct fact *fact = &finding->facts[i];

		if (fact->unit == FACT_TEXT)
			set_words(evidence, fact->key, fact->text);
		else if (fact->unit == FACT_COUNT || fact->unit == FACT_BYTES)
			json_object_set_new(
				evidence, fact->key, json_integer((json_int_t)fact->number));
		else
			json_object_set_new(evidence, fact->key, json_real(fact->number));
	}
	return evidence;
}

static json_t *make_socket(const struct checkup_socket *socket)
{
	json_t *object = json_object();

	set_words(object, "state", tcp_state_name(socket->socket.state));
	set_endpoint(object, "local", "local_port", &socket->socket.local);
	set_endpoint(object, "peer", "peer_port", &socket->socket.peer);
	set_number(object, "recv_q", socket->socket.receive_queue);
	set_number(object, "send_q", socket->socket.send_queue);
	set_number(object, "unread_bytes", findings_unread_bytes(socket));
	if (socket->has_silence)
		json_object_set_new(object, "silent_s", json_real(socket->silent_ms / 1000.0));
	if (socket->socket.retransmissions)
		set_number(object, "retransmissions", socket->socket.retransmissions);
	if (socket->pid) {
		set_number(object, "pid", (uint64_t)socket->pid);
		set_words(object, "comm", socket->comm);
		set_number(object, "fd", (uint64_t)socket->fd);
	}
	set_number(object, "cookie", socket->socket.cookie);
	return object;
}

static json_t *make_finding(const struct finding *finding)
{
	json_t *object = json_object();

	set_words(object, "type", "finding");
	set_words(object, "check", finding->check);
	set_words(object, "severity", severity_name(finding->severity));
	set_words(object, "title", finding->title.bytes);
	json_object_set_new(object, "evidence", make_evidence(finding));
	if (finding->socket_count) {
		json_t *sockets = json_array();

		for (size_t i = 0; i < finding->socket_count; i++)
			json_array_append_new(sockets, make_socket(&finding->sockets[i]));
		json_object_set_new(object, "sockets", sockets);
		set_number(object, "sockets_more", finding->sockets_more);
	}
	set_words(object, "meaning", finding->meaning.bytes);
	set_words(object, "remedy", finding->remedy.bytes);
	set_words(object, "scenario", finding->scenario);
	set_words(object, "page", finding->page);
	return object;
}

static json_t *make_summary(const struct findings *findings, const struct checkup *checkup)
{
	json_t *object = json_object(), *missing = json_array();
	const char *names[FINDINGS_MISSING_MAX];
	size_t count = findings_missing(checkup, names);
	uint64_t sockets = 0;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(missing, json_string(names[i]));
	for (size_t i = 0; i < TCP_STATE_COUNT; i++)
		sockets += checkup->states[i];
	set_words(object, "type", "summary");
	set_number(object, "bad", findings_count(findings, SEVERITY_BAD));
	set_number(object, "warn", findings_count(findings, SEVERITY_WARN));
	set_number(object, "note", findings_count(findings, SEVERITY_NOTE));
	if (checkup->has_sockets)
		set_number(object, "sockets", sockets);
	if (checkup->sockets_left_out)
		set_number(object, "sockets_left_out", checkup->sockets_left_out);
	if (checkup->destinations_left_out)
		set_number(object, "connections_left_out", checkup->destinations_left_out);
	json_object_set_new(object, "window_s", json_real(checkup->window_s));
	json_object_set_new(object, "missing", missing);
	set_number(object, "unreadable_processes", checkup->unreadable);
	set_number(object, "unowned_sockets", checkup->unowned);
	set_number(object, "unknown_options", checkup->unknown_options);
	return object;
}

/* "v" comes first in the line, for the order of keys is kept. */
static json_t *begin(json_t *object, bool is_first)
{
	json_t *line = json_object();

	if (is_first)
		set_number(line, "v", 1);
	json_object_update(line, object);
	json_decref(object);
	return line;
}

void findings_print_json(
	struct text *out, const struct findings *findings, const struct checkup *checkup)
{
	for (size_t i = 0; i < findings->count; i++)
		json_line_append(out, begin(make_finding(&findings->findings[i]), i == 0), DIGITS);
	json_line_append(out, begin(make_summary(findings, checkup), findings->count == 0), DIGITS);
}
