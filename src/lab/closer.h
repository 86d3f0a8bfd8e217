/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_CLOSER_H
#define LAB_CLOSER_H

/*
 * A close() that may block: with SO_LINGER set to some seconds it waits for the peer's ACK even on a
 * non-blocking socket. A thread of its own makes the call, while the laboratory moves the packets
 * that it waits for. See socket(7).
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct closer {
	pthread_t thread;
	int fd;
	_Atomic pid_t tid; /* 0 until it runs */
	_Atomic bool has_closed;
	int code; /* errno of close(); 0 */
};

/* Begins to close the descriptor, which is the closer's from now on. The closer must not move. 0
 * or a negative errno; then the descriptor is still open. */
int closer_start(struct closer *closer, int fd);

/* Waits until the call has returned, or sleeps in the kernel for packets to come. True when it
 * has returned. */
bool closer_has_closed(struct closer *closer);

/* Waits for the call's end, however long it takes, and returns its errno. */
int closer_finish(struct closer *closer);

/* Calls it off where it still waits, and waits for the thread alone. The descriptor is closed. */
void closer_abort(struct closer *closer);

#endif
