/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/console.h"
#include "base/interrupt.h"
#include "observe/sockets.h"
#include "report/group_table.h"
#include "report/socket_json.h"
#include "timewait/listing_order.h"
#include "timewait/output.h"

/* Written at once. */
#define WRITE_BYTES ((size_t)262144)

static bool is_of_all(const struct listing *listing)
{
	return listing->options->netns && !strcmp(listing->options->netns, "all");
}

void listing_init(struct listing *listing, const struct list_options *options)
{
	bool is_bounded = options->is_sorted && options->limit < SIZE_MAX;

	*listing = (struct listing){
		.options = options,
		.out = TEXT_INIT,
		.is_utf8 = console_has_utf8(),
	};
	groups_init(&listing->groups, options->by);
	least_init(&listing->kept, is_bounded ? (size_t)options->limit : SIZE_MAX,
		sizeof(struct listing_row),
		options->is_sorted ? listing_order(options->key) : listing_order_of_places);
	table_layout_init(&listing->layout, is_of_all(listing) ? "Netns" : NULL, listing->is_utf8);
}

void listing_finish(struct listing *listing)
{
	groups_finish(&listing->groups);
	least_finish(&listing->kept);
	text_finish(&listing->out);
	owner_table_finish(&listing->owners);
}

/* What is in TIME_WAIT has no inode: a list of nothing else never looks into /proc. */
static const struct owner *owner_of(struct listing *listing, const struct diag_socket *socket)
{
	const struct owner *owner;

	if (!socket->inode)
		return NULL;
	if (!listing->has_owners) {
		listing->has_owners = true;
		listing->owners_error = owner_table_read(&listing->owners);
	}
	owner = owner_table_find(&listing->owners, socket->inode);
	listing->unowned += !owner;
	return owner;
}

static void write_out(struct listing *listing)
{
	if (listing->status == EXIT_OK)
		listing->status = output_write_through(&listing->out);
}

static void print_row(struct listing *listing, const struct diag_socket *socket, uint64_t number)
{
	const struct owner *owner = owner_of(listing, socket);
	char netns[24];

	if (listing->options->json) {
		socket_json_print(&listing->out, socket, owner, number, listing->printed == 0);
	} else {
		const struct table_row cells = {
			.host = listing->layout.host_title ? netns : NULL,
			.socket = socket,
			.pid = owner ? owner->pid : 0,
			.comm = owner ? owner->comm : NULL,
		};

		if (cells.host)
			snprintf(netns, sizeof(netns), "%" PRIu64, number);
		table_append_row(&listing->out, &listing->layout, &cells);
	}
	listing->printed++;
	if (listing->out.length >= WRITE_BYTES)
		write_out(listing);
}

static bool is_full(const struct listing *listing)
{
	return listing->status != EXIT_OK || listing->printed >= listing->options->limit;
}

static void lay_out(struct listing *listing)
{
	if (listing->options->json)
		return;
	for (size_t i = 0; i < listing->kept.count && i < listing->options->limit; i++) {
		const struct listing_row *row = least_item(&listing->kept, i);
		char netns[24];

		snprintf(netns, sizeof(netns), "%" PRIu64, row->netns);
		table_layout_widen(
			&listing->layout, &(struct table_row){
						  .host = listing->layout.host_title ? netns : NULL,
						  .socket = &row->socket,
					  });
	}
	if (listing->is_streaming)
		table_layout_loosen(&listing->layout, listing->options->states);
	table_append_header(&listing->out, &listing->layout);
}

static void print_kept(struct listing *listing)
{
	lay_out(listing);
	for (size_t i = 0; i < listing->kept.count && !is_full(listing); i++) {
		const struct listing_row *row = least_item(&listing->kept, i);

		print_row(listing, &row->socket, row->netns);
	}
	least_finish(&listing->kept);
}

/* The batch goes out as it came, in the kernel's order, and all others follow it. */
static void begin_to_stream(struct listing *listing)
{
	listing->is_streaming = true;
	print_kept(listing);
}

static void keep_row(struct listing *listing, const struct diag_socket *socket)
{
	struct listing_row row = {.socket = *socket, .netns = listing->netns};
	const struct owner *owner;

	if (listing->options->is_sorted && listing->options->key == LIST_BY_PID) {
		owner = owner_of(listing, socket);
		row.pid = owner ? owner->pid : 0;
	}
	least_offer(&listing->kept, &row);
}

static void take_row(struct listing *listing, const struct diag_socket *socket)
{
	if (!listing->is_streaming && !listing->options->is_sorted &&
		listing->kept.count == LISTING_BATCH)
		begin_to_stream(listing);
	if (!listing->is_streaming)
		keep_row(listing, socket);
	else if (!is_full(listing))
		print_row(listing, socket, listing->netns);
}

int listing_take(struct listing *listing, const struct diag_socket *socket)
{
	const struct list_options *options = listing->options;

	if (interrupt_requested())
		listing->status = EXIT_INTERRUPTED;
	if (is_full(listing))
		return DIAG_ENOUGH;
	if (options->is_grouped)
		groups_count(&listing->groups, socket,
			groups_need_owner(options->by) ? owner_of(listing, socket) : NULL);
	else
		take_row(listing, socket);
	return 0;
}

static void print_groups(struct listing *listing)
{
	const struct list_options *options = listing->options;
	struct groups *groups = &listing->groups;
	uint64_t widest;

	groups_sort(groups);
	widest = groups->count ? groups->groups[0].count : 0;
	if (!options->json)
		group_table_append_header(&listing->out, options->by, widest);
	for (size_t i = 0; i < groups->count && !is_full(listing); i++) {
		if (options->json)
			group_json_append(&listing->out, options->by, &groups->groups[i], i == 0);
		else
			group_table_append(&listing->out, options->by, &groups->groups[i], widest,
				listing->is_utf8);
		listing->printed++;
		if (listing->out.length >= WRITE_BYTES)
			write_out(listing);
	}
}

int listing_end(struct listing *listing)
{
	if (interrupt_requested())
		listing->status = EXIT_INTERRUPTED;
	if (listing->status != EXIT_OK)
		return listing->status;
	if (listing->options->is_grouped) {
		print_groups(listing);
	} else if (!listing->is_streaming) {
		least_sort(&listing->kept);
		print_kept(listing);
	}
	write_out(listing);
	return listing->status;
}
