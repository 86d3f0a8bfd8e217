/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/sockets.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

static int rank(const struct diag_socket *socket)
{
	switch (socket->state) {
	case TCP_STATE_LISTEN: return 0;
	case TCP_STATE_BOUND: return 1;
	default: return 2;
	}
}

int socket_compare(const struct diag_socket *a, const struct diag_socket *b)
{
	int order = rank(a) - rank(b);

	if (!order)
		order = endpoint_compare(&a->local, &b->local);
	return order ? order : endpoint_compare(&a->peer, &b->peer);
}

/* Sockets of one port (SO_REUSEPORT) keep the order in which they were first looked at. */
static int by_place(const void *left, const void *right)
{
	const struct diag_socket *a = left, *b = right;
	int order = socket_compare(a, b);

	if (order || a->cookie == b->cookie)
		return order;
	return a->cookie < b->cookie ? -1 : 1;
}

static int add(void *context, const struct diag_socket *socket)
{
	struct socket_list *list = context;

	*list_grow(&list->sockets, &list->count, &list->room) = *socket;
	return 0;
}

static int by_cookie(const void *left, const void *right)
{
	const struct diag_socket *a = left, *b = right;

	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

/* A socket that changed its table during the dump (TIME_WAIT's birth) was told twice. */
static void drop_doubles(struct socket_list *list)
{
	size_t kept = 0;

	qsort(list->sockets, list->count, sizeof(*list->sockets), by_cookie);
	for (size_t i = 0; i < list->count; i++) {
		if (kept && list->sockets[kept - 1].cookie == list->sockets[i].cookie)
			kept--;
		list->sockets[kept++] = list->sockets[i];
	}
	list->count = kept;
}

int socket_list_read(
	struct socket_list *list, struct diag *diag, uint32_t states, struct error *err)
{
	int r;

	list->count = 0;
	r = diag_dump(diag, states, add, list, err);
	if (r < 0) {
		list->count = 0;
		return r;
	}
	if (!list->count)
		return 0;
	drop_doubles(list);
	qsort(list->sockets, list->count, sizeof(*list->sockets), by_place);
	return 0;
}

void socket_list_finish(struct socket_list *list)
{
	free(list->sockets);
	*list = (struct socket_list)SOCKET_LIST_INIT;
}
