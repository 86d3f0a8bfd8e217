/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_TALLY_GROUPS_H
#define OBSERVE_TALLY_GROUPS_H

/*
 * Sockets counted by what they have in common: a table from a key to how many there are, of bounded
 * size however many keys come. When it is full, the small groups are thrown together into one
 * ("others"), so that the large ones are still exact but for what they had before they grew.
 */

#include <stddef.h>
#include <stdint.h>

#include "tcp/endpoint.h"

/* What is not part of a key is 0 in it: keys are compared byte by byte. */
struct tally_key {
	struct endpoint local, peer;
	int32_t pid;
	char comm[16]; /* not escaped; NUL-padded */
};

struct tally_group {
	struct tally_key key;
	uint64_t sockets; /* in whatever state, minisockets included */
	uint64_t time_wait, fin_wait2_timed;
	uint64_t established, close_wait;
	/* Minisockets since the look before, and what there was then. */
	uint64_t born, died;
	uint64_t sockets_before, minisockets_before;
};

/* More than there are ports, so that these are always exact. */
#define TALLY_GROUPS_MAX 65536

struct tally_groups {
	struct tally_group *groups; /* in no order */
	size_t count, room;
	uint32_t *index; /* hash table of indices + 1 into groups; as long as index_mask + 1 */
	size_t index_mask;
	size_t folded;             /* groups that were thrown together; 0 while all is exact */
	struct tally_group others; /* its key is all 0 */
};

/* Forgets all groups and keeps the memory. The table starts zeroed; the caller finishes it. */
void tally_groups_clear(struct tally_groups *table);
void tally_groups_finish(struct tally_groups *table);

/* The group of the key, made (all 0) where there is none. Valid until the next call. */
struct tally_group *tally_groups_get(struct tally_groups *table, const struct tally_key *key);

/* The group, or NULL. */
const struct tally_group *tally_groups_find(
	const struct tally_groups *table, const struct tally_key *key);

#endif
