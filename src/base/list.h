/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_LIST_H
#define BASE_LIST_H

/*
 * An array that grows: a pointer, how many there are, how many fit. list_grow() makes room for
 * one more, counts it and returns it, zeroed. Out of memory ends the program, as in text.h.
 *
 *	struct rule *rules; size_t count, room;
 *	*list_grow(&rules, &count, &room) = (struct rule){...};
 */

#include <stdlib.h>
#include <string.h>

static inline void *list_grow_bytes(void *items, size_t *count, size_t *room, size_t size)
{
	char *moved = items;

	if (*count == *room) {
		*room = *room ? 2 * *room : 8;
		moved = reallocarray(items, *room, size);
		if (!moved)
			abort();
	}
	memset(moved + *count * size, 0, size);
	(*count)++;
	return moved;
}

#define list_grow(items, count, room)                                                              \
	(*(items) = list_grow_bytes(*(items), (count), (room), sizeof(**(items))),                 \
		*(items) + *(count)-1)

#endif
