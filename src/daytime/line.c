/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/line.h"

#include <time.h>

void line_refresh(struct line *line)
{
	struct clock_quality quality = {0};
	struct zone zone = format_utc;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (line->is_made && line->made_s == now.tv_sec)
		return;
	if (!line->is_utc)
		format_local_zone(now.tv_sec, &zone);
	if (line->format == FORMAT_NIST)
		format_clock_quality(&quality);
	line->length = format_line(line->format, now.tv_sec, &zone, &quality, line->bytes);
	line->made_s = now.tv_sec;
	line->is_made = true;
}

void line_reread_zone(struct line *line)
{
	format_reread_zone();
	line->is_made = false;
}
