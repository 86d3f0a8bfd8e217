/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_FIGURE_H
#define SCENARIO_FIGURE_H

/*
 * A number taken from the record of a run, asked for in the words of the language:
 *
 *	server TIME_WAIT        how long that end was in the state
 *	RST from server.conn    how many such packets were sent
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "lab/timeline.h"
#include "scenario/tree.h"

enum figure_kind { FIGURE_TIME, FIGURE_PACKETS };

struct figure {
	enum figure_kind kind;
	char *words;            /* as asked for */
	struct end_state stay;  /* FIGURE_TIME */
	struct packets packets; /* FIGURE_PACKETS */
	/* Not known: the end never was in that state, or has not left it yet. */
	bool is_known;
	int64_t value; /* ns, or packets */
};

/* Reads the words. 0 with *ret_figure, which the caller finishes; or -EINVAL and why. */
int figure_parse(struct figure *ret_figure, const char *words, size_t length, struct error *err);

/* Takes the value from the record: of the time, the last stay that has ended. Packets count as in
 * expectations: held, dropped and injected ones too, each once. */
void figure_measure(struct figure *figure, const struct timeline *timeline);

/* "server 61.30 s in TIME_WAIT", "RST from server: 2"; nothing while it is not known. */
void figure_print(const struct figure *figure, struct text *out);

/* The values of several figures as one line, and back: from a process to another. False where the
 * line is not of so many figures; they are not known then. */
void figures_encode(const struct figure *figures, size_t count, struct text *out);
bool figures_decode(struct figure *figures, size_t count, const char *line);

/* Frees what it owns; leaves an empty one. */
void figure_finish(struct figure *figure);

#endif
