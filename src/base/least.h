/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_LEAST_H
#define BASE_LEAST_H

/*
 * The N least of many items, in order, without holding more than N: a heap whose greatest stands on top and
 * gives way. With no bound it keeps them all. Of items that are equal, the earlier comes first, so `compare`
 * need not tell all apart. Out of memory ends the program, as in text.h.
 */

#include <stddef.h>
#include <stdint.h>

typedef int least_compare(const void *a, const void *b);

struct least {
	char *places; /* each the item's number (uint64_t), then the item */
	size_t item_bytes;
	size_t place_bytes; /* a multiple of 8 */
	size_t count, room;
	size_t most;   /* N; SIZE_MAX for no bound */
	uint64_t seen; /* items offered */
	least_compare *compare;
};

/* N items at most, each of so many bytes. */
void least_init(struct least *least, size_t most, size_t item_bytes, least_compare *compare);
void least_finish(struct least *least);

/* Copies the item in, if it is among the least so far. */
void least_offer(struct least *least, const void *item);

/* Puts them in order: from now on least_item() has the least first, and nothing more is offered. */
void least_sort(struct least *least);

static inline const void *least_item(const struct least *least, size_t at)
{
	return least->places + at * least->place_bytes + sizeof(uint64_t);
}

#endif
