/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/list.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/options.h"
#include "base/text.h"
#include "observe/netns.h"
#include "observe/owner.h"
#include "observe/sockets.h"
#include "report/socket_json.h"
#include "report/table.h"
#include "timewait/output.h"

static const struct option_spec options[] = {
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait list",
	.usage = N_("[OPTION]..."),
	.summary = N_("List the TCP sockets of this network namespace."),
	.options = options,
	.details = N_(
		"Listeners come first, then sockets that are bound but neither listen nor\n"
		"connect (BOUND: netstat and ss hide them, and they keep a port taken), then\n"
		"the connections. Timer says what the kernel will do next and when; \"timewait\"\n"
		"counts down the minute of TIME_WAIT. Such a socket belongs to no process any\n"
		"more. Root sees the owners of all others, a user those of their own."),
};

struct list_options {
	bool json;
};

static int take(void *context, int id, const char *value)
{
	struct list_options *chosen = context;

	(void)value;
	if (id == 'j')
		chosen->json = true;
	return OPTIONS_GO_ON;
}

static void print_table(
	struct text *out, const struct socket_list *list, const struct owner_table *owners)
{
	_cleanup_free_ struct table_row *rows = calloc(list->count + 1, sizeof(*rows));

	if (!rows)
		abort();
	for (size_t i = 0; i < list->count; i++) {
		const struct diag_socket *socket = &list->sockets[i];
		const struct owner *owner = owner_table_find(owners, socket->inode);

		rows[i] = (struct table_row){.socket = socket};
		if (owner) {
			rows[i].pid = owner->pid;
			rows[i].comm = owner->comm;
		}
	}
	table_print(out, rows, list->count, console_has_utf8());
}

static void print_json(
	struct text *out, const struct socket_list *list, const struct owner_table *owners)
{
	uint64_t netns = netns_number();

	for (size_t i = 0; i < list->count; i++) {
		const struct diag_socket *socket = &list->sockets[i];

		socket_json_print(
			out, socket, owner_table_find(owners, socket->inode), netns, i == 0);
	}
}

/* Sockets that a process must hold, though we were not shown which. */
static size_t count_orphans(const struct socket_list *list, const struct owner_table *owners)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint32_t inode = list->sockets[i].inode;

		count += inode && !owner_table_find(owners, inode);
	}
	return count;
}

static void note_unseen(const struct socket_list *list, const struct owner_table *owners)
{
	size_t unowned = count_orphans(list, owners);

	if (!unowned || !owners->unreadable)
		return;
	if (geteuid())
		console_note(_("sockets whose process is not shown: %zu; processes that may not "
			       "be looked into: %zu (root sees them all)"),
			unowned, owners->unreadable);
	else
		console_note(_("sockets whose process is not shown: %zu; processes that may not "
			       "be looked into: %zu"),
			unowned, owners->unreadable);
}

static int print(const struct socket_list *list, const struct owner_table *owners, bool json)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	if (json)
		print_json(&out, list, owners);
	else
		print_table(&out, list, owners);
	if (output_write(&out) != EXIT_OK)
		return EXIT_FAILED;
	note_unseen(list, owners);
	return EXIT_OK;
}

static int list_sockets(bool json)
{
	_cleanup_socket_list_ struct socket_list list = SOCKET_LIST_INIT;
	struct owner_table owners;
	struct diag diag;
	struct error err;
	int r;

	r = diag_open(&diag, &err);
	if (r == 0) {
		r = socket_list_read(&list, &diag, DIAG_ALL_STATES, &err);
		diag_close(&diag);
	}
	if (r < 0) {
		console_print(&err);
		return EXIT_UNAVAILABLE;
	}
	r = owner_table_read(&owners);
	if (r < 0)
		console_note(_("/proc: %s: the processes are not shown"), strerror(-r));
	r = print(&list, &owners, json);
	owner_table_finish(&owners);
	return r;
}

int command_list(int argc, char **argv)
{
	struct list_options chosen = {0};
	int r = options_parse_alone(&command, argc, argv, take, &chosen);

	if (r != OPTIONS_GO_ON)
		return r;
	return list_sockets(chosen.json);
}
