/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

/*
 * A bar on stderr for what takes more than a second. Draws only on a terminal, at most
 * ten times a second, and takes its line away when it is finished.
 */

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *title; /* translated by the caller; must outlive the bar */
	bool is_shown;
	bool has_drawn;
	int64_t drawn_ns;
};

void progress_start(struct progress *progress, const char *title);

/* `note` stands behind the bar ("23 s left"); it may be NULL. */
void progress_show(struct progress *progress, double done, double total, const char *note);

/* The same for things that are counted: "3/12" stands behind the bar. */
void progress_show_count(struct progress *progress, uint64_t done, uint64_t total);

/* Removes the line. Harmless when nothing was drawn, or twice. */
void progress_finish(struct progress *progress);

#endif
