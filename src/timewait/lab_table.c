/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/lab_table.h"

#include <stdlib.h>

#include "base/console.h"
#include "observe/owner.h"
#include "observe/sockets.h"
#include "report/table.h"

static int compare_sockets(const void *a, const void *b)
{
	return socket_compare(a, b);
}

void lab_table_print(struct text *out, struct lab *lab)
{
	struct census *census = &lab->census;
	size_t count = census->socket_count[HOST_SERVER] + census->socket_count[HOST_CLIENT];
	struct table_row *rows = calloc(count + 1, sizeof(*rows));
	struct owner_table owners = {0};
	size_t row = 0;

	if (!rows)
		abort();
	owner_table_read(&owners);
	for (int host = 0; host < HOST_COUNT; host++) {
		struct diag_socket *sockets = census->sockets[host];
		size_t host_count = census->socket_count[host];

		if (host_count)
			qsort(sockets, host_count, sizeof(*sockets), compare_sockets);
		for (size_t i = 0; i < host_count; i++) {
			const struct owner *owner = owner_table_find(&owners, sockets[i].inode);

			rows[row++] = (struct table_row){
				.host = host_name((enum host_id)host),
				.socket = &sockets[i],
				.pid = owner ? owner->pid : 0,
				.comm = owner ? owner->comm : NULL,
			};
		}
	}
	table_print(out, rows, row, console_has_utf8());
	owner_table_finish(&owners);
	free(rows);
}
