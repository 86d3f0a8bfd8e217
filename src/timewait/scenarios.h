/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_SCENARIOS_H
#define TIMEWAIT_SCENARIOS_H

/* `timewait scenarios`: the ones timewait comes with, or the text of one. Returns the exit code. */
int command_scenarios(int argc, char **argv);

#endif
