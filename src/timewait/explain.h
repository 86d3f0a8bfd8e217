/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_EXPLAIN_H
#define TIMEWAIT_EXPLAIN_H

/* `timewait explain`: a page on a state, an errno, a sysctl, a socket option. Returns the exit code. */
int command_explain(int argc, char **argv);

#endif
