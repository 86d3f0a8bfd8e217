/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

/*
 * Sockets as `netstat -tanop` would show them: one line each below a header, columns as wide as
 * their contents. Pure.
 *
 *	Proto Recv-Q Send-Q Local Address    Foreign Address  State      Timer PID/Program tcp 0 0
 *127.0.0.1:13     0.0.0.0:*        LISTEN     -                  1234/daytimed tcp        0      0
 *127.0.0.1:13     127.0.0.1:40000  TIME_WAIT  timewait (59.98s)  -
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

/*
 * Appends the header and the rows, in the order given (socket_compare() has a good one). With
 * `utf8`, a program's name may keep letters beyond ASCII.
 */
void table_print(struct text *out, const struct table_row *rows, size_t count, bool utf8);

#endif
