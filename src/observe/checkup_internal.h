/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_CHECKUP_INTERNAL_H
#define OBSERVE_CHECKUP_INTERNAL_H

/* The parts of checkup_read(), each in a file of its own. */

#include "observe/checkup.h"

/*
 * How ports to destinations are taken now, into each one's used_before. What it needs of settings was
 * read before, and so it is for the next.
 */
int checkup_read_destinations(struct checkup *checkup, struct error *err);

/* Everything about sockets: states, listeners, destinations, those kept. */
int checkup_read_sockets(struct checkup *checkup, struct error *err);

/* Who holds the sockets kept and the listeners, and the options of the latter. */
void checkup_read_owners(struct checkup *checkup);

/* The table of destinations. */
struct destination_table {
	struct checkup *checkup;
	uint32_t *places;   /* index + 1 of a destination; 0 for none */
	size_t place_count; /* a power of two */
};

void destination_table_open(struct destination_table *table, struct checkup *checkup);
void destination_table_close(struct destination_table *table);

/* The destination of that connection, made where it is new; NULL when there are too many. */
struct checkup_destination *destination_table_find(
	struct destination_table *table, const struct endpoint *local, const struct endpoint *peer);

#endif
