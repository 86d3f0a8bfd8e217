/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/diagram_text.h"

#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "report/painter.h"
#include "report/wrap.h"

#define MARGIN_MIN   12 /* the longest state and a blank */
#define MARGIN_GOOD  20 /* most calls in one line */
#define MARGIN_MAX   28
#define LANE_MIN     18 /* the longest mark, the ends, a few letters */
#define LANE_GOOD    38 /* holds most labels whole */
#define LANE_MAX     52
#define TIME_COLUMNS 11

static const char *state_look(const struct diagram_side *side)
{
	if (!side->has_changed)
		return side->state == TCP_STATE_TIME_WAIT ? LOOK_AMBER : LOOK_DIM;
	switch (side->state) {
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECV: return "1;36";
	case TCP_STATE_ESTABLISHED: return "1;32";
	case TCP_STATE_FIN_WAIT1:
	case TCP_STATE_FIN_WAIT2:
	case TCP_STATE_CLOSING: return "1;35";
	case TCP_STATE_LISTEN:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_LAST_ACK: return "1;34";
	case TCP_STATE_TIME_WAIT: return "1;30;43";
	default: return LOOK_BOLD;
	}
}

/* An arrow in pieces, from its sender to its receiver. */
struct arrow {
	struct piece {
		const char *look, *words;
		size_t times;
	} pieces[12];
	size_t count;
};

static void add_piece(struct arrow *arrow, const char *look, const char *words, size_t times)
{
	arrow->pieces[arrow->count++] = (struct piece){look, words, times};
}

static void add_start(const struct painter *painter, const struct diagram_row *row, size_t blank,
	struct arrow *arrow)
{
	if (diagram_departs(row))
		return;
	add_piece(arrow, LOOK_PLAIN, " ", blank + 1);
	add_piece(arrow, LOOK_AMBER, diagram_mark(row), 1);
	add_piece(arrow, LOOK_PLAIN, " ", 1);
	add_piece(arrow, LOOK_AMBER,
		row->is_release ? painter->glyphs->walls[row->host] : painter->glyphs->injected, 1);
}

static void add_end(const struct painter *painter, const struct diagram_row *row, size_t blank,
	struct arrow *arrow)
{
	enum host_id receiver = host_other(row->host);
	bool is_lost = row->fate == PACKET_DROPPED;
	const char *look = is_lost ? LOOK_RED : LOOK_AMBER;

	if (diagram_arrives(row)) {
		add_piece(arrow, LOOK_PLAIN, painter->glyphs->heads[receiver],
			row->fate == PACKET_DUPLICATED ? 2 : 1);
		return;
	}
	add_piece(
		arrow, look, is_lost ? painter->glyphs->lost : painter->glyphs->walls[receiver], 1);
	add_piece(arrow, LOOK_PLAIN, " ", 1);
	add_piece(arrow, look, diagram_mark(row), 1);
	add_piece(arrow, LOOK_PLAIN, " ", blank + 1);
}

/* Columns of an arrow beside its label and its line: ends, mark, a blank around the label. */
static size_t fixed_columns(const struct diagram_row *row)
{
	const char *mark = diagram_mark(row);
	size_t columns = 2;

	if (mark) /* with its own end of the arrow, and a blank on both sides */
		columns += text_columns(mark) + 3;
	if (diagram_arrives(row))
		columns += row->fate == PACKET_DUPLICATED ? 2 : 1;
	return columns;
}

/* The label in as much detail as fits. */
static void choose_label(const struct painter *painter, const struct diagram_row *row,
	size_t columns, struct text *label)
{
	_cleanup_free_ char *cut = NULL;

	for (int level = 0; level < DIAGRAM_LABEL_LEVELS; level++) {
		text_clear(label);
		diagram_label(row, level, label);
		if (text_columns(label->bytes) <= columns)
			return;
	}
	cut = wrap_fit(label->bytes, columns, painter->glyphs->ellipsis);
	text_clear(label);
	text_append(label, cut);
}

static const char *label_look(const struct diagram_row *row)
{
	if (row->flags & SEGMENT_RST)
		return LOOK_RED;
	return row->flags & (SEGMENT_SYN | SEGMENT_FIN) ? LOOK_BOLD : LOOK_PLAIN;
}

static void draw_arrow(
	const struct painter *painter, const struct diagram_row *row, struct text *lane)
{
	const char *line = row->fate == PACKET_DUPLICATED ? painter->glyphs->double_line
							  : painter->glyphs->line;
	size_t fixed = fixed_columns(row), blank = 0;
	/* Should a translation have a mark that leaves no room, the line gets longer. */
	size_t columns = painter->lane > fixed + 3 ? painter->lane - fixed : 3;
	_cleanup_text_ struct text label = TEXT_INIT;
	struct arrow arrow = {.count = 0};

	choose_label(painter, row, columns - 2, &label);
	columns -= text_columns(label.bytes);
	/* What does not go the whole way goes a bit more than half of it. */
	if (diagram_mark(row))
		blank = (columns - 2) / 2;
	columns -= blank;
	add_start(painter, row, blank, &arrow);
	add_piece(&arrow, LOOK_PLAIN, line, columns / 2);
	add_piece(&arrow, LOOK_PLAIN, " ", 1);
	add_piece(&arrow, label_look(row), label.bytes, 1);
	add_piece(&arrow, LOOK_PLAIN, " ", 1);
	add_piece(&arrow, LOOK_PLAIN, line, columns - columns / 2);
	add_end(painter, row, blank, &arrow);
	for (size_t i = 0; i < arrow.count; i++) {
		size_t from_left = row->host == HOST_SERVER ? i : arrow.count - 1 - i;
		const struct piece *piece = &arrow.pieces[from_left];
		_cleanup_text_ struct text words = TEXT_INIT;

		text_repeat(&words, piece->words, piece->times);
		painter_paint(painter, lane, piece->look, words.bytes);
	}
}

/* A packet or a state row: both ends' states, and what is between them. */
static void put_step(struct painter *painter, const struct diagram_row *row)
{
	_cleanup_text_ struct text lane = TEXT_INIT;
	struct painter_line line = {0};
	char time[32], states[HOST_COUNT][32];

	snprintf(time, sizeof(time), "%.6f ", (double)row->time_ns / (double)NS_PER_S);
	line.time = time;
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		const struct diagram_side *side = &row->sides[host];
		bool is_waiting = side->state == TCP_STATE_TIME_WAIT;

		painter->lives[host] = side->life;
		if (!side->has_state)
			continue;
		snprintf(states[host], sizeof(states[host]), is_waiting ? "[%s]" : "%s",
			tcp_state_name(side->state));
		line.margins[host] = states[host];
		line.looks[host] = state_look(side);
		if (side->has_changed)
			line.nodes[host] = is_waiting ? LOOK_AMBER : state_look(side);
	}
	if (row->kind == DIAGRAM_STATE) {
		painter_put_middle(painter, line, row->name, " ");
		return;
	}
	draw_arrow(painter, row, &lane);
	line.lane = lane.bytes;
	painter_put(painter, &line);
}

static void put_row(struct painter *painter, const struct diagram_row *row)
{
	const char *look = LOOK_DIM;

	if (row->kind == DIAGRAM_ACTION || row->kind == DIAGRAM_CALL)
		look = row->has_failed               ? LOOK_RED
		       : row->kind == DIAGRAM_ACTION ? LOOK_BOLD
						     : LOOK_PLAIN;
	if (row->kind == DIAGRAM_PACKET || row->kind == DIAGRAM_STATE)
		put_step(painter, row);
	else if (row->kind == DIAGRAM_PROSE)
		painter_put_prose(painter, LOOK_PLAIN, row->text);
	else if (row->host != HOST_COUNT)
		painter_put_margin(painter, row->host, look, row->text);
	else
		painter_put_middle(painter, (struct painter_line){0}, row->text,
			row->kind == DIAGRAM_PAUSE ? painter->glyphs->pause : " ");
}

static size_t clamp(size_t value, size_t least, size_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* What the widest words of each column would like to have. */
static void measure(struct painter *painter, const struct diagram *diagram)
{
	size_t lane = 0, *margins = painter->margins;

	for (size_t i = 0; i < diagram->count; i++) {
		const struct diagram_row *row = &diagram->rows[i];
		_cleanup_text_ struct text label = TEXT_INIT;
		size_t *wanted = &lane, width;

		if (row->kind == DIAGRAM_PACKET) {
			diagram_label(row, 0, &label);
			width = text_columns(label.bytes) + fixed_columns(row) + 4;
		} else if (row->host != HOST_COUNT && row->text) {
			wanted = &margins[row->host];
			width = text_columns(row->text) + 1;
		} else {
			continue;
		}
		if (width > *wanted)
			*wanted = width;
	}
	for (enum host_id host = 0; host < HOST_COUNT; host++)
		margins[host] = clamp(margins[host], MARGIN_MIN, MARGIN_MAX);
	painter->lane = clamp(lane, LANE_GOOD, LANE_MAX);
}

/* Takes away, column by column, where it hurts least. */
static void squeeze(struct painter *painter, size_t columns)
{
	size_t *margins = painter->margins;

	while (painter_columns(painter) > columns) {
		enum host_id wider =
			margins[HOST_SERVER] > margins[HOST_CLIENT] ? HOST_SERVER : HOST_CLIENT;

		if (margins[wider] > MARGIN_GOOD)
			margins[wider]--;
		else if (painter->lane > LANE_GOOD)
			painter->lane--;
		else if (margins[wider] > MARGIN_MIN)
			margins[wider]--;
		else if (painter->lane > LANE_MIN)
			painter->lane--;
		else
			break;
	}
}

static void put_head(struct painter *painter, const struct diagram *diagram)
{
	const char *const names[] = {host_name(HOST_SERVER), host_name(HOST_CLIENT)};
	const char *const addresses[] = {
		diagram->addresses[HOST_SERVER], diagram->addresses[HOST_CLIENT]};

	painter_put_heads(painter, LOOK_BOLD, names);
	if (*addresses[HOST_SERVER] || *addresses[HOST_CLIENT])
		painter_put_heads(painter, LOOK_PLAIN, addresses);
	painter_put(painter, &(struct painter_line){0});
}

/* Rows from this one on, words apart from the rest; `was_prose` tells what the last line was. */
static void put_rows(
	struct painter *painter, const struct diagram *diagram, size_t first, bool was_prose)
{
	for (size_t i = first; i < diagram->count; i++) {
		bool is_prose = diagram->rows[i].kind == DIAGRAM_PROSE;

		if (is_prose != was_prose)
			painter_put(painter, &(struct painter_line){0});
		put_row(painter, &diagram->rows[i]);
		was_prose = is_prose;
	}
}

static void put_all(struct painter *painter, const struct diagram *diagram)
{
	size_t i = 0;

	if (diagram->title)
		painter_put_prose(painter, LOOK_BOLD, diagram->title);
	for (; i < diagram->count && diagram->rows[i].kind == DIAGRAM_PROSE; i++)
		put_row(painter, &diagram->rows[i]);
	if (diagram->title || i)
		text_append(&painter->out, "\n");
	put_head(painter, diagram);
	put_rows(painter, diagram, i, false);
	painter_put(painter, &(struct painter_line){0});
}

static void begin(struct painter *painter, struct diagram_text_options options)
{
	painter_init(painter, options.utf8, options.colour);
	if (options.times && options.columns >= DIAGRAM_TEXT_TIMES_COLUMNS)
		painter->time = TIME_COLUMNS;
}

static void fit(struct painter *painter, struct diagram_text_options options)
{
	squeeze(painter, options.columns > 0 ? (size_t)options.columns : 80);
}

/* As wide as anything may come to be. */
static void begin_growing(struct painter *painter, struct diagram_text_options options)
{
	begin(painter, options);
	painter->margins[HOST_SERVER] = painter->margins[HOST_CLIENT] = MARGIN_MAX;
	painter->lane = LANE_MAX;
	fit(painter, options);
}

static void finish(struct painter *painter, FILE *stream)
{
	fwrite(painter->out.bytes, 1, painter->out.length, stream);
	text_finish(&painter->out);
}

void diagram_text_print_head(
	const struct diagram *diagram, FILE *stream, struct diagram_text_options options)
{
	struct painter painter;

	begin_growing(&painter, options);
	put_head(&painter, diagram);
	finish(&painter, stream);
}

void diagram_text_print_rows(
	const struct diagram *diagram, FILE *stream, struct diagram_text_options options)
{
	struct painter painter;

	begin_growing(&painter, options);
	/* Where the first row moves nothing, the lifelines are what they were above it. */
	for (enum host_id host = 0; host < HOST_COUNT && diagram->count; host++)
		painter.lives[host] = diagram->rows[0].sides[host].life;
	put_rows(&painter, diagram, 0, false);
	if (diagram->count && diagram->rows[diagram->count - 1].kind == DIAGRAM_PROSE)
		painter_put(&painter, &(struct painter_line){0});
	finish(&painter, stream);
}

void diagram_text_print(
	const struct diagram *diagram, FILE *stream, struct diagram_text_options options)
{
	struct painter painter;

	begin(&painter, options);
	measure(&painter, diagram);
	fit(&painter, options);
	put_all(&painter, diagram);
	finish(&painter, stream);
}
