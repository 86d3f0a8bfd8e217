/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/least.h"

#include <stdlib.h>
#include <string.h>

void least_init(struct least *least, size_t most, size_t item_bytes, least_compare *compare)
{
	*least = (struct least){
		.item_bytes = item_bytes,
		.place_bytes = sizeof(uint64_t) + ((item_bytes + 7) & ~(size_t)7),
		.most = most,
		.compare = compare,
	};
}

void least_finish(struct least *least)
{
	free(least->places);
	least->places = NULL;
	least->count = least->room = 0;
}

static char *place(const struct least *least, size_t at)
{
	return least->places + at * least->place_bytes;
}

static uint64_t number_of(const char *where)
{
	uint64_t number;

	memcpy(&number, where, sizeof(number));
	return number;
}

/* Which of two places comes first: never 0, for the numbers differ. */
static int compare_places(const void *left, const void *right, void *context)
{
	const struct least *least = context;
	const char *a = left, *b = right;
	int order = least->compare(a + sizeof(uint64_t), b + sizeof(uint64_t));

	return order ? order : number_of(a) < number_of(b) ? -1 : 1;
}

static int is_before(struct least *least, size_t a, size_t b)
{
	return compare_places(place(least, a), place(least, b), least) < 0;
}

static void swap(struct least *least, size_t a, size_t b)
{
	char *left = place(least, a), *right = place(least, b);

	for (size_t i = 0; i < least->place_bytes; i += sizeof(uint64_t)) {
		uint64_t x, y;

		memcpy(&x, left + i, sizeof(x));
		memcpy(&y, right + i, sizeof(y));
		memcpy(left + i, &y, sizeof(y));
		memcpy(right + i, &x, sizeof(x));
	}
}

/* The last one has come: up, as long as the one above is less. */
static void rise(struct least *least)
{
	size_t at = least->count - 1;

	while (at && is_before(least, (at - 1) / 2, at)) {
		swap(least, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

/* Another stands on top: down, as long as one below is greater. */
static void sink(struct least *least)
{
	size_t at = 0;

	for (;;) {
		size_t below = 2 * at + 1;

		if (below >= least->count)
			return;
		if (below + 1 < least->count && is_before(least, below, below + 1))
			below++;
		if (!is_before(least, at, below))
			return;
		swap(least, at, below);
		at = below;
	}
}

static void make_room(struct least *least)
{
	char *moved;

	if (least->count < least->room)
		return;
	least->room = least->room ? 2 * least->room : 64;
	moved = reallocarray(least->places, least->room, least->place_bytes);
	if (!moved)
		abort();
	least->places = moved;
}

static void put(struct least *least, size_t at, const void *item)
{
	memcpy(place(least, at), &least->seen, sizeof(least->seen));
	memcpy(place(least, at) + sizeof(uint64_t), item, least->item_bytes);
	least->seen++;
}

void least_offer(struct least *least, const void *item)
{
	if (!least->most)
		return;
	if (least->count < least->most) {
		make_room(least);
		put(least, least->count++, item);
		/* Without a bound nothing ever gives way: no heap is needed. */
		if (least->most != SIZE_MAX)
			rise(least);
	} else if (least->compare(item, least_item(least, 0)) < 0) {
		put(least, 0, item);
		sink(least);
	}
}

void least_sort(struct least *least)
{
	if (least->count)
		qsort_r(least->places, least->count, least->place_bytes, compare_places, least);
}
