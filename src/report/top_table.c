/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/top_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"

static const enum top_column columns[SURVEY_BYS][TOP_COLUMNS + 1] = {
	[SURVEY_BY_DESTINATION] = {TOP_NAME, TOP_SOCKETS, TOP_FREE, TOP_FULL_IN, TOP_WAITING,
		TOP_BORN, TOP_ESTABLISHED, TOP_DIED, TOP_COLUMNS},
	[SURVEY_BY_PROCESS] = {TOP_NAME, TOP_SOCKETS, TOP_WAITING, TOP_CLOSE_WAIT, TOP_ESTABLISHED,
		TOP_BORN, TOP_DIED, TOP_FIN_WAIT2, TOP_COLUMNS},
	[SURVEY_BY_PEER] = {TOP_NAME, TOP_SOCKETS, TOP_WAITING, TOP_BORN, TOP_DIED, TOP_ESTABLISHED,
		TOP_CLOSE_WAIT, TOP_FIN_WAIT2, TOP_COLUMNS},
	[SURVEY_BY_PORT] = {TOP_NAME, TOP_SOCKETS, TOP_WAITING, TOP_BORN, TOP_DIED, TOP_ESTABLISHED,
		TOP_CLOSE_WAIT, TOP_FIN_WAIT2, TOP_COLUMNS},
};

const enum top_column *top_table_columns(enum survey_by by)
{
	return columns[by];
}

enum top_column top_table_next_column(enum survey_by by, enum top_column column, int step)
{
	int count = 1, at = 0; /* the first is there in every table */

	for (; columns[by][count] != TOP_COLUMNS; count++) {
		if (columns[by][count] == column)
			at = count;
	}
	return columns[by][(at + step + count) % count];
}

const char *top_table_title(enum survey_by by)
{
	static const char *const titles[SURVEY_BYS] = {
		[SURVEY_BY_DESTINATION] = N_("Destinations"),
		[SURVEY_BY_PROCESS] = N_("Processes"),
		[SURVEY_BY_PEER] = N_("Peers"),
		[SURVEY_BY_PORT] = N_("Local ports"),
	};

	return _(titles[by]);
}

const char *top_column_title(enum survey_by by, enum top_column column)
{
	static const char *const names[SURVEY_BYS] = {
		[SURVEY_BY_DESTINATION] = N_("FROM > TO"),
		[SURVEY_BY_PROCESS] = N_("PID/PROGRAM"),
		[SURVEY_BY_PEER] = N_("PEER"),
		[SURVEY_BY_PORT] = N_("PORT"),
	};
	/* States are spelled as everywhere. */
	static const char *const titles[TOP_COLUMNS] = {
		[TOP_SOCKETS] = N_("SOCKETS"),
		[TOP_WAITING] = "TIME_WAIT",
		[TOP_FIN_WAIT2] = "FIN_WAIT2",
		[TOP_ESTABLISHED] = "ESTABLISHED",
		[TOP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TOP_FREE] = N_("FREE"),
		[TOP_FULL_IN] = N_("FULL IN"),
		[TOP_BORN] = N_("BORN/S"),
		[TOP_DIED] = N_("DIED/S"),
	};

	if (column == TOP_NAME)
		return _(names[by]);
	if (column == TOP_SOCKETS && by == SURVEY_BY_DESTINATION)
		return _("USED");
	return _(titles[column]);
}

void top_table_name(enum survey_by by, const struct tally_group *group, struct text *out)
{
	const struct tally_key *key = &group->key;
	char text[ENDPOINT_TEXT_BYTES];

	switch (by) {
	case SURVEY_BY_DESTINATION:
		text_printf(out, "%s > ", endpoint_address(&key->local, text));
		text_append(out, endpoint_format(&key->peer, text));
		break;
	case SURVEY_BY_PROCESS:
		if (key->pid)
			text_printf(out, "%d/", (int)key->pid);
		/* A minisocket from before we looked has none; of another container's process there is the name. */
		if (!key->pid && !key->comm[0])
			text_append(out, _("(unknown)"));
		text_append_bytes(out, key->comm, strnlen(key->comm, sizeof(key->comm)));
		break;
	case SURVEY_BY_PEER: text_append(out, endpoint_address(&key->peer, text)); break;
	case SURVEY_BY_PORT: text_printf(out, "%u", key->local.port); break;
	case SURVEY_BYS: break;
	}
}

static double per_second(const struct survey *survey, enum survey_by by, uint64_t count)
{
	if (survey->over_ns[by] <= 0)
		return -1;
	return (double)count * (double)NS_PER_S / (double)survey->over_ns[by];
}

static double ports_free(const struct survey *survey, const struct tally_group *group)
{
	return group->sockets < survey->range.usable
		       ? (double)(survey->range.usable - group->sockets)
		       : 0;
}

/* What goes into TIME_WAIT now comes back after so long: TCP_TIMEWAIT_LEN. */
#define TIME_WAIT_S 60

/*
 * Seconds until no port is left; below 0: never, at the rates of now. The kernel ends TIME_WAITs in batches,
 * seconds apart, so that what comes and goes at one rate seems to grow in between. It does not fill the
 * range unless a minute's births do.
 */
static double full_in_s(const struct survey *survey, const struct tally_group *group)
{
	enum survey_by by = SURVEY_BY_DESTINATION;
	double left = ports_free(survey, group);
	double waiting = (double)(group->time_wait + group->fin_wait2_timed);
	double held = (double)group->sockets - waiting;
	double growth = (double)group->sockets - (double)group->sockets_before;
	double held_growth = growth - waiting + (double)group->minisockets_before;
	double room = (double)survey->range.usable - held -
		      TIME_WAIT_S * per_second(survey, by, group->born);

	if (left <= 0)
		return 0;
	if (growth <= 0 || survey->over_ns[by] <= 0)
		return -1;
	/* Connections that are just under way: one more of them than at the last look is no leak. */
	if (room > 0 && held_growth <= (double)group->born / 16)
		return -1;
	if (room > 0) {
		left = room;
		growth = held_growth;
	}
	return left * (double)survey->over_ns[by] / NS_PER_S / growth;
}

double top_table_value(const struct survey *survey, enum survey_by by,
	const struct tally_group *group, enum top_column column)
{
	bool knows_waiting = by != SURVEY_BY_PROCESS || survey->knows_closers;

	switch (column) {
	case TOP_SOCKETS: return (double)group->sockets;
	case TOP_WAITING: return knows_waiting ? (double)group->time_wait : -1;
	case TOP_FIN_WAIT2: return knows_waiting ? (double)group->fin_wait2_timed : -1;
	case TOP_ESTABLISHED: return (double)group->established;
	case TOP_CLOSE_WAIT: return (double)group->close_wait;
	case TOP_FREE: return ports_free(survey, group);
	case TOP_FULL_IN: return full_in_s(survey, group);
	case TOP_BORN: return knows_waiting ? per_second(survey, by, group->born) : -1;
	case TOP_DIED: return knows_waiting ? per_second(survey, by, group->died) : -1;
	case TOP_NAME:
	case TOP_COLUMNS: break;
	}
	return -1;
}

/* What qsort() is to know. */
struct order {
	const struct survey *survey;
	enum survey_by by;
	enum top_column sort;
	bool is_upward;
};

static int compare_keys(const struct tally_group *a, const struct tally_group *b)
{
	int pids = (a->key.pid > b->key.pid) - (a->key.pid < b->key.pid);
	int ports =
		(a->key.local.port > b->key.local.port) - (a->key.local.port < b->key.local.port);
	int addresses = memcmp(a->key.peer.address, b->key.peer.address, 16);
	int peers = (a->key.peer.port > b->key.peer.port) - (a->key.peer.port < b->key.peer.port);

	if (pids)
		return pids;
	if (ports)
		return ports;
	return addresses ? addresses : peers ? peers : memcmp(&a->key, &b->key, sizeof(a->key));
}

static int compare(const void *left, const void *right, void *context)
{
	const struct tally_group *a = *(const struct tally_group *const *)left;
	const struct tally_group *b = *(const struct tally_group *const *)right;
	const struct order *order = context;
	double x, y;
	int result;

	if (order->sort == TOP_NAME)
		return order->is_upward ? compare_keys(b, a) : compare_keys(a, b);
	x = top_table_value(order->survey, order->by, a, order->sort);
	y = top_table_value(order->survey, order->by, b, order->sort);
	/* Which never fills comes after all that do: the soonest is the one to see. */
	if (order->sort == TOP_FULL_IN && (x < 0) != (y < 0))
		return x < 0 ? 1 : -1;
	result = (x < y) - (x > y);
	if (order->sort == TOP_FULL_IN)
		result = -result;
	if (order->is_upward)
		result = -result;
	return result ? result : compare_keys(a, b);
}

static bool is_let_through(
	enum survey_by by, const struct tally_group *group, const char *filter, struct text *name)
{
	if (!*filter)
		return true;
	text_clear(name);
	top_table_name(by, group, name);
	return strcasestr(name->bytes, filter) != NULL;
}

void top_rows_choose(struct top_rows *rows, const struct survey *survey, enum survey_by by,
	enum top_column sort, bool is_upward, const char *filter)
{
	const struct tally_groups *table = &survey->groups[by];
	struct order order = {survey, by, sort, is_upward};
	_cleanup_text_ struct text name = TEXT_INIT;

	*rows = (struct top_rows){.groups = calloc(table->count + 1, sizeof(*rows->groups))};
	if (!rows->groups)
		abort();
	for (size_t i = 0; i < table->count; i++) {
		if (is_let_through(by, &table->groups[i], filter, &name))
			rows->groups[rows->count++] = &table->groups[i];
	}
	qsort_r(rows->groups, rows->count, sizeof(*rows->groups), compare, &order);
}

void top_rows_finish(struct top_rows *rows)
{
	free(rows->groups);
	*rows = (struct top_rows){0};
}
