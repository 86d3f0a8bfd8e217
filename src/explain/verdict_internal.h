/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_VERDICT_INTERNAL_H
#define EXPLAIN_VERDICT_INTERNAL_H

/* What the files of verdict_*.c share. See verdict.h. */

#include "base/text.h"
#include "explain/verdict.h"
#include "observe/owner.h"

/* The judges: fill in code, reason and the rest. Errors as verdict_reach(). */
int verdict_judge_bind(struct verdict *verdict, struct error *err);
int verdict_judge_connect(struct verdict *verdict, struct error *err);

/* --- what is in the way (blockers.c) --- */

/* Sockets with the port, before they are put together by owner. */
struct blocker_list {
	struct diag_socket *sockets; /* those that a process may hold */
	size_t count, room;
};

/* What the new socket has set in the end: IPV6_V6ONLY may be the host's default (net.ipv6.bindv6only). */
unsigned int blockers_options(const struct verdict *verdict);

/*
 * Takes the socket in if a bind() of `wanted` with `options` meets it. What no process holds (TIME_WAIT,
 * orphans) is put together at once, for there may be a million of it.
 */
void blockers_take(struct verdict *verdict, struct blocker_list *list,
	const struct endpoint *wanted, unsigned int options, const struct diag_socket *socket);

/*
 * Puts the rest together by owner, asks the sockets for their options, and concludes from the attempts
 * what cannot be asked. Frees the list.
 */
void blockers_settle(struct verdict *verdict, struct blocker_list *list);

/* bind() with every set of options that may make a difference; verdict->attempts. */
void verdict_try_bind(struct verdict *verdict, const struct endpoint *at);

/* The errno (0: works) of the attempt with these options; -1 where there was none. */
int verdict_attempt_code(const struct verdict *verdict, unsigned int options);

/* bind() to `at` fails by `code`: the reason, and what helps. */
void verdict_explain_bind(struct verdict *verdict, const struct endpoint *at, int code);

/* The same for EADDRINUSE, from the blockers. */
void verdict_explain_inuse(struct verdict *verdict, const struct endpoint *at);

/* --- the ports of a destination (verdict_ports.c) --- */

/* Would connect() find a port? The code, and whether it is sure; unless it is EADDRNOTAVAIL, the reason. */
void verdict_weigh_ports(struct verdict *verdict);

/* EADDRNOTAVAIL, for all ports are taken: the reason, and what helps. */
void verdict_explain_exhaustion(struct verdict *verdict);

/* Why a TIME_WAIT is not taken over. */
const char *verdict_reuse_words(enum budget_reuse reuse);

/* --- words --- */

void verdict_set_reason(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void verdict_note(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* `format` may be NULL: nothing to add. The remedies are sorted in the end. */
void verdict_add_remedy(struct verdict *verdict, enum remedy_id id, bool works_now,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "4711/nginx (fd 6)", or "" where the owner is unknown; safe to print. The caller frees. */
char *verdict_owner(const struct verdict_blocker *blocker);

#endif
