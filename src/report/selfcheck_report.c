/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/selfcheck_report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "report/json_line.h"
#include "report/wrap.h"

enum mark { MARK_WORKS, MARK_BROKEN, MARK_ABSENT };

static const struct {
	const char *utf8, *ascii, *colour;
} marks[] = {
	[MARK_WORKS] = {"✓", "ok", "32"},
	[MARK_BROKEN] = {"✗", "no", "1;31"},
	[MARK_ABSENT] = {"–", "--", "2"},
};

static enum mark judge(const struct selfcheck_item *item)
{
	if (!item->result.code)
		return MARK_WORKS;
	return item->needed_by && item->was_tried ? MARK_BROKEN : MARK_ABSENT;
}

static void print_mark(struct text *out, enum mark mark, const struct selfcheck_look *look)
{
	const char *glyph = look->utf8 ? marks[mark].utf8 : marks[mark].ascii;

	if (look->has_colour)
		text_printf(out, "\033[%sm%s\033[m", marks[mark].colour, glyph);
	else
		text_append(out, glyph);
}

#define INDENT 6

/* "why: ..." below a check; further lines stand under the first word. */
static void print_words(
	struct text *out, const char *heading, const char *words, const struct selfcheck_look *look)
{
	_cleanup_free_ char *safe = wrap_printable(words, look->utf8);
	const char *rest = safe;
	size_t indent = INDENT + text_columns(heading) + 1;
	size_t room = look->columns > indent + 20 ? look->columns - indent : 20;
	char *line;

	for (int i = 0; (line = wrap_line(&rest, room)); i++) {
		text_repeat(out, " ", i ? indent : INDENT);
		if (!i)
			text_printf(out, "%s ", heading);
		text_printf(out, "%s\n", line);
		free(line);
	}
}

static void print_item(struct text *out, const struct selfcheck_item *item, size_t width,
	const struct selfcheck_look *look)
{
	print_mark(out, judge(item), look);
	text_printf(out, " %s", _(item->title));
	text_repeat(out, " ", width - text_columns(_(item->title)) + 2);
	text_printf(out, "%s\n", _(item->purpose));
	if (!item->result.code)
		return;
	print_words(out, _("why:"), item->result.reason, look);
	if (item->result.remedy[0])
		print_words(out, _("remedy:"), item->result.remedy, look);
}

/* "list, reproduce", of the commands in the set; the caller frees. */
static char *name_commands(unsigned int commands)
{
	struct text names = TEXT_INIT;

	for (int i = 0; i < SELFCHECK_COMMAND_COUNT; i++) {
		if (commands & 1U << i)
			text_printf(
				&names, "%s%s", names.length ? ", " : "", selfcheck_commands[i]);
	}
	return text_steal(&names);
}

static void print_summary(struct text *out, unsigned int broken)
{
	unsigned int all = (1U << SELFCHECK_COMMAND_COUNT) - 1;
	_cleanup_free_ char *working = name_commands(all & ~broken);
	_cleanup_free_ char *failing = name_commands(broken);

	text_append(out, "\n");
	if (*working)
		text_printf(out, _("Works here: %s.\n"), working);
	if (*failing)
		text_printf(out, _("Does not work here: %s.\n"), failing);
	if (broken & SELFCHECK_REPRODUCE && !(broken & SELFCHECK_REPRODUCE_HOST))
		text_append(out, _("'timewait reproduce --host' shows the experiment on this "
				   "machine's own loopback.\n"));
}

void selfcheck_print(
	struct text *out, const struct selfcheck *check, const struct selfcheck_look *look)
{
	size_t width = 0;

	for (size_t i = 0; i < check->count; i++) {
		size_t columns = text_columns(_(check->items[i].title));

		if (columns > width)
			width = columns;
	}
	for (size_t i = 0; i < check->count; i++)
		print_item(out, &check->items[i], width, look);
	print_summary(out, selfcheck_broken(check));
}

/* Paths may be anything; JSON is UTF-8. */
static void set_words(json_t *object, const char *key, const char *words)
{
	_cleanup_text_ struct text safe = TEXT_INIT;

	if (!words[0] || !json_object_set_new(object, key, json_string(words)))
		return;
	text_append_escaped(&safe, words, strlen(words), false);
	json_object_set_new(object, key, json_string(safe.bytes));
}

void selfcheck_print_json(struct text *out, const struct selfcheck *check)
{
	unsigned int broken = selfcheck_broken(check);

	for (size_t i = 0; i < check->count; i++) {
		const struct selfcheck_item *item = &check->items[i];
		_cleanup_free_ char *needed_by = name_commands(item->needed_by);
		json_t *object = json_object();

		if (i == 0)
			json_object_set_new(object, "v", json_integer(1));
		set_words(object, "type", "check");
		set_words(object, "name", item->name);
		json_object_set_new(object, "works", json_boolean(!item->result.code));
		json_object_set_new(object, "tried", json_boolean(item->was_tried));
		set_words(object, "needed_by", needed_by);
		set_words(object, "purpose", item->purpose);
		set_words(object, "reason", item->result.reason);
		set_words(object, "remedy", item->result.remedy);
		json_line_append(out, object, 0);
	}
	for (int i = 0; i < SELFCHECK_COMMAND_COUNT; i++)
		json_line_append(out,
			json_pack("{s:s, s:s, s:b}", "type", "command", "name",
				selfcheck_commands[i], "works", !(broken & 1U << i)),
			0);
}
