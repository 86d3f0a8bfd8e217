/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/failure.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "report/painter.h"
#include "report/wrap.h"

static void append_safe(struct text *out, const char *words, const struct failure_look *look)
{
	char *safe = wrap_printable(words, look->utf8);

	text_append(out, safe);
	free(safe);
}

/* "closing.tcp:12: failed: ", the line only where there is one. */
static void begin(
	struct text *out, const char *file, int line, uint64_t run, const struct failure_look *look)
{
	append_safe(out, file, look);
	if (line)
		text_printf(out, ":%d", line);
	text_append(out, ": ");
	if (look->has_colour)
		text_append(out, "\033[" LOOK_RED "m");
	if (look->names_run)
		text_printf(out, _("failed in run %llu"), (unsigned long long)run);
	else
		text_append(out, _("failed"));
	if (look->has_colour)
		text_append(out, "\033[m");
	text_append(out, ": ");
}

static void add_line(
	struct text *out, const char *label, const char *words, const struct failure_look *look)
{
	if (!words || !*words)
		return;
	text_printf(out, "  %s: ", label);
	append_safe(out, words, look);
	text_append(out, "\n");
}

void failure_print(struct text *out, const char *file, const struct suite_report *report,
	const struct failure_look *look)
{
	for (size_t i = 0; i < report->failure_count; i++) {
		const struct suite_failure *failure = &report->failures[i];

		begin(out, file, failure->line, report->run, look);
		append_safe(out, failure->text ? failure->text : "", look);
		text_append(out, "\n");
		add_line(out, _("expected"), failure->expected, look);
		add_line(out, _("observed"), failure->observed, look);
	}
	if (!report->failure_count) {
		begin(out, file, 0, report->run, look);
		append_safe(out, report->reason ? report->reason : "", look);
		text_append(out, "\n");
	}
	add_line(out, _("last states"), report->last_states, look);
}
