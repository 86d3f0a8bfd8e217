/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_VOCABULARY_H
#define SCENARIO_VOCABULARY_H

/*
 * The words of the language. The parser knows a word by finding it here and in no other way, and each
 * stands beside its synopsis, meaning and example: so nothing can be understood that is not
 * documented. Suggestions, completion, help and the reference come from the same tables.
 */

#include <stdbool.h>
#include <stddef.h>

#include "scenario/tree.h"

enum vocabulary {
	VOCABULARY_LINE,   /* a line begins with it; `id` is enum vocabulary_first */
	VOCABULARY_ACTION, /* behind HOST[.NAME]; enum step_kind */
	VOCABULARY_CLAUSE, /* behind actions; enum vocabulary_clause */
	VOCABULARY_WIRE,   /* behind "wire"; enum step_kind */
	VOCABULARY_EXPECT, /* behind "expect", or its subject; enum step_kind */
	VOCABULARY_OPTION, /* enum socket_option */
	VOCABULARY_PACKET, /* enum wire_kind */
	VOCABULARY_STATE,  /* enum tcp_state */
	VOCABULARY_TIMER,  /* enum diag_timer */
	VOCABULARY_COUNT,
};

/* What a line can begin with. */
enum vocabulary_first {
	FIRST_SERVER = HOST_SERVER,
	FIRST_CLIENT = HOST_CLIENT,
	FIRST_WIRE,
	FIRST_SLEEP,
	FIRST_SLOW,
	FIRST_EXPECT,
};

enum vocabulary_clause {
	CLAUSE_BACKLOG, /* of listen */
	CLAUSE_FROM,    /* of connect; and of packets, where it says who sent them */
	CLAUSE_WITH,    /* of both */
	CLAUSE_FAILS,
	CLAUSE_TIMES,
	CLAUSE_TIMER,
	CLAUSE_WITHIN,
	CLAUSE_COUNT,
};

/* What stands before the word. */
enum vocabulary_subject {
	SUBJECT_NONE,
	SUBJECT_END,      /* HOST[.NAME], NAME defaults to "conn" */
	SUBJECT_LISTENER, /* HOST[.NAME], NAME defaults to "listener" */
	SUBJECT_HOST,     /* HOST alone */
};

struct vocabulary_word {
	const char *word; /* "" where any state's name stands */
	int id;
	enum vocabulary_subject subject; /* of actions and expectations */
	const char *synopsis;            /* the whole line, or the whole clause */
	const char *meaning;             /* N_(), one line */
	const char *example;             /* a whole line that can be parsed */
};

/* All words of one kind, in the order in which to explain them. */
const struct vocabulary_word *vocabulary_words(enum vocabulary kind, size_t *ret_count);

/* NULL when there is none: of this very spelling; or with this id. */
const struct vocabulary_word *vocabulary_find(enum vocabulary kind, const char *word);
const struct vocabulary_word *vocabulary_by_id(enum vocabulary kind, int id);

/*
 * The word nearest to one that is not there, for "did you mean"; NULL. `kinds` has the bit
 * VOCABULARY_BIT(kind) for each table to look into. Letters' case does not count.
 */
#define VOCABULARY_BIT(kind) (1u << (kind))
const char *vocabulary_nearest(unsigned int kinds, const char *word);

/* "ECONNRESET" to its number; 0 when there is no such errno. And the nearest that there is. */
int vocabulary_errno(const char *name);
const char *vocabulary_nearest_errno(const char *name);
const char *const *vocabulary_errnos(void); /* all names; ends in NULL. Static data */

/* "TERM", "SIGTERM" to 15; 0 when there is no such signal. Numbers are no names. */
int vocabulary_signal(const char *name);
const char *vocabulary_nearest_signal(const char *name);
const char *const *vocabulary_signals(void); /* all, without SIG; likewise */

#endif
