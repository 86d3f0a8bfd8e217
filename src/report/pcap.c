/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "config.h"
#include "report/diagram.h"
#include "report/pcapng.h"

/* The packets of the timeline, and those of the diagram beside them: one row each, in order. */
struct walk {
	const struct timeline *timeline;
	const struct diagram *diagram;
	size_t event, row;
	struct text comment; /* for the next packet */
};

static void add_line(struct text *comment, const struct text *line)
{
	if (line->length && comment->length)
		text_append(comment, "\n");
	text_append_bytes(comment, line->bytes, line->length);
}

static void add_row(struct text *comment, const struct diagram_row *row)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (row->kind == DIAGRAM_PROSE)
		text_append(&line, row->text);
	else
		diagram_describe(row, &line);
	add_line(comment, &line);
}

/* The next row of a packet, all before it added to the comment; NULL behind the last. */
static const struct diagram_row *next_row(struct walk *walk)
{
	while (walk->row < walk->diagram->count) {
		const struct diagram_row *row = &walk->diagram->rows[walk->row++];

		add_row(&walk->comment, row);
		if (row->kind == DIAGRAM_PACKET)
			return row;
	}
	return NULL;
}

static const struct event *next_event(struct walk *walk)
{
	while (walk->event < walk->timeline->event_count) {
		const struct event *event = &walk->timeline->events[walk->event++];

		if (event->kind == EVENT_PACKET)
			return event;
	}
	return NULL;
}

/* What comes behind the last packet is told with it: there is no other place. */
static void add_rest(struct walk *walk)
{
	size_t row = walk->row;

	for (; row < walk->diagram->count; row++) {
		if (walk->diagram->rows[row].kind == DIAGRAM_PACKET &&
			!walk->diagram->rows[row].is_release)
			return;
	}
	while (walk->row < walk->diagram->count)
		add_row(&walk->comment, &walk->diagram->rows[walk->row++]);
}

static void put_packet(struct walk *walk, const struct event *event, struct text *out)
{
	int64_t unix_ns = walk->timeline->start_unix_ns + event->time_ns;
	int times = event->fate == PACKET_DUPLICATED ? 2 : 1;

	add_rest(walk);
	for (int i = 0; i < times; i++)
		pcapng_packet(
			out, unix_ns, event->bytes, event->length, i ? NULL : walk->comment.bytes);
	text_clear(&walk->comment);
}

/* The explanation: what is said before anything is done. */
static void put_head(struct walk *walk, struct text *out)
{
	const struct diagram *diagram = walk->diagram;
	_cleanup_text_ struct text comment = TEXT_INIT;

	if (diagram->title)
		text_append(&comment, diagram->title);
	for (; walk->row < diagram->count && diagram->rows[walk->row].kind == DIAGRAM_PROSE;
		walk->row++)
		add_row(&comment, &diagram->rows[walk->row]);
	pcapng_section(out, PACKAGE " " VERSION, comment.bytes);
	pcapng_interface(out, PCAPNG_RAW_IP, "wire");
}

void pcap_append(const struct timeline *timeline, struct text *out)
{
	struct diagram diagram;
	struct walk walk = {.timeline = timeline, .diagram = &diagram, .comment = TEXT_INIT};
	const struct event *event;

	diagram_build(&diagram, timeline);
	put_head(&walk, out);
	while (next_row(&walk) && (event = next_event(&walk))) {
		if (!event->is_release)
			put_packet(&walk, event, out);
	}
	text_finish(&walk.comment);
	diagram_finish(&diagram);
}

static int write_out(const struct text *capture, FILE *stream)
{
	errno = 0;
	if (fwrite(capture->bytes, 1, capture->length, stream) != capture->length ||
		fflush(stream) != 0)
		return errno ? -errno : -EIO;
	return 0;
}

int pcap_write(const struct timeline *timeline, const char *path, struct error *err)
{
	_cleanup_text_ struct text capture = TEXT_INIT;
	/* Standard output is the command's to close. */
	bool is_stdout = !strcmp(path, "-");
	FILE *stream = is_stdout ? stdout : fopen(path, "we");
	int status;

	if (!stream)
		return error_errno(err, errno, _("cannot create the capture %s"), path);
	pcap_append(timeline, &capture);
	status = write_out(&capture, stream);
	if (!is_stdout && fclose(stream) != 0 && status == 0)
		status = -errno;
	if (status < 0)
		return error_errno(err, -status, _("cannot write the capture %s"), path);
	return 0;
}
