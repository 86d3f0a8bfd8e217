/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/preface.h"

#include <string.h>

#include "base/text.h"

static bool stands_alone(const char *line)
{
	return *line == ' ' || *line == '\t' || !strncmp(line, "- ", 2);
}

static void end_paragraph(struct timeline *timeline, struct text *paragraph)
{
	if (paragraph->length)
		timeline_comment(timeline, 0, paragraph->bytes);
	text_clear(paragraph);
}

void scenario_preface(const struct scenario *scenario, struct timeline *timeline)
{
	_cleanup_text_ struct text paragraph = TEXT_INIT;
	const char *line = scenario->explanation;

	while (line && *line) {
		size_t length = strcspn(line, "\n");

		if (!length || stands_alone(line))
			end_paragraph(timeline, &paragraph);
		if (!length)
			timeline_comment(timeline, 0, "");
		if (paragraph.length)
			text_append(&paragraph, " ");
		text_append_bytes(&paragraph, line, length);
		line += length;
		line += *line == '\n';
	}
	end_paragraph(timeline, &paragraph);
}
