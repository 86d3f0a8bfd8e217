/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_LIFE_RING_H
#define OBSERVE_LIFE_RING_H

/*
 * Reads a BPF ring buffer (BPF_MAP_TYPE_RINGBUF): the kernel writes, we read, in memory that both see. Its layout is part
 * of the kernel's ABI (Documentation/bpf/ringbuf.rst, linux/bpf.h). Never blocks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct life_ring {
	int fd;                        /* the map's; not ours */
	size_t bytes;                  /* of data: a power of two */
	unsigned long *consumed;       /* a page */
	const unsigned long *produced; /* a page, and twice the data behind it */
};

/* 0 or a negative errno. */
int life_ring_open(struct life_ring *ring, int fd, size_t bytes);
void life_ring_close(struct life_ring *ring);

/* Is there a record, be it one that is still being written? With a full barrier before it. */
bool life_ring_has_more(const struct life_ring *ring);

typedef int life_ring_each(void *context, const void *record, uint32_t length);

/*
 * Hands over the records that are there, `most` at most. Returns how many, or what `each` returned if
 * that was not 0; that record is consumed, too.
 */
int life_ring_consume(struct life_ring *ring, life_ring_each *each, void *context, int most);

#endif
