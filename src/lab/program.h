/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_PROGRAM_H
#define LAB_PROGRAM_H

/*
 * A real program on a host of the laboratory: in the host's network, in a private empty folder,
 * with the names `server` and `client` in its /etc/hosts, behind a gate (gate.h), its output
 * collected. Our own programs come first in its PATH.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "lab/guardian.h"
#include "lab/timeline.h"

struct program {
	enum host_id host;
	char name[32];             /* the last part of argv[0] */
	struct guardian *guardian; /* its parent */
	pid_t pid;                 /* as seen from here */
	pid_t number;              /* its pid in the guardian's namespace */
	int pidfd;
	int gate_fd;        /* -1 where there is no gate, or no process behind it any more */
	int output_fd;      /* -1 after its end */
	struct text output; /* of stdout and stderr, at most PROGRAM_OUTPUT_BYTES */
	bool has_ended;
	int status;       /* as waitpid() gives it, when has_ended */
	bool is_restless; /* it computes without end: do not wait for its rest */
};

#define PROGRAM_OUTPUT_BYTES (1024 * 1024)

struct program_setting {
	enum host_id host;
	struct guardian *guardian; /* must outlive the program; started with program_obey() */
	int netns_fd;              /* -1: where we are */
	const char *hosts;         /* what its /etc/hosts says; NULL: leave the machine's */
	const char *here;          /* what $HERE is to it, a folder; NULL: unset */
};

/* What guardian_start() is to be given: becomes the program that program_start() orders. */
guardian_obey program_obey;

/*
 * Starts argv (NULL-ended). Returns once the program has replaced our image, or with a
 * negative errno: -ENOENT when there is no such program. Bounded: a few seconds at worst.
 */
int program_start(struct program *program, const struct program_setting *setting,
	const char *const *argv, struct error *err);

/* Sends it a signal: 0 or a negative errno, -ESRCH when it has ended. */
int program_signal(const struct program *program, int signal);

/* Kills it if it lives, and waits until it is dead. */
void program_kill(struct program *program);

/* Kills it if it lives, and frees. */
void program_finish(struct program *program);

/* Reads what it has written; never blocks. */
void program_read_output(struct program *program);

/* Has it ended? Never blocks. */
bool program_has_ended(struct program *program);

/*
 * Is the program (any of its threads, children and their children) on a processor, or about to
 * be? False when everything it is made of sleeps: in a system call, or at the gate.
 */
bool program_is_moving(const struct program *program);

#endif
