/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "report/diagram.h"
#include "report/diagram_svg.h"
#include "report/diagram_text.h"
#include "report/memory.h"
#include "report/states_page.h"
#include "scenario/parse.h"
#include "scenario/suite.h"

/* What fits on a page of GitHub's. */
#define COLUMNS 96

/* Between the diagram and the picture, on their way from the worker; no picture has one. */
#define FORM_FEED '\f'

/* In the order in which a connection meets them. */
static const struct {
	enum tcp_state state;
	const char *scenario;
} choice[STATES_PAGE_COUNT] = {
	{TCP_STATE_CLOSED, "connection-refused"},
	{TCP_STATE_LISTEN, "passive-open"},
	{TCP_STATE_SYN_SENT, "syn-sent"},
	{TCP_STATE_SYN_RECV, "syn-received"},
	{TCP_STATE_ESTABLISHED, "three-way-handshake"},
	{TCP_STATE_FIN_WAIT1, "fin-step-by-step"},
	{TCP_STATE_FIN_WAIT2, "half-close-client"},
	{TCP_STATE_CLOSE_WAIT, "close-in-close-wait-later"},
	{TCP_STATE_CLOSING, "closing-state"},
	{TCP_STATE_LAST_ACK, "last-ack"},
	{TCP_STATE_TIME_WAIT, "server-closes-first"},
};

struct gallery {
	struct states_picture *pictures;
	struct error *err;
};

/* The record without what differs from run to run: times, ports. It points into the other one. */
static struct timeline timeless(const struct timeline *timeline, bool has_explanation)
{
	struct timeline copy = *timeline;

	copy.events = calloc(timeline->event_count + 1, sizeof(*copy.events));
	copy.connections = calloc(timeline->connection_count + 1, sizeof(*copy.connections));
	if (!copy.events || !copy.connections)
		abort();
	copy.event_count = 0;
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_COMMENT && event->line == 0 && !has_explanation)
			continue;
		copy.events[copy.event_count] = *event;
		copy.events[copy.event_count++].time_ns = 0;
	}
	for (size_t i = 0; i < timeline->connection_count; i++) {
		copy.connections[i] = timeline->connections[i];
		for (int host = 0; host < HOST_COUNT; host++)
			copy.connections[i].ends[host].family = 0;
	}
	if (!has_explanation)
		copy.title = NULL;
	return copy;
}

static void draw(const struct timeline *timeline, bool is_svg, struct text *out)
{
	struct timeline copy = timeless(timeline, is_svg);
	struct memory memory;
	FILE *stream = memory_open(&memory);
	struct diagram diagram;

	diagram_build(&diagram, &copy);
	if (is_svg)
		diagram_svg_print(&diagram, stream);
	else
		diagram_text_print(&diagram, stream,
			(struct diagram_text_options){.columns = COLUMNS, .utf8 = true});
	diagram_finish(&diagram);
	memory_move(&memory, out);
	free(copy.events);
	free(copy.connections);
}

static int render(const struct suite_item *item, uint64_t run, const struct lab *lab,
	const struct run_result *result, struct text *out, void *context, struct error *err)
{
	(void)item;
	(void)run;
	(void)result;
	(void)context;
	(void)err;
	draw(&lab->timeline, false, out);
	text_append_bytes(out, &(const char){FORM_FEED}, 1);
	draw(&lab->timeline, true, out);
	return 0;
}

static void report(struct suite_report *report, void *context)
{
	struct gallery *gallery = context;
	struct states_picture *picture = &gallery->pictures[report->item];
	const char *middle = strchr(report->output.bytes, FORM_FEED);

	if (report->outcome != RUN_PASSED || !middle) {
		error_set(gallery->err, EINVAL, _("%s has not passed: see timewait run %s"),
			picture->entry->name, picture->entry->name);
		return;
	}
	text_append_bytes(
		&picture->diagram, report->output.bytes, (size_t)(middle - report->output.bytes));
	text_append(&picture->svg, middle + 1);
	if (!strstr(picture->diagram.bytes, tcp_state_name(picture->state)))
		error_set(gallery->err, EINVAL, _("%s does not show %s"), picture->entry->name,
			tcp_state_name(picture->state));
}

static int parse(struct scenario *scenario, struct states_picture *picture, const char *name,
	struct error *err)
{
	struct parse_errors errors = {0};

	picture->entry = library_find(name);
	if (!picture->entry)
		return error_set(err, ENOENT, _("no scenario '%s'"), name);
	if (scenario_parse(scenario, name, picture->entry->text, picture->entry->length, &errors) <
		0)
		return error_set(err, EINVAL, "%s: %s", name, errors.errors[0].text);
	return 0;
}

int states_pictures_take(struct states_picture ret_pictures[STATES_PAGE_COUNT], struct error *err)
{
	struct scenario scenarios[STATES_PAGE_COUNT] = {0};
	struct suite_item items[STATES_PAGE_COUNT];
	struct gallery gallery = {ret_pictures, err};
	struct suite_setting setting = {.render = render, .report = report, .context = &gallery};
	int r = 0;

	*err = (struct error){0};
	for (size_t i = 0; i < STATES_PAGE_COUNT; i++) {
		ret_pictures[i] = (struct states_picture){
			.state = choice[i].state, .diagram = TEXT_INIT, .svg = TEXT_INIT};
		if (r == 0)
			r = parse(&scenarios[i], &ret_pictures[i], choice[i].scenario, err);
		items[i] = (struct suite_item){&scenarios[i], "/"};
	}
	if (r == 0)
		r = suite_run(items, STATES_PAGE_COUNT, &setting, NULL, err);
	if (r == 0 && err->code)
		r = -err->code;
	for (size_t i = 0; i < STATES_PAGE_COUNT; i++)
		scenario_finish(&scenarios[i]);
	if (r < 0)
		states_pictures_finish(ret_pictures);
	return r;
}

void states_pictures_finish(struct states_picture pictures[STATES_PAGE_COUNT])
{
	for (size_t i = 0; i < STATES_PAGE_COUNT; i++) {
		text_finish(&pictures[i].diagram);
		text_finish(&pictures[i].svg);
	}
}

void states_picture_path(const struct states_picture *picture, struct text *out)
{
	text_append(out, "states/");
	for (const char *at = tcp_state_name(picture->state); *at; at++)
		text_append_bytes(out, &(const char){(char)tolower((unsigned char)*at)}, 1);
	text_append(out, ".svg");
}
