/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/listing_order.h"

#include <string.h>

#include "observe/sockets.h"
#include "timewait/listing.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int listing_order_of_places(const void *left, const void *right)
{
	const struct listing_row *a = left, *b = right;
	int order = compare_numbers(a->netns, b->netns);

	if (!order)
		order = socket_compare(&a->socket, &b->socket);
	/* Sockets of one port (SO_REUSEPORT): in the order in which they were first looked at. */
	return order ? order : compare_numbers(a->socket.cookie, b->socket.cookie);
}

static int or_by_place(int order, const void *a, const void *b)
{
	return order ? order : listing_order_of_places(a, b);
}

static int by_state(const void *left, const void *right)
{
	const struct listing_row *a = left, *b = right;
	int order = strcmp(tcp_state_name(a->socket.state), tcp_state_name(b->socket.state));

	return or_by_place(order, left, right);
}

static int by_local(const void *left, const void *right)
{
	const struct listing_row *a = left, *b = right;

	return or_by_place(endpoint_compare(&a->socket.local, &b->socket.local), left, right);
}

static int by_peer(const void *left, const void *right)
{
	const struct listing_row *a = left, *b = right;

	return or_by_place(endpoint_compare(&a->socket.peer, &b->socket.peer), left, right);
}

static uint64_t timer_rank(const struct diag_socket *socket)
{
	return socket->timer == DIAG_TIMER_NONE ? UINT64_MAX : socket->timer_ms;
}

static int by_timer(const void *left, const void *right)
{
	const struct listing_row *a = left, *b = right;

	return or_by_place(
		compare_numbers(timer_rank(&a->socket), timer_rank(&b->socket)), left, right);
}

static int by_receive_queue(const void *left, const void *right)
{
	const struct listing_row *a = left, *b = right;

	return or_by_place(
		compare_numbers(b->socket.receive_queue, a->socket.receive_queue), left, right);
}

static int by_send_queue(const void *left, const void *right)
{
	const struct listing_row *a = left, *b = right;

	return or_by_place(
		compare_numbers(b->socket.send_queue, a->socket.send_queue), left, right);
}

static uint64_t pid_rank(const struct listing_row *row)
{
	return row->pid ? (uint64_t)row->pid : UINT64_MAX;
}

static int by_pid(const void *left, const void *right)
{
	return or_by_place(compare_numbers(pid_rank(left), pid_rank(right)), left, right);
}

least_compare *listing_order(enum list_key key)
{
	switch (key) {
	case LIST_BY_STATE: return by_state;
	case LIST_BY_LOCAL: return by_local;
	case LIST_BY_PEER: return by_peer;
	case LIST_BY_TIMER: return by_timer;
	case LIST_BY_RECV_Q: return by_receive_queue;
	case LIST_BY_SEND_Q: return by_send_queue;
	case LIST_BY_PID: return by_pid;
	}
	return listing_order_of_places;
}
