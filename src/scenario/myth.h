/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_MYTH_H
#define SCENARIO_MYTH_H

/*
 * A widespread claim, put to the test by a scenario. The leading block of comments says so in paragraphs,
 * which begin with these words and end at the next of them or at an empty line:
 *
 *	# "TIME_WAIT lasts exactly 60 seconds"         the title: the claim as people state it
 *	# Why people think so, and what is behind it.
 *	#
 *	# Measured: what the steps below have shown, if their expectations held.
 *	# Verdict: false. What is right.               or "true", or "half true"
 *	# Figures: server TIME_WAIT, FIN from server   numbers to take from the run; may be missing
 *
 * The author's words count only for a run in which every expectation held: on a kernel that does
 * otherwise the answer is what was observed instead.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "scenario/figure.h"
#include "scenario/suite.h"
#include "scenario/tree.h"

/* More figures than anybody reads. */
#define MYTH_FIGURES_MAX 8

/* What became of a claim. The first three are what authors may write. */
enum myth_verdict {
	MYTH_FALSE,
	MYTH_TRUE,
	MYTH_HALF_TRUE,
	MYTH_OTHERWISE, /* this kernel does not do what the author has measured */
	MYTH_UNTRIED,   /* slow, or this kernel or machine lacks something, or the lab broke */
	MYTH_VERDICT_COUNT,
};

/* "false", "half true", ...: never translated, as the author writes them. */
const char *myth_verdict_name(enum myth_verdict verdict);

struct myth {
	char *claim;      /* without its quotation marks */
	char *background; /* one paragraph; "" */
	char *measured;   /* one paragraph */
	char *words;      /* "false. Sixty seconds is the least." */
	enum myth_verdict verdict;
	struct figure figures[MYTH_FIGURES_MAX];
	size_t figure_count;
};

/* Reads the block. 0 with *ret_myth, which the caller finishes; -EINVAL and what is missing. */
int myth_read(struct myth *ret_myth, const struct scenario *scenario, struct error *err);

/*
 * Takes the answer of a run into the myth: where it did not pass, the verdict becomes
 * MYTH_OTHERWISE or MYTH_UNTRIED, and `measured` and `words` say what was seen instead, or why nothing was.
 * The figures of a run that passed come from report->output, as figures_encode() made it.
 */
void myth_judge(struct myth *myth, const struct suite_report *report);

/* The claim's figures of this run, " (server 61.30 s in TIME_WAIT; RST: 0)" without the blank; nothing
 * if none is known. */
void myth_print_figures(const struct myth *myth, struct text *out);

/* Frees what it owns; leaves an empty one. */
void myth_finish(struct myth *myth);

#endif
