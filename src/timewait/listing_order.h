/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_LISTING_ORDER_H
#define TIMEWAIT_LISTING_ORDER_H

/* In which order rows (struct listing_row) stand; for least.h. */

#include "base/least.h"
#include "timewait/list_options.h"

/* Listeners, bound sockets, connections; by namespace, local endpoint and peer. */
int listing_order_of_places(const void *a, const void *b);

/*
 * By state (its name), local endpoint or peer, timer (what fires first; none comes last), queue (the longest
 * first) or pid (nobody's last). What is equal then stands in its place.
 */
least_compare *listing_order(enum list_key key);

#endif
