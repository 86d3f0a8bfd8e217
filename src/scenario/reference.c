/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/reference.h"

#include <string.h>

#include "scenario/vocabulary.h"

static const struct {
	enum vocabulary kind;
	const char *heading;
} chapters[] = {
	{VOCABULARY_LINE, "How a line begins"},
	{VOCABULARY_ACTION, "Actions of a host"},
	{VOCABULARY_CLAUSE, "Clauses"},
	{VOCABULARY_OPTION, "Socket options"},
	{VOCABULARY_WIRE, "The wire"},
	{VOCABULARY_PACKET, "Packets"},
	{VOCABULARY_EXPECT, "Expectations"},
	{VOCABULARY_STATE, "States"},
	{VOCABULARY_TIMER, "Timers"},
};

/* The text, with a backslash before each of these bytes. */
static void append_guarded(struct text *out, const char *string, const char *guarded)
{
	for (; *string; string++) {
		if (strchr(guarded, *string))
			text_append(out, "\\");
		text_append_bytes(out, string, 1);
	}
}

/* A cell of a table ends at a bar, also within code. */
static void append_code(struct text *out, const char *string)
{
	text_append(out, "`");
	append_guarded(out, string, "|");
	text_append(out, "`");
}

void reference_markdown(struct text *out)
{
	for (size_t i = 0; i < sizeof(chapters) / sizeof(*chapters); i++) {
		size_t count;
		const struct vocabulary_word *word = vocabulary_words(chapters[i].kind, &count);

		text_printf(out, "%s### %s\n\n| written | meaning | example |\n|---|---|---|\n",
			i ? "\n" : "", chapters[i].heading);
		for (; count; count--, word++) {
			text_append(out, "| ");
			append_code(out, word->synopsis);
			text_append(out, " | ");
			append_guarded(out, word->meaning, "|");
			text_append(out, " | ");
			append_code(out, word->example);
			text_append(out, " |\n");
		}
	}
}

/* Bytes that scdoc gives a meaning to. */
static const char scdoc_bytes[] = "\\*_`[]<>#~";

/* Words between backticks are bold. */
static void append_prose(struct text *out, const char *string)
{
	for (; *string; string++) {
		if (*string == '`')
			text_append(out, "*");
		else
			append_guarded(out, (const char[]){*string, '\0'}, scdoc_bytes);
	}
}

void reference_scdoc(struct text *out)
{
	for (size_t i = 0; i < sizeof(chapters) / sizeof(*chapters); i++) {
		size_t count;
		const struct vocabulary_word *word = vocabulary_words(chapters[i].kind, &count);

		text_printf(out, "%s## %s\n", i ? "\n" : "", chapters[i].heading);
		for (; count; count--, word++) {
			text_append(out, "\n*");
			append_guarded(out, word->synopsis, scdoc_bytes);
			text_append(out, "*\n\t");
			append_prose(out, word->meaning);
			text_append(out, ".\n\n\t_");
			append_guarded(out, word->example, scdoc_bytes);
			text_append(out, "_\n");
		}
	}
}
