/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_GROUPS_ORDER_H
#define OBSERVE_GROUPS_ORDER_H

/* The order in which groups are shown: for groups.c alone. */

#include "observe/groups.h"

/* The largest first, equal ones by what they are. */
void groups_order(enum group_by by, struct group *groups, size_t count);

#endif
