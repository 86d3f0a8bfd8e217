/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/interactive_help.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "report/wrap.h"
#include "scenario/vocabulary.h"

static const char *const headings[VOCABULARY_COUNT] = {
	[VOCABULARY_LINE] = N_("A line begins with"),
	[VOCABULARY_ACTION] = N_("What a host does"),
	[VOCABULARY_CLAUSE] = N_("What stands behind an action or an expectation"),
	[VOCABULARY_WIRE] = N_("What the wire does"),
	[VOCABULARY_EXPECT] = N_("What can be expected"),
	[VOCABULARY_OPTION] = N_("Options of sockets (OPT)"),
	[VOCABULARY_PACKET] = N_("PACKETS, each with `from HOST[.NAME]` behind it"),
	[VOCABULARY_STATE] = N_("States (STATE)"),
	[VOCABULARY_TIMER] = N_("Timers (KIND)"),
};

static void append_wrapped(struct text *out, const char *words, int columns)
{
	char *line;

	while ((line = wrap_line(&words, columns > 24 ? (size_t)columns - 8 : 16))) {
		text_printf(out, "      %s\n", line);
		free(line);
	}
}

static bool is_named_only(enum vocabulary kind)
{
	return kind == VOCABULARY_OPTION || kind == VOCABULARY_PACKET || kind == VOCABULARY_STATE ||
	       kind == VOCABULARY_TIMER;
}

/* Tables of plain words in a paragraph, of whole lines a line each. */
static void append_table(struct text *out, enum vocabulary kind, int columns)
{
	_cleanup_text_ struct text names = TEXT_INIT;
	size_t count;
	const struct vocabulary_word *words = vocabulary_words(kind, &count);

	text_printf(out, "\n%s\n", _(headings[kind]));
	for (size_t i = 0; i < count; i++) {
		if (is_named_only(kind))
			text_printf(&names, "%s%s", i ? " " : "", words[i].word);
		else
			text_printf(out, "  %s\n", words[i].synopsis);
	}
	if (names.length)
		append_wrapped(out, names.bytes, columns);
}

void help_overview(struct text *out, const struct help_command *commands, int columns)
{
	text_printf(out, "%s\n", _("Commands of the interactive laboratory"));
	for (; commands->word; commands++)
		text_printf(out, "  %-16s %s\n", commands->synopsis, _(commands->meaning));
	for (int kind = 0; kind < VOCABULARY_COUNT; kind++)
		append_table(out, (enum vocabulary)kind, columns);
	text_printf(out, "\n%s\n", _("'help WORD' says what any of them means, with an example."));
}

static void append_entry(struct text *out, const struct vocabulary_word *word, int columns)
{
	text_printf(out, "  %s\n", word->synopsis);
	append_wrapped(out, _(word->meaning), columns);
	text_printf(out, _("      example: %s\n"), word->example);
}

static void append_unknown(struct text *out, const char *word)
{
	const char *nearest = vocabulary_nearest(VOCABULARY_BIT(VOCABULARY_COUNT) - 1, word);
	_cleanup_free_ char *safe = wrap_printable(word, console_has_utf8());

	if (nearest)
		text_printf(out, _("there is no word '%s' (did you mean '%s'?)\n"), safe, nearest);
	else
		text_printf(out, _("there is no word '%s' ('help' lists them)\n"), safe);
}

void help_word(struct text *out, const char *word, const struct help_command *commands, int columns)
{
	size_t before = out->length;
	int code = vocabulary_errno(word);

	for (; commands->word; commands++) {
		if (!strcmp(commands->word, word))
			text_printf(out, "  %-16s %s\n", commands->synopsis, _(commands->meaning));
	}
	for (int kind = 0; kind < VOCABULARY_COUNT; kind++) {
		const struct vocabulary_word *entry = vocabulary_find((enum vocabulary)kind, word);

		if (entry)
			append_entry(out, entry, columns);
	}
	if (code)
		text_printf(out, _("  %s: %s; see 'timewait explain %s'\n"), word, strerror(code),
			word);
	if (out->length == before)
		append_unknown(out, word);
}
