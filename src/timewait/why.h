/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_WHY_H
#define TIMEWAIT_WHY_H

/* timewait why: why would bind() or connect() fail, here and now? Returns the exit code. */
int command_why(int argc, char **argv);

#endif
