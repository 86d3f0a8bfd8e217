/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TIMEWAIT_RUN_RENDER_H
#define TIMEWAIT_RUN_RENDER_H

/*
 * What `timewait run` makes of a timeline, in the workers of a suite: the diagram, the lines of JSON, the
 * files for --svg and --pcap. The context is the struct run_show.
 */

#include "scenario/suite.h"

suite_render run_render;

#endif
