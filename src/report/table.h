/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

/*
 * Sockets as `netstat -tanop` would show them: one line each below a header, columns as wide as
 * their contents. Pure.
 *
 *	Proto Recv-Q Send-Q Local Address  Foreign Address  State      Timer              PID/Program
 *	tcp        0      0 127.0.0.1:13   0.0.0.0:*        LISTEN     -                  1234/daytimed
 *	tcp        0      0 127.0.0.1:13   127.0.0.1:40000  TIME_WAIT  timewait (59.98s)  -
 *
 * Either all rows are there at once (table_print()), or they come one after the other: then the widths are
 * those of the rows that were there when the layout was made, with some room for what is usual
 * (table_layout_loosen()). A cell that is still wider is never cut; it moves the rest of its own line.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"
#include "observe/diag.h"

struct table_row {
	const char *host; /* "server"; NULL when all rows are of one host: then no such column */
	const struct diag_socket *socket;
	pid_t pid;        /* 0 where the owner is unknown */
	const char *comm; /* as the kernel has it: escaped here. NULL where unknown */
};

#define TABLE_COLUMNS 9

struct table_layout {
	const char *host_title; /* over the first column; NULL: no such column */
	size_t widths[TABLE_COLUMNS];
	bool utf8; /* a program's name may keep letters beyond ASCII */
};

/* As wide as the titles. `host_title` is "Host", say. */
void table_layout_init(struct table_layout *layout, const char *host_title, bool utf8);
/* And as this row. */
void table_layout_widen(struct table_layout *layout, const struct table_row *row);
/* And as the usual rows of these states (DIAG_STATE() bits) would want it. */
void table_layout_loosen(struct table_layout *layout, uint32_t states);

void table_append_header(struct text *out, const struct table_layout *layout);
void table_append_row(
	struct text *out, const struct table_layout *layout, const struct table_row *row);

/*
 * Appends the header and the rows, in the order given (socket_compare() has a good one). With
 * `utf8`, a program's name may keep letters beyond ASCII.
 */
void table_print(struct text *out, const struct table_row *rows, size_t count, bool utf8);

#endif
