/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/text.h"
#include "config.h"

#define OPTIONS_MAX 48
#define HELP_COLUMN 30

static const struct option_spec common[] = {
	{'h', "help", NULL, N_("show this help")},
	{'V', "version", NULL, N_("show the version")},
	{0},
};

/* The table as getopt_long(3) wants it. */
struct getopt_table {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[3 * OPTIONS_MAX + 2];
	const char *names[OPTIONS_MAX + 1];
	size_t count;
};

static int argument_kind(const struct option_spec *spec)
{
	if (!spec->argument)
		return no_argument;
	return spec->argument[0] == '[' ? optional_argument : required_argument;
}

static void table_add(struct getopt_table *table, const struct option_spec *specs)
{
	size_t used = strlen(table->shorts);

	for (; specs->name && table->count < OPTIONS_MAX; specs++) {
		int kind = argument_kind(specs);

		table->names[table->count] = specs->name;
		table->longs[table->count++] = (struct option){specs->name, kind, NULL, specs->id};
		if (specs->id >= OPTION_LONG)
			continue;
		table->shorts[used++] = (char)specs->id;
		for (int colons = 0; colons < kind; colons++)
			table->shorts[used++] = ':';
	}
	table->shorts[used] = '\0';
}

static void print_option(const struct option_spec *spec)
{
	const char *help = _(spec->help);
	int column = 0;

	if (spec->id < OPTION_LONG)
		column += printf("  -%c, --%s", spec->id, spec->name);
	else
		column += printf("      --%s", spec->name);
	if (spec->argument)
		column += printf("%s%s", spec->argument[0] == '[' ? "" : " ", spec->argument);
	while (true) {
		size_t length = strcspn(help, "\n");

		if (column >= HELP_COLUMN - 1) {
			printf("\n");
			column = 0;
		}
		printf("%*s%.*s\n", HELP_COLUMN - column, "", (int)length, help);
		if (!help[length])
			break;
		help += length + 1;
		column = 0;
	}
}

static int print_help(const struct command_line *line)
{
	printf(_("Usage: %s %s\n"), line->command, _(line->usage));
	printf("%s\n\n", _(line->summary));
	for (const struct option_spec *spec = line->options; spec && spec->name; spec++)
		print_option(spec);
	for (const struct option_spec *spec = common; spec->name; spec++)
		print_option(spec);
	if (line->details)
		printf("\n%s\n", _(line->details));
	return console_flush();
}

static const char *version_note;

void options_version_note(const char *note)
{
	version_note = note;
}

int options_version(void)
{
	printf("%s (timewait) %s\n", console_program(), VERSION);
	if (version_note)
		printf("%s\n", version_note);
	return console_flush();
}

int options_usage(const struct command_line *line)
{
	fprintf(stderr, _("Usage: %s %s\n"), line->command, _(line->usage));
	fprintf(stderr, _("Try '%s --help' for more.\n"), line->command);
	return EXIT_USAGE;
}

int options_unexpected(const struct command_line *line, const char *operand)
{
	console_error(_("unexpected operand '%s'"), operand);
	return options_usage(line);
}

int options_missing(const struct command_line *line, const char *operand)
{
	console_error(_("missing operand %s"), operand);
	return options_usage(line);
}

/* getopt says only "?": find out which word it was, and what is wrong with it. */
static int complain(const struct command_line *line, const struct getopt_table *table, char **argv,
	bool is_argument_missing)
{
	const char *word = argv[optind - 1];
	const char *nearest = NULL;
	char name[64];

	if (strncmp(word, "--", 2)) {
		if (is_argument_missing)
			console_error(_("option '-%c': it needs an argument"), optopt);
		else
			console_error(_("unknown option '-%c'"), optopt);
		return options_usage(line);
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	if (is_argument_missing) {
		console_error(_("option '--%s': it needs an argument"), name);
		return options_usage(line);
	}
	if (optopt) { /* known, but "=value" behind one that takes none */
		console_error(_("option '--%s': it takes no argument"), name);
		return options_usage(line);
	}
	nearest = text_nearest(name, table->names);
	if (nearest)
		console_error(_("unknown option '--%s' (did you mean '--%s'?)"), name, nearest);
	else
		console_error(_("unknown option '--%s'"), name);
	return options_usage(line);
}

int options_parse(const struct command_line *line, int argc, char **argv, options_take *take,
	void *context, int *ret_operands)
{
	struct getopt_table table = {.shorts = ":"};
	int id;

	if (line->options)
		table_add(&table, line->options);
	table_add(&table, common);
	optind = 0; /* subcommands parse a second time */
	opterr = 0;
	while ((id = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1) {
		int result;

		if (id == '?' || id == ':')
			return complain(line, &table, argv, id == ':');
		if (id == 'h')
			return print_help(line);
		if (id == 'V')
			return options_version();
		result = take(context, id, optarg);
		if (result != OPTIONS_GO_ON)
			return result;
	}
	*ret_operands = optind;
	return OPTIONS_GO_ON;
}

int options_parse_alone(
	const struct command_line *line, int argc, char **argv, options_take *take, void *context)
{
	int operands;
	int code = options_parse(line, argc, argv, take, context, &operands);

	if (code == OPTIONS_GO_ON && operands < argc)
		return options_unexpected(line, argv[operands]);
	return code;
}

int options_number(
	const char *what, const char *value, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	if (text_to_number(value, least, most, ret_number)) {
		console_error(_("%s '%s': not a whole number from %llu to %llu"), what, value,
			(unsigned long long)least, (unsigned long long)most);
		return EXIT_USAGE;
	}
	return OPTIONS_GO_ON;
}

int options_seconds(const char *what, const char *value, double least, double most, int64_t *ret_ns)
{
	char *end;
	double seconds = strtod(value, &end);

	/* strtod() also reads "nan", "0x1p3" and leading blanks: those are not seconds. */
	if (end == value || *end || strspn(value, "0123456789.") != strlen(value) ||
		seconds < least || seconds > most) {
		console_error(_("%s '%s': not a number of seconds from %g to %g"), what, value,
			least, most);
		return EXIT_USAGE;
	}
	*ret_ns = (int64_t)(seconds * (double)NS_PER_S);
	return OPTIONS_GO_ON;
}

int options_word(const char *what, const char *value, const char *const *words, int *ret_index)
{
	_cleanup_text_ struct text list = TEXT_INIT;

	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], value)) {
			*ret_index = i;
			return OPTIONS_GO_ON;
		}
		text_printf(&list, "%s%s", i ? ", " : "", words[i]);
	}
	console_error(_("%s '%s': not one of %s"), what, value, list.bytes);
	return EXIT_USAGE;
}
