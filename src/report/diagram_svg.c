/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/diagram_svg.h"

#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "report/svg.h"
#include "report/wrap.h"

#define WIDTH         900
#define PADDING       28
#define LANE          360
#define SLANT         12 /* how much lower a segment arrives than it was sent */
#define GLYPH         7  /* width of a character of .code */
#define MARGIN_GLYPHS 32 /* characters of a line in the margin */
#define MARGIN_LINES  3  /* what is longer is cut */
#define PROSE_GLYPHS  112
#define LINE_HEIGHT   18
#define PACKET_HEIGHT 42
#define HEAD_HEIGHT   44
#define BAR           10 /* width of the lifeline in TIME_WAIT */

static const int lifelines[HOST_COUNT] = {(WIDTH - LANE) / 2, (WIDTH + LANE) / 2};

static const char style[] =
	".sequence text{font-family:system-ui,'DejaVu Sans',sans-serif;font-size:13px}\n"
	".sequence .code{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:11.5px}\n"
	".sequence .title{font-size:19px;font-weight:600}\n"
	".sequence .host{font-size:15px;font-weight:600}\n"
	".sequence .paper{fill:#ffffff}.sequence .ink{fill:#1d2228}.sequence .faint{fill:#737b85}\n"
	".sequence .strong{font-weight:600}.sequence .mark{font-style:italic;fill:#b35c00}\n"
	".sequence .bad{fill:#c92a2a}.sequence .wall{stroke:#b35c00;stroke-width:2.5}\n"
	".sequence .cross{stroke:#c92a2a;stroke-width:2.5}\n"
	".sequence .source{fill:none;stroke:#b35c00;stroke-width:2}\n"
	".sequence .arrow{stroke:#1d2228;stroke-width:1.6}\n"
	".sequence .reset{stroke:#c92a2a;stroke-width:1.6}\n"
	".sequence .again{stroke-dasharray:7 4}\n"
	".sequence .none{stroke:#b4bac1;stroke-width:1.5;stroke-dasharray:2 5}\n"
	".sequence .open{stroke:#8d959e;stroke-width:2}\n"
	".sequence .head{fill:#f3f4f6;stroke:#b4bac1}\n"
	".sequence .pause{stroke:#b4bac1;stroke-dasharray:1 "
	"5;stroke-width:2;stroke-linecap:round}\n"
	".sequence .on{fill:#ffffff;font-weight:600}.sequence "
	".on-wait{fill:#1d2228;font-weight:700}\n"
	".sequence .listen{fill:#53687e}.sequence .opening{fill:#0b7285}\n"
	".sequence .established{fill:#2b8a3e}.sequence .closing{fill:#7048b6}\n"
	".sequence .closed-on{fill:#1864ab}.sequence .wait{fill:#fab005}\n"
	".sequence .closed{fill:#6b737c}\n"
	"@media (prefers-color-scheme:dark){\n"
	".sequence .paper{fill:#15181c}.sequence .ink{fill:#e6e8eb}.sequence .faint{fill:#929aa3}\n"
	".sequence .mark{fill:#f5a142}.sequence .bad{fill:#ff7b7b}\n"
	".sequence .wall,.sequence .source{stroke:#f5a142}.sequence .cross{stroke:#ff7b7b}\n"
	".sequence .arrow{stroke:#e6e8eb}.sequence .reset{stroke:#ff7b7b}\n"
	".sequence .head{fill:#22262b;stroke:#4b525a}\n"
	".sequence .none,.sequence .pause{stroke:#59616a}\n"
	"}\n";

struct canvas {
	const struct diagram *diagram;
	struct text lines; /* the lifelines, below everything else */
	struct text out;
	int y;                 /* where the next row begins */
	int since[HOST_COUNT]; /* where the lifeline has looked so from */
	enum diagram_life lives[HOST_COUNT];
};

static const char *state_class(enum tcp_state state)
{
	switch (state) {
	case TCP_STATE_LISTEN: return "listen";
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECV: return "opening";
	case TCP_STATE_ESTABLISHED: return "established";
	case TCP_STATE_FIN_WAIT1:
	case TCP_STATE_FIN_WAIT2:
	case TCP_STATE_CLOSING: return "closing";
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_LAST_ACK: return "closed-on";
	case TCP_STATE_TIME_WAIT: return "wait";
	default: return "closed";
	}
}

/* Draws the lifeline down to y; it looks like `life` from there on. */
static void draw_lifeline(struct canvas *canvas, enum host_id host, int y, enum diagram_life life)
{
	int x = lifelines[host], from = canvas->since[host];

	if (y > from && canvas->lives[host] == DIAGRAM_LIFE_WAITING)
		svg_box(&canvas->lines, "wait", x - BAR / 2, from, BAR, y - from, 0);
	else if (y > from)
		svg_line(&canvas->lines, canvas->lives[host] == DIAGRAM_LIFE_OPEN ? "open" : "none",
			x, from, x, y);
	canvas->since[host] = y;
	canvas->lives[host] = life;
}

/* Where things stand beside a lifeline: out in the margin, by so many pixels. */
static int beside(enum host_id host, int pixels)
{
	return host == HOST_SERVER ? lifelines[host] - pixels : lifelines[host] + pixels;
}

static const char *anchor(enum host_id host)
{
	return host == HOST_SERVER ? SVG_END : SVG_START;
}

static void draw_state(
	struct canvas *canvas, enum host_id host, const struct diagram_side *side, int y)
{
	const char *name = tcp_state_name(side->state);
	bool is_waiting = side->state == TCP_STATE_TIME_WAIT;
	int width = (int)strlen(name) * GLYPH + 18;
	int x = host == HOST_SERVER ? beside(host, 14) - width : beside(host, 14);

	if (side->life != canvas->lives[host])
		draw_lifeline(canvas, host, y, side->life);
	if (!side->has_state)
		return;
	if (!side->has_changed) {
		svg_text(&canvas->out, "code faint", beside(host, 23), y + 4, anchor(host), name);
		return;
	}
	svg_box(&canvas->out, state_class(side->state), x, y - 10, width, 20, 10);
	svg_circle(&canvas->out, state_class(side->state), lifelines[host], y, 6);
	svg_text(&canvas->out, is_waiting ? "code on-wait" : "code on", x + width / 2, y + 4,
		SVG_MIDDLE, name);
}

/* An arrow's way: from one x to another, falling all the time. */
struct way {
	int direction; /* 1: to the right */
	int from, to;
	int from_y, to_y;
};

/* What is on the lifeline, from its middle: a node, the bar of TIME_WAIT, or a line alone. */
static int thickness(const struct diagram_side *side)
{
	if (side->has_changed)
		return 7;
	return side->life == DIAGRAM_LIFE_WAITING ? BAR / 2 : 1;
}

static struct way way_of(const struct diagram_row *row, int y)
{
	enum host_id receiver = host_other(row->host);
	int start = lifelines[row->host], away = thickness(&row->sides[row->host]);
	int length = LANE - thickness(&row->sides[receiver]);
	struct way way = {.direction = row->host == HOST_SERVER ? 1 : -1};

	if (!diagram_arrives(row))
		length = LANE * 62 / 100;
	if (!diagram_departs(row))
		away = LANE * 38 / 100;
	way.from = start + way.direction * away;
	way.to = start + way.direction * length;
	way.from_y = y + SLANT * away / LANE;
	way.to_y = y + SLANT * length / LANE;
	return way;
}

/* `shift` pixels before the tip of the way. */
static void draw_head(struct canvas *canvas, const char *class, const struct way *way, int shift)
{
	text_printf(&canvas->out, "<path class=\"%s\" d=\"M%d %dl%d -5v10z\"/>\n", class,
		way->to - way->direction * shift, way->to_y, -10 * way->direction);
}

static void draw_ends(
	struct canvas *canvas, const struct diagram_row *row, const struct way *way, bool is_reset)
{
	const char *mark = diagram_mark(row), *head = is_reset ? "bad" : "ink";
	bool is_lost = row->fate == PACKET_DROPPED;
	/* The mark stands where the arrow is not. */
	int x = diagram_departs(row) ? way->to + way->direction * 13
				     : way->from - way->direction * 13;
	int y = diagram_departs(row) ? way->to_y : way->from_y;
	bool is_right = diagram_departs(row) == (way->direction > 0);

	if (diagram_arrives(row))
		draw_head(canvas, head, way, 0);
	if (row->fate == PACKET_DUPLICATED)
		draw_head(canvas, head, way, 9);
	if (is_lost) {
		svg_line(&canvas->out, "cross", way->to - 6, y - 6, way->to + 6, y + 6);
		svg_line(&canvas->out, "cross", way->to - 6, y + 6, way->to + 6, y - 6);
	} else if (row->fate == PACKET_HELD) {
		svg_line(&canvas->out, "wall", way->to, y - 8, way->to, y + 8);
	} else if (row->is_release) {
		svg_line(&canvas->out, "wall", way->from, y - 8, way->from, y + 8);
	} else if (row->fate == PACKET_INJECTED) {
		svg_circle(&canvas->out, "source", way->from - way->direction * 4, y, 4);
	}
	if (mark)
		svg_text(&canvas->out, is_lost ? "mark bad" : "mark", x, y + 4,
			is_right ? SVG_START : SVG_END, mark);
}

static void draw_label(struct canvas *canvas, const struct diagram_row *row, const struct way *way)
{
	int length = (way->to - way->from) * way->direction;
	int x = (way->from + way->to) / 2, y = (way->from_y + way->to_y) / 2 - 6;
	_cleanup_text_ struct text label = TEXT_INIT, turn = TEXT_INIT;
	const char *class = "code ink";

	for (int level = 0; level < DIAGRAM_LABEL_LEVELS; level++) {
		text_clear(&label);
		diagram_label(row, level, &label);
		if ((int)text_columns(label.bytes) * GLYPH < length - 12)
			break;
	}
	if (row->flags & SEGMENT_RST)
		class = "code strong bad";
	else if (row->flags & (SEGMENT_SYN | SEGMENT_FIN))
		class = "code strong ink";
	/* As steep as the arrow: atan(SLANT / LANE), in tenths of a degree. */
	text_printf(&turn, "%s xml:space=\"preserve\" transform=\"rotate(%s1.9 %d %d)\"",
		SVG_MIDDLE, way->direction > 0 ? "" : "-", x, y);
	svg_text(&canvas->out, class, x, y, turn.bytes, label.bytes);
}

static void draw_packet(struct canvas *canvas, const struct diagram_row *row)
{
	int y = canvas->y + 20;
	struct way way = way_of(row, y);
	bool is_reset = row->flags & SEGMENT_RST;
	_cleanup_text_ struct text class = TEXT_INIT;
	int twin = row->fate == PACKET_DUPLICATED ? 2 : 0;

	text_printf(&class, "%s%s", is_reset ? "reset" : "arrow",
		row->is_retransmission && !row->is_release ? " again" : "");
	for (int shift = -twin; shift <= twin; shift += 4)
		svg_line(&canvas->out, class.bytes, way.from, way.from_y + shift,
			way.to - way.direction * (diagram_arrives(row) ? 6 : 0), way.to_y + shift);
	draw_ends(canvas, row, &way, is_reset);
	draw_label(canvas, row, &way);
	draw_state(canvas, row->host, &row->sides[row->host], y);
	draw_state(canvas, host_other(row->host), &row->sides[host_other(row->host)], y + SLANT);
	canvas->y += PACKET_HEIGHT;
}

static void draw_margin(struct canvas *canvas, const struct diagram_row *row)
{
	const char *class = row->has_failed               ? "bad"
			    : row->kind == DIAGRAM_ACTION ? "strong ink"
							  : "ink";
	_cleanup_free_ char *words = wrap_printable(row->text, true);
	const char *rest = words;

	for (int i = 1; *rest && i <= MARGIN_LINES; i++) {
		_cleanup_free_ char *line = i < MARGIN_LINES ? wrap_line(&rest, MARGIN_GLYPHS)
							     : wrap_fit(rest, MARGIN_GLYPHS, "…");

		canvas->y += LINE_HEIGHT;
		svg_text(&canvas->out, class, beside(row->host, 14), canvas->y, anchor(row->host),
			line);
	}
	canvas->y += 8;
}

static void draw_middle(struct canvas *canvas, const char *class, const char *words)
{
	svg_text(&canvas->out, class, WIDTH / 2, canvas->y + 18, SVG_MIDDLE, words);
	canvas->y += LINE_HEIGHT + 10;
}

static void draw_pause(struct canvas *canvas, const struct diagram_row *row)
{
	int half = ((int)text_columns(row->text) * GLYPH + 24) / 2, y = canvas->y + 14;

	svg_line(&canvas->out, "pause", lifelines[HOST_SERVER] + 10, y, WIDTH / 2 - half, y);
	svg_line(&canvas->out, "pause", WIDTH / 2 + half, y, lifelines[HOST_CLIENT] - 10, y);
	draw_middle(canvas, "faint", row->text);
}

static void draw_prose(struct canvas *canvas, const char *class, const char *text, int height)
{
	_cleanup_free_ char *words = wrap_printable(text, true);
	const char *rest = words;

	if (!*rest)
		canvas->y += height / 2;
	while (*rest) {
		_cleanup_free_ char *line = wrap_line(&rest, PROSE_GLYPHS);

		canvas->y += height;
		svg_text(&canvas->out, class, PADDING, canvas->y, SVG_START, line);
	}
}

static void draw_row(struct canvas *canvas, const struct diagram_row *row)
{
	switch (row->kind) {
	case DIAGRAM_PROSE: draw_prose(canvas, "ink", row->text, LINE_HEIGHT); break;
	case DIAGRAM_PAUSE: draw_pause(canvas, row); break;
	case DIAGRAM_PACKET: draw_packet(canvas, row); break;
	case DIAGRAM_STATE:
		for (enum host_id host = 0; host < HOST_COUNT; host++)
			draw_state(canvas, host, &row->sides[host], canvas->y + 14);
		draw_middle(canvas, "code faint", row->name);
		break;
	case DIAGRAM_ACTION:
	case DIAGRAM_CALL:
		if (row->host == HOST_COUNT)
			draw_middle(canvas, "strong ink", row->text);
		else
			draw_margin(canvas, row);
		break;
	}
}

static void cut_lifelines(struct canvas *canvas)
{
	for (enum host_id host = 0; host < HOST_COUNT; host++)
		draw_lifeline(canvas, host, canvas->y, canvas->lives[host]);
}

/* The lifelines go on below what has just been put in between. */
static void resume_lifelines(struct canvas *canvas)
{
	for (enum host_id host = 0; host < HOST_COUNT; host++)
		canvas->since[host] = canvas->y;
}

static void draw_heads(struct canvas *canvas)
{
	canvas->y += 14;
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		const char *address = canvas->diagram->addresses[host];
		int width = (int)strlen(address) * GLYPH + 28, x = lifelines[host];

		width = width < 130 ? 130 : width;
		svg_box(&canvas->out, "head", x - width / 2, canvas->y, width, HEAD_HEIGHT, 6);
		svg_text(&canvas->out, "host ink", x, canvas->y + (*address ? 19 : 27), SVG_MIDDLE,
			host_name(host));
		svg_text(&canvas->out, "code faint", x, canvas->y + 36, SVG_MIDDLE, address);
	}
	canvas->y += HEAD_HEIGHT;
	resume_lifelines(canvas);
	canvas->y += 8;
}

static void draw_all(struct canvas *canvas)
{
	const struct diagram *diagram = canvas->diagram;
	bool was_prose = false;
	size_t i = 0;

	canvas->y = PADDING - 12;
	if (diagram->title)
		draw_prose(canvas, "title ink", diagram->title, 24);
	canvas->y += 4;
	for (; i < diagram->count && diagram->rows[i].kind == DIAGRAM_PROSE; i++)
		draw_row(canvas, &diagram->rows[i]);
	draw_heads(canvas);
	for (; i < diagram->count; i++) {
		bool is_prose = diagram->rows[i].kind == DIAGRAM_PROSE;

		if (is_prose != was_prose)
			canvas->y += 10;
		if (is_prose && !was_prose)
			cut_lifelines(canvas);
		if (!is_prose && was_prose)
			resume_lifelines(canvas);
		draw_row(canvas, &diagram->rows[i]);
		was_prose = is_prose;
	}
	canvas->y += 26;
	if (!was_prose)
		cut_lifelines(canvas);
	canvas->y += PADDING - 8;
}

static void put_description(const struct diagram *diagram, struct text *out)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	text_append(out, "<title id=\"sequence-title\">");
	svg_escape(out, diagram->title ? diagram->title : _("TCP sequence diagram"));
	text_append(out, "</title>\n<desc id=\"sequence-steps\">\n");
	for (size_t i = 0; i < diagram->count; i++) {
		text_clear(&words);
		diagram_describe(&diagram->rows[i], &words);
		if (!words.length)
			continue;
		svg_escape(out, words.bytes);
		text_append(out, ".\n");
	}
	text_append(out, "</desc>\n");
}

void diagram_svg_print(const struct diagram *diagram, FILE *stream)
{
	struct canvas canvas = {.diagram = diagram, .lines = TEXT_INIT, .out = TEXT_INIT};
	_cleanup_text_ struct text file = TEXT_INIT;

	draw_all(&canvas);
	text_printf(&file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sequence\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"sequence-title\" aria-describedby=\"sequence-steps\">\n",
		WIDTH, canvas.y, WIDTH, canvas.y);
	put_description(diagram, &file);
	text_printf(&file, "<style>\n%s</style>\n", style);
	svg_box(&file, "paper", 0, 0, WIDTH, canvas.y, 0);
	text_append_bytes(&file, canvas.lines.bytes, canvas.lines.length);
	text_append_bytes(&file, canvas.out.bytes, canvas.out.length);
	text_append(&file, "</svg>\n");
	fwrite(file.bytes, 1, file.length, stream);
	text_finish(&canvas.lines);
	text_finish(&canvas.out);
}
