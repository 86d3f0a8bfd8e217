/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/table.h"

#include <string.h>

#include "base/digits.h"
#include "tcp/address.h"

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
};

_Static_assert(COLUMN_PROGRAM + 1 == TABLE_COLUMNS, "every column has a width");

/* netstat's own words and gaps, which scripts and eyes know: not translated. */
static const struct {
	const char *title;
	size_t gap; /* blanks before the next column */
	bool is_number;
} columns[TABLE_COLUMNS] = {
	[COLUMN_HOST] = {"Host", 2, false},
	[COLUMN_PROTO] = {"Proto", 1, false},
	[COLUMN_RECV_Q] = {"Recv-Q", 1, true},
	[COLUMN_SEND_Q] = {"Send-Q", 1, true},
	[COLUMN_LOCAL] = {"Local Address", 2, false},
	[COLUMN_FOREIGN] = {"Foreign Address", 2, false},
	[COLUMN_STATE] = {"State", 2, false},
	[COLUMN_TIMER] = {"Timer", 2, false},
	[COLUMN_PROGRAM] = {"PID/Program", 0, false},
};

/* Room for any cell but the host and the last, which are measured first. */
#define CELL_BYTES (ADDRESS_BYTES + DIGITS_BLANKS)

/* A few letters: less than the call of a function that copies them. */
static inline char *put_word(char *at, const char *word)
{
	while (*word)
		*at++ = *word++;
	return at;
}

/* A peer that nobody is yet: "0.0.0.0:*", "[::]:*". */
static char *put_foreign(char *at, const struct endpoint *peer)
{
	at = address_put_with_port(at, peer);
	if (!peer->port)
		at[-1] = '*';
	return at;
}

static char *put_timer(char *at, const struct diag_socket *socket)
{
	if (socket->timer == DIAG_TIMER_NONE) {
		*at = '-';
		return at + 1;
	}
	at = put_word(at, diag_timer_name(socket->timer));
	*at++ = ' ';
	*at++ = '(';
	at = digits_put_hundredths(at, socket->timer_ms);
	*at++ = 's';
	*at++ = ')';
	return at;
}

static char *put_cell(char *at, enum column column, const struct diag_socket *socket)
{
	switch (column) {
	case COLUMN_PROTO: return put_word(at, socket->local.family == AF_INET6 ? "tcp6" : "tcp");
	case COLUMN_RECV_Q: return digits_put(at, socket->receive_queue);
	case COLUMN_SEND_Q: return digits_put(at, socket->send_queue);
	case COLUMN_LOCAL: return address_put_with_port(at, &socket->local);
	case COLUMN_FOREIGN: return put_foreign(at, &socket->peer);
	case COLUMN_STATE: return put_word(at, tcp_state_name(socket->state));
	case COLUMN_TIMER: return put_timer(at, socket);
	case COLUMN_HOST:
	case COLUMN_PROGRAM: break;
	}
	return at;
}

void table_layout_init(struct table_layout *layout, const char *host_title, bool utf8)
{
	*layout = (struct table_layout){.host_title = host_title, .utf8 = utf8};
	for (int i = 0; i < TABLE_COLUMNS; i++)
		layout->widths[i] = strlen(columns[i].title);
	if (host_title)
		layout->widths[COLUMN_HOST] = text_columns(host_title);
}

static void widen(struct table_layout *layout, enum column column, size_t width)
{
	if (width > layout->widths[column])
		layout->widths[column] = width;
}

/* The last column needs no width: nothing stands behind it. */
void table_layout_widen(struct table_layout *layout, const struct table_row *row)
{
	char cell[CELL_BYTES];

	if (row->host)
		widen(layout, COLUMN_HOST, text_columns(row->host));
	for (int i = COLUMN_PROTO; i < COLUMN_PROGRAM; i++) {
		char *end = put_cell(cell, (enum column)i, row->socket);

		widen(layout, (enum column)i, (size_t)(end - cell));
	}
}

void table_layout_loosen(struct table_layout *layout, uint32_t states)
{
	static const char address[] = "255.255.255.255:65535";
	static const char time_wait[] = "timewait (59.99s)";
	static const char keepalive[] = "keepalive (7199.99s)";
	bool is_alone = !(states & ~DIAG_STATE(TCP_STATE_TIME_WAIT));

	widen(layout, COLUMN_FOREIGN, sizeof(address) - 1);
	widen(layout, COLUMN_TIMER, is_alone ? sizeof(time_wait) - 1 : sizeof(keepalive) - 1);
	for (int state = 0; state < TCP_STATE_COUNT; state++) {
		if (states & DIAG_STATE(state))
			widen(layout, COLUMN_STATE, strlen(tcp_state_name((enum tcp_state)state)));
	}
}

void table_append_header(struct text *out, const struct table_layout *layout)
{
	for (int i = layout->host_title ? COLUMN_HOST : COLUMN_PROTO; i < TABLE_COLUMNS; i++) {
		const char *title = i == COLUMN_HOST ? layout->host_title : columns[i].title;
		size_t padding = layout->widths[i] - text_columns(title);

		if (columns[i].is_number)
			text_repeat(out, " ", padding);
		text_append(out, title);
		if (i < COLUMN_PROGRAM)
			text_repeat(
				out, " ", (columns[i].is_number ? 0 : padding) + columns[i].gap);
	}
	text_append(out, "\n");
}

static void append_host(
	struct text *out, const struct table_layout *layout, const struct table_row *row)
{
	const char *host = row->host ? row->host : "";
	size_t width = text_columns(host);

	text_append(out, host);
	text_repeat(out, " ",
		columns[COLUMN_HOST].gap + (width < layout->widths[COLUMN_HOST]
							   ? layout->widths[COLUMN_HOST] - width
							   : 0));
}

static char *put_number(char *at, uint32_t number, size_t width)
{
	unsigned int digits = digits_count(number);

	if (digits < width)
		at = digits_pad(at, at + width - digits);
	return digits_put(at, number);
}

/* All columns that have a width, each cell with its gap. */
static char *put_cells(
	char *at, const struct table_layout *layout, const struct diag_socket *socket)
{
	for (int i = COLUMN_PROTO; i < COLUMN_PROGRAM; i++) {
		size_t width = layout->widths[i];
		char *begin = at;

		if (i == COLUMN_RECV_Q)
			at = put_number(at, socket->receive_queue, width);
		else if (i == COLUMN_SEND_Q)
			at = put_number(at, socket->send_queue, width);
		else
			at = digits_pad(put_cell(at, (enum column)i, socket), begin + width);
		at = digits_pad(at, at + columns[i].gap);
	}
	return at;
}

static bool is_plain(const char *name)
{
	for (; *name; name++) {
		if (*name < ' ' || *name > '~' || *name == '\\')
			return false;
	}
	return true;
}

static void append_program(struct text *out, const char *comm, bool utf8)
{
	if (is_plain(comm))
		text_append(out, comm);
	else
		text_append_escaped(out, comm, strlen(comm), utf8);
}

void table_append_row(
	struct text *out, const struct table_layout *layout, const struct table_row *row)
{
	size_t room = DIGITS_BLANKS;
	char *at;

	if (layout->host_title)
		append_host(out, layout, row);
	for (int i = COLUMN_PROTO; i < COLUMN_PROGRAM; i++)
		room += layout->widths[i] + CELL_BYTES;
	at = put_cells(text_reserve(out, room), layout, row->socket);
	if (!row->pid) {
		*at++ = '-';
		*at++ = '\n';
		text_commit(out, at);
		return;
	}
	at = digits_put(at, (uint64_t)row->pid);
	*at++ = '/';
	text_commit(out, at);
	if (row->comm)
		append_program(out, row->comm, layout->utf8);
	text_append(out, "\n");
}

void table_print(struct text *out, const struct table_row *rows, size_t count, bool utf8)
{
	struct table_layout layout;
	const char *title = NULL;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].host)
			title = columns[COLUMN_HOST].title;
	}
	table_layout_init(&layout, title, utf8);
	for (size_t i = 0; i < count; i++)
		table_layout_widen(&layout, &rows[i]);
	table_append_header(out, &layout);
	for (size_t i = 0; i < count; i++)
		table_append_row(out, &layout, &rows[i]);
}
