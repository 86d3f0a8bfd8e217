/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_LIFE_CHECK_H
#define OBSERVE_LIFE_CHECK_H

/* What BPF needs of the kernel and of the caller, before anything is loaded. life_open()'s; see life_check() in life.h. */

#include "base/error.h"
#include "observe/life_symbols.h"

/* The symbols, too. 0 or as life_open() has it. */
int life_check_all(struct life_symbols *ret_symbols, struct error *err);

#endif
