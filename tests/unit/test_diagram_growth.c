/* SPDX-License-Identifier: BSD-2-Clause */

/* The diagram that grows: whatever the pieces in which it is shown, nothing is missing and nothing comes twice. */

#include "timelines.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "report/diagram.h"
#include "report/diagram_text.h"

typedef void sample(struct timeline *timeline);

static sample *const samples[] = {sample_server_first, sample_both, sample_trouble, sample_two};

static const struct diagram_text_options options = {.columns = 100, .utf8 = true};

static void fill(struct timeline *timeline, sample *of)
{
	of(timeline);
	sample_settle(timeline);
}

/* What came to the timeline from one event to another. */
static void piece(struct diagram *diagram, const struct timeline *timeline, size_t from, size_t to)
{
	struct diagram_extent shown = {from, from ? timeline->connection_count : 0};
	struct timeline until = *timeline;

	until.event_count = to;
	diagram_build_since(diagram, &until, &shown);
}

static size_t count_rows(const struct diagram *diagram, enum diagram_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < diagram->count; i++)
		count += diagram->rows[i].kind == kind;
	return count;
}

static size_t count_packets(const struct timeline *timeline)
{
	size_t count = 0;

	for (size_t i = 0; i < timeline->event_count; i++)
		count += timeline->events[i].kind == EVENT_PACKET;
	return count;
}

static void every_packet_comes_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct timeline timeline;

		fill(&timeline, samples[i]);
		for (size_t cut = 0; cut <= timeline.event_count; cut++) {
			struct diagram before, after;

			piece(&before, &timeline, 0, cut);
			piece(&after, &timeline, cut, timeline.event_count);
			assert_int_equal(count_rows(&before, DIAGRAM_PACKET) +
						 count_rows(&after, DIAGRAM_PACKET),
				count_packets(&timeline));
			diagram_finish(&before);
			diagram_finish(&after);
		}
		timeline_finish(&timeline);
	}
}

static void draw(struct text *out, const struct timeline *timeline, size_t from, size_t to)
{
	struct diagram diagram;
	char *bytes = NULL;
	size_t length;
	FILE *stream = open_memstream(&bytes, &length);

	assert_non_null(stream);
	piece(&diagram, timeline, from, to);
	diagram_text_print_rows(&diagram, stream, options);
	diagram_finish(&diagram);
	fclose(stream);
	text_append(out, bytes);
	free(bytes);
}

/* Where something new begins, as a line that is typed does. */
static bool is_beginning(const struct event *event)
{
	return event->kind == EVENT_ACTION || event->kind == EVENT_CALL;
}

static void pieces_look_like_the_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		_cleanup_text_ struct text whole = TEXT_INIT, pieces = TEXT_INIT;
		struct timeline timeline;
		size_t from = 0;

		/* Its calls get their programs' names once there is a second program. */
		if (samples[i] == sample_two)
			continue;
		fill(&timeline, samples[i]);
		draw(&whole, &timeline, 0, timeline.event_count);
		for (size_t cut = 1; cut < timeline.event_count; cut++) {
			if (!is_beginning(&timeline.events[cut]))
				continue;
			draw(&pieces, &timeline, from, cut);
			from = cut;
		}
		assert_true(from > 0);
		draw(&pieces, &timeline, from, timeline.event_count);
		assert_string_equal(pieces.bytes, whole.bytes);
		timeline_finish(&timeline);
	}
}

static void nothing_new_is_nothing(void **state)
{
	_cleanup_text_ struct text rows = TEXT_INIT;
	struct timeline timeline;

	(void)state;
	fill(&timeline, sample_two);
	draw(&rows, &timeline, timeline.event_count, timeline.event_count);
	assert_int_equal(rows.length, 0);
	timeline_finish(&timeline);
}

/* A connection that was alone when it was shown is introduced together with the second. */
static void introductions(void **state)
{
	struct timeline timeline;
	struct diagram diagram;
	struct diagram_extent shown = {0, 1};

	(void)state;
	fill(&timeline, sample_two);
	assert_true(timeline.connection_count > 1);
	shown.events = timeline.event_count;
	diagram_build_since(&diagram, &timeline, &shown);
	assert_true(count_rows(&diagram, DIAGRAM_PROSE) >= 2);
	diagram_finish(&diagram);
	shown.connections = timeline.connection_count;
	diagram_build_since(&diagram, &timeline, &shown);
	assert_int_equal(diagram.count, 0);
	diagram_finish(&diagram);
	timeline_finish(&timeline);
}

/* The head stands over its rows, whatever is in them. */
static void head_fits_rows(void **state)
{
	_cleanup_text_ struct text rows = TEXT_INIT;
	struct timeline timeline;
	struct diagram head = {.addresses = {"192.0.2.1", "192.0.2.2"}};
	char *bytes = NULL, *lifelines, *row;
	size_t length;
	FILE *stream = open_memstream(&bytes, &length);

	(void)state;
	assert_non_null(stream);
	diagram_text_print_head(&head, stream, options);
	fclose(stream);
	fill(&timeline, sample_server_first);
	draw(&rows, &timeline, 0, timeline.event_count);
	lifelines = strstr(bytes, "┊");
	assert_non_null(lifelines);
	while (lifelines > bytes && lifelines[-1] != '\n')
		lifelines--;
	row = strstr(rows.bytes, "listen()");
	assert_non_null(row);
	while (row > rows.bytes && row[-1] != '\n')
		row--;
	/* Blanks and ASCII before the first lifeline: bytes are columns. */
	assert_int_equal(strstr(lifelines, "┊") - lifelines, strstr(row, "┊") - row);
	free(bytes);
	timeline_finish(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_comes_once),
		cmocka_unit_test(pieces_look_like_the_whole),
		cmocka_unit_test(nothing_new_is_nothing),
		cmocka_unit_test(introductions),
		cmocka_unit_test(head_fits_rows),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests_name("diagram_growth", tests, NULL, NULL);
}
