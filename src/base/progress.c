/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/text.h"

#define REDRAW_NS (100 * NS_PER_MS)

void progress_start(struct progress *progress, const char *title)
{
	*progress = (struct progress){.title = title, .is_shown = isatty(STDERR_FILENO)};
}

static void append_bar(struct text *line, double share, int width)
{
	const char *full = console_has_utf8() ? "━" : "#";
	const char *rest = console_has_utf8() ? "─" : "-";
	int done = (int)(share * width + 0.5);

	text_repeat(line, full, (size_t)done);
	text_repeat(line, rest, (size_t)(width - done));
}

void progress_show(struct progress *progress, double done, double total, const char *note)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	double share = total > 0 ? done / total : 0;
	int64_t now_ns = clock_now_ns();
	int width;

	if (!progress->is_shown || (progress->has_drawn && now_ns - progress->drawn_ns < REDRAW_NS))
		return;
	progress->has_drawn = true;
	progress->drawn_ns = now_ns;
	if (share < 0)
		share = 0;
	if (share > 1)
		share = 1;
	if (!note)
		note = "";
	width = console_columns(stderr) - (int)text_columns(progress->title) -
		(int)text_columns(note) - 4;
	if (width > 40)
		width = 40;
	text_printf(&line, "\r%s ", progress->title);
	if (width >= 5)
		append_bar(&line, share, width);
	text_printf(&line, " %s\033[K", note);
	fputs(line.bytes, stderr);
	fflush(stderr);
}

void progress_show_count(struct progress *progress, uint64_t done, uint64_t total)
{
	char note[48];

	snprintf(note, sizeof(note), "%llu/%llu", (unsigned long long)done,
		(unsigned long long)total);
	progress_show(progress, (double)done, (double)total, note);
}

void progress_finish(struct progress *progress)
{
	if (progress->has_drawn) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	progress->has_drawn = false;
}
