/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/highlight.h"

#include <stdbool.h>
#include <string.h>

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define NORMAL "\033[0m"

static void paint(struct text *out, const char *look, const char *bytes, size_t length)
{
	if (!length)
		return;
	text_append(out, look);
	text_append_bytes(out, bytes, length);
	text_append(out, NORMAL);
}

/* Where the comment begins: at a # outside quotes; the length where there is none. */
static size_t find_comment(const char *line, size_t length)
{
	bool is_quoted = false;

	for (size_t i = 0; i < length; i++) {
		if (is_quoted && line[i] == '\\' && i + 1 < length)
			i++;
		else if (line[i] == '"')
			is_quoted = !is_quoted;
		else if (line[i] == '#' && !is_quoted)
			return i;
	}
	return length;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The blanks at `at`, or the word there, ends where? */
static size_t end_of(const char *line, size_t length, size_t at, bool blanks)
{
	while (at < length && is_blank(line[at]) == blanks)
		at++;
	return at;
}

/* A host, or the end of a connection: the verb comes behind it. */
static bool is_whose(const char *word, size_t length)
{
	static const char *const hosts[] = {"server", "client"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		size_t used = strlen(hosts[i]);

		if (length >= used && !memcmp(word, hosts[i], used) &&
			(length == used || word[used] == '.'))
			return true;
	}
	return false;
}

/* "server.conn close", "wire hold FIN", "expect ...": everything up to the comment. */
static void paint_step(struct text *out, const char *line, size_t length)
{
	size_t start = end_of(line, length, 0, true);
	size_t end = end_of(line, length, start, false);

	if (is_whose(line + start, end - start)) {
		start = end_of(line, length, end, true);
		end = end_of(line, length, start, false);
	} else if (end - start == strlen("wire") && !memcmp(line + start, "wire", end - start)) {
		end = end_of(line, length, end_of(line, length, end, true), false);
	}
	text_append_bytes(out, line, start);
	paint(out, BOLD, line + start, end - start);
	text_append_bytes(out, line + end, length - end);
}

void highlight_scenario(struct text *out, const char *scenario, size_t length)
{
	const char *end = scenario + length;

	while (scenario < end) {
		const char *newline = memchr(scenario, '\n', (size_t)(end - scenario));
		size_t whole = (size_t)((newline ? newline : end) - scenario);
		size_t comment = find_comment(scenario, whole);

		paint_step(out, scenario, comment);
		paint(out, DIM, scenario + comment, whole - comment);
		if (newline)
			text_append(out, "\n");
		scenario += whole + (newline != NULL);
	}
}
