/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_TABLE_H
#define REPORT_TOP_TABLE_H

/* The tables of `timewait top`: which columns each has, what stands in them, in which order. Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "observe/survey.h"

enum top_column {
	TOP_NAME,
	TOP_SOCKETS, /* of a destination: ports used */
	TOP_WAITING, /* TIME_WAIT */
	TOP_FIN_WAIT2,
	TOP_ESTABLISHED,
	TOP_CLOSE_WAIT,
	TOP_FREE,    /* ports left of the range */
	TOP_FULL_IN, /* seconds until none is, at the rate of now */
	TOP_BORN,    /* per second */
	TOP_DIED,
	TOP_COLUMNS,
};

/* The columns of the table, the most important first, ended by TOP_COLUMNS. The first is TOP_NAME. */
const enum top_column *top_table_columns(enum survey_by by);

/* The next of its columns to the right (step 1) or to the left (-1), around the end. */
enum top_column top_table_next_column(enum survey_by by, enum top_column column, int step);

/* The titles: of the table ("Destinations"), of a column ("USED"); translated. */
const char *top_table_title(enum survey_by by);
const char *top_column_title(enum survey_by by, enum top_column column);

/* Appends what the group is called: "127.0.0.1 > 192.0.2.1:80", "4711/daytimed". Not escaped. */
void top_table_name(enum survey_by by, const struct tally_group *group, struct text *out);

/* What stands in a column of numbers; below 0 where it is not known or makes no sense. */
double top_table_value(const struct survey *survey, enum survey_by by,
	const struct tally_group *group, enum top_column column);

/* The groups that the filter lets through (in any case of letters), sorted. */
struct top_rows {
	const struct tally_group **groups;
	size_t count;
};

/* The rows point into the survey; the caller finishes them. */
void top_rows_choose(struct top_rows *rows, const struct survey *survey, enum survey_by by,
	enum top_column sort, bool is_upward, const char *filter);
void top_rows_finish(struct top_rows *rows);

#endif
