/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/line.h"

static struct zone zone_for(struct line *line, int64_t time_s)
{
	struct zone_plan plan;
	const struct zone *planned;
	struct zone zone;

	line->edition = zone_board_read(line->board, &plan);
	planned = zone_at(&plan, time_s);
	if (planned)
		return *planned;
	format_local_zone(time_s, &zone);
	return zone;
}

static void make(struct line *line, int64_t time_s)
{
	struct clock_quality quality = {0};
	struct zone zone = format_utc;

	if (line->board)
		zone = zone_for(line, time_s);
	if (line->format == FORMAT_NIST)
		format_clock_quality(&quality);
	line->length = format_line(line->format, time_s, &zone, &quality, line->bytes);
	line->made_s = time_s;
	line->is_made = true;
}

struct timespec line_refresh(struct line *line)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!line->is_made || line->made_s != now.tv_sec ||
		(line->board && !zone_board_is(line->board, line->edition)))
		make(line, now.tv_sec);
	return now;
}
