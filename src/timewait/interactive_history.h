/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_INTERACTIVE_HISTORY_H
#define TIMEWAIT_INTERACTIVE_HISTORY_H

/*
 * The lines that were typed, a line each, in a file of the person's own that outlives the program. It is
 * a convenience: what cannot be read or written is passed over in silence.
 */

/* So many are kept, at least; the file is cut back to them when it has twice as many. */
#define HISTORY_LINES_MAX 500

/* "$XDG_STATE_HOME/timewait/history", below ~/.local/state where that is not set; its folders are made. NULL
 * where there is no home. The caller frees. */
char *history_path(void);

/* Tells each line, oldest first; cuts the file back. */
void history_load(const char *path, void (*tell)(const char *line, void *context), void *context);

/* Adds a line; several programs may do so at once. */
void history_append(const char *path, const char *line);

#endif
