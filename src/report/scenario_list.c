/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/scenario_list.h"

#include <jansson.h>
#include <string.h>

#include "base/i18n.h"
#include "report/json_line.h"
#include "report/listing.h"
#include "scenario/parse.h"

/* What the themes are about, beside their names. */
static const struct {
	const char *theme, *words;
} meanings[] = {
	{"opening", N_("how connections begin, and how they do not")},
	{"closing", N_("how they end: FIN, in every order")},
	{"resets", N_("how they end otherwise: RST")},
	{"waiting", N_("TIME_WAIT")},
	{"reuse", N_("the same addresses and ports again")},
	{"ports", N_("who gets which port, and who gets none")},
	{"timers", N_("what the kernel does by the clock")},
	{"loss", N_("packets lost, doubled, out of order")},
	{"options", N_("what socket options do")},
	{"myths", N_("what people say, and what is so")},
	{"programs", N_("real programs on both hosts")},
};

static const char *meaning_of(const char *theme)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (!strcmp(meanings[i].theme, theme))
			return _(meanings[i].words);
	}
	return "";
}

/* Ours parse: a test sees to it. One that does not has no title, and `timewait run` says why. */
static void parse(struct scenario *ret_scenario, const struct library_entry *entry)
{
	struct parse_errors errors = {0};

	if (scenario_parse(ret_scenario, entry->name, entry->text, entry->length, &errors) < 0)
		*ret_scenario = (struct scenario){0};
}

/* Name and title. */
static void print_line(
	struct text *out, const struct listing *listing, const struct library_entry *entry)
{
	_cleanup_text_ struct text title = TEXT_INIT;
	struct scenario scenario;

	parse(&scenario, entry);
	text_append(&title, scenario.title ? scenario.title : "");
	if (scenario.is_slow)
		text_printf(&title, " (%s)", _("slow"));
	scenario_finish(&scenario);
	listing_line(out, listing, entry->name, title.bytes);
}

#define NO_LIMIT 100000 /* columns, where nothing is wrapped */

static void print_theme(struct text *out, const char *theme, bool has_colour)
{
	text_printf(out, "%s%s%s: %s\n", has_colour ? "\033[1m" : "", theme,
		has_colour ? "\033[0m" : "", meaning_of(theme));
}

void scenario_list_print(struct text *out, size_t columns, bool has_colour)
{
	const char *theme = "";
	struct listing listing = {.columns = columns ? columns : NO_LIMIT};

	for (size_t i = 0; i < library_count; i++)
		listing_widen(&listing, library_entries[i].name);
	for (size_t i = 0; i < library_count; i++) {
		const struct library_entry *entry = &library_entries[i];

		if (strcmp(theme, entry->theme)) {
			theme = entry->theme;
			text_append(out, i ? "\n" : "");
			print_theme(out, theme, has_colour);
		}
		print_line(out, &listing, entry);
	}
}

/* Appends one object; `with_text`: with all there is to know. */
static void print_json(
	struct text *out, const struct library_entry *entry, bool is_first, bool with_text)
{
	json_t *object = json_object();
	struct scenario scenario;

	parse(&scenario, entry);
	if (is_first)
		json_object_set_new(object, "v", json_integer(1));
	json_object_set_new(object, "type", json_string("scenario"));
	json_object_set_new(object, "name", json_string(entry->name));
	json_object_set_new(object, "theme", json_string(entry->theme));
	json_object_set_new(object, "title", json_string(scenario.title ? scenario.title : ""));
	json_object_set_new(object, "slow", json_boolean(scenario.is_slow));
	if (with_text) {
		json_object_set_new(object, "explanation",
			json_string(scenario.explanation ? scenario.explanation : ""));
		json_object_set_new(object, "text", json_stringn(entry->text, entry->length));
	}
	scenario_finish(&scenario);
	json_line_append(out, object, 0);
}

void scenario_list_print_json(struct text *out)
{
	for (size_t i = 0; i < library_count; i++)
		print_json(out, &library_entries[i], i == 0, false);
}

void scenario_list_print_one_json(struct text *out, const struct library_entry *entry)
{
	print_json(out, entry, true, true);
}
