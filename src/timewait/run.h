/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_RUN_H
#define TIMEWAIT_RUN_H

/* `timewait run`: scenarios, by file or by name. Returns the exit code. */
int command_run(int argc, char **argv);

#endif
