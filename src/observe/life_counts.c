/* SPDX-License-Identifier: BSD-2-Clause */

/* The counts that life.bpf.c keeps. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "observe/diag.h"
#include "observe/life_private.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "observe/life.skel.h"
#pragma GCC diagnostic pop

/* Every member is a number of 64 bits. */
int life_sum(struct life *life, struct life_counts *ret_sum)
{
	const uint64_t *numbers = (const uint64_t *)life->counts;
	size_t width = sizeof(*ret_sum) / sizeof(uint64_t);
	uint64_t *sum = (uint64_t *)ret_sum;
	uint32_t zero = 0;

	_Static_assert(
		sizeof(struct life_counts) % sizeof(uint64_t) == 0, "padded by the kernel else");
	if (bpf_map_lookup_elem(bpf_map__fd(life->bpf->maps.counts), &zero, life->counts) < 0)
		return -errno;
	memset(ret_sum, 0, sizeof(*ret_sum));
	for (size_t cpu = 0; cpu < life->cpus; cpu++) {
		for (size_t i = 0; i < width; i++)
			sum[i] += numbers[cpu * width + i];
	}
	return 0;
}

/*
 * What comes while the same program runs on that CPU already. That of changes of state is there twice, for just that
 * reason: they miss nothing together.
 */
static uint64_t missed_by(const struct bpf_program *program)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) < 0)
		return 0;
	return info.recursion_misses;
}

int life_losses(struct life *life, struct life_losses *ret_losses)
{
	struct life_counts sum;
	int r = life_sum(life, &sum);

	if (r < 0)
		return r;
	*ret_losses = (struct life_losses){
		.events = sum.lost,
		.untracked = sum.untracked,
		.missed = missed_by(life->bpf->progs.on_timer_start) +
			  missed_by(life->bpf->progs.on_timer_cancel) +
			  missed_by(life->bpf->progs.on_timer_expire),
	};
	return 0;
}

int life_totals(struct life *life, struct life_totals *ret_totals)
{
	struct life_counts sum;
	int r = life->options.has_counts ? life_look_again(life) : 0;

	if (r == 0)
		r = life_sum(life, &sum);
	if (r < 0)
		return r;
	*ret_totals = (struct life_totals){
		.fin_wait2_minisockets = sum.fin_wait2,
		.born = sum.born,
		.restarted = sum.restarted,
		.died = sum.died,
		.opened = sum.opened,
		.accepted = sum.accepted,
	};
	for (size_t i = 0; i < TCP_STATE_COUNT; i++)
		ret_totals->states[i] = sum.states[i];
	ret_totals->states[TCP_STATE_TIME_WAIT] += sum.time_wait;
	ret_totals->states[TCP_STATE_FIN_WAIT2] += sum.fin_wait2;
	for (size_t i = 0; i < LIFE_CAUSE_COUNT; i++) {
		ret_totals->died_by[i] = sum.died_by[i];
		ret_totals->not_born_by[i] = sum.not_born_by[i];
	}
	return 0;
}

/*
 * Room is made when three quarters of it are taken, of groups that have nothing now: by the one call that removes
 * and reads at once. What comes to a group in that very moment brings it back.
 */
#define GROUPS_CROWDED (LIFE_GROUPS_MAX / 4 * 3)
#define GROUPS_BATCH   512

struct batch {
	struct life_group_key keys[GROUPS_BATCH];
	struct life_group_counts counts[GROUPS_BATCH];
	uint64_t place[sizeof(struct life_group_key) / 8 + 1]; /* where the kernel goes on */
};

static void forget(int fd, const struct life_group_key *key)
{
	struct life_group_counts last;

	if (bpf_map_lookup_and_delete_elem(fd, key, &last) == 0 && last.now)
		bpf_map_update_elem(fd, key, &last, BPF_NOEXIST);
}

struct group_reading {
	int fd;
	bool is_crowded;
	life_each_group *each;
	void *context;
	size_t total;
};

static int take_groups(struct group_reading *reading, const struct batch *batch, uint32_t count)
{
	int r = 0;

	reading->total += count;
	for (uint32_t i = 0; i < count && r == 0; i++) {
		r = reading->each(reading->context, &batch->keys[i], &batch->counts[i]);
		if (reading->is_crowded && !batch->counts[i].now)
			forget(reading->fd, &batch->keys[i]);
	}
	return r;
}

static int read_groups(struct group_reading *reading, struct batch *batch)
{
	void *place = NULL;
	bool is_last = false;
	int r = 0;

	while (r == 0 && !is_last && reading->total < 2 * LIFE_GROUPS_MAX) {
		uint32_t count = GROUPS_BATCH;

		if (bpf_map_lookup_batch(reading->fd, place, batch->place, batch->keys,
			    batch->counts, &count, NULL) < 0) {
			is_last = errno == ENOENT;
			r = is_last ? 0 : -errno;
		}
		place = batch->place;
		if (r == 0)
			r = take_groups(reading, batch, count);
	}
	return r;
}

static const struct bpf_map *map_of(const struct life *life, enum life_dimension dimension)
{
	switch (dimension) {
	case LIFE_BY_PEER: return life->bpf->maps.groups_by_peer;
	case LIFE_BY_LOCAL_PORT: return life->bpf->maps.groups_by_port;
	case LIFE_BY_PROCESS: return life->bpf->maps.groups_by_process;
	default: return life->bpf->maps.groups_by_cgroup;
	}
}

int life_groups(struct life *life, enum life_dimension dimension, life_each_group *each,
	void *context, struct life_group_counts *ret_others)
{
	struct group_reading reading = {
		.fd = bpf_map__fd(map_of(life, dimension)),
		.is_crowded = life->is_crowded[dimension],
		.each = each,
		.context = context,
	};
	struct batch *batch = calloc(1, sizeof(*batch));
	struct life_counts sum;
	int r;

	if (!batch)
		abort();
	r = life_look_again(life);
	if (r == 0)
		r = life_sum(life, &sum);
	if (r == 0)
		r = read_groups(&reading, batch);
	life->is_crowded[dimension] = reading.total > GROUPS_CROWDED;
	free(batch);
	if (r == 0 && ret_others)
		*ret_others = sum.others[dimension];
	return r;
}

struct recount {
	const struct life_options *options;
	int64_t count;
};

static bool begins_with(
	const struct endpoint *peer, const struct endpoint *prefix, unsigned int bits)
{
	struct endpoint plain = endpoint_unmap(peer);

	if (!prefix->family)
		return true;
	if (plain.family != prefix->family)
		return false;
	for (unsigned int bit = 0; bit < bits; bit++) {
		if ((plain.address[bit / 8] ^ prefix->address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	}
	return true;
}

static int recount_one(void *context, const struct diag_socket *socket)
{
	struct recount *recount = context;
	const struct life_options *options = recount->options;

	/* A FIN_WAIT2 that a process holds has no such timer. */
	if (!diag_is_minisocket(socket))
		return 0;
	if (options->port && socket->local.port != options->port &&
		socket->peer.port != options->port)
		return 0;
	recount->count += begins_with(&socket->peer, &options->peer, options->peer_bits);
	return 0;
}

static int64_t minisockets(const struct life_counts *counts)
{
	return counts->time_wait + counts->fin_wait2;
}

int life_drift(struct life *life, struct life_drift *ret_drift, struct error *err)
{
	struct recount recount = {.options = &life->options};
	struct life_counts before, after;
	int64_t start_ns = clock_now_ns();
	struct diag diag;
	int r = diag_open(&diag, err);

	if (r < 0)
		return r;
	r = life_sum(life, &before);
	if (r == 0)
		r = diag_dump(&diag,
			DIAG_STATE(TCP_STATE_TIME_WAIT) | DIAG_STATE(TCP_STATE_FIN_WAIT2),
			recount_one, &recount, err);
	if (r == 0)
		r = life_sum(life, &after);
	diag_close(&diag);
	if (r < 0)
		return r;
	*ret_drift = (struct life_drift){
		.kept = minisockets(&before),
		.dumped = recount.count,
		.slack = (int64_t)(after.born - before.born + after.died - before.died),
		.took_ns = clock_now_ns() - start_ns,
	};
	/* And each CPU may be between putting one into the kernel's table and starting its timer. */
	ret_drift->is_within = llabs(ret_drift->kept - ret_drift->dumped) <=
			       ret_drift->slack + (int64_t)life->cpus;
	return 0;
}
