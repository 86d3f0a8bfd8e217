/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/interactive_growth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/list.h"
#include "report/diagram_text.h"
#include "report/memory.h"

static struct diagram_text_options options_now(void)
{
	return (struct diagram_text_options){
		.columns = console_columns(stdout),
		.utf8 = console_has_utf8(),
		.colour = console_has_colour(stdout),
	};
}

typedef void print_diagram(
	const struct diagram *diagram, FILE *stream, struct diagram_text_options options);

static void append(struct text *out, const struct diagram *diagram, print_diagram *print)
{
	struct memory memory;

	print(diagram, memory_open(&memory), options_now());
	memory_move(&memory, out);
}

void growth_show_all(const struct lab *lab, struct text *out)
{
	struct diagram diagram;

	diagram_build(&diagram, &lab->timeline);
	append(out, &diagram, diagram_text_print);
	diagram_finish(&diagram);
}

/* The columns' heads: before the first row, and after the terminal has changed its width. */
static void show_head(struct growth *growth, const struct lab *lab, struct text *out)
{
	struct diagram head = {0};
	int columns = console_columns(stdout);

	if (growth->columns == columns)
		return;
	growth->columns = columns;
	for (int host = 0; host < HOST_COUNT; host++)
		endpoint_address(&lab->hosts[host].address, head.addresses[host]);
	append(out, &head, diagram_text_print_head);
}

static enum diagram_life life_of(const struct lab *lab, enum host_id host)
{
	enum diagram_life life = DIAGRAM_LIFE_NONE;

	for (size_t i = 0; i < lab->timeline.connection_count; i++) {
		enum tcp_state state = lab->timeline.connections[i].states[host];

		if (state == TCP_STATE_TIME_WAIT)
			return DIAGRAM_LIFE_WAITING;
		if (state != TCP_STATE_CLOSED)
			life = DIAGRAM_LIFE_OPEN;
	}
	return life;
}

/* An action that waited when it was shown has come to its end: "accept completes". */
static void add_completion(
	struct diagram *diagram, const struct lab *lab, const struct event *event)
{
	struct diagram_row *row = list_grow(&diagram->rows, &diagram->count, &diagram->room);
	struct text words = TEXT_INIT;
	char name[ERROR_NAME_BYTES];
	size_t skipped = strlen(host_name(event->host)) + 1;

	*row = (struct diagram_row){
		.kind = DIAGRAM_ACTION, .host = event->host, .connection = event->connection};
	if (event->code)
		text_printf(&words, _("%s: now fails %s"), event->text + skipped,
			error_name(event->code, name));
	else
		text_printf(&words, _("%s: now done"), event->text + skipped);
	row->text = text_steal(&words);
	row->has_failed = event->code && event->code != event->fails;
	for (enum host_id host = 0; host < HOST_COUNT; host++)
		row->sides[host].life = life_of(lab, host);
}

static void add_completions(struct growth *growth, const struct lab *lab, struct diagram *diagram)
{
	size_t left = 0;

	for (size_t i = 0; i < growth->waiting_count; i++) {
		const struct event *event = &lab->timeline.events[growth->waiting[i]];

		if (event->is_pending)
			growth->waiting[left++] = growth->waiting[i];
		else
			add_completion(diagram, lab, event);
	}
	growth->waiting_count = left;
}

/* Those that are being shown as waiting just now. */
static void note_waiting(struct growth *growth, const struct timeline *timeline)
{
	for (size_t i = growth->shown.events; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_ACTION && event->is_pending && event->host != HOST_COUNT)
			*list_grow(&growth->waiting, &growth->waiting_count,
				&growth->waiting_room) = i;
	}
}

/* "client: Sun Jun  5 21:00:00 2022", a line each. */
static void show_output(const struct program *program, size_t heard, struct text *out)
{
	const char *bytes = program->output.bytes + heard;
	size_t left = program->output.length - heard;

	while (left) {
		const char *newline = memchr(bytes, '\n', left);
		size_t length = newline ? (size_t)(newline - bytes) : left;
		size_t shown = length && bytes[length - 1] == '\r' ? length - 1 : length;

		text_printf(out, "%s %s: ", host_name(program->host), program->name);
		text_append_escaped(out, bytes, shown, console_has_utf8());
		text_append(out, "\n");
		length += newline != NULL;
		bytes += length;
		left -= length;
	}
}

static void show_outputs(struct growth *growth, const struct lab *lab, struct text *out)
{
	for (size_t i = 0; i < lab->program_count; i++) {
		if (i == growth->heard_count)
			(void)list_grow(&growth->heard, &growth->heard_count, &growth->heard_room);
		show_output(lab->programs[i], growth->heard[i], out);
		growth->heard[i] = lab->programs[i]->output.length;
	}
}

void growth_show(struct growth *growth, const struct lab *lab, struct text *out)
{
	const struct timeline *timeline = &lab->timeline;
	struct diagram diagram;

	if (timeline->event_count > growth->shown.events || growth->waiting_count) {
		diagram_build_since(&diagram, timeline, &growth->shown);
		add_completions(growth, lab, &diagram);
		note_waiting(growth, timeline);
		growth->shown =
			(struct diagram_extent){timeline->event_count, timeline->connection_count};
		if (diagram.count) {
			show_head(growth, lab, out);
			append(out, &diagram, diagram_text_print_rows);
		}
		diagram_finish(&diagram);
	}
	show_outputs(growth, lab, out);
}

void growth_finish(struct growth *growth)
{
	free(growth->waiting);
	free(growth->heard);
	*growth = (struct growth){0};
}
