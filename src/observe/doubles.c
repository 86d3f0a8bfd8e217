/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/doubles.h"

#include <stdlib.h>

#include "base/list.h"

void doubles_init(struct doubles *doubles)
{
	*doubles = (struct doubles){0};
	hash_init(&doubles->index);
}

void doubles_finish(struct doubles *doubles)
{
	hash_finish(&doubles->index);
	free(doubles->settled);
	doubles->settled = NULL;
}

/* Among listeners and bound sockets; adds it where `is_settled`. */
static bool is_among_settled(struct doubles *doubles, uint64_t cookie, bool is_settled)
{
	struct hash_probe probe;
	size_t number;

	if (!is_settled && !doubles->settled_count)
		return false;
	probe = hash_probe(&doubles->index, hash_bytes(&doubles->index, &cookie, sizeof(cookie)));
	while (hash_next(&doubles->index, &probe, &number)) {
		if (doubles->settled[number] == cookie)
			return true;
	}
	if (is_settled) {
		*list_grow(&doubles->settled, &doubles->settled_count, &doubles->settled_room) =
			cookie;
		hash_add(&doubles->index, &probe);
	}
	return false;
}

bool doubles_seen(struct doubles *doubles, const struct diag_socket *socket)
{
	bool is_settled = socket->state == TCP_STATE_LISTEN || socket->state == TCP_STATE_BOUND;
	/* Cookies are counted up, a few apart for each CPU: the lower bits spread them best. */
	uint64_t *recent = &doubles->recent[socket->cookie % DOUBLES_RECENT];
	bool is_seen;

	doubles->seen++;
	if (!socket->cookie)
		return false;
	is_seen =
		*recent == socket->cookie || is_among_settled(doubles, socket->cookie, is_settled);
	*recent = socket->cookie;
	doubles->dropped += is_seen;
	return is_seen;
}
