/* SPDX-License-Identifier: BSD-2-Clause */

/* All pages: one below the other for a person, one an object for a program. */

#include <jansson.h>
#include <string.h>

#include "base/i18n.h"
#include "report/json_line.h"
#include "report/listing.h"
#include "report/page.h"

void page_print_list(struct text *out, size_t columns, bool has_colour)
{
	static const char *const headings[PAGE_KIND_COUNT] = {
		[PAGE_STATE] = N_("States"),
		[PAGE_ERRNO] = N_("Errors"),
		[PAGE_SYSCTL] = N_("Kernel settings (sysctl)"),
		[PAGE_OPTION] = N_("Socket options"),
		[PAGE_TOPIC] = N_("Topics"),
	};
	struct listing listing = {.columns = columns, .has_bold = has_colour};

	for (size_t i = 0; i < page_count; i++)
		listing_widen(&listing, pages[i].name);
	for (size_t i = 0; i < page_count; i++) {
		if (!i || pages[i].kind != pages[i - 1].kind)
			text_printf(out, "%s%s\n", i ? "\n" : "", _(headings[pages[i].kind]));
		listing_line(out, &listing, pages[i].name, pages[i].summary);
	}
}

static json_t *aliases_of(const struct page *page)
{
	json_t *aliases = json_array();
	const char *at = page->aliases;

	while (*at) {
		size_t length = strcspn(at, ",");

		json_array_append_new(aliases, json_stringn(at, length));
		at += length;
		at += strspn(at, ", ");
	}
	return aliases;
}

static bool add_name(void *context, const char *name, size_t length)
{
	json_array_append_new(context, json_stringn(name, length));
	return true;
}

void page_print_json(struct text *out, const struct page *page, bool is_first, bool with_text)
{
	json_t *object = json_object(), *scenarios = json_array();

	if (is_first)
		json_object_set_new(object, "v", json_integer(1));
	json_object_set_new(object, "type", json_string("page"));
	json_object_set_new(object, "kind", json_string(page_kind_name(page->kind)));
	json_object_set_new(object, "name", json_string(page->name));
	json_object_set_new(object, "summary", json_string(page->summary));
	json_object_set_new(object, "aliases", aliases_of(page));
	page_scenarios(page, add_name, scenarios);
	json_object_set_new(object, "scenarios", scenarios);
	if (with_text)
		json_object_set_new(object, "text", json_string(page->body));
	json_line_append(out, object, 0);
}
