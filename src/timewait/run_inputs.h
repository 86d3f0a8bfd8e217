/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_RUN_INPUTS_H
#define TIMEWAIT_RUN_INPUTS_H

/*
 * The scenarios that a command line names, all of them read and parsed before one is run: files,
 * folders of files, "-" for standard input, and the ones we come with, by their names or themes.
 */

#include <stddef.h>

#include "scenario/suite.h"
#include "scenario/tree.h"

struct run_input {
	char *name; /* of pictures and captures: the file's without folder and suffix; no other has it */
	char *here;               /* absolute */
	struct scenario scenario; /* its `file` is what the person called it */
};

struct run_inputs {
	struct run_input *inputs;
	size_t count, room;
	size_t error_count; /* mistakes found in scenarios */
	bool has_failed;    /* something could not be found, or read */
	bool has_stdin;     /* it has been read */
};

/*
 * Returns EXIT_OK, or EXIT_USAGE after having said on stderr all that is wrong, in all of them. In
 * any case the caller finishes.
 */
int run_inputs_read(struct run_inputs *inputs, char **words, size_t count);

void run_inputs_finish(struct run_inputs *inputs);

#endif
