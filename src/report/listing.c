/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/listing.h"

#include <stdlib.h>
#include <string.h>

#include "report/wrap.h"

#define GAP   2
#define LEAST 20 /* columns for the words, whatever the terminal has */

void listing_widen(struct listing *listing, const char *name)
{
	if (strlen(name) > listing->width)
		listing->width = strlen(name);
}

void listing_line(
	struct text *out, const struct listing *listing, const char *name, const char *words)
{
	size_t indent = GAP + listing->width + GAP, used = GAP + strlen(name);
	size_t room = listing->columns > indent + LEAST ? listing->columns - indent : LEAST;
	char *line;

	text_printf(out, "%*s%s%s%s", GAP, "", listing->has_bold ? "\033[1m" : "", name,
		listing->has_bold ? "\033[0m" : "");
	if (!*words)
		text_append(out, "\n");
	for (; (line = wrap_line(&words, room)); used = 0) {
		text_repeat(out, " ", indent - used);
		text_printf(out, "%s\n", line);
		free(line);
	}
}
