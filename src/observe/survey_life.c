/* SPDX-License-Identifier: BSD-2-Clause */

/* The survey by BPF: minisockets by the counts that are kept in the kernel, the rest by dumps. */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "observe/diag.h"
#include "observe/life.h"
#include "observe/netns.h"
#include "observe/survey.h"
#include "observe/survey_counters.h"
#include "observe/tally.h"

/* Dumps, which minisockets do not need here, take a fortieth of the time at most; comparing, which is
 * another dump, a hundredth. */
#define DUMP_SHARE       40
#define COMPARE_SHARE    100
#define COMPARE_LEAST_NS (10 * NS_PER_S)

struct life_source {
	struct survey_source source; /* first: they are cast into each other */
	struct life *life;
	struct diag diag;
	struct tally tally;
	struct survey_counters counters;
	struct tally_groups dumped[SURVEY_BYS]; /* of the last dump, with its minisockets */
	/* Born and died so far of each group, at this look and at the one before. */
	struct tally_groups counted[SURVEY_BYS], before[SURVEY_BYS];
	int64_t next_dump_ns, next_compare_ns, counted_ns;
};

/* The survey's groups are this look's; the tally goes on from those of its own last dump. */
static void swap_groups(struct life_source *source, struct survey *survey)
{
	for (int by = 0; by < SURVEY_BYS; by++) {
		struct tally_groups kept = survey->groups[by];

		survey->groups[by] = source->dumped[by];
		source->dumped[by] = kept;
	}
}

static int dump(struct life_source *source, struct survey *survey, struct error *err)
{
	int r;

	swap_groups(source, survey);
	r = tally_take(&source->tally, survey, &source->diag, err);
	swap_groups(source, survey);
	source->next_dump_ns = clock_now_ns() + DUMP_SHARE * source->tally.took_ns;
	return r;
}

/* The groups of the last dump; without its minisockets where life has fresh counts of them. */
static void start_groups(struct life_source *source, struct survey *survey, enum survey_by by)
{
	const struct tally_groups *dumped = &source->dumped[by];
	struct tally_groups *groups = &survey->groups[by];

	tally_groups_clear(groups);
	for (size_t i = 0; i < dumped->count; i++) {
		struct tally_group group = dumped->groups[i];

		if (by != SURVEY_BY_DESTINATION) {
			group.sockets -= group.time_wait + group.fin_wait2_timed;
			group.time_wait = group.fin_wait2_timed = 0;
			group.born = group.died = 0;
			if (!group.sockets)
				continue;
		}
		*tally_groups_get(groups, &group.key) = group;
	}
	groups->others = dumped->others;
	groups->folded = dumped->folded;
}

struct merge {
	struct life_source *source;
	struct survey *survey;
	enum survey_by by;
};

static struct tally_key key_of(enum survey_by by, const struct life_group_key *key)
{
	struct tally_key result = {0};

	switch (by) {
	case SURVEY_BY_PROCESS:
		result.pid = (int32_t)key->pid;
		memcpy(result.comm, key->comm, sizeof(result.comm));
		break;
	case SURVEY_BY_PEER:
		result.peer.family = key->family;
		memcpy(result.peer.address, key->peer, sizeof(result.peer.address));
		break;
	case SURVEY_BY_PORT: result.local.port = key->local_port; break;
	case SURVEY_BY_DESTINATION:
	case SURVEY_BYS: break;
	}
	return result;
}

/* A kept count is exact once all is quiet, and may be off by one for a moment before. */
static uint64_t not_below_0(int64_t count)
{
	return count > 0 ? (uint64_t)count : 0;
}

static int merge_group(
	void *context, const struct life_group_key *key, const struct life_group_counts *counts)
{
	static const struct tally_group nothing;
	const struct merge *merge = context;
	struct tally_key group_key = key_of(merge->by, key);
	const struct tally_group *before =
		tally_groups_find(&merge->source->before[merge->by], &group_key);
	struct tally_group *counted =
		tally_groups_get(&merge->source->counted[merge->by], &group_key);
	struct tally_group *group;

	counted->born = counts->born;
	counted->died = counts->died;
	before = before ? before : &nothing;
	if (counts->now <= 0 && counted->born == before->born && counted->died == before->died)
		return 0;
	group = tally_groups_get(&merge->survey->groups[merge->by], &group_key);
	group->sockets += not_below_0(counts->now);
	group->fin_wait2_timed = not_below_0(counts->now_fin_wait2);
	group->time_wait = not_below_0(counts->now - counts->now_fin_wait2);
	group->born = counts->born - before->born;
	group->died = counts->died - before->died;
	return 0;
}

/* What was counted is what was before, and counting begins anew. */
static void keep_counted(struct life_source *source, enum survey_by by)
{
	struct tally_groups kept = source->before[by];

	source->before[by] = source->counted[by];
	source->counted[by] = kept;
	tally_groups_clear(&source->counted[by]);
}

static int merge_lives(struct life_source *source, struct survey *survey)
{
	static const struct {
		enum survey_by by;
		enum life_dimension dimension;
	} kinds[] = {
		{SURVEY_BY_PROCESS, LIFE_BY_PROCESS},
		{SURVEY_BY_PEER, LIFE_BY_PEER},
		{SURVEY_BY_PORT, LIFE_BY_LOCAL_PORT},
	};
	int64_t now_ns = clock_now_ns();
	int r = 0;

	start_groups(source, survey, SURVEY_BY_DESTINATION);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && r >= 0; i++) {
		struct merge merge = {source, survey, kinds[i].by};
		struct life_group_counts others = {0};

		start_groups(source, survey, kinds[i].by);
		keep_counted(source, kinds[i].by);
		r = life_groups(source->life, kinds[i].dimension, merge_group, &merge, &others);
		survey->over_ns[kinds[i].by] = source->counted_ns ? now_ns - source->counted_ns : 0;
	}
	source->counted_ns = now_ns;
	return r;
}

/* The lives so far, as life has counted. */
static int take_totals(
	struct life_source *source, struct survey_totals *totals, struct life_totals *ret_lives)
{
	struct life_losses losses;
	int r = life_totals(source->life, ret_lives);

	if (r == 0)
		r = life_losses(source->life, &losses);
	if (r < 0)
		return r;
	totals->born = ret_lives->born;
	totals->died = ret_lives->died;
	totals->restarted = ret_lives->restarted;
	memcpy(totals->died_by, ret_lives->died_by, sizeof(totals->died_by));
	memcpy(totals->not_born_by, ret_lives->not_born_by, sizeof(totals->not_born_by));
	totals->dropped = losses.events + losses.missed + losses.untracked;
	return 0;
}

/* Against a full dump, now and then or when asked. What moved meanwhile is no drift. */
static void compare(struct life_source *source, struct survey *survey)
{
	struct life_drift drift;
	int64_t pause_ns;

	if (!source->source.wants_drift && clock_now_ns() < source->next_compare_ns)
		return;
	source->source.wants_drift = false;
	source->next_compare_ns = clock_now_ns() + COMPARE_LEAST_NS;
	if (life_drift(source->life, &drift, NULL) < 0)
		return;
	survey->has_drift = true;
	survey->drift = drift.is_within ? 0 : drift.kept - drift.dumped;
	pause_ns = COMPARE_SHARE * drift.took_ns;
	if (pause_ns > COMPARE_LEAST_NS)
		source->next_compare_ns = clock_now_ns() + pause_ns;
}

static int cannot_read(int r, struct error *err)
{
	return error_errno(err, -r, _("cannot read the counts of the BPF programs"));
}

static int take(struct survey_source *base, struct survey *survey, struct error *err)
{
	struct life_source *source = (struct life_source *)base;
	struct life_totals lives;
	uint64_t waiting;
	int r;

	survey->source = "bpf";
	survey->knows_causes = survey->knows_closers = true;
	r = survey_counters_read(&source->counters, &survey->totals, &waiting, err);
	if (r < 0)
		return r;
	/* At one moment with the counters: both make rates over the same time. */
	survey->time_ns = clock_now_ns();
	r = take_totals(source, &survey->totals, &lives);
	if (r < 0)
		return cannot_read(r, err);
	if (base->wants_dumps || survey->time_ns >= source->next_dump_ns)
		r = dump(source, survey, err);
	if (r < 0)
		return r;
	survey->states[TCP_STATE_TIME_WAIT] = not_below_0(lives.states[TCP_STATE_TIME_WAIT]);
	survey->fin_wait2_timed = not_below_0(lives.fin_wait2_minisockets);
	r = merge_lives(source, survey);
	if (r < 0)
		return cannot_read(r, err);
	compare(source, survey);
	return 0;
}

static void close_source(struct survey_source *base)
{
	struct life_source *source = (struct life_source *)base;

	life_close(source->life);
	diag_close(&source->diag);
	tally_finish(&source->tally);
	survey_counters_finish(&source->counters);
	for (int by = 0; by < SURVEY_BYS; by++) {
		tally_groups_finish(&source->dumped[by]);
		tally_groups_finish(&source->counted[by]);
		tally_groups_finish(&source->before[by]);
	}
	free(source);
}

int survey_open_life(struct survey_source **ret_source, struct error *err)
{
	struct life_options options = {.netns = netns_number(), .has_counts = true};
	struct life_source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		abort();
	source->source = (struct survey_source){.take = take, .close = close_source};
	r = life_open(&source->life, &options, err);
	if (r < 0) {
		free(source);
		return r;
	}
	r = diag_open(&source->diag, err);
	if (r < 0) {
		life_close(source->life);
		free(source);
		return r;
	}
	source->tally.leaves_waiting = true;
	*ret_source = &source->source;
	return 0;
}
