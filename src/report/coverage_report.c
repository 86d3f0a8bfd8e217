/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/coverage_report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "report/json_line.h"

#define COLUMNS 4

/* A table for a terminal: its cells first, so that the columns are known. */
struct cells {
	struct text cells[COLUMNS];
	const char *colours[COLUMNS];
};

static const char *event_of(const struct coverage_row *row)
{
	const struct tcp_transition *arrow = coverage_arrow(row);

	return arrow ? arrow->event : coverage_cause_name(row->cause);
}

static void fill_showing(
	struct cells *line, int column, const struct coverage_row *row, enum host_id host)
{
	const struct coverage_showing *by = &row->by[host];
	struct text *cell = &line->cells[column];

	if (coverage_is_missing(row, host)) {
		text_append(cell, _("MISSING"));
		line->colours[column] = "1;31";
	} else if (!by->entry) {
		text_append(cell, "-");
	} else {
		text_append(cell, by->entry->name);
		if (!by->is_seen)
			text_printf(cell, " (%s)", _("slow, not run"));
		else if (by->is_slow)
			text_printf(cell, " (%s)", _("slow"));
	}
}

static void fill(struct cells *line, const struct coverage_row *row)
{
	const struct tcp_transition *arrow = coverage_arrow(row);

	*line = (struct cells){{TEXT_INIT, TEXT_INIT, TEXT_INIT, TEXT_INIT}, {NULL}};
	text_printf(&line->cells[0], "%s > %s", tcp_state_name(row->from), tcp_state_name(row->to));
	text_append(&line->cells[1], event_of(row));
	if (arrow && arrow->absent) {
		text_printf(&line->cells[2], _("not on Linux: %s"), arrow->absent);
		line->colours[2] = "2";
		return;
	}
	fill_showing(line, 2, row, HOST_SERVER);
	fill_showing(line, 3, row, HOST_CLIENT);
}

static void finish(struct cells *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (int column = 0; column < COLUMNS; column++)
			text_finish(&lines[i].cells[column]);
	}
	free(lines);
}

/* Cells that have nothing behind them need no column. */
static size_t width_of(const struct cells *lines, size_t count, int column)
{
	size_t width = 0;

	for (size_t i = 0; i < count; i++) {
		size_t columns = text_columns(lines[i].cells[column].bytes);

		if (lines[i].cells[column + 1].length && columns > width)
			width = columns;
	}
	return width;
}

static void print_lines(struct text *out, const struct cells *lines, size_t count, bool has_colour)
{
	size_t widths[COLUMNS] = {0};

	for (int column = 0; column + 1 < COLUMNS; column++)
		widths[column] = width_of(lines, count, column);
	for (size_t i = 0; i < count; i++) {
		for (int column = 0; column < COLUMNS && lines[i].cells[column].length; column++) {
			const struct text *cell = &lines[i].cells[column];
			const char *colour = has_colour ? lines[i].colours[column] : NULL;
			size_t columns = text_columns(cell->bytes);

			text_append(out, "  ");
			text_printf(out, colour ? "\033[%sm%s\033[m" : "%s%s", colour ? colour : "",
				cell->bytes);
			if (column + 1 < COLUMNS && lines[i].cells[column + 1].length &&
				columns < widths[column])
				text_repeat(out, " ", widths[column] - columns);
		}
		text_append(out, "\n");
	}
}

static void print_table(struct text *out, const char *title, const struct coverage_row *rows,
	size_t count, bool has_colour)
{
	struct cells *lines = calloc(count + 1, sizeof(*lines));

	if (!lines)
		abort();
	lines[0] = (struct cells){{TEXT_INIT, TEXT_INIT, TEXT_INIT, TEXT_INIT}, {NULL}};
	text_append(&lines[0].cells[0], _("transition"));
	text_append(&lines[0].cells[1], _("event"));
	text_append(&lines[0].cells[2], _("seen at the server in"));
	text_append(&lines[0].cells[3], _("at the client in"));
	for (int column = 0; column < COLUMNS; column++)
		lines[0].colours[column] = "2";
	for (size_t i = 0; i < count; i++)
		fill(&lines[i + 1], &rows[i]);
	text_printf(out, has_colour ? "\033[1m%s\033[m\n" : "%s\n", title);
	print_lines(out, lines, count + 1, has_colour);
	finish(lines, count + 1);
}

void coverage_print(struct text *out, const struct coverage *coverage, bool has_colour)
{
	size_t arrows = coverage->arrow_count;

	print_table(out, _("RFC 9293, figure 5"), coverage->rows, arrows, has_colour);
	if (coverage->count == arrows)
		return;
	text_append(out, "\n");
	print_table(out, _("Not in the figure"), coverage->rows + arrows, coverage->count - arrows,
		has_colour);
}

static void set_showing(json_t *object, const char *key, const struct coverage_showing *by)
{
	json_t *showing;

	if (!by->entry)
		return;
	showing = json_object();
	json_object_set_new(showing, "scenario", json_string(by->entry->name));
	json_object_set_new(showing, "theme", json_string(by->entry->theme));
	json_object_set_new(showing, "slow", json_boolean(by->is_slow));
	json_object_set_new(showing, "seen", json_boolean(by->is_seen));
	json_object_set_new(object, key, showing);
}

static void print_json_row(struct text *out, const struct coverage_row *row, bool is_first)
{
	const struct tcp_transition *arrow = coverage_arrow(row);
	json_t *object = json_object();

	if (is_first)
		json_object_set_new(object, "v", json_integer(1));
	json_object_set_new(object, "type", json_string("transition"));
	json_object_set_new(object, "from", json_string(tcp_state_name(row->from)));
	json_object_set_new(object, "to", json_string(tcp_state_name(row->to)));
	json_object_set_new(object, "event", json_string(event_of(row)));
	if (arrow)
		json_object_set_new(object, "action", json_string(arrow->action));
	json_object_set_new(object, "figure", json_boolean(arrow != NULL));
	if (arrow && arrow->absent)
		json_object_set_new(object, "absent", json_string(arrow->absent));
	set_showing(object, host_name(HOST_SERVER), &row->by[HOST_SERVER]);
	set_showing(object, host_name(HOST_CLIENT), &row->by[HOST_CLIENT]);
	json_line_append(out, object, 0);
}

void coverage_print_json(struct text *out, const struct coverage *coverage)
{
	json_t *object = json_object();
	size_t absent = 0, missing = coverage_missing(coverage);

	for (size_t i = 0; i < coverage->count; i++) {
		const struct tcp_transition *arrow = coverage_arrow(&coverage->rows[i]);

		absent += arrow && arrow->absent;
		print_json_row(out, &coverage->rows[i], i == 0);
	}
	json_object_set_new(object, "type", json_string("coverage"));
	json_object_set_new(object, "arrows", json_integer((json_int_t)coverage->arrow_count));
	json_object_set_new(object, "absent", json_integer((json_int_t)absent));
	json_object_set_new(object, "missing", json_integer((json_int_t)missing));
	json_object_set_new(object, "passed", json_integer((json_int_t)coverage->passed));
	json_object_set_new(object, "failed", json_integer((json_int_t)coverage->failed));
	json_object_set_new(object, "skipped", json_integer((json_int_t)coverage->skipped));
	json_object_set_new(
		object, "slow_skipped", json_integer((json_int_t)coverage->slow_skipped));
	json_object_set_new(object, "ok", json_boolean(missing == 0));
	json_line_append(out, object, 0);
}

void coverage_print_link(struct text *out, const struct library_entry *entry)
{
	text_printf(out, "[%s](../scenarios/%s/%s.tcp)", entry->name, entry->theme, entry->name);
}

static void print_markdown_showing(
	struct text *out, const struct coverage_row *row, enum host_id host)
{
	const struct coverage_showing *by = &row->by[host];

	text_append(out, " | ");
	if (coverage_is_missing(row, host)) {
		text_append(out, "**missing**");
	} else if (coverage_is_documented_at(row, host)) {
		coverage_print_link(out, by->entry);
		text_append(out, by->is_slow ? " (slow)" : "");
	}
}

static void print_markdown_head(struct text *out)
{
	text_append(out,
		"| transition | event | action | seen at the server in | at the client in |\n"
		"|---|---|---|---|---|\n");
}

static void print_markdown_row(struct text *out, const struct coverage_row *row)
{
	const struct tcp_transition *arrow = coverage_arrow(row);

	text_printf(out, "| %s > %s | %s | %s", tcp_state_name(row->from), tcp_state_name(row->to),
		event_of(row), arrow ? arrow->action : "");
	if (arrow && arrow->absent) {
		text_printf(out, " | not on Linux: %s | |\n", arrow->absent);
		return;
	}
	print_markdown_showing(out, row, HOST_SERVER);
	print_markdown_showing(out, row, HOST_CLIENT);
	text_append(out, " |\n");
}

bool coverage_is_documented_at(const struct coverage_row *row, enum host_id host)
{
	const struct coverage_showing *by = &row->by[host];

	/* What only a slow one shows is there when the slow ones were run, and else is not. */
	return by->entry && (coverage_arrow(row) || (by->is_plain && !by->is_slow));
}

bool coverage_is_documented(const struct coverage_row *row)
{
	if (coverage_arrow(row))
		return true;
	return coverage_is_documented_at(row, HOST_SERVER) ||
	       coverage_is_documented_at(row, HOST_CLIENT);
}

void coverage_print_markdown(struct text *out, const struct coverage *coverage)
{
	text_append(out, "## RFC 9293, figure 5\n\n");
	print_markdown_head(out);
	for (size_t i = 0; i < coverage->arrow_count; i++)
		print_markdown_row(out, &coverage->rows[i]);
	text_append(out, "\n## Not in the figure\n\n");
	print_markdown_head(out);
	for (size_t i = coverage->arrow_count; i < coverage->count; i++) {
		if (coverage_is_documented(&coverage->rows[i]))
			print_markdown_row(out, &coverage->rows[i]);
	}
}
