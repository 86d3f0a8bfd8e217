/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_HASH_H
#define BASE_HASH_H

/*
 * Finding an item of an array by its key, by open addressing. The items stay in the caller's array, dense and
 * in the order they came; here are only their numbers, each with the key's hash beside it, so that growing
 * touches no item. Out of memory ends the program, as in text.h.
 *
 *	struct hash_probe probe = hash_probe(&index, hash_bytes(&index, &key, sizeof(key)));
 *	size_t number;
 *
 *	while (hash_next(&index, &probe, &number)) {
 *		if (items[number] is the one)
 *			return &items[number];
 *	}
 *	hash_add(&index, &probe);	// the item's number is how many were added before
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
	uint64_t *slots; /* 0: free; else the hash, and in the lower half the number plus one */
	size_t mask; /* slots less one; they are a power of two, at least twice as many as items */
	size_t count;
	uint64_t
		seed; /* of chance: who picks the keys (a peer its address) cannot pick their places */
};

struct hash_probe {
	uint32_t hash;
	size_t slot;
};

/* Starts zeroed; every call but hash_finish() wants hash_init() before. */
void hash_init(struct hash *index);
void hash_finish(struct hash *index);

/* The hash of a key of this index. Two keys are the same only if every byte is: no padding in them. */
uint32_t hash_bytes(const struct hash *index, const void *key, size_t length);

/* The place of the hash will soon be asked for: has it fetched from memory meanwhile. */
static inline void hash_prefetch(const struct hash *index, uint32_t hash)
{
	__builtin_prefetch(&index->slots[hash & index->mask]);
}

static inline struct hash_probe hash_probe(const struct hash *index, uint32_t hash)
{
	return (struct hash_probe){.hash = hash, .slot = hash & index->mask};
}

/* The number of the next item that may have this key: true; false when there is none. */
static inline bool hash_next(const struct hash *index, struct hash_probe *probe, size_t *ret_number)
{
	uint64_t slot;

	while ((slot = index->slots[probe->slot])) {
		if (slot >> 32 == probe->hash) {
			*ret_number = (uint32_t)slot - 1;
			probe->slot = (probe->slot + 1) & index->mask;
			return true;
		}
		probe->slot = (probe->slot + 1) & index->mask;
	}
	return false;
}

/* Adds the next item under the probe's hash, once hash_next() has said false. At most 2^32 - 2 items. */
void hash_add(struct hash *index, const struct hash_probe *probe);

#endif
