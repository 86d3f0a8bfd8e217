/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/group_table.h"

#include <string.h>

#include "base/digits.h"
#include "report/json_text.h"
#include "tcp/address.h"

const char *const group_by_names[] = {"state", "process", "peer", "local", "cgroup", NULL};

/* As in the table of sockets: not translated. */
static const char *const titles[] = {
	[GROUP_BY_STATE] = "State",
	[GROUP_BY_PROCESS] = "PID/Program",
	[GROUP_BY_PEER] = "Foreign Address",
	[GROUP_BY_LOCAL] = "Local Address",
	[GROUP_BY_CGROUP] = "Cgroup",
};

static const char count_title[] = "Count";

#define FIELDS_BYTES (ADDRESS_BYTES + 128)

static size_t count_width(uint64_t widest)
{
	size_t digits = digits_count(widest);

	return digits < sizeof(count_title) - 1 ? sizeof(count_title) - 1 : digits;
}

void group_table_append_header(struct text *out, enum group_by by, uint64_t widest)
{
	text_repeat(out, " ", count_width(widest) - (sizeof(count_title) - 1));
	text_append(out, count_title);
	text_append(out, "  ");
	text_append(out, titles[by]);
	text_append(out, "\n");
}

static void append_endpoint(struct text *out, enum group_by by, const struct endpoint *endpoint)
{
	char *at = text_reserve(out, ADDRESS_BYTES);

	if (!endpoint->family)
		*at++ = '-';
	else if (by == GROUP_BY_LOCAL)
		at = address_put_with_port(at, endpoint);
	else
		at = address_put(at, endpoint);
	text_commit(out, at);
}

static void append_escaped(struct text *out, const char *name, bool utf8)
{
	text_append_escaped(out, name, strlen(name), utf8);
}

static void append_key(struct text *out, enum group_by by, const struct group *group, bool utf8)
{
	switch (by) {
	case GROUP_BY_STATE: text_append(out, tcp_state_name(group->state)); return;
	case GROUP_BY_PEER:
	case GROUP_BY_LOCAL: append_endpoint(out, by, &group->endpoint); return;
	case GROUP_BY_PROCESS:
		if (group->owner.pid)
			text_printf(out, "%d/", (int)group->owner.pid);
		break;
	case GROUP_BY_CGROUP: break;
	}
	append_escaped(out, group->owner.name ? group->owner.name : "-", utf8);
}

void group_table_append(
	struct text *out, enum group_by by, const struct group *group, uint64_t widest, bool utf8)
{
	size_t width = count_width(widest), digits = digits_count(group->count);
	char *at = text_reserve(out, width + 2 * DIGITS_BLANKS);

	if (digits < width)
		at = digits_pad(at, at + width - digits);
	at = digits_put(at, group->count);
	*at++ = ' ';
	*at++ = ' ';
	text_commit(out, at);
	append_key(out, by, group, utf8);
	text_append(out, "\n");
}

static void append_json_endpoint(
	struct text *out, enum group_by by, const struct endpoint *endpoint)
{
	char *at = text_reserve(out, FIELDS_BYTES);

	if (!endpoint->family)
		return;
	at = stpcpy(at, by == GROUP_BY_PEER ? ",\"peer\":\"" : ",\"local\":\"");
	at = address_put(at, endpoint);
	*at++ = '"';
	if (by == GROUP_BY_LOCAL)
		at = digits_put(stpcpy(at, ",\"local_port\":"), endpoint->port);
	text_commit(out, at);
}

static void append_json_key(struct text *out, enum group_by by, const struct group *group)
{
	switch (by) {
	case GROUP_BY_STATE:
		text_printf(out, ",\"state\":\"%s\"", tcp_state_name(group->state));
		return;
	case GROUP_BY_PEER:
	case GROUP_BY_LOCAL: append_json_endpoint(out, by, &group->endpoint); return;
	case GROUP_BY_PROCESS:
		if (group->owner.pid)
			text_printf(out, ",\"pid\":%d", (int)group->owner.pid);
		break;
	case GROUP_BY_CGROUP: break;
	}
	if (group->owner.name) {
		text_append(out, by == GROUP_BY_CGROUP ? ",\"cgroup\":" : ",\"comm\":");
		json_text_append_string(out, group->owner.name);
	}
}

void group_json_append(struct text *out, enum group_by by, const struct group *group, bool is_first)
{
	char *at = text_reserve(out, FIELDS_BYTES);

	at = stpcpy(at, is_first ? "{\"v\":1,\"by\":\"" : "{\"by\":\"");
	at = stpcpy(at, group_by_names[by]);
	*at++ = '"';
	text_commit(out, at);
	append_json_key(out, by, group);
	at = text_reserve(out, FIELDS_BYTES);
	at = digits_put(stpcpy(at, ",\"count\":"), group->count);
	at = stpcpy(at, "}\n");
	text_commit(out, at);
}
