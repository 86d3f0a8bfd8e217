/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_LIFE_SYMBOLS_H
#define OBSERVE_LIFE_SYMBOLS_H

/*
 * Where the kernel has the functions by which a TIME_WAIT's end is recognised: by name, from /proc/kallsyms, once.
 */

#include "base/error.h"
#include "observe/life_internal.h"

struct life_symbols {
	uint64_t tw_timer_handler; /* never 0 after success */
	struct life_range ranges[LIFE_RANGES_MAX];
};

/*
 * Reads `path`, "/proc/kallsyms" but in tests. 0; -EACCES where it hides addresses (kptr_restrict, CAP_SYSLOG); -EOPNOTSUPP
 * where the kernel has no such functions, or -errno where it cannot be read.
 */
int life_symbols_read(struct life_symbols *ret_symbols, const char *path, struct error *err);

#endif
