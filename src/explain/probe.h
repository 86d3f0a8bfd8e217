/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_PROBE_H
#define EXPLAIN_PROBE_H

/*
 * Finding out what works here by doing it, in a process of its own: whatever the probe changes
 * (namespaces, limits, filters) is gone with it, and one that hangs or is killed by a policy is an
 * answer too.
 */

struct probe_result {
	int code; /* errno; 0 when it works */
	char reason[512];
	char remedy[384]; /* "" where there is none */
};

/* Runs in the child, with *result all zero; leaves it so or says what is wrong. */
typedef void probe_function(struct probe_result *result);

/* Blocks until the probe has answered, a few seconds at most. Needs no privilege itself. */
void probe_run(probe_function *probe, struct probe_result *ret_result);

/* For probes: what does not work and why, and (after it) what to do about it. */
void probe_fail(struct probe_result *result, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void probe_advise(struct probe_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
