/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_SLOT_H
#define DAYTIME_LOAD_SLOT_H

/*
 * One exchange at a time: its start, its reading, its end, in as few system calls as there
 * can be. Non-blocking throughout. Sockets are in the epoll set edge-triggered, so that they are
 * named to it once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daytime/load.h"
#include "daytime/load_verify.h"

struct load_slot {
	int fd;           /* -1 without a socket; it may outlive an exchange */
	int64_t start_ns; /* the intended one */
	int64_t deadline_ns;
	int before, after; /* places in the order of the deadlines, or the list of the free */
	bool is_busy;
	bool is_half_closed; /* LEAVING_NOW: our FIN is out */
	size_t length;
	char bytes[LOAD_REPLY_BYTES];
};

/* What became of a step: go on waiting, or over (0: the reply is to be verified; else a failure). */
#define LOAD_WAITING (-1)

/*
 * Begins an exchange from the source address with that number. LOAD_WAITING, or the errno
 * with which it failed.
 */
int load_slot_start(struct load_slot *slot, const struct load_plan *plan, int epoll_fd, int place,
	uint64_t source_index);

/* Something happened (epoll(7) events). LOAD_WAITING, 0 when the reply is there, or a positive errno. */
int load_slot_read(struct load_slot *slot, const struct load_plan *plan, uint32_t events);

/* After the last byte: ends the connection as the plan has it. `is_whole`: nothing went wrong. */
void load_slot_end(struct load_slot *slot, const struct load_plan *plan, bool is_whole);

/* Closes the socket, whatever it was at. */
void load_slot_close(struct load_slot *slot);

#endif
