/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/socket_json.h"

#include <jansson.h>
#include <string.h>

#include "report/json_line.h"

/* JSON is UTF-8; a process may call itself anything: what is not UTF-8 is shown escaped. */
static void set_string(json_t *object, const char *key, const char *value)
{
	_cleanup_text_ struct text escaped = TEXT_INIT;

	if (!json_object_set_new(object, key, json_string(value)))
		return;
	text_append_escaped(&escaped, value, strlen(value), false);
	json_object_set_new(object, key, json_string(escaped.bytes));
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_endpoint(json_t *object, const char *address_key, const char *port_key,
	const struct endpoint *endpoint)
{
	char address[ENDPOINT_TEXT_BYTES];

	set_string(object, address_key, endpoint_address(endpoint, address));
	set_number(object, port_key, endpoint->port);
}

static void set_socket(json_t *object, const struct diag_socket *socket)
{
	set_string(object, "state", tcp_state_name(socket->state));
	set_endpoint(object, "local", "local_port", &socket->local);
	if (socket->peer.port)
		set_endpoint(object, "peer", "peer_port", &socket->peer);
	set_number(object, "recv_q", socket->receive_queue);
	set_number(object, "send_q", socket->send_queue);
	set_string(object, "timer", diag_timer_name(socket->timer));
	if (socket->timer != DIAG_TIMER_NONE)
		json_object_set_new(object, "timer_s", json_real(socket->timer_ms / 1000.0));
	/* Where the kernel has no user (requests, TIME_WAIT), it says 0, which would mean root. */
	if (socket->inode || socket->uid)
		set_number(object, "uid", socket->uid);
	if (socket->inode)
		set_number(object, "inode", socket->inode);
	set_number(object, "cookie", socket->cookie);
}

void socket_json_print(struct text *out, const struct diag_socket *socket,
	const struct owner *owner, uint64_t netns, bool is_first)
{
	json_t *object = json_object();

	if (is_first)
		set_number(object, "v", 1);
	set_socket(object, socket);
	if (netns)
		set_number(object, "netns", netns);
	if (owner) {
		set_number(object, "pid", (uint64_t)owner->pid);
		set_string(object, "comm", owner->comm);
		set_number(object, "fd", (uint64_t)owner->fd);
		if (owner->cgroup)
			set_string(object, "cgroup", owner->cgroup);
	}
	/* 12 digits: milliseconds of the longest timer. */
	json_line_append(out, object, 12);
}
