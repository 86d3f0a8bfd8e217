/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_VERDICT_H
#define EXPLAIN_VERDICT_H

/*
 * Would bind() or connect() work here and now, and if not, why not, and what helps? Found out by really
 * trying where that is harmless (attempt.h), and by the rules of the kernel held against the sockets that
 * there are (conflict.h, budget.h). No packet is sent. The network namespace is that of this thread; no
 * privilege is needed, but the owners of others' sockets, and what options those have, only root is told.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "explain/budget.h"
#include "explain/conflict.h"
#include "explain/remedy.h"
#include "observe/route.h"

enum verdict_call { VERDICT_BIND, VERDICT_CONNECT };

/* What is asked. */
struct verdict_question {
	enum verdict_call call;
	struct endpoint local; /* bind's; of connect "from", family 0 for none, port 0 for any */
	struct endpoint peer;  /* connect's */
	unsigned int options;  /* enum bind_option: what the program sets before bind() */
	uid_t user;            /* whose program it is */
};

/* bind() tried with a set of options: 0, or an errno (positive). */
struct verdict_attempt {
	unsigned int options;
	int code;
};

/* A socket that has the port, or several that are alike: same state, local endpoint and owner. */
struct verdict_blocker {
	struct diag_socket socket; /* one of them; of TIME_WAITs the one that stays longest */
	size_t count;
	uint32_t soonest_ms;              /* of those with a timer, when the first of them fires */
	enum answer reuseaddr, reuseport; /* what the old sockets have set */
	enum answer permits;              /* do they let in a bind() with the options asked for? */
	pid_t pid;                        /* 0 where nobody holds it, or we are not told who */
	int fd;
	char comm[16]; /* not escaped */
};

struct verdict_remedy {
	enum remedy_id id;
	bool works_now; /* at once; else it helps in time, or the next time */
	char *detail;   /* which process, how long, which command; NULL for none */
};

#define VERDICT_ATTEMPTS BIND_OPTIONS

struct verdict {
	struct verdict_question question;
	int code;     /* 0: it would work; else the errno that it would give (positive) */
	bool is_sure; /* not where it hangs on what only root, or nobody, can be told */
	char *reason; /* in a sentence or two: what is in the way, and the kernel's rule. Never NULL */

	struct verdict_attempt attempts[VERDICT_ATTEMPTS];
	size_t attempt_count;

	struct verdict_blocker *blockers;
	size_t blocker_count, blocker_room;

	bool has_route; /* connect: the rest of this, too */
	struct route route;
	bool has_budget; /* not where a port was given by bind(), or none can be asked for */
	struct budget budget;

	struct verdict_remedy *remedies; /* safest first */
	size_t remedy_count, remedy_room;

	char **notes; /* what else is worth knowing, a sentence each */
	size_t note_count, note_room;
};

/*
 * Answers the question. 0, or a negative errno with *err and nothing to finish, where the kernel's list of
 * sockets cannot be had.
 */
int verdict_reach(
	const struct verdict_question *question, struct verdict *ret_verdict, struct error *err);
void verdict_finish(struct verdict *verdict);

#endif
