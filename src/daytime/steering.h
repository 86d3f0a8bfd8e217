/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_STEERING_H
#define DAYTIME_STEERING_H

/*
 * Which CPU does what. A connection is cheapest where its SYN came in: on that CPU its socket was
 * made, its packets are in the cache, and nobody has to be woken elsewhere. So each group of
 * SO_REUSEPORT sockets has a program that chooses the socket, the lane, by the CPU it runs on, and
 * each lane is served by a worker pinned to that CPU. Unsteered, the kernel chooses by a hash, and
 * that is dearer than one worker for all.
 *
 * Lanes are made once, while there is the privilege to bind; CPUs come and go. A lane whose CPU we
 * may not use (a cpuset, a CPU that was taken away) is served by another worker.
 */

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "daytime/listen.h"

/* The CPUs that we may run on, in order. */
struct steering_cpus {
	int numbers[LISTEN_LANES_MAX];
	int count; /* at least 1 */
};

/* Asks the kernel: CPUs that are online and in our cpuset and affinity. Never fails: CPU 0 then. */
void steering_find_cpus(struct steering_cpus *ret_cpus);

/* How many lanes to make where nobody says: one for each CPU that is online, ours or not. */
int steering_count_lanes(void);

/*
 * The lane that belongs to a CPU: with a lane for each CPU its own number; else our CPUs share out
 * the lanes in their order, and what comes in on others goes where the remainder points.
 */
int steering_lane(int cpu, const struct steering_cpus *cpus, int lanes);

/*
 * Which of `workers` serves the lane: the one of the CPU whose lane it is (worker i is on the ith of
 * our CPUs, modulo their count), or, where it is none of ours, each in turn.
 */
int steering_worker(int lane, const struct steering_cpus *cpus, int lanes, int workers);

/*
 * Tells every group of the set to choose by CPU, as steering_lane() does. Needs no privilege, and
 * may be said again when CPUs have changed. 0, or a negative errno: then the kernel chooses by hash,
 * which is right, too, though slower.
 */
int steering_attach(const struct listen_set *set, const struct steering_cpus *cpus, int lanes);

/*
 * Where a thread is to run: written by one thread, followed by the one it is about, who alone may move
 * itself once the system calls are few (confine.h). Begins zeroed: anywhere.
 */
struct steering_place {
	_Atomic uint64_t words[CPU_SETSIZE / 64];
};

/* On this CPU; on any of these. */
void steering_place_on(struct steering_place *place, int cpu);
void steering_place_anywhere(struct steering_place *place, const struct steering_cpus *cpus);

/* Moves the calling thread. What cannot be had is done without: it is slower, not wrong. */
void steering_go(const struct steering_place *place);

/*
 * Asks the scheduler not to interrupt others for our sake (SCHED_BATCH), for this thread and those
 * that it starts. Under load a server is otherwise woken for each connection, and about a third of
 * its time goes into that; now it finds several waiting when its turn comes. On a CPU that has nothing
 * else to do it makes no difference. A policy that somebody chose for us (chrt, CPUSchedulingPolicy=)
 * stays.
 */
void steering_be_patient(void);

/*
 * Tells of CPUs that come and go: a descriptor that becomes readable then, or a negative errno where
 * the kernel does not tell. Changes of a cpuset are not told.
 */
int steering_open_news(void);

/* Reads what is there. Was it about a CPU? */
bool steering_read_news(int fd);

#endif
