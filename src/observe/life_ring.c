/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/life_ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

/* The producer looks at what is consumed before each record: tell it seldom. */
#define TELL_EVERY_BYTES 65536

int life_ring_open(struct life_ring *ring, int fd, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	*ring = (struct life_ring){.fd = fd, .bytes = bytes};
	if (map == MAP_FAILED)
		return -errno;
	ring->consumed = map;
	/* The data are mapped twice, one behind the other, so that no record is ever in two pieces. */
	map = mmap(NULL, page + 2 * bytes, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (map == MAP_FAILED) {
		int code = errno;

		life_ring_close(ring);
		return -code;
	}
	ring->produced = map;
	return 0;
}

void life_ring_close(struct life_ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (ring->consumed)
		munmap(ring->consumed, page);
	if (ring->produced)
		munmap((void *)(uintptr_t)ring->produced, page + 2 * ring->bytes);
	ring->consumed = NULL;
	ring->produced = NULL;
}

bool life_ring_has_more(const struct life_ring *ring)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE) != *ring->consumed;
}

static void tell_consumed(struct life_ring *ring, unsigned long position)
{
	__atomic_store_n(ring->consumed, position, __ATOMIC_RELEASE);
}

int life_ring_consume(struct life_ring *ring, life_ring_each *each, void *context, int most)
{
	const char *data = (const char *)ring->produced + sysconf(_SC_PAGESIZE);
	unsigned long end = __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE);
	unsigned long position = *ring->consumed, told = position;
	int count = 0, r = 0;

	while (position < end && count < most && r == 0) {
		const char *record = data + (position & (ring->bytes - 1));
		uint32_t header = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		uint32_t length =
			header & ~(uint32_t)(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(header & BPF_RINGBUF_DISCARD_BIT)) {
			r = each(context, record + BPF_RINGBUF_HDR_SZ, length);
			count++;
		}
		position += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
		if (position - told >= TELL_EVERY_BYTES) {
			tell_consumed(ring, position);
			told = position;
		}
	}
	tell_consumed(ring, position);
	return r ? r : count;
}
