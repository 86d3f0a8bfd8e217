/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A page in characters. Of Markdown it knows what the pages use: headings, paragraphs, lists, lines
 * that are indented by four blanks, and names between backticks.
 */

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "report/page.h"
#include "report/wrap.h"

#define BOLD   "\033[1m"
#define NORMAL "\033[0m"
#define INDENT 2 /* of everything below a heading */

struct printer {
	struct text *out;
	size_t columns;
	bool has_colour;
	bool is_apart;         /* an empty line is to come before what is next */
	bool is_below_heading; /* nothing has come since */
	size_t indent,
		hanging;   /* of the block that is being gathered: its first line, the others */
	struct text block; /* its words */
};

/* Words with their marks taken off, and beside them which bytes were between backticks. */
struct marked {
	struct text words, is_name;
};

static void print_bold(struct printer *printer, const char *words)
{
	if (printer->has_colour)
		text_printf(printer->out, BOLD "%s" NORMAL, words);
	else
		text_append(printer->out, words);
}

static void mark(struct marked *marked, const char *bytes, size_t length, bool is_name)
{
	text_append_bytes(&marked->words, bytes, length);
	text_repeat(&marked->is_name, is_name ? "1" : "0", length);
}

/* Without colour, what is more than a word needs its quotes: 'timewait list'. */
static void unmark(struct marked *marked, const char *source, bool has_colour)
{
	while (*source) {
		size_t length = strcspn(source, "`");
		bool is_quoted;

		mark(marked, source, length, false);
		source += length;
		if (!*source)
			return;
		length = strcspn(++source, "`");
		is_quoted = !has_colour && memchr(source, ' ', length);
		mark(marked, "'", is_quoted, false);
		mark(marked, source, length, true);
		mark(marked, "'", is_quoted, false);
		source += length + (source[length] == '`');
	}
}

/* A line of the words, which begins at `start` of them. */
static void print_marked(
	struct printer *printer, const struct marked *marked, size_t start, size_t length)
{
	bool is_bold = false;

	for (size_t i = start; i < start + length; i++) {
		bool is_name = printer->has_colour && marked->is_name.bytes[i] == '1';

		if (is_name != is_bold)
			text_append(printer->out, is_name ? BOLD : NORMAL);
		is_bold = is_name;
		text_append_bytes(printer->out, &marked->words.bytes[i], 1);
	}
	if (is_bold)
		text_append(printer->out, NORMAL);
}

static size_t room_behind(const struct printer *printer, size_t indent)
{
	return printer->columns > indent + 20 ? printer->columns - indent : 20;
}

static void separate(struct printer *printer)
{
	if (printer->is_apart)
		text_append(printer->out, "\n");
	printer->is_apart = false;
}

/* Prints the block that has been gathered. */
static void end_block(struct printer *printer)
{
	struct marked marked = {.words = TEXT_INIT, .is_name = TEXT_INIT};
	const char *rest, *start;
	size_t indent = printer->indent;
	char *line;

	if (!printer->block.length)
		return;
	separate(printer);
	unmark(&marked, printer->block.bytes, printer->has_colour);
	/* The bullet is part of the words, so all lines have the same room but for the hanging. */
	for (rest = start = marked.words.bytes;
		(line = wrap_line(&rest, room_behind(printer, indent))); start = rest) {
		text_repeat(printer->out, " ", indent);
		print_marked(printer, &marked, (size_t)(start - marked.words.bytes), strlen(line));
		text_append(printer->out, "\n");
		free(line);
		indent = printer->hanging;
	}
	text_finish(&marked.words);
	text_finish(&marked.is_name);
	text_clear(&printer->block);
}

/* How long the mark of a list's item is: "- " or "12. "; 0 where the line is none. */
static size_t item_mark(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	if (!strncmp(line, "- ", 2))
		return 2;
	return digits && !strncmp(line + digits, ". ", 2) ? digits + 2 : 0;
}

static void take_line(struct printer *printer, const char *line, size_t length)
{
	_cleanup_free_ char *words = strndup(line, length);
	size_t item, blanks;

	if (!words)
		abort();
	item = item_mark(words);
	blanks = strspn(words, " ");
	if (!words[blanks]) {
		end_block(printer);
		printer->is_apart = !printer->is_below_heading;
		return;
	}
	printer->is_below_heading = !strncmp(words, "## ", 3);
	if (printer->is_below_heading) {
		end_block(printer);
		separate(printer);
		print_bold(printer, words + 3);
		text_append(printer->out, "\n");
	} else if (blanks >= 4) {
		end_block(printer);
		separate(printer);
		text_printf(printer->out, "%*s%s\n", 2 * INDENT, "", words + 4);
	} else if (item) {
		end_block(printer);
		printer->indent = INDENT;
		printer->hanging = INDENT + item;
		text_append(&printer->block, words);
	} else if (printer->block.length) {
		text_printf(&printer->block, " %s", words + blanks);
	} else {
		printer->indent = printer->hanging = INDENT;
		text_append(&printer->block, words);
	}
}

/* "TIME_WAIT (state)", then what it is. */
static void print_front(struct printer *printer, const struct page *page)
{
	static const char *const kinds[PAGE_KIND_COUNT] = {
		[PAGE_STATE] = N_("state"),
		[PAGE_ERRNO] = N_("error"),
		[PAGE_SYSCTL] = N_("kernel setting"),
		[PAGE_OPTION] = N_("socket option"),
		[PAGE_TOPIC] = NULL,
	};

	print_bold(printer, page->name);
	if (kinds[page->kind])
		text_printf(printer->out, " (%s)", _(kinds[page->kind]));
	text_append(printer->out, "\n");
	printer->indent = printer->hanging = INDENT;
	text_append(&printer->block, page->summary);
	end_block(printer);
	printer->is_apart = true;
}

void page_print(struct text *out, const struct page *page, size_t columns, bool has_colour)
{
	struct printer printer = {
		.out = out, .columns = columns, .has_colour = has_colour, .block = TEXT_INIT};
	const char *line = page->body;

	print_front(&printer, page);
	while (*line) {
		size_t length = strcspn(line, "\n");

		take_line(&printer, line, length);
		line += length + (line[length] == '\n');
	}
	end_block(&printer);
	text_finish(&printer.block);
}
