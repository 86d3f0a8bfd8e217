/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCENARIO_PARSE_INTERNAL_H
#define SCENARIO_PARSE_INTERNAL_H

/*
 * How parse.c's parts hang together: parse_action.c, parse_wire.c and parse_expect.c fill a step from
 * the rest of a line; parse_option.c and parse_value.c read what all of them need. Each function
 * takes words from the line, returns 0 or -EINVAL with the line's error set, and leaves outputs
 * alone on failure, but for steps, which the caller finishes in any case.
 */

#include "scenario/token.h"
#include "scenario/vocabulary.h"

/* Whole lines behind their first word. `step->kind` is theirs to set, before anything that the
 * step owns. */
int parse_action(struct line *line, const struct token *subject, struct step *step);
int parse_wire(struct line *line, struct step *step);
int parse_expect(struct line *line, struct step *step);

/* The actions of a whole host, behind their verbs. */
int parse_sysctl(struct line *line, struct step *step);
int parse_run(struct line *line, struct step *step);
int parse_wait(struct line *line, struct step *step);
int parse_signal(struct line *line, struct step *step);

/* END STATE [timer KIND [A..B]], END STATE..., behind the first END. */
int parse_states(struct line *line, const struct token *first, struct step *step);

/* Nothing may follow. The first word that does is complained of, perhaps as a misspelling of what
 * could have stood there: `possible` ends in NULL. */
int parse_nothing_more(struct line *line, const char *const *possible);

/* One option or several, until the end of the line or one of the clauses. */
int parse_options(struct line *line, struct socket_options *ret_options);

/* KIND [from HOST[.NAME]] */
int parse_packets(struct line *line, struct packets *ret_packets);

/* [N times]: *ret_times is left alone where it is not said. */
int parse_times(struct line *line, uint64_t least, int *ret_times);

/* ---- values ---- */

/* A whole number that must be there: `missing` is the complaint where it is not. */
int parse_number(struct line *line, const char *missing, uint64_t least, uint64_t most,
	uint64_t *ret_number);

/* The same of one token, or a part of one. */
int parse_number_token(const struct line *line, const struct token *token, uint64_t least,
	uint64_t most, uint64_t *ret_number);

/* "+5", "-1" */
int parse_offset(struct line *line, const char *missing, int32_t *ret_offset);

/* "100ms". `unit` is the one of a bare number, and "" where that is a mistake. */
int parse_duration_token(
	const struct line *line, const struct token *token, const char *unit, int64_t *ret_ns);
int parse_duration(
	struct line *line, const char *missing, int64_t least_ns, int64_t most_ns, int64_t *ret_ns);

/* The unit at the end of a token: "" for none. Points into `unit`. */
#define UNIT_BYTES 8
const char *parse_unit(const struct token *token, char unit[UNIT_BYTES]);

/* Appends a duration so that parse_duration() reads it back. */
void duration_print(int64_t duration_ns, struct text *out);

/* HOST[.NAME]; HOST alone. `what` is the thing that is of a whole host, for the complaint. */
int parse_end(const struct line *line, const struct token *token, const char *default_name,
	struct end *ret_end);
int parse_host(const struct line *line, const struct token *token, const char *what,
	enum host_id *ret_host);

/* Is it `server` or `client`, whatever stands behind a dot? */
bool token_is_end(const struct token *token);

/* Is it a state of TCP, in any spelling? The language may lack it: BOUND. */
bool token_is_state(const struct token *token);
int parse_state_token(
	const struct line *line, const struct token *token, enum tcp_state *ret_state);

/* A text that must be there, in quotes, and not empty. */
int parse_text(struct line *line, const char *missing, struct bytes *ret_text);

/* "N bytes": *ret_length. False, with nothing taken, where the next word does not begin one. */
bool line_has_number(const struct line *line);
int parse_bytes(struct line *line, uint64_t least, uint64_t most, size_t *ret_length);

#endif
