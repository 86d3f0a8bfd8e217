/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_MYTHS_H
#define TIMEWAIT_MYTHS_H

/* timewait myths: widespread claims, each put to the test on this kernel. Returns the exit code. */
int command_myths(int argc, char **argv);

#endif
