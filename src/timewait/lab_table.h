/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_LAB_TABLE_H
#define TIMEWAIT_LAB_TABLE_H

#include "base/text.h"
#include "lab/lab.h"

/* Appends the sockets of both hosts as of the last census, below one header, with who holds them. Sorts the
 * census. */
void lab_table_print(struct text *out, struct lab *lab);

#endif
