/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/table.h"

#include <stdio.h>
#include <string.h>

#include "base/i18n.h"

enum column {
	COLUMN_HOST,
	COLUMN_PROTO,
	COLUMN_RECV_Q,
	COLUMN_SEND_Q,
	COLUMN_LOCAL,
	COLUMN_FOREIGN,
	COLUMN_STATE,
	COLUMN_TIMER,
	COLUMN_PROGRAM,
	COLUMN_COUNT,
};

/* netstat's own words and gaps, which scripts and eyes know: not translated. */
static const struct {
	const char *title;
	const char *gap; /* before the next column */
	bool is_number;
} columns[COLUMN_COUNT] = {
	[COLUMN_HOST] = {"Host", "  ", false},
	[COLUMN_PROTO] = {"Proto", " ", false},
	[COLUMN_RECV_Q] = {"Recv-Q", " ", true},
	[COLUMN_SEND_Q] = {"Send-Q", " ", true},
	[COLUMN_LOCAL] = {"Local Address", "  ", false},
	[COLUMN_FOREIGN] = {"Foreign Address", "  ", false},
	[COLUMN_STATE] = {"State", "  ", false},
	[COLUMN_TIMER] = {"Timer", "  ", false},
	[COLUMN_PROGRAM] = {"PID/Program", "", false},
};

#define CELL_BYTES 128

typedef char table_cells[COLUMN_COUNT][CELL_BYTES];

/* A peer that nobody is yet: "0.0.0.0:*", "[::]:*". */
static void format_foreign(char cell[CELL_BYTES], const struct endpoint *peer)
{
	char text[ENDPOINT_TEXT_BYTES];

	endpoint_format(peer, text);
	if (!peer->port)
		strcpy(strrchr(text, ':'), ":*");
	snprintf(cell, CELL_BYTES, "%s", text);
}

static void format_timer(char cell[CELL_BYTES], const struct diag_socket *socket)
{
	if (socket->timer == DIAG_TIMER_NONE)
		snprintf(cell, CELL_BYTES, "-");
	else
		snprintf(cell, CELL_BYTES, "%s (%.2fs)", diag_timer_name(socket->timer),
			socket->timer_ms / 1000.0);
}

static void format_program(char cell[CELL_BYTES], const struct table_row *row, bool utf8)
{
	_cleanup_text_ struct text name = TEXT_INIT;

	if (!row->pid) {
		snprintf(cell, CELL_BYTES, "-");
		return;
	}
	if (row->comm)
		text_append_escaped(&name, row->comm, strlen(row->comm), utf8);
	snprintf(cell, CELL_BYTES, "%d/%s", (int)row->pid, name.bytes);
}

static void format_row(table_cells cells, const struct table_row *row, bool utf8)
{
	const struct diag_socket *socket = row->socket;
	bool is_ipv6 = socket->local.family == AF_INET6;

	snprintf(cells[COLUMN_HOST], CELL_BYTES, "%s", row->host ? row->host : "");
	snprintf(cells[COLUMN_PROTO], CELL_BYTES, "%s", is_ipv6 ? "tcp6" : "tcp");
	snprintf(cells[COLUMN_RECV_Q], CELL_BYTES, "%u", socket->receive_queue);
	snprintf(cells[COLUMN_SEND_Q], CELL_BYTES, "%u", socket->send_queue);
	endpoint_format(&socket->local, cells[COLUMN_LOCAL]);
	format_foreign(cells[COLUMN_FOREIGN], &socket->peer);
	snprintf(cells[COLUMN_STATE], CELL_BYTES, "%s", tcp_state_name(socket->state));
	format_timer(cells[COLUMN_TIMER], socket);
	format_program(cells[COLUMN_PROGRAM], row, utf8);
}

static void widen(size_t widths[COLUMN_COUNT], table_cells cells)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		size_t width = text_columns(cells[i]);

		if (width > widths[i])
			widths[i] = width;
	}
}

static void print_cells(
	struct text *out, table_cells cells, const size_t widths[COLUMN_COUNT], int first)
{
	for (int i = first; i < COLUMN_COUNT; i++) {
		size_t padding = widths[i] - text_columns(cells[i]);

		if (columns[i].is_number)
			text_repeat(out, " ", padding);
		text_append(out, cells[i]);
		if (!columns[i].is_number && i + 1 < COLUMN_COUNT)
			text_repeat(out, " ", padding);
		text_append(out, columns[i].gap);
	}
	text_append(out, "\n");
}

void table_print(struct text *out, const struct table_row *rows, size_t count, bool utf8)
{
	int first = COLUMN_PROTO;
	size_t widths[COLUMN_COUNT] = {0};
	table_cells titles, cells;

	for (int i = 0; i < COLUMN_COUNT; i++)
		snprintf(titles[i], CELL_BYTES, "%s", columns[i].title);
	widen(widths, titles);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].host)
			first = COLUMN_HOST;
		format_row(cells, &rows[i], utf8);
		widen(widths, cells);
	}
	print_cells(out, titles, widths, first);
	for (size_t i = 0; i < count; i++) {
		format_row(cells, &rows[i], utf8);
		print_cells(out, cells, widths, first);
	}
}
