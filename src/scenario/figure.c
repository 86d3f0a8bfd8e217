/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/figure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "scenario/parse.h"

/*
 * An end in a state and a kind of packet are what expectations are made of: the language's own parser
 * reads the words, behind those that make them an expectation. The step is the scenario's.
 */
static const struct step *parse_as(
	struct scenario *scenario, const char *prefix, const char *words, size_t length)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	struct error err = {0};

	text_append(&line, prefix);
	text_append_bytes(&line, words, length);
	if (scenario_parse_line(scenario, 1, line.bytes, line.length, &err) < 0 || !scenario->count)
		return NULL;
	return &scenario->steps[0];
}

static bool is_bare_stay(const struct step *step)
{
	return step && step->kind == STEP_EXPECT_STATES && step->states.count == 1 &&
	       !step->states.ends[0].has_timer && step->within_ns == STEP_NONE && !step->comment;
}

static bool is_bare_kind(const struct step *step)
{
	return step && step->kind == STEP_EXPECT_WIRE && step->wire.times == STEP_NONE &&
	       step->within_ns == STEP_NONE && !step->comment;
}

int figure_parse(struct figure *ret_figure, const char *words, size_t length, struct error *err)
{
	struct scenario as_state = {0}, as_packets = {0};
	const struct step *state = parse_as(&as_state, "expect ", words, length);
	const struct step *packets = parse_as(&as_packets, "expect wire ", words, length);
	struct figure figure = {0};
	bool is_read = true;

	if (is_bare_stay(state)) {
		figure.kind = FIGURE_TIME;
		figure.stay = state->states.ends[0];
	} else if (is_bare_kind(packets)) {
		figure.kind = FIGURE_PACKETS;
		figure.packets = packets->wire.packets;
	} else {
		is_read = false;
	}
	scenario_finish(&as_state);
	scenario_finish(&as_packets);
	if (!is_read)
		return error_set(err, EINVAL,
			_("'%.*s' is no figure (such as 'server TIME_WAIT', 'RST from server')"),
			(int)(length < 40 ? length : 40), words);
	figure.words = strndup(words, length);
	if (!figure.words)
		abort();
	*ret_figure = figure;
	return 0;
}

static void measure_stay(struct figure *figure, const struct timeline *timeline)
{
	const struct end *end = &figure->stay.end;
	int connection = timeline_named(timeline, end->host, end->name);
	int64_t entered_ns = -1;

	if (connection == CONNECTION_NONE)
		return;
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind != EVENT_STATE || event->connection != connection ||
			event->host != end->host)
			continue;
		if (event->to == figure->stay.state) {
			entered_ns = event->time_ns;
		} else if (event->from == figure->stay.state && entered_ns >= 0) {
			figure->is_known = true;
			figure->value = event->time_ns - entered_ns;
		}
	}
}

static void count_packets(struct figure *figure, const struct timeline *timeline)
{
	struct wire_match match = {
		.kind = figure->packets.kind,
		.from = figure->packets.from,
		.connection = CONNECTION_NONE,
	};

	figure->is_known = true;
	figure->value = 0;
	if (figure->packets.name[0]) {
		match.connection = timeline_named(
			timeline, (enum host_id)figure->packets.from, figure->packets.name);
		if (match.connection == CONNECTION_NONE)
			return;
	}
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_PACKET && !event->is_release)
			figure->value += wire_matches(
				&match, event->host, event->connection, &event->segment);
	}
}

void figure_measure(struct figure *figure, const struct timeline *timeline)
{
	figure->is_known = false;
	if (figure->kind == FIGURE_TIME)
		measure_stay(figure, timeline);
	else
		count_packets(figure, timeline);
}

void figure_print(const struct figure *figure, struct text *out)
{
	const struct end *end = &figure->stay.end;

	if (!figure->is_known)
		return;
	if (figure->kind == FIGURE_PACKETS) {
		text_printf(out, "%s: %" PRId64, figure->words, figure->value);
		return;
	}
	text_append(out, host_name(end->host));
	if (strcmp(end->name, SCENARIO_DEFAULT_NAME))
		text_printf(out, ".%s", end->name);
	text_printf(out, _(" %.2f s in %s"), (double)figure->value / NS_PER_S,
		tcp_state_name(figure->stay.state));
}

void figures_encode(const struct figure *figures, size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++) {
		if (figures[i].is_known)
			text_printf(out, "%" PRId64 " ", figures[i].value);
		else
			text_append(out, "- ");
	}
}

bool figures_decode(struct figure *figures, size_t count, const char *line)
{
	const char *at = line;
	size_t read = 0;

	for (; read < count && *at; read++) {
		char *end = NULL;

		figures[read].is_known = *at != '-';
		figures[read].value = figures[read].is_known ? strtoll(at, &end, 10) : 0;
		if (figures[read].is_known && end == at)
			break;
		at = figures[read].is_known ? end : at + 1;
		if (*at++ != ' ')
			break;
	}
	if (read == count && !*at)
		return true;
	for (size_t i = 0; i < count; i++)
		figures[i].is_known = false;
	return false;
}

void figure_finish(struct figure *figure)
{
	free(figure->words);
	*figure = (struct figure){0};
}
