/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONFINED_H
#define CONFINED_H

/* Children under the filter of system calls, and how they end. */

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daytime/confine.h"

/* In a child, whose exit code 99 says where it went wrong by a line on stderr. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition,                 \
				strerror(errno));                                                  \
			_exit(99);                                                                 \
		}                                                                                  \
	} while (0)

/* The filter for the whole child; the rest of it runs under it. */
static inline void confine(unsigned needs)
{
	struct error err;

	if (confine_install(needs, &err)) {
		fprintf(stderr, "%s\n", err.text);
		_exit(99);
	}
}

/* Runs it in a child and returns how that ended, as waitpid() has it. */
static inline int status_of(void (*body)(const void *), const void *context)
{
	static const struct rlimit no_core = {0, 0};
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		setrlimit(RLIMIT_CORE, &no_core);
		alarm(30);
		body(context);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static inline bool is_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static inline void survives(void (*body)(const void *), const void *context)
{
	int status = status_of(body, context);

	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("ended by %s %d", WIFSIGNALED(status) ? "signal" : "exit code",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

#endif
