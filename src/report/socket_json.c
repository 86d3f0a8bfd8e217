/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/socket_json.h"

#include <string.h>

#include "base/digits.h"
#include "report/json_text.h"
#include "tcp/address.h"

/* All that is not a name: keys, two addresses, numbers. */
#define FIELDS_BYTES 768

static char *put(char *at, const char *string)
{
	return stpcpy(at, string);
}

/* `key` with its quotes, the comma before it and the colon behind. */
static char *put_number(char *at, const char *key, uint64_t number)
{
	return digits_put(put(at, key), number);
}

static char *put_endpoint(
	char *at, const char *address_key, const char *port_key, const struct endpoint *endpoint)
{
	at = address_put(put(at, address_key), endpoint);
	*at++ = '"';
	return put_number(at, port_key, endpoint->port);
}

static char *put_timer(char *at, const struct diag_socket *socket)
{
	at = put(put(at, ",\"timer\":\""), diag_timer_name(socket->timer));
	*at++ = '"';
	if (socket->timer != DIAG_TIMER_NONE)
		at = digits_put_thousandths(put(at, ",\"timer_s\":"), socket->timer_ms);
	return at;
}

static char *put_socket(char *at, const struct diag_socket *socket)
{
	at = put(put(at, "\"state\":\""), tcp_state_name(socket->state));
	at = put_endpoint(at, "\",\"local\":\"", ",\"local_port\":", &socket->local);
	if (socket->peer.port)
		at = put_endpoint(at, ",\"peer\":\"", ",\"peer_port\":", &socket->peer);
	at = put_number(at, ",\"recv_q\":", socket->receive_queue);
	at = put_number(at, ",\"send_q\":", socket->send_queue);
	at = put_timer(at, socket);
	/* Where the kernel has no user (requests, TIME_WAIT), it says 0, which would mean root. */
	if (socket->inode || socket->uid)
		at = put_number(at, ",\"uid\":", socket->uid);
	if (socket->inode)
		at = put_number(at, ",\"inode\":", socket->inode);
	return put_number(at, ",\"cookie\":", socket->cookie);
}

static void append_owner(struct text *out, const struct owner *owner)
{
	char *at = text_reserve(out, FIELDS_BYTES);

	at = put_number(at, ",\"pid\":", (uint64_t)owner->pid);
	text_commit(out, put(at, ",\"comm\":"));
	json_text_append_string(out, owner->comm);
	at = text_reserve(out, FIELDS_BYTES);
	text_commit(out, put_number(at, ",\"fd\":", (uint64_t)owner->fd));
	if (owner->cgroup) {
		text_append(out, ",\"cgroup\":");
		json_text_append_string(out, owner->cgroup);
	}
}

void socket_json_print(struct text *out, const struct diag_socket *socket,
	const struct owner *owner, uint64_t netns, bool is_first)
{
	char *at = text_reserve(out, FIELDS_BYTES);

	at = put(at, is_first ? "{\"v\":1," : "{");
	at = put_socket(at, socket);
	if (netns)
		at = put_number(at, ",\"netns\":", netns);
	if (owner) {
		text_commit(out, at);
		append_owner(out, owner);
		at = text_reserve(out, FIELDS_BYTES);
	}
	*at++ = '}';
	*at++ = '\n';
	text_commit(out, at);
}
