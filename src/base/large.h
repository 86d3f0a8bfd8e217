/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_LARGE_H
#define BASE_LARGE_H

#include <stddef.h>

/*
 * Asks for large pages under memory that has just been allocated and will all be used: tens of megabytes are then
 * there after a few faults, not after ten thousand, and so is the way to each of its bytes. Never
 * fails: where the kernel has none the memory is as it was. Below a few megabytes it does nothing.
 */
void large_pages(void *memory, size_t bytes);

#endif
