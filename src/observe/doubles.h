/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_DOUBLES_H
#define OBSERVE_DOUBLES_H

/*
 * Tells a socket that a dump has twice, in memory that does not grow with the dump.
 *
 * The kernel walks its listeners, then the bound sockets, then the table of connections, a bucket after the
 * other, and inside a bucket goes on by position. So one socket comes twice in two ways. Others came
 * in before it, in the same bucket, while we took what we had been given: then what comes again are those that
 * came last. For these the last few thousand cookies are kept, in a table of fixed size where one overwrites
 * the other. Or it left the listeners or the bound sockets for a later table: those, never many, are all
 * kept.
 *
 * One that its program takes off its peer, with connect() to AF_UNSPEC, and connects anew meanwhile has moved to
 * another bucket: it may come twice, as two connections, for that is what it was.
 */

#include <stdbool.h>

#include "base/hash.h"
#include "observe/diag.h"

#define DOUBLES_RECENT 4096

struct doubles {
	uint64_t recent[DOUBLES_RECENT];
	uint64_t *settled; /* cookies of listeners and bound sockets */
	size_t settled_count, settled_room;
	struct hash index; /* of those */
	size_t seen;       /* sockets */
	size_t dropped;    /* how often doubles_seen() said yes */
};

void doubles_init(struct doubles *doubles);
void doubles_finish(struct doubles *doubles);

/* For each socket of one dump, in its order: has it been here before? */
bool doubles_seen(struct doubles *doubles, const struct diag_socket *socket);

#endif
