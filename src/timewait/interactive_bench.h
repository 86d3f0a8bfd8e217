/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_INTERACTIVE_BENCH_H
#define TIMEWAIT_INTERACTIVE_BENCH_H

/*
 * The laboratory behind the prompt: carries out a line at a time, goes on after one that failed, and keeps
 * what was typed. Functions append what is to be shown, whole lines, to `out`.
 */

#include <stdbool.h>

#include "base/text.h"
#include "lab/lab.h"
#include "scenario/run.h"
#include "scenario/tree.h"
#include "timewait/interactive_growth.h"
#include "timewait/run_inputs.h"

/* A line that was carried out. */
struct bench_line {
	char *text;
	const struct step *step;
	bool has_failed;
	char fails[ERROR_NAME_BYTES]; /* the errno that it failed with; "" where it was no errno */
};

struct bench {
	struct lab lab;
	bool is_ipv6;
	bool is_broken; /* the laboratory is of no use any more, until bench_reset() */
	bool has_ended; /* SIGTERM: leave */
	char *here;     /* the working directory, which $HERE is to lines that are typed */
	struct run_setting setting;
	struct run_result result;
	struct runner runner;
	struct growth growth;
	struct step **steps; /* that were typed; the runner may still want them */
	size_t step_count, step_room;
	struct run_inputs *loaded; /* scenarios, likewise */
	size_t loaded_count, loaded_room;
	struct bench_line *lines;
	size_t line_count, line_room;
	char *saved; /* the file that bench_save() may write again */
};

/* 0 or a negative errno; nothing to close then. */
int bench_open(struct bench *bench, bool is_ipv6, struct error *err);
void bench_close(struct bench *bench);

/* Carries out one line. False where it cannot be understood, with *ret_err and its column. */
bool bench_take(struct bench *bench, const char *line, size_t length, struct text *out,
	struct error *ret_err);

/* Lets time go on. In how many milliseconds it wants to be called again. */
int bench_idle(struct bench *bench, struct text *out);

/* A fresh laboratory, and nothing typed yet. */
void bench_reset(struct bench *bench, struct text *out);

/* Carries out the lines of a scenario, by file or by name, up to the first that fails. Each is shown on
 * standard output as soon as it is through: some take their time. */
void bench_load(struct bench *bench, char *name, struct text *out);

/* Writes what was typed as a scenario. Does not write over a file that it did not make. */
void bench_save(struct bench *bench, const char *path, struct text *out);

#endif
