/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_LIFE_PRIVATE_H
#define OBSERVE_LIFE_PRIVATE_H

/* What the files life*.c share; nobody else's. */

#include "observe/life.h"

#include "observe/life_internal.h"
#include "observe/life_ring.h"

struct life_bpf;

struct life {
	struct life_options options;
	struct life_bpf *bpf;
	struct life_shared *shared; /* within bpf */
	struct life_ring ring;
	size_t cpus;
	struct life_counts *counts; /* a CPU's each: where they are read to */
	uint64_t last_ns;           /* when life_poll() last had something */
	bool has_room_left;         /* life_poll() took all that was there: it may nap */
	bool is_crowded
		[LIFE_DIMENSION_COUNT]; /* the map is nearly full: groups with nothing are forgotten */
};

/* 0, or a negative errno: the counts of all CPUs, added up. */
int life_sum(struct life *life, struct life_counts *ret_sum);

/* life_read.c: finds the minisockets that went from FIN_WAIT2 to TIME_WAIT without a word, and counts them there. */
int life_look_again(struct life *life);

/* life_read.c: runs the iterator over the sockets of the namespaces that are wanted. */
int life_read_sockets(struct life *life, struct error *err);

#endif
