/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

/*
 * The pages of `timewait explain`: the files docs/explain/NAME.md, compiled into the program. Their
 * form is told in docs/explain/README.md.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum page_kind {
	PAGE_STATE,
	PAGE_ERRNO,
	PAGE_SYSCTL,
	PAGE_OPTION,
	PAGE_TOPIC,
	PAGE_KIND_COUNT,
};

struct page {
	enum page_kind kind;
	const char *name;    /* "TIME_WAIT" */
	const char *aliases; /* "TW, timewait"; "" for none */
	const char *summary; /* what it is, in at most one line */
	const char *body;    /* Markdown, ASCII; ends in a newline */
};

/* All of them, by kind and then by file. Static data, made by scripts/embed. */
extern const struct page pages[];
extern const size_t page_count;

/* "state", "errno", "sysctl", "option", "topic" */
const char *page_kind_name(enum page_kind kind);

/*
 * By name or alias, in any case and however it is broken into words: "TIME-WAIT", "timewait",
 * "net.ipv4.tcp_fin_timeout", "/proc/sys/net/core/somaxconn"; a state in any spelling that
 * tcp_state_parse() knows; an errno by its number ("98"). Where two pages differ in case alone, as
 * ip_local_port_range and IP_LOCAL_PORT_RANGE do, the spelling decides. NULL if there is none.
 */
const struct page *page_find(const char *what);

/* The page whose name or alias is nearest to a misspelt one; NULL when none is near. */
const struct page *page_nearest(const char *what);

/*
 * Calls `each` for every scenario that the page tells to run, in its order; stops where that returns
 * false. The name is not terminated: `length` bytes.
 */
void page_scenarios(const struct page *page,
	bool (*each)(void *context, const char *name, size_t length), void *context);

/* Appends the page, wrapped to `columns`; bold headings and names when `has_colour`. */
void page_print(struct text *out, const struct page *page, size_t columns, bool has_colour);

/* Appends name and summary of every page, by kind, wrapped to `columns`. */
void page_print_list(struct text *out, size_t columns, bool has_colour);

/* Appends the page as one JSON object and a newline: {"v":1,"type":"page",...}; `is_first`: with "v". */
void page_print_json(struct text *out, const struct page *page, bool is_first, bool with_text);

#endif
