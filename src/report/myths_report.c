/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/myths_report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "report/json_line.h"
#include "report/wrap.h"

/* Lines longer than this are hard to read, however wide the terminal. */
#define COLUMNS_MAX 100

static const struct {
	const char *json, *colour;
} looks[MYTH_VERDICT_COUNT] = {
	[MYTH_FALSE] = {"false", "31"},
	[MYTH_TRUE] = {"true", "32"},
	[MYTH_HALF_TRUE] = {"half_true", "33"},
	[MYTH_OTHERWISE] = {"otherwise", "1;35"},
	[MYTH_UNTRIED] = {"untried", "2"},
};

/* What was measured, with the figures of this run behind it. */
static char *measured_of(const struct myth *myth)
{
	_cleanup_text_ struct text figures = TEXT_INIT;
	struct text measured = TEXT_INIT;

	text_append(&measured, myth->measured);
	myth_print_figures(myth, &figures);
	if (figures.length)
		text_printf(&measured, " %s", figures.bytes);
	return text_steal(&measured);
}

/* The widest of the labels, and two blanks: where the words begin. */
static size_t indent_of_words(void)
{
	const char *const labels[] = {_("claimed"), _("measured"), _("verdict")};
	size_t widest = 0;

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		if (text_columns(labels[i]) > widest)
			widest = text_columns(labels[i]);
	}
	return 2 + widest + 2;
}

/* "  measured  It was ...": further lines stand under the first word. */
static void print_words(struct text *out, const char *label, const char *words, const char *colour,
	const struct myths_look *look)
{
	_cleanup_free_ char *safe = wrap_printable(words, look->utf8);
	size_t columns = look->columns < COLUMNS_MAX ? look->columns : COLUMNS_MAX;
	size_t indent = indent_of_words();
	size_t room = columns > indent + 20 ? columns - indent : 20;
	const char *rest = safe;
	char *line;

	text_printf(out, "  %s", label);
	for (int i = 0; (line = wrap_line(&rest, room)); i++) {
		text_repeat(out, " ", i ? indent : indent - 2 - text_columns(label));
		if (colour && look->has_colour)
			text_printf(out, "\033[%sm%s\033[m\n", colour, line);
		else
			text_printf(out, "%s\n", line);
		free(line);
	}
}

void myth_print(
	struct text *out, const char *name, const struct myth *myth, const struct myths_look *look)
{
	_cleanup_free_ char *measured = measured_of(myth);
	_cleanup_text_ struct text claim = TEXT_INIT;

	text_printf(&claim, "\"%s\"", myth->claim);
	text_printf(out, look->has_colour ? "\033[1m%s\033[m\n" : "%s\n", name);
	print_words(out, _("claimed"), claim.bytes, NULL, look);
	print_words(out, _("measured"), measured, NULL, look);
	print_words(out, _("verdict"), myth->words, looks[myth->verdict].colour, look);
}

/* Words as a cell of a table: nothing in them is markup. */
static void print_cell(struct text *out, const char *words)
{
	for (; *words; words++) {
		if (*words == '\n')
			text_append(out, " ");
		else if (*words == '<')
			text_append(out, "&lt;");
		else if (strchr("|\\*_`[]", *words))
			text_printf(out, "\\%c", *words);
		else
			text_append_bytes(out, words, 1);
	}
}

void myths_print_markdown_head(struct text *out, const char *kernel)
{
	text_append(out, "# ");
	text_printf(out, _("Claims about TCP, measured on Linux %s"), kernel);
	text_printf(out, "\n\n| %s | %s | %s | %s |\n|---|---|---|---|\n", _("Claimed"),
		_("Measured"), _("Verdict"), _("See for yourself"));
}

void myth_print_markdown(struct text *out, const char *name, const struct myth *myth)
{
	_cleanup_free_ char *measured = measured_of(myth);

	text_append(out, "| ");
	print_cell(out, myth->claim);
	text_append(out, " | ");
	print_cell(out, measured);
	text_append(out, " | ");
	print_cell(out, myth->words);
	text_printf(out, " | `timewait run %s` |\n", name);
}

static json_t *figures_of(const struct myth *myth)
{
	json_t *figures = json_array();

	for (size_t i = 0; i < myth->figure_count; i++) {
		const struct figure *figure = &myth->figures[i];
		json_t *object = json_object();

		if (!figure->is_known) {
			json_decref(object);
			continue;
		}
		json_object_set_new(object, "what", json_string(figure->words));
		if (figure->kind == FIGURE_TIME)
			json_object_set_new(
				object, "time_s", json_real((double)figure->value / NS_PER_S));
		else
			json_object_set_new(object, "packets", json_integer(figure->value));
		json_array_append_new(figures, object);
	}
	return figures;
}

void myth_print_json(struct text *out, const char *name, const struct myth *myth,
	const char *kernel, bool is_first)
{
	json_t *object = json_object();

	if (is_first)
		json_object_set_new(object, "v", json_integer(1));
	json_object_set_new(object, "type", json_string("myth"));
	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(object, "claimed", json_string(myth->claim));
	json_object_set_new(object, "measured", json_string(myth->measured));
	json_object_set_new(object, "verdict", json_string(looks[myth->verdict].json));
	json_object_set_new(object, "answer", json_string(myth->words));
	json_object_set_new(object, "background", json_string(myth->background));
	json_object_set_new(object, "kernel", json_string(kernel));
	json_object_set_new(object, "figures", figures_of(myth));
	json_line_append(out, object, 9);
}
