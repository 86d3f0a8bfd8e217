/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_FENCE_H
#define LAB_FENCE_H

/*
 * Waits until the kernel has done with what was sent. On Linux 6.5 and later a packet on a veth or the
 * loopback has had its effect when the call that sent it returns. Before, and on a real-time kernel,
 * a processor whose ksoftirqd runs leaves it to that thread, and the call returns while the packet
 * still lies in the processor's queue. All senders of a processor share that queue, and it keeps the order: so a
 * frame of our own is sent after the packet, and when it has arrived the packet has had its effect.
 *
 * That holds on one processor alone: fence_open() binds the calling thread to one, and with it
 * all that it starts from then on.
 */

#include <sched.h>
#include <stdbool.h>

#include "base/error.h"

struct fence {
	int near_fd, far_fd; /* -1 where no fence is needed: there all calls do nothing */
	int device;
	unsigned char number; /* of the last frame */
	cpu_set_t processors; /* where the thread may run without us */
};

#define FENCE_NONE                                                                                 \
	{                                                                                          \
		.near_fd = -1, .far_fd = -1                                                        \
	}

/* Does the kernel of this release ("6.1.0-56-cloud-amd64") need one? One that cannot be read does. */
bool fence_is_needed_on(const char *release, bool is_realtime);

/* Does this kernel? */
bool fence_is_needed(void);

/*
 * The frames go from `device` of the calling thread's network namespace to the far end, which lies in
 * the namespace of far_netns_fd (-1: here, as on a loopback). The thread is back where it was. Needs CAP_NET_RAW in
 * both. On failure nothing is open, and the thread is bound to nothing.
 */
int fence_open(struct fence *fence, int device, int far_netns_fd, struct error *err);

/* Gives the thread its processors back. Harmless on one that is not open. */
void fence_close(struct fence *fence);

/* Waits for one frame: microseconds. 0, -ETIMEDOUT after seconds, or a negative errno. */
int fence_pass(struct fence *fence, struct error *err);

#endif
