/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_WATCH_H
#define TIMEWAIT_WATCH_H

/* timewait watch: every change of state, and every TIME_WAIT's birth and death. Returns the exit code. */
int command_watch(int argc, char **argv);

#endif
