/* SPDX-License-Identifier: BSD-2-Clause */

/* The survey of anybody: dumps, and the kernel's counters between them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "observe/diag.h"
#include "observe/survey.h"
#include "observe/survey_counters.h"
#include "observe/tally.h"

/* A dump takes a twentieth of the time at most. */
#define DUMP_SHARE 20

struct diag_source {
	struct survey_source source; /* first: they are cast into each other */
	struct diag diag;
	struct tally tally;
	struct survey_counters counters;
	int64_t next_dump_ns;
	uint64_t waiting_at_first; /* minisockets */
	bool has_first;
	char lacks[512];
};

static int dump(struct diag_source *source, struct survey *survey, struct error *err)
{
	int r = tally_take(&source->tally, survey, &source->diag, err);

	source->next_dump_ns = clock_now_ns() + DUMP_SHARE * source->tally.took_ns;
	return r;
}

/* Born by the kernel's count; what is not there any more has died. */
static void count_lives(struct diag_source *source, struct survey *survey, uint64_t waiting)
{
	struct survey_totals *totals = &survey->totals;
	uint64_t died;

	if (!source->has_first) {
		source->waiting_at_first = waiting;
		source->has_first = true;
	}
	died = source->waiting_at_first + totals->born > waiting
		       ? source->waiting_at_first + totals->born - waiting
		       : 0;
	/* The two are not read at one moment: never back. */
	if (died > totals->died)
		totals->died = died;
}

static int take(struct survey_source *base, struct survey *survey, struct error *err)
{
	struct diag_source *source = (struct diag_source *)base;
	uint64_t waiting;
	int r;

	survey->source = "sock_diag";
	survey->lacks = source->lacks;
	r = survey_counters_read(&source->counters, &survey->totals, &waiting, err);
	if (r < 0)
		return r;
	survey->time_ns = clock_now_ns();
	count_lives(source, survey, waiting);
	if (base->wants_dumps || survey->time_ns >= source->next_dump_ns)
		return dump(source, survey, err);
	survey->states[TCP_STATE_TIME_WAIT] =
		waiting > survey->fin_wait2_timed ? waiting - survey->fin_wait2_timed : 0;
	return 0;
}

static void close_source(struct survey_source *base)
{
	struct diag_source *source = (struct diag_source *)base;

	diag_close(&source->diag);
	tally_finish(&source->tally);
	survey_counters_finish(&source->counters);
	free(source);
}

int survey_open_diag(struct survey_source **ret_source, const char *why_not, struct error *err)
{
	struct diag_source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		abort();
	source->source = (struct survey_source){.take = take, .close = close_source};
	r = diag_open(&source->diag, err);
	if (r < 0) {
		free(source);
		return r;
	}
	snprintf(source->lacks, sizeof(source->lacks), "%s",
		why_not ? why_not : _("known by BPF alone, which needs root"));
	*ret_source = &source->source;
	return 0;
}
