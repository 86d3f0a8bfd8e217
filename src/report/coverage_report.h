/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_COVERAGE_REPORT_H
#define REPORT_COVERAGE_REPORT_H

/* The transitions of figure 5 and beyond, with the scenarios that show them. */

#include <stdbool.h>

#include "base/text.h"
#include "scenario/coverage_run.h"

/* Two tables: figure 5, and what else was seen. */
void coverage_print(struct text *out, const struct coverage *coverage, bool has_colour);

/*
 * One object a line: {"type":"transition",from,to,event,action,figure,absent,server,client}, where
 * server and client are {scenario,theme,slow,seen}, left out when nothing shows it there; then
 * {"type":"coverage",arrows,absent,missing,passed,failed,skipped,slow_skipped,ok}. The first has
 * "v":1.
 */
void coverage_print_json(struct text *out, const struct coverage *coverage);

/*
 * The same two tables in GitHub's Markdown, the names linked to scenarios/ beside the folder of the
 * document. Of what figure 5 does not have, only what every kernel from 6.1 on shows: the document
 * is the same wherever it is made. Not translated.
 */
void coverage_print_markdown(struct text *out, const struct coverage *coverage);

/* "[name](../scenarios/theme/name.tcp)" */
void coverage_print_link(struct text *out, const struct library_entry *entry);

/* Is the scenario that shows it at the host named in a document? And the row, at one host at
 * least? */
bool coverage_is_documented_at(const struct coverage_row *row, enum host_id host);
bool coverage_is_documented(const struct coverage_row *row);

#endif
