/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_TOP_H
#define TIMEWAIT_TOP_H

/* `timewait top`: the sockets of a host, live, over the whole screen. Returns the exit code. */
int command_top(int argc, char **argv);

#endif
