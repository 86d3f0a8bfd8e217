/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/options.h"

enum { OPTION_RATE = OPTION_LONG, OPTION_FIRST_CLOSE };

static const struct option_spec specs[] = {
	{'u', "utc", NULL, N_("speak UTC")},
	{'b', "bind", "ADDR", N_("listen on ADDR")},
	{OPTION_RATE, "rate", "N", N_("at most N\na second line of help")},
	{OPTION_FIRST_CLOSE, "first-close", "[=server|client]", N_("who closes first")},
	{0},
};

static const struct command_line line = {
	.command = "daytimed",
	.usage = N_("[OPTION]... [PORT]"),
	.summary = N_("Tells the time."),
	.options = specs,
	.details = N_("Details below."),
};

/* What the callback was given, in order: "u;b=::1;". */
struct taken {
	char text[256];
	int exit_code; /* what take() returns, and after how many */
	int after;
};

static int take(void *context, int id, const char *value)
{
	struct taken *taken = context;
	size_t used = strlen(taken->text);
	char name[16];

	if (id < OPTION_LONG)
		snprintf(name, sizeof(name), "%c", id);
	else
		snprintf(name, sizeof(name), "long%d", id - OPTION_LONG);
	snprintf(taken->text + used, sizeof(taken->text) - used, value ? "%s=%s;" : "%s;", name,
		value);
	return taken->exit_code && --taken->after == 0 ? taken->exit_code : OPTIONS_GO_ON;
}

/* stdout and stderr, caught in memory while the code under test speaks. */
struct caught {
	int saved[2], files[2];
	char out[4096], err[4096];
};

static void catch_begin(struct caught *caught)
{
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		caught->saved[i] = dup(STDOUT_FILENO + i);
		caught->files[i] = memfd_create("caught", MFD_CLOEXEC);
		dup2(caught->files[i], STDOUT_FILENO + i);
	}
}

static void catch_end(struct caught *caught)
{
	char *texts[] = {caught->out, caught->err};

	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		ssize_t length = pread(caught->files[i], texts[i], sizeof(caught->out) - 1, 0);

		dup2(caught->saved[i], STDOUT_FILENO + i);
		texts[i][length < 0 ? 0 : length] = '\0';
		fd_close(&caught->saved[i]);
		fd_close(&caught->files[i]);
	}
}

/* A command line as main() has it: modifiable, NULL at the end. */
struct words {
	char storage[16][64];
	char *argv[17];
	int argc;
};

static void split(struct words *words, const char *text)
{
	*words = (struct words){0};
	while (*text && words->argc < 16) {
		size_t length = strcspn(text, " ");

		assert_true(length < sizeof(words->storage[0]));
		memcpy(words->storage[words->argc], text, length);
		words->argv[words->argc] = words->storage[words->argc];
		words->argc++;
		text += length + (text[length] == ' ');
	}
}

static int parse(const char *text, struct taken *taken, struct words *words, int *ret_operands,
	struct caught *caught)
{
	int result;

	split(words, text);
	catch_begin(caught);
	result = options_parse(&line, words->argc, words->argv, take, taken, ret_operands);
	catch_end(caught);
	return result;
}

static void assert_takes(const char *text, const char *expected, const char *first_operand)
{
	struct taken taken = {.text = ""};
	struct caught caught;
	struct words words;
	int operands = -1;

	assert_int_equal(parse(text, &taken, &words, &operands, &caught), OPTIONS_GO_ON);
	assert_string_equal(taken.text, expected);
	assert_string_equal(caught.out, "");
	assert_string_equal(caught.err, "");
	if (first_operand)
		assert_string_equal(words.argv[operands], first_operand);
	else
		assert_int_equal(operands, words.argc);
}

static void takes_long_and_short_options(void **state)
{
	(void)state;
	assert_takes("daytimed", "", NULL);
	assert_takes("daytimed --utc --bind ::1", "u;b=::1;", NULL);
	assert_takes("daytimed -u -b ::1", "u;b=::1;", NULL);
	assert_takes("daytimed -ub::1", "u;b=::1;", NULL);
	assert_takes("daytimed --bind=::1 --rate=7", "b=::1;long0=7;", NULL);
	assert_takes("daytimed --first-close --first-close=client", "long1;long1=client;", NULL);
	assert_takes("daytimed --firs=client", "long1=client;", NULL); /* as getopt_long(3) */
}

static void leaves_operands(void **state)
{
	(void)state;
	assert_takes("daytimed 1313", "", "1313");
	assert_takes("daytimed 1313 --utc", "u;", "1313");
	assert_takes("daytimed --first-close client", "long1;", "client");
	assert_takes("daytimed -- --utc", "", "--utc");
	assert_takes("daytimed -", "", "-");
}

static void parses_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_takes("daytimed 1313 -u 1414", "u;", "1313");
}

static void assert_complains(const char *text, const char *complaint)
{
	struct taken taken = {.text = ""};
	struct caught caught;
	struct words words;
	int operands = -1;

	assert_int_equal(parse(text, &taken, &words, &operands, &caught), EXIT_USAGE);
	assert_int_equal(operands, -1);
	assert_string_equal(caught.out, "");
	assert_non_null(strstr(caught.err, complaint));
	assert_non_null(strstr(caught.err, "Usage: daytimed [OPTION]... [PORT]\n"));
	assert_non_null(strstr(caught.err, "Try 'daytimed --help' for more.\n"));
}

static void complains_of_unknown_options(void **state)
{
	(void)state;
	assert_complains("daytimed --nonsense", ": unknown option '--nonsense'\n");
	assert_complains("daytimed --utf", "unknown option '--utf' (did you mean '--utc'?)\n");
	assert_complains("daytimed --first-clsoe=client",
		"unknown option '--first-clsoe' (did you mean '--first-close'?)\n");
	assert_complains("daytimed -x", "unknown option '-x'\n");
	assert_complains("daytimed -ux", "unknown option '-x'\n");
}

static void complains_of_arguments(void **state)
{
	(void)state;
	assert_complains("daytimed --bind", "option '--bind': it needs an argument\n");
	assert_complains("daytimed -b", "option '-b': it needs an argument\n");
	assert_complains("daytimed --utc=yes", "option '--utc': it takes no argument\n");
}

static void stops_where_the_callback_says(void **state)
{
	struct taken taken = {.text = "", .exit_code = EXIT_USAGE, .after = 2};
	struct caught caught;
	struct words words;
	int operands = -1;

	(void)state;
	assert_int_equal(
		parse("daytimed -u --rate x -u", &taken, &words, &operands, &caught), EXIT_USAGE);
	assert_string_equal(taken.text, "u;long0=x;");
	assert_int_equal(operands, -1);
}

static void shows_help(void **state)
{
	static const char *const expected[] = {
		"Usage: daytimed [OPTION]... [PORT]\nTells the time.\n\n",
		"  -u, --utc                   speak UTC\n",
		"  -b, --bind ADDR             listen on ADDR\n",
		"      --rate N                at most N\n"
		"                              a second line of help\n",
		/* Too wide for its column: the help goes below. */
		"      --first-close[=server|client]\n"
		"                              who closes first\n",
		"  -h, --help                  show this help\n",
		"  -V, --version               show the version\n",
		"\nDetails below.\n",
	};
	struct taken taken = {.text = ""};
	struct caught caught;
	struct words words;
	int operands;

	(void)state;
	assert_int_equal(parse("daytimed -u --help", &taken, &words, &operands, &caught), EXIT_OK);
	assert_string_equal(caught.err, "");
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_non_null(strstr(caught.out, expected[i]));
}

static void shows_the_version(void **state)
{
	struct taken taken = {.text = ""};
	struct caught caught;
	struct words words;
	int operands;

	(void)state;
	assert_int_equal(parse("daytimed -V", &taken, &words, &operands, &caught), EXIT_OK);
	assert_string_equal(caught.err, "");
	assert_non_null(strstr(caught.out, "(timewait) "));
}

static void complains_of_operands(void **state)
{
	struct caught caught;
	int extra, missing;

	(void)state;
	catch_begin(&caught);
	extra = options_unexpected(&line, "1414");
	missing = options_missing(&line, "PORT");
	catch_end(&caught);
	assert_int_equal(extra, EXIT_USAGE);
	assert_int_equal(missing, EXIT_USAGE);
	assert_non_null(strstr(caught.err, "unexpected operand '1414'\n"));
	assert_non_null(strstr(caught.err, "missing operand PORT\n"));
	assert_string_equal(caught.out, "");
}

static void reads_numbers(void **state)
{
	static const char *const bad[] = {"", "0", "70000", "abc", "1.5", "-1"};
	struct caught caught;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(options_number("PORT", "1313", 1, 65535, &number), OPTIONS_GO_ON);
	assert_int_equal(number, 1313);
	for (size_t i = 0; i < COUNT(bad); i++) {
		char expected[128];
		int result;

		catch_begin(&caught);
		result = options_number("PORT", bad[i], 1, 65535, &number);
		catch_end(&caught);
		snprintf(expected, sizeof(expected),
			"PORT '%s': not a whole number from 1 to 65535\n", bad[i]);
		assert_int_equal(result, EXIT_USAGE);
		assert_non_null(strstr(caught.err, expected));
		assert_int_equal(number, 1313);
	}
}

static void reads_seconds(void **state)
{
	static const char *const bad[] = {"", "abc", "-1", "nan", "inf", "0x1p3", " 1", "1s", "1e2",
		"1.2.3", "0.05", "3601", "."};
	struct caught caught;
	int64_t ns = 0;

	(void)state;
	assert_int_equal(options_seconds("--timeout", "5", 0.1, 3600, &ns), OPTIONS_GO_ON);
	assert_int_equal(ns, 5 * NS_PER_S);
	assert_int_equal(options_seconds("--timeout", "0.5", 0.1, 3600, &ns), OPTIONS_GO_ON);
	assert_int_equal(ns, NS_PER_S / 2);
	assert_int_equal(options_seconds("--timeout", ".25", 0.1, 3600, &ns), OPTIONS_GO_ON);
	assert_int_equal(ns, NS_PER_S / 4);
	for (size_t i = 0; i < COUNT(bad); i++) {
		int result;

		catch_begin(&caught);
		result = options_seconds("--timeout", bad[i], 0.1, 3600, &ns);
		catch_end(&caught);
		assert_int_equal(result, EXIT_USAGE);
		assert_non_null(strstr(caught.err, "not a number of seconds from 0.1 to 3600\n"));
		assert_int_equal(ns, NS_PER_S / 4);
	}
}

static void reads_words(void **state)
{
	static const char *const words[] = {"server", "client", "reset", NULL};
	struct caught caught;
	int index = 77, result;

	(void)state;
	assert_int_equal(options_word("--first-close", "reset", words, &index), OPTIONS_GO_ON);
	assert_int_equal(index, 2);
	assert_int_equal(options_word("--first-close", "server", words, &index), OPTIONS_GO_ON);
	assert_int_equal(index, 0);
	catch_begin(&caught);
	result = options_word("--first-close", "serve", words, &index);
	catch_end(&caught);
	assert_int_equal(result, EXIT_USAGE);
	assert_int_equal(index, 0);
	assert_non_null(
		strstr(caught.err, "--first-close 'serve': not one of server, client, reset\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_long_and_short_options),
		cmocka_unit_test(leaves_operands),
		cmocka_unit_test(parses_again),
		cmocka_unit_test(complains_of_unknown_options),
		cmocka_unit_test(complains_of_arguments),
		cmocka_unit_test(stops_where_the_callback_says),
		cmocka_unit_test(shows_help),
		cmocka_unit_test(shows_the_version),
		cmocka_unit_test(complains_of_operands),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_seconds),
		cmocka_unit_test(reads_words),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
