/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/top_json.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "observe/life.h"
#include "report/json_line.h"
#include "report/top_table.h"

static void set_count(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

/* Below 0: not known. */
static void set_real(json_t *object, const char *name, double value)
{
	if (value >= 0)
		json_object_set_new(object, name, json_real(value));
}

static void set_text(json_t *object, const char *name, const char *value)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	utf8_append(&text, value);
	json_object_set_new(object, name, json_string(text.bytes));
}

static void set_address(json_t *object, const char *name, const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT_BYTES];

	set_text(object, name, endpoint_address(endpoint, text));
}

static json_t *make_states(const struct survey *survey)
{
	json_t *states = json_object();

	for (int state = 1; state < TCP_STATE_COUNT; state++) {
		if (state == TCP_STATE_CLOSED || state == TCP_STATE_NEW_SYN_RECV)
			continue;
		set_count(states, tcp_state_name((enum tcp_state)state), survey->states[state]);
	}
	return states;
}

static json_t *make_causes(const uint64_t *counts)
{
	json_t *causes = json_object();

	for (int cause = 1; cause < LIFE_CAUSE_COUNT; cause++) {
		if (counts[cause])
			set_count(causes, life_cause_name((enum life_cause)cause), counts[cause]);
	}
	return causes;
}

static void set_key(json_t *row, enum survey_by by, const struct tally_key *key)
{
	char comm[sizeof(key->comm) + 1] = "";

	switch (by) {
	case SURVEY_BY_DESTINATION:
		set_address(row, "local", &key->local);
		set_address(row, "peer", &key->peer);
		set_count(row, "peer_port", key->peer.port);
		break;
	case SURVEY_BY_PROCESS:
		/* The minisockets of nobody knows whom have neither; of another container's process there is the name. */
		memcpy(comm, key->comm, sizeof(key->comm));
		if (key->pid)
			set_count(row, "pid", (uint64_t)key->pid);
		if (*comm)
			set_text(row, "comm", comm);
		break;
	case SURVEY_BY_PEER: set_address(row, "peer", &key->peer); break;
	case SURVEY_BY_PORT: set_count(row, "local_port", key->local.port); break;
	case SURVEY_BYS: break;
	}
}

static const char *column_name(enum survey_by by, enum top_column column)
{
	static const char *const names[TOP_COLUMNS] = {
		[TOP_SOCKETS] = "sockets",
		[TOP_WAITING] = "time_wait",
		[TOP_FIN_WAIT2] = "fin_wait2_timed",
		[TOP_ESTABLISHED] = "established",
		[TOP_CLOSE_WAIT] = "close_wait",
		[TOP_FREE] = "free",
		[TOP_FULL_IN] = "full_in_s",
		[TOP_BORN] = "born_per_s",
		[TOP_DIED] = "died_per_s",
	};

	return by == SURVEY_BY_DESTINATION && column == TOP_SOCKETS ? "used" : names[column];
}

static json_t *make_row(
	const struct survey *survey, enum survey_by by, const struct tally_group *group)
{
	const enum top_column *columns = top_table_columns(by);
	json_t *row = json_object();

	set_key(row, by, &group->key);
	for (int i = 1; columns[i] != TOP_COLUMNS; i++) {
		double value = top_table_value(survey, by, group, columns[i]);
		const char *name = column_name(by, columns[i]);

		if (columns[i] == TOP_BORN || columns[i] == TOP_DIED || columns[i] == TOP_FULL_IN)
			set_real(row, name, value);
		else if (value >= 0)
			set_count(row, name, (uint64_t)value);
	}
	return row;
}

static json_t *make_table(const struct survey *survey, enum survey_by by, size_t most)
{
	json_t *table = json_array();
	struct top_rows rows;

	top_rows_choose(&rows, survey, by, TOP_SOCKETS, false, "");
	for (size_t i = 0; i < rows.count && i < most; i++)
		json_array_append_new(table, make_row(survey, by, rows.groups[i]));
	top_rows_finish(&rows);
	return table;
}

static void set_rates(json_t *object, const struct top_json *frame)
{
	const struct top_rates *rates = &frame->model->rates;

	if (!frame->model->has_rates)
		return;
	set_real(object, "over_s", (double)frame->model->over_ns / NS_PER_S);
	set_real(object, "born_per_s", rates->born);
	set_real(object, "died_per_s", rates->died);
	if (frame->survey->knows_causes)
		set_real(object, "restarted_per_s", rates->restarted);
	set_real(object, "active_opens_per_s", rates->active_opens);
	set_real(object, "passive_opens_per_s", rates->passive_opens);
}

static void set_totals(json_t *object, const struct survey *survey)
{
	const struct survey_totals *totals = &survey->totals;

	set_count(object, "born", totals->born);
	set_count(object, "died", totals->died);
	if (survey->knows_causes)
		json_object_set_new(object, "died_by", make_causes(totals->died_by));
	json_object_set_new(object, "not_born_by", make_causes(totals->not_born_by));
	set_count(object, "dropped", totals->dropped);
	if (survey->has_drift)
		json_object_set_new(object, "drift", json_integer(survey->drift));
}

static json_t *make_range(const struct survey_range *range)
{
	json_t *object = json_object();

	set_count(object, "first", range->first);
	set_count(object, "last", range->last);
	set_count(object, "usable", range->usable);
	return object;
}

void top_json_print(struct text *out, const struct top_json *frame)
{
	static const char *const tables[SURVEY_BYS] = {
		[SURVEY_BY_DESTINATION] = "destinations",
		[SURVEY_BY_PROCESS] = "processes",
		[SURVEY_BY_PEER] = "peers",
		[SURVEY_BY_PORT] = "ports",
	};
	const struct survey *survey = frame->survey;
	json_t *object = json_object();

	if (frame->is_first)
		set_count(object, "v", 1);
	set_text(object, "type", "frame");
	set_real(object, "time_s", frame->time_s);
	if (frame->netns)
		set_count(object, "netns", frame->netns);
	set_text(object, "source", survey->source);
	set_rates(object, frame);
	set_totals(object, survey);
	json_object_set_new(object, "states", make_states(survey));
	set_count(object, "fin_wait2_timed", survey->fin_wait2_timed);
	json_object_set_new(object, "port_range", make_range(&survey->range));
	for (int by = 0; by < SURVEY_BYS; by++)
		json_object_set_new(
			object, tables[by], make_table(survey, (enum survey_by)by, frame->rows));
	/* Milliseconds since 1970, and as exact a rate as anybody wants. */
	json_line_append(out, object, 13);
}
