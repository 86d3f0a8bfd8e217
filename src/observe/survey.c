/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/survey.h"

int survey_take(struct survey_source *source, struct survey *survey, struct error *err)
{
	return source->take(source, survey, err);
}

void survey_close(struct survey_source *source)
{
	if (source)
		source->close(source);
}

void survey_finish(struct survey *survey)
{
	for (int by = 0; by < SURVEY_BYS; by++)
		tally_groups_finish(&survey->groups[by]);
	*survey = (struct survey){0};
}
