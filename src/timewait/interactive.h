/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_INTERACTIVE_H
#define TIMEWAIT_INTERACTIVE_H

/*
 * The interactive laboratory, `timewait run -` at a terminal: lines of the language are carried out as they
 * are typed, and the diagram grows. Between two lines time goes on: what the kernel's timers do is
 * shown above the prompt.
 */

#include <stdbool.h>

/* Until the person leaves. Standard input and output are a terminal. Returns the exit code. */
int interactive_run(bool is_ipv6);

#endif
