/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

/*
 * Ctrl-C and SIGTERM as a question instead of a death: a loop that asks can leave by its ordinary
 * exit, so nothing is left behind. System calls are not restarted (EINTR).
 */

#include <stdbool.h>

/* Installs the handlers for SIGINT and SIGTERM. */
void interrupt_watch(void);

/* The same for SIGHUP, which is taken as SIGTERM: the terminal has gone. */
void interrupt_watch_hangup(void);

/* Has one of them come? */
bool interrupt_requested(void);

/* Ctrl-C has been answered: asks anew from now on. False after SIGTERM, which has no answer but to end. */
bool interrupt_forget(void);

#endif
