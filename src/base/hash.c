/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/large.h"

#define FEWEST_SLOTS 64

/* An odd number with its bits well spread: the golden ratio's. */
#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

/* All bits of the product have a say in the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t *new_slots(size_t count)
{
	uint64_t *slots = calloc(count, sizeof(*slots));

	if (!slots)
		abort();
	large_pages(slots, count * sizeof(*slots));
	return slots;
}

void hash_init(struct hash *index)
{
	*index = (struct hash){.mask = FEWEST_SLOTS - 1};
	index->slots = new_slots(FEWEST_SLOTS);
	/* Early in a boot there may be no chance yet: then time has to do. */
	if (getrandom(&index->seed, sizeof(index->seed), GRND_NONBLOCK) != sizeof(index->seed))
		index->seed = (uint64_t)clock_now_ns();
}

void hash_finish(struct hash *index)
{
	free(index->slots);
	*index = (struct hash){0};
}

uint32_t hash_bytes(const struct hash *index, const void *key, size_t length)
{
	const uint8_t *bytes = key;
	uint64_t hash = index->seed ^ length;

	for (; length >= 8; length -= 8, bytes += 8) {
		uint64_t word;

		memcpy(&word, bytes, 8);
		hash = mix(hash ^ word, MULTIPLIER ^ index->seed << 1);
	}
	if (length) {
		uint64_t word = 0;

		memcpy(&word, bytes, length);
		hash = mix(hash ^ word, MULTIPLIER);
	}
	return (uint32_t)(mix(hash, MULTIPLIER) >> 32);
}

static void put(uint64_t *slots, size_t mask, uint64_t slot)
{
	size_t place = (slot >> 32) & mask;

	while (slots[place])
		place = (place + 1) & mask;
	slots[place] = slot;
}

/* The hashes stand in the slots, so no key is looked at. */
static void grow(struct hash *index)
{
	size_t mask = 2 * index->mask + 1;
	uint64_t *slots = new_slots(mask + 1);

	for (size_t i = 0; i <= index->mask; i++) {
		if (index->slots[i])
			put(slots, mask, index->slots[i]);
	}
	free(index->slots);
	index->slots = slots;
	index->mask = mask;
}

void hash_add(struct hash *index, const struct hash_probe *probe)
{
	if (index->count >= UINT32_MAX - 1)
		abort();
	index->count++;
	index->slots[probe->slot] = (uint64_t)probe->hash << 32 | (uint32_t)index->count;
	if (2 * index->count > index->mask)
		grow(index);
}
