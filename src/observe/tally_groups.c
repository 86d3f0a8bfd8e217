/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/tally_groups.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/list.h"

#define INDEX_LEAST 256

/* Of chance: peers choose their addresses and ports, and must not choose their places. */
static uint64_t seed(void)
{
	static uint64_t chosen;

	if (!chosen && getrandom(&chosen, sizeof(chosen), 0) != (ssize_t)sizeof(chosen))
		chosen = (uint64_t)(uintptr_t)&chosen;
	return chosen |= 1;
}

/* Words of eight bytes, each multiplied and folded. */
static size_t hash_of(const struct tally_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key;
	uint64_t hash = seed(), word;

	for (size_t i = 0; i < sizeof(*key); i += sizeof(word)) {
		size_t length = sizeof(*key) - i < sizeof(word) ? sizeof(*key) - i : sizeof(word);

		word = 0;
		memcpy(&word, bytes + i, length);
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(hash ^ hash >> 32);
}

/* The place of the key in the index, or the free one where it belongs. */
static size_t place_of(const struct tally_groups *table, const struct tally_key *key)
{
	size_t place = hash_of(key) & table->index_mask;

	/* Never more than half full, so it ends. */
	while (table->index[place]) {
		const struct tally_group *group = &table->groups[table->index[place] - 1];

		if (!memcmp(&group->key, key, sizeof(*key)))
			break;
		place = (place + 1) & table->index_mask;
	}
	return place;
}

static void make_index(struct tally_groups *table)
{
	for (size_t i = 0; i < table->count; i++)
		table->index[place_of(table, &table->groups[i].key)] = (uint32_t)i + 1;
}

static void grow_index(struct tally_groups *table)
{
	size_t size = table->index ? 2 * (table->index_mask + 1) : INDEX_LEAST;

	free(table->index);
	table->index = calloc(size, sizeof(*table->index));
	if (!table->index)
		abort();
	table->index_mask = size - 1;
	make_index(table);
}

void tally_groups_clear(struct tally_groups *table)
{
	if (table->index)
		memset(table->index, 0, (table->index_mask + 1) * sizeof(*table->index));
	table->count = 0;
	table->folded = 0;
	table->others = (struct tally_group){0};
}

void tally_groups_finish(struct tally_groups *table)
{
	free(table->groups);
	free(table->index);
	*table = (struct tally_groups){0};
}

static void add(struct tally_group *to, const struct tally_group *from)
{
	to->sockets += from->sockets;
	to->time_wait += from->time_wait;
	to->fin_wait2_timed += from->fin_wait2_timed;
	to->established += from->established;
	to->close_wait += from->close_wait;
	to->born += from->born;
	to->died += from->died;
}

/* Throws together what is not above the mean: there always is such a group. */
static void fold(struct tally_groups *table)
{
	uint64_t total = 0;
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++)
		total += table->groups[i].sockets;
	for (size_t i = 0; i < table->count; i++) {
		if (table->groups[i].sockets > total / table->count) {
			table->groups[kept++] = table->groups[i];
		} else {
			add(&table->others, &table->groups[i]);
			table->folded++;
		}
	}
	table->count = kept;
	memset(table->index, 0, (table->index_mask + 1) * sizeof(*table->index));
	make_index(table);
}

struct tally_group *tally_groups_get(struct tally_groups *table, const struct tally_key *key)
{
	struct tally_group *group;
	size_t place;

	if (!table->index || 2 * (table->count + 1) > table->index_mask + 1)
		grow_index(table);
	place = place_of(table, key);
	if (table->index[place])
		return &table->groups[table->index[place] - 1];
	if (table->count == TALLY_GROUPS_MAX) {
		fold(table);
		place = place_of(table, key);
	}
	group = list_grow(&table->groups, &table->count, &table->room);
	group->key = *key;
	table->index[place] = (uint32_t)table->count;
	return group;
}

const struct tally_group *tally_groups_find(
	const struct tally_groups *table, const struct tally_key *key)
{
	size_t place;

	if (!table->index)
		return NULL;
	place = place_of(table, key);
	return table->index[place] ? &table->groups[table->index[place] - 1] : NULL;
}
