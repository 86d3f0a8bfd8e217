/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/large.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Two of x86's large pages: less may not hold a whole one. */
#define FEWEST_BYTES ((size_t)4 << 20)

void large_pages(void *memory, size_t bytes)
{
	uintptr_t page, start, end;

	if (bytes < FEWEST_BYTES)
		return;
	/* Of whole pages, with the allocator's own header: a mapping must stay one to be moved when it grows. */
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	start = (uintptr_t)memory / page * page;
	end = ((uintptr_t)memory + bytes + page - 1) / page * page;
	madvise((void *)start, end - start, MADV_HUGEPAGE);
}
