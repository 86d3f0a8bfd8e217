/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/groups_order.h"

#include <stdlib.h>
#include <string.h>

/* The unknown comes last. */
static int compare_names(const char *a, const char *b)
{
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

static int compare_keys(enum group_by by, const struct group *a, const struct group *b)
{
	switch (by) {
	case GROUP_BY_STATE: return (int)a->state - (int)b->state;
	case GROUP_BY_PEER:
	case GROUP_BY_LOCAL: return endpoint_compare(&a->endpoint, &b->endpoint);
	case GROUP_BY_PROCESS: return a->owner.pid - b->owner.pid;
	case GROUP_BY_CGROUP: break;
	}
	return compare_names(a->owner.name, b->owner.name);
}

static int compare(const void *left, const void *right, void *context)
{
	const enum group_by *by = context;
	const struct group *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return compare_keys(*by, a, b);
}

/*
 * A million peers are sorted byte by byte, the least significant first: most bytes are the same in all of
 * them, and cost nothing. Here are the places of the bytes of a group in that order, on a machine
 * of either endianness.
 */
#define KEY_BYTES 32

static size_t place_bytes(
	size_t *places, size_t count, size_t first, size_t size, bool is_big_endian)
{
	for (size_t i = 0; i < size; i++)
		places[count++] = first + (is_big_endian ? size - 1 - i : i);
	return count;
}

static void place_key(size_t places[KEY_BYTES])
{
	static const bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	size_t at = offsetof(struct group, endpoint), count = 0;
	const struct endpoint *endpoint = NULL;

	count = place_bytes(places, count, at + offsetof(struct endpoint, interface),
		sizeof(endpoint->interface), big);
	count = place_bytes(
		places, count, at + offsetof(struct endpoint, port), sizeof(endpoint->port), big);
	count = place_bytes(places, count, at + offsetof(struct endpoint, address),
		sizeof(endpoint->address), true);
	count = place_bytes(places, count, at + offsetof(struct endpoint, family),
		sizeof(endpoint->family), big);
	place_bytes(places, count, offsetof(struct group, count), sizeof(uint64_t), big);
}

/* In which bytes do the groups differ at all? */
static void find_differences(
	const struct group *groups, size_t count, uint8_t ret_differs[sizeof(struct group)])
{
	uint64_t words[sizeof(struct group) / sizeof(uint64_t)] = {0};
	const size_t word_count = sizeof(words) / sizeof(*words);
	uint64_t first[sizeof(words) / sizeof(*words)];

	memcpy(first, groups, sizeof(first));
	for (size_t i = 1; i < count; i++) {
		uint64_t other[sizeof(words) / sizeof(*words)];

		memcpy(other, &groups[i], sizeof(other));
		for (size_t word = 0; word < word_count; word++)
			words[word] |= other[word] ^ first[word];
	}
	memcpy(ret_differs, words, sizeof(words));
}

/* By one byte, keeping the order of those that have the same; `flip` 0xff for the largest first. */
static void pass(
	const struct group *from, struct group *to, size_t count, size_t place, uint8_t flip)
{
	size_t starts[256] = {0}, next = 0;

	for (size_t i = 0; i < count; i++)
		starts[((const uint8_t *)&from[i])[place] ^ flip]++;
	for (int value = 0; value < 256; value++) {
		size_t many = starts[value];

		starts[value] = next;
		next += many;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[((const uint8_t *)&from[i])[place] ^ flip]++] = from[i];
}

static void sort_by_bytes(struct group **groups, size_t count)
{
	struct group *other = reallocarray(NULL, count, sizeof(**groups));
	uint8_t differs[sizeof(struct group)];
	size_t places[KEY_BYTES];

	_Static_assert(sizeof(struct group) == KEY_BYTES, "a group has no padding");
	if (!other)
		abort();
	place_key(places);
	find_differences(*groups, count, differs);
	for (size_t i = 0; i < KEY_BYTES; i++) {
		bool is_count = i >= KEY_BYTES - sizeof(uint64_t);
		struct group *sorted = other;

		if (!differs[places[i]])
			continue;
		pass(*groups, sorted, count, places[i], is_count ? 0xff : 0);
		other = *groups;
		*groups = sorted;
	}
	free(other);
}

/* Below that the tables of the passes cost more than they save. */
#define FEWEST_FOR_BYTES 1024

void groups_order(enum group_by by, struct group **groups, size_t count)
{
	bool is_endpoint = by == GROUP_BY_PEER || by == GROUP_BY_LOCAL;

	if (is_endpoint && count >= FEWEST_FOR_BYTES)
		sort_by_bytes(groups, count);
	else if (count)
		qsort_r(*groups, count, sizeof(**groups), compare, &by);
}
