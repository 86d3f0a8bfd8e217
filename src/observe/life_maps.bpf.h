/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_MAPS_BPF_H
#define OBSERVE_LIFE_MAPS_BPF_H

/*
 * Part of life.bpf.c: its constants, its settings, and the maps in which it keeps what it knows.
 */

#include "observe/kernel.bpf.h"

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "observe/life_internal.h"

/* The kernel's numbers, as in tcp/state.h. */
enum {
	ESTABLISHED = 1,
	SYN_SENT = 2,
	SYN_RECV = 3,
	FIN_WAIT1 = 4,
	FIN_WAIT2 = 5,
	TIME_WAIT = 6,
	CLOSED = 7,
	LAST_ACK = 9,
	LISTEN = 10,
	CLOSING = 11,
};

#define MAPPED_PREFIX   bpf_htonl(0xffff)
#define ERROR_TIMED_OUT 110 /* ETIMEDOUT */
#define STACK_FRAMES    32
/* A kernel stack, or that of interrupts, is no larger. */
#define STACK_BYTES 16384
/* THREAD_SIZE of no kernel is more. */
#define LARGEST_STACK_BYTES 65536

/* Set before loading: what is not wanted is not even there, for the verifier takes dead code away. */
const volatile struct life_setup setup;

/* Shared with the reader, see life_internal.h. */
struct life_shared shared;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* By cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, uint64_t);
	__type(value, struct life_entry);
} lives SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct life_counts);
} counts SEC(".maps");

/* A map a dimension, so that whoever reads one need not go over the others. */
struct life_groups_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LIFE_GROUPS_MAX);
	__type(key, struct life_group_key);
	__type(value, struct life_group_counts);
};

struct life_groups_map groups_by_peer SEC(".maps"), groups_by_port SEC(".maps"),
	groups_by_process SEC(".maps"), groups_by_cgroup SEC(".maps");

/* While what is there already is being read: sockets that have been counted (by cookie), and minisockets that
 * died (by address), lest the reading bring them back. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, uint64_t);
	__type(value, uint8_t);
} seen SEC(".maps");

/* With setup.pid: the cookies of its connections. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, uint64_t);
	__type(value, uint8_t);
} theirs SEC(".maps");

/*
 * Minisockets in FIN_WAIT2, by cookie: where their timer lies. When such a one becomes TIME_WAIT soon after it was born, its timer's
 * new time is much the same as the old, and the kernel tells nothing. So look_again() asks them, before
 * anybody reads the counts. To be here is to be counted as FIN_WAIT2; who takes it out counts it elsewhere.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, uint64_t);
	__type(value, uint64_t);
} orphans SEC(".maps");

/* By find_level(). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, uint32_t);
	__type(value, struct life_turn);
} turns SEC(".maps");

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

#endif
