/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_CENSUS_H
#define LAB_CENSUS_H

/*
 * Who is in which state now: both hosts' sockets dumped, each put to the end of the connection
 * it belongs to, and every change since the last census written to the timeline. A socket is
 * known by its cookie, which it keeps for its life, TIME_WAIT included; a tuple alone may be reused.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "lab/host.h"
#include "lab/timeline.h"
#include "observe/diag.h"

struct census {
	/* The sockets of each host at the last census, in the kernel's order. */
	struct diag_socket *sockets[HOST_COUNT];
	size_t socket_count[HOST_COUNT], socket_room[HOST_COUNT];

	/* Beside timeline->connections: whose cookie each end is; 0 before it had a socket. */
	struct census_ends {
		uint64_t cookies[HOST_COUNT];
		bool is_present[HOST_COUNT];
	} * ends;
	size_t end_count, end_room;

	/* On a loopback both hosts are one namespace, told apart by where the server is; else of no family. */
	struct endpoint loopback;
	/* The cookies of what was there before: an earlier server at that port has left them. */
	uint64_t *strangers;
	size_t stranger_count, stranger_room;
};

/* Both hosts are one namespace, hosts[HOST_SERVER]'s, with the server at `server`. What there is now is passed over
 * for good. 0 or a negative errno. */
int census_open_loopback(struct census *census, struct host hosts[HOST_COUNT],
	const struct endpoint *server, struct error *err);

void census_finish(struct census *census);

/*
 * What to look at: a host's connections; its listeners too. The kernel keeps listeners in a large table of
 * their own, and to walk it costs more than all the rest: it is worth asking whether they can
 * have moved.
 */
#define CENSUS_HOST(host)      (1u << (host))
#define CENSUS_LISTENERS(host) (CENSUS_HOST(host) | 4u << (host))
#define CENSUS_ALL             (CENSUS_LISTENERS(HOST_SERVER) | CENSUS_LISTENERS(HOST_CLIENT))

/* Looks at what `which` says and appends what moved. 0 or a negative errno. */
int census_take(struct census *census, struct host hosts[HOST_COUNT], unsigned int which,
	struct timeline *timeline, struct error *err);

/*
 * A new connection between the host's endpoint and the peer's, or a listener (`peer` NULL); under the
 * next free name ("conn", "conn2"...) where `name` is NULL. Its index.
 */
int census_add(struct census *census, struct timeline *timeline, enum host_id host,
	const char *name, const struct endpoint *local, const struct endpoint *peer);

/*
 * A socket of our own that no census has seen yet, known by its cookie: it begins a connection under
 * the name, or a listener (`peer` NULL), or joins the one whose other end its tuple mirrors. The
 * connection's index.
 */
int census_introduce(struct census *census, struct timeline *timeline, enum host_id host,
	uint64_t cookie, const char *name, const struct endpoint *local,
	const struct endpoint *peer);

/* The connection that the host's socket belongs to, by cookie; CONNECTION_NONE. */
int census_find(const struct census *census, enum host_id host, uint64_t cookie);

/* The socket at an end of a connection as of the last census; NULL when there is none. */
const struct diag_socket *census_socket(
	const struct census *census, enum host_id host, int connection);

#endif
