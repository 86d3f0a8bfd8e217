/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/states_page.h"

#include <string.h>

#include "report/coverage_report.h"
#include "report/page.h"

static const char head[] = "# The states of TCP, and the ways between them\n"
			   "\n"
			   "`scripts/states` makes this page and its pictures from the program: it "
			   "runs the scenarios, and what\n"
			   "is here was seen on their timelines. `timewait scenarios --coverage` "
			   "makes the tables anew, on your\n"
			   "kernel; `timewait run NAME` shows a scenario with every packet. One "
			   "called slow runs with `--slow`.\n"
			   "\n"
			   "RFC 9293 tells of one socket that is in LISTEN, then in SYN-RECEIVED. "
			   "On Linux the listener stays\n"
			   "where it is, and each SYN begins something new beside it. LISTEN > "
			   "SYN_RECV means such a beginning,\n"
			   "and SYN_RECV > LISTEN that it came to nothing.\n"
			   "\n";

/* The page's first paragraph. */
static void print_paragraph(struct text *out, const struct page *page)
{
	const char *end = strstr(page->body, "\n\n");

	text_append_bytes(
		out, page->body, end ? (size_t)(end + 1 - page->body) : strlen(page->body));
}

/* "[one](...), [other](...)": one link where both hosts show it in the same scenario. */
static void print_links(struct text *out, const struct coverage_row *row)
{
	bool has_one = coverage_is_documented_at(row, HOST_SERVER);
	bool has_other = coverage_is_documented_at(row, HOST_CLIENT) &&
			 !(has_one && row->by[HOST_CLIENT].entry == row->by[HOST_SERVER].entry);

	if (has_one)
		coverage_print_link(out, row->by[HOST_SERVER].entry);
	if (has_one && has_other)
		text_append(out, ", ");
	if (has_other)
		coverage_print_link(out, row->by[HOST_CLIENT].entry);
	if (row->by[HOST_SERVER].is_slow || row->by[HOST_CLIENT].is_slow)
		text_append(out, ", slow");
}

/* "CLOSE, snd FIN ([one](...), [other](...))" */
static void print_event(struct text *out, const struct coverage_row *row)
{
	const struct tcp_transition *arrow = coverage_arrow(row);

	text_append(out, arrow ? arrow->event : coverage_cause_name(row->cause));
	if (arrow && *arrow->action)
		text_printf(out, ", %s", arrow->action);
	text_append(out, " (");
	print_links(out, row);
	text_append(out, ")");
}

/* Is the row one of the ways from the one state to the other? */
static bool is_way(const struct coverage_row *row, enum tcp_state from, enum tcp_state to)
{
	const struct tcp_transition *arrow = coverage_arrow(row);

	return row->from == from && row->to == to && !(arrow && arrow->absent) &&
	       coverage_is_documented(row);
}

/* A line with all ways between two states; nothing where there is none. */
static void print_way(struct text *out, const struct coverage *coverage, enum tcp_state from,
	enum tcp_state to, const char *name)
{
	bool has_any = false;

	for (size_t i = 0; i < coverage->count; i++) {
		if (!is_way(&coverage->rows[i], from, to))
			continue;
		if (has_any)
			text_append(out, "; ");
		else
			text_printf(out, "- %s: ", name);
		has_any = true;
		print_event(out, &coverage->rows[i]);
	}
	if (has_any)
		text_append(out, "\n");
}

static void print_ways(struct text *out, const struct coverage *coverage,
	const struct states_picture *pictures, enum tcp_state state)
{
	text_append(out, "\nThe ways in, from\n\n");
	for (size_t i = 0; i < STATES_PAGE_COUNT; i++)
		print_way(
			out, coverage, pictures[i].state, state, tcp_state_name(pictures[i].state));
	text_append(out, "\nThe ways out, to\n\n");
	for (size_t i = 0; i < STATES_PAGE_COUNT; i++)
		print_way(
			out, coverage, state, pictures[i].state, tcp_state_name(pictures[i].state));
}

static void print_state(struct text *out, const struct coverage *coverage,
	const struct states_picture *pictures, const struct states_picture *picture)
{
	const char *name = tcp_state_name(picture->state);
	const struct page *page = page_find(name);
	_cleanup_text_ struct text path = TEXT_INIT;

	states_picture_path(picture, &path);
	text_printf(out, "\n## %s\n\n", name);
	if (page)
		print_paragraph(out, page);
	print_ways(out, coverage, pictures, picture->state);
	text_append(out, "\nIn ");
	coverage_print_link(out, picture->entry);
	text_printf(
		out, " ([as a picture](%s)):\n\n```\n%s```\n", path.bytes, picture->diagram.bytes);
	text_printf(out, "\nMore: `timewait explain %s`\n", name);
}

void states_page_print(struct text *out, const struct coverage *coverage,
	const struct states_picture pictures[STATES_PAGE_COUNT])
{
	text_append(out, head);
	coverage_print_markdown(out, coverage);
	for (size_t i = 0; i < STATES_PAGE_COUNT; i++)
		print_state(out, coverage, pictures, &pictures[i]);
}
