/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/explain.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "base/text.h"
#include "report/page.h"
#include "timewait/output.h"

static const struct option_spec options[] = {
	{'l', "list", NULL, N_("list the pages, by kind")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait explain",
	.usage = N_("[OPTION]... WHAT"),
	.summary =
		N_("Explain a TCP state, an error, a kernel setting, a socket option or a topic."),
	.options = options,
	.details = N_("WHAT is a name in any spelling: TIME_WAIT, time-wait, 98, EADDRINUSE,\n"
		      "'Address already in use', net.ipv4.tcp_fin_timeout, SO_LINGER, half-close.\n"
		      "Each page names scenarios that show what it tells: timewait run NAME.\n"
		      "Exit status: 2 when there is no such page."),
};

struct explain_options {
	bool list, json;
};

static int take(void *context, int id, const char *value)
{
	struct explain_options *chosen = context;

	(void)value;
	if (id == 'l')
		chosen->list = true;
	else if (id == 'j')
		chosen->json = true;
	return OPTIONS_GO_ON;
}

static int list_pages(bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	if (json) {
		for (size_t i = 0; i < page_count; i++)
			page_print_json(&out, &pages[i], i == 0, false);
	} else {
		page_print_list(&out, (size_t)console_columns(stdout), console_has_colour(stdout));
	}
	return output_write(&out);
}

static int print_page(const struct page *page, bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	if (json)
		page_print_json(&out, page, true, true);
	else
		page_print(&out, page, (size_t)console_columns(stdout), console_has_colour(stdout));
	return output_write(&out);
}

static int complain(const char *what, const struct page *nearest)
{
	_cleanup_text_ struct text safe = TEXT_INIT;

	text_append_escaped(&safe, what, strlen(what), console_has_utf8());
	if (nearest)
		console_error(_("no page '%s' (did you mean '%s'?)"), safe.bytes, nearest->name);
	else
		console_error(_("no page '%s' (all of them: timewait explain --list)"), safe.bytes);
	return EXIT_USAGE;
}

/* The operands are one name: the shell has split "Address already in use" where nobody quoted it. */
static int explain(char **words, int count, bool json)
{
	_cleanup_text_ struct text what = TEXT_INIT;
	const struct page *page, *nearest;

	for (int i = 0; i < count; i++)
		text_printf(&what, "%s%s", i ? " " : "", words[i]);
	page = page_find(what.bytes);
	if (page)
		return print_page(page, json);
	nearest = page_nearest(what.bytes);
	if (count > 1 && !nearest)
		return options_unexpected(&command, words[1]);
	return complain(what.bytes, nearest);
}

int command_explain(int argc, char **argv)
{
	struct explain_options chosen = {0};
	int operands;
	int r = options_parse(&command, argc, argv, take, &chosen, &operands);

	if (r != OPTIONS_GO_ON)
		return r;
	if (chosen.list && operands < argc)
		return options_unexpected(&command, argv[operands]);
	if (chosen.list)
		return list_pages(chosen.json);
	if (operands == argc)
		return options_missing(&command, "WHAT");
	return explain(argv + operands, argc - operands, chosen.json);
}
