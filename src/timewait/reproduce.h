/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_REPRODUCE_H
#define TIMEWAIT_REPRODUCE_H

/* `timewait reproduce`: the experiment, its picture, its table, its explanation. */
int command_reproduce(int argc, char **argv);

#endif
