/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "observe/checkup_internal.h"

/* Four places a destination: short searches, and never full. */
#define PLACES ((size_t)4 * CHECKUP_DESTINATIONS_MAX)

static uint64_t mix(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	while (length--)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	return hash;
}

static size_t hash(const struct endpoint *local, const struct endpoint *peer)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	value = mix(value, local->address, sizeof(local->address));
	value = mix(value, peer->address, sizeof(peer->address));
	value = mix(value, &peer->port, sizeof(peer->port));
	return (size_t)(value ^ value >> 32);
}

static bool is_same(const struct checkup_destination *destination, const struct endpoint *local,
	const struct endpoint *peer)
{
	return endpoint_equal(&destination->peer, peer) &&
	       !memcmp(destination->local.address, local->address, sizeof(local->address));
}

void destination_table_open(struct destination_table *table, struct checkup *checkup)
{
	*table = (struct destination_table){
		.checkup = checkup,
		.places = calloc(PLACES, sizeof(*table->places)),
		.place_count = PLACES,
	};
	if (!table->places)
		abort();
	for (size_t i = 0; i < checkup->destination_count; i++) {
		const struct checkup_destination *destination = &checkup->destinations[i];
		size_t place = hash(&destination->local, &destination->peer) % PLACES;

		while (table->places[place])
			place = (place + 1) % PLACES;
		table->places[place] = (uint32_t)i + 1;
	}
}

void destination_table_close(struct destination_table *table)
{
	free(table->places);
	table->places = NULL;
}

struct checkup_destination *destination_table_find(
	struct destination_table *table, const struct endpoint *local, const struct endpoint *peer)
{
	struct checkup *checkup = table->checkup;
	size_t place = hash(local, peer) % table->place_count;
	struct checkup_destination *added;

	for (; table->places[place]; place = (place + 1) % table->place_count) {
		struct checkup_destination *destination =
			&checkup->destinations[table->places[place] - 1];

		if (is_same(destination, local, peer))
			return destination;
	}
	if (checkup->destination_count == CHECKUP_DESTINATIONS_MAX)
		return NULL;
	added = list_grow(
		&checkup->destinations, &checkup->destination_count, &checkup->destination_room);
	added->local = *local;
	added->local.port = 0;
	added->peer = *peer;
	table->places[place] = (uint32_t)checkup->destination_count;
	return added;
}
