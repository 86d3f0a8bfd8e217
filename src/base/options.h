/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

/*
 * The command line, from one table: parsing, --help and the errors all come from it.
 * --help (-h) and --version (-V) are there without being asked for.
 */

#include <stdint.h>

struct option_spec {
	int id;               /* the short letter, or OPTION_LONG + n where there is none */
	const char *name;     /* long name without dashes; NULL ends the table */
	const char *argument; /* "S"; "[=line|now]" when optional; NULL when it takes none */
	const char *help;     /* N_(), one line or several */
};

#define OPTION_LONG 256

struct command_line {
	const char *command; /* as it is typed: "daytimed", "timewait list" */
	const char *usage;   /* N_(), what stands behind it: "[OPTION]... [PORT]" */
	const char *summary; /* N_(), one sentence */
	const struct option_spec *options;
	const char *details; /* N_(), paragraphs below the options; NULL for none */
};

/* Nothing to exit for: go on. Any other value is the exit code to leave with. */
#define OPTIONS_GO_ON (-1)

/*
 * Takes one option. Returns OPTIONS_GO_ON, or an exit code after having said why on stderr.
 * `value` is NULL where the option has no argument.
 */
typedef int options_take(void *context, int id, const char *value);

/*
 * Walks argv (argv[0] is skipped, options and operands may mix, "--" ends the options).
 * Returns OPTIONS_GO_ON with *ret_operands the index of the first operand in the permuted
 * argv; EXIT_OK after --help or --version; EXIT_USAGE after a complaint and a short help.
 */
int options_parse(const struct command_line *line, int argc, char **argv, options_take *take,
	void *context, int *ret_operands);

/* The same for a command that takes no operands: one that is there is complained of. */
int options_parse_alone(
	const struct command_line *line, int argc, char **argv, options_take *take, void *context);

/* Prints the version as --version does; for a program whose first word is a command. */
int options_version(void);

/* Lines that --version prints below the version: what this build lacks. It must outlive the program. */
void options_version_note(const char *note);

/* Says on stderr how the command is used, in two lines; returns EXIT_USAGE. */
int options_usage(const struct command_line *line);

/* Complains of one operand too many or too few; returns EXIT_USAGE. */
int options_unexpected(const struct command_line *line, const char *operand);
int options_missing(const struct command_line *line, const char *operand);

/*
 * A whole number for the option (or operand) called `what`: OPTIONS_GO_ON, or EXIT_USAGE
 * after "what 'abc': not a whole number from 1 to 65535".
 */
int options_number(
	const char *what, const char *value, uint64_t least, uint64_t most, uint64_t *ret_number);

/* Seconds with an optional fraction ("0.5"), into nanoseconds; the same way. */
int options_seconds(
	const char *what, const char *value, double least, double most, int64_t *ret_ns);

/*
 * One of the words in a NULL-ended list: its index in *ret_index, or a complaint that
 * lists them.
 */
int options_word(const char *what, const char *value, const char *const *words, int *ret_index);

#endif
