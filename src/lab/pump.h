/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_PUMP_H
#define LAB_PUMP_H

/* What pump.c lends to by_hand.c: the last steps of a packet's way. For all others there is lab.h. */

#include "lab/lab.h"

/* The sequence numbers of a connection, both ways; good until another connection is asked for. */
struct lab_flows *pump_flows(struct lab *lab, int connection);

/* Puts the packet before its receiver, and counts it. 0 or a negative errno. */
int pump_deliver(struct lab *lab, enum host_id sender, int connection,
	const struct segment *segment, const void *packet, size_t length, struct error *err);

/* Looks at what has been touched, and records what has moved. 0 or a negative errno. */
int pump_observe(struct lab *lab, struct error *err);

#endif
