/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_LIST_H
#define TIMEWAIT_LIST_H

/* timewait list: the TCP sockets of this network namespace. Returns the exit code. */
int command_list(int argc, char **argv);

#endif
