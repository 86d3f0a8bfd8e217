/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/groups_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"

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
 * A million peers are sorted byte by byte, the least significant first. Most bytes are the same in all of them:
 * only the others are moved about, packed into a record of a few words, and what all have in common is put
 * back in the end. Here are the places of the bytes of a group in that order, on a machine of either
 * endianness.
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

/* A byte of the record, and where it comes from in a group; `flip` 0xff for the largest first. */
struct packing {
	size_t count; /* of the bytes that are packed, the least significant first */
	size_t size;  /* of a record: whole words */
	size_t places[KEY_BYTES];
	uint8_t flips[KEY_BYTES];
};

static void plan(struct packing *packing, const struct group *groups, size_t count)
{
	uint8_t differs[sizeof(struct group)];
	size_t places[KEY_BYTES];

	_Static_assert(sizeof(struct group) == KEY_BYTES, "a group has no padding");
	*packing = (struct packing){0};
	place_key(places);
	find_differences(groups, count, differs);
	for (size_t i = 0; i < KEY_BYTES; i++) {
		if (!differs[places[i]])
			continue;
		packing->places[packing->count] = places[i];
		packing->flips[packing->count++] = i >= KEY_BYTES - sizeof(uint64_t) ? 0xff : 0;
	}
	packing->size = (packing->count + 7) / 8 * 8;
}

static void pack(
	const struct packing *packing, const struct group *groups, size_t count, uint8_t *records)
{
	for (size_t i = 0; i < count; i++, records += packing->size) {
		const uint8_t *group = (const uint8_t *)&groups[i];

		for (size_t place = 0; place < packing->count; place++)
			records[place] = group[packing->places[place]] ^ packing->flips[place];
	}
}

/* Into groups of which any may be the first: in all other bytes they are alike. */
static void unpack(
	const struct packing *packing, const uint8_t *records, size_t count, struct group *groups)
{
	const struct group common = groups[0];

	for (size_t i = 0; i < count; i++, records += packing->size) {
		uint8_t *group = (uint8_t *)&groups[i];

		memcpy(group, &common, sizeof(common));
		for (size_t place = 0; place < packing->count; place++)
			group[packing->places[place]] = records[place] ^ packing->flips[place];
	}
}

/* By one byte, keeping the order of those that have the same. */
static inline __attribute__((always_inline)) void pass(
	const uint8_t *from, uint8_t *to, size_t count, size_t size, size_t place)
{
	size_t starts[256] = {0}, next = 0;

	for (size_t i = 0; i < count; i++)
		starts[from[i * size + place]]++;
	for (int value = 0; value < 256; value++) {
		size_t many = starts[value];

		starts[value] = next;
		next += many;
	}
	for (size_t i = 0; i < count; i++) {
		const uint8_t *record = from + i * size;

		memcpy(to + starts[record[place]]++ * size, record, size);
	}
}

/* Where its size is a constant, a record is moved in a few instructions. */
static void pass_of_size(const uint8_t *from, uint8_t *to, size_t count, size_t size, size_t place)
{
	switch (size) {
	case 8: pass(from, to, count, 8, place); break;
	case 16: pass(from, to, count, 16, place); break;
	case 24: pass(from, to, count, 24, place); break;
	default: pass(from, to, count, KEY_BYTES, place); break;
	}
}

static void sort_by_bytes(struct group *groups, size_t count)
{
	struct packing packing;
	uint8_t *records, *sorted;

	plan(&packing, groups, count);
	records = calloc(2 * count, packing.size);
	if (!records)
		abort();
	large_pages(records, 2 * count * packing.size);
	sorted = records + count * packing.size;
	pack(&packing, groups, count, records);
	for (size_t place = 0; place < packing.count; place++) {
		uint8_t *from = place % 2 ? sorted : records;
		uint8_t *to = place % 2 ? records : sorted;

		pass_of_size(from, to, count, packing.size, place);
	}
	unpack(&packing, packing.count % 2 ? sorted : records, count, groups);
	free(records);
}

/* Below that the tables of the passes cost more than they save. */
#define FEWEST_FOR_BYTES 1024

void groups_order(enum group_by by, struct group *groups, size_t count)
{
	bool is_endpoint = by == GROUP_BY_PEER || by == GROUP_BY_LOCAL;

	if (is_endpoint && count >= FEWEST_FOR_BYTES)
		sort_by_bytes(groups, count);
	else if (count)
		qsort_r(groups, count, sizeof(*groups), compare, &by);
}
