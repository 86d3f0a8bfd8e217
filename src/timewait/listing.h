/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_LISTING_H
#define TIMEWAIT_LISTING_H

/*
 * Sockets on their way from the kernel to standard output. A host has a dozen of them or a million, so
 * nothing is kept that need not be: up to LISTING_BATCH are sorted and laid out as they are; when there are
 * more, the rest is printed as it comes. `--by` keeps its groups, `--sort` with `--limit N` keeps N.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/least.h"
#include "base/text.h"
#include "observe/diag.h"
#include "observe/groups.h"
#include "observe/owner.h"
#include "report/table.h"
#include "timewait/list_options.h"

#define LISTING_BATCH 16384

struct listing_row {
	struct diag_socket socket;
	uint64_t netns;
	pid_t pid; /* where it is sorted by that; 0: none */
};

struct listing {
	const struct list_options *options;
	uint64_t netns; /* where the sockets come from that are taken now */

	struct owner_table owners; /* read when the first socket asks for its owner */
	bool has_owners;
	int owners_error; /* why there are none: a negative errno */
	size_t unowned;   /* sockets that a process must hold, though we were not shown which */

	struct groups groups;
	struct least kept; /* the batch, or what is sorted */
	bool is_streaming; /* the batch was too small: rows go straight out */

	struct table_layout layout;
	bool is_utf8;
	struct text out;
	uint64_t printed; /* lines */
	int status;       /* EXIT_OK, until writing fails or Ctrl-C comes */
};

void listing_init(struct listing *listing, const struct list_options *options);
void listing_finish(struct listing *listing);

/* Takes a socket of the namespace `netns`: 0, or DIAG_ENOUGH when no more can be used. */
int listing_take(struct listing *listing, const struct diag_socket *socket);

/* Prints what is still held. EXIT_OK, or the exit code, after having said why. */
int listing_end(struct listing *listing);

#endif
