/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_FINDINGS_H
#define EXPLAIN_FINDINGS_H

/*
 * What is wrong with a host's TCP, by a table of checks. Each is a function over a checkup
 * (observe/checkup.h) that a test can make up as well, and adds findings: how bad it is, the evidence in
 * numbers, what that means, what to do, and the scenario that shows it on two hosts of one's own. Only
 * what is known is said: a check whose numbers are missing is silent.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/checkup.h"

enum severity {
	SEVERITY_NOTE, /* worth knowing; nothing fails */
	SEVERITY_WARN, /* will fail, or has failed, under some load */
	SEVERITY_BAD,  /* connections fail, or something leaks, now */
};

/* "note", "warn", "bad"; never translated. */
const char *severity_name(enum severity severity);

enum fact_unit {
	FACT_COUNT,
	FACT_SECONDS,
	FACT_PER_SECOND,
	FACT_PERCENT,
	FACT_BYTES,
	FACT_TEXT,
};

/* One piece of evidence. */
struct fact {
	const char *key;   /* for programs: "time_wait" */
	const char *label; /* N_(): "in TIME_WAIT" */
	enum fact_unit unit;
	double number;
	char *text; /* of FACT_TEXT alone; not escaped */
};

#define FINDING_FACTS   12
#define FINDING_SOCKETS 8

struct finding {
	const char *check;    /* "close_wait" */
	const char *scenario; /* its name for `timewait run` */
	const char *page;     /* its name for `timewait explain` */
	enum severity severity;
	struct text title, meaning,
		remedy; /* translated; not escaped: a process may be called anything */
	struct fact facts[FINDING_FACTS];
	size_t fact_count;
	struct checkup_socket sockets[FINDING_SOCKETS]; /* the first of those it is about */
	size_t socket_count, sockets_more;              /* how many more there are */
};

struct findings {
	struct finding *findings;
	size_t count, room;
	const struct findings_check *check; /* the one that is running */
};

struct findings_check {
	const char *name, *scenario, *page;
	void (*judge)(struct findings *findings, const struct checkup *checkup);
};

/* The table; *ret_count how many. */
const struct findings_check *findings_checks(size_t *ret_count);

/* Runs every check; the worst findings come first. *findings starts zeroed; the caller finishes it. */
void findings_judge(struct findings *findings, const struct checkup *checkup);

/* Runs the one of that name alone: for tests. False when there is none. */
bool findings_judge_one(struct findings *findings, const struct checkup *checkup, const char *name);
void findings_finish(struct findings *findings);

/* In a shorter window one connection would look like a flood: no rate is made of it. */
#define FINDINGS_LEAST_WINDOW_S 0.1

/* How many are of that severity. */
size_t findings_count(const struct findings *findings, enum severity severity);

/* For checks: a new finding, and what it is made of. Formats are translated by the caller. */
struct finding *finding_add(struct findings *findings, enum severity severity, const char *title,
	...) __attribute__((format(printf, 3, 4)));
void finding_fact(struct finding *finding, const char *key, const char *label, enum fact_unit unit,
	double number);
void finding_fact_text(
	struct finding *finding, const char *key, const char *label, const char *text);
void finding_mean(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_advise(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_socket(struct finding *finding, const struct checkup_socket *socket);

/* The data that the program has not read; of CLOSE_WAIT without the FIN, which sock_diag counts as a byte
 * until it is read. */
uint32_t findings_unread_bytes(const struct checkup_socket *socket);

/* The setting where it is known; else `otherwise`. */
int64_t findings_setting(const struct checkup *checkup, enum setting setting, int64_t otherwise);

#endif
